"""Corrections: a named person overrules one finding, with a reason; declared in a pack's `corrections/*.yaml`.

A correction changes no figure. It takes from one finding, at one place of one report, the power to keep the report out;
the figure is then loaded as its sender wrote it. It never reaches further than the value that it was written about.
"""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from program.configuration import Model
from program.finding import Finding
from program.period import Period
from program.stage import Stage
from program.vietnamese import format_date


class Match(StrEnum):
    """What a correction and a finding have to do with each other."""

    NONE = "none"
    """Another rule, or another place."""
    CHANGED = "changed"
    """The rule at the place, but another value stands there now."""
    EXACT = "exact"


class Correction(Model):
    """One finding overruled. `value` is what stood in the cell as its sender sees it, null where the rule quotes none.

    `until` is the last day on which a report that it is for may have come; null: any day. Not the day of judging counts, so
    that a warehouse built anew years later says the same. `by` is the person who answers for it.
    """

    rule: str
    form: str
    unit: str
    period: str
    stage: Stage = Stage.FINAL
    sheet: str | None = None
    cell: str | None = Field(None, pattern=r"^[A-Z]{1,3}[1-9][0-9]{0,6}$")
    value: str | None
    reason: str = Field(min_length=10)
    by: str = Field(min_length=3)
    decided_on: date
    until: date | None

    @field_validator("period")
    @classmethod
    def _is_a_period(cls, code: str) -> str:
        return Period.parse(code).code

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until is not None and self.until < self.decided_on:
            raise ValueError(f"until {self.until} is before decided_on {self.decided_on}")
        if self.cell is not None and self.sheet is None:
            raise ValueError(f"cell {self.cell} needs its sheet")
        return self

    @property
    def report(self) -> tuple[str, str, str, Stage]:
        """Form, unit, period and stage of the report that it is about."""
        return self.form, self.unit, self.period, self.stage

    @property
    def place(self) -> str:
        """Where it is, for an error: rule, report and cell."""
        at = f" at {self.sheet}!{self.cell}" if self.cell else ""
        return f"{self.rule} of {self.form}, unit {self.unit}, {self.period} ({self.stage.value}){at}"

    @property
    def note(self) -> str:
        """Who overruled until when and why, as it stands beside the finding."""
        until = f", đến ngày {format_date(self.until)}" if self.until else ""
        return f"{self.by} ({format_date(self.decided_on)}{until}): {self.reason}"

    def is_for(self, received_on: date) -> bool:
        """Tell whether a report that came on a day is judged by it."""
        return self.until is None or received_on <= self.until

    def match(self, finding: Finding) -> Match:
        """Return whether this correction is about `finding`, or about what stood there before."""
        if (self.rule, self.sheet, self.cell) != (finding.rule, finding.sheet, finding.cell):
            return Match.NONE
        return Match.EXACT if self.value == finding.value else Match.CHANGED
