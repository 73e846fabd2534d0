"""Corrections: a named person decides, with a reason, that one finding does not count.

They are declared in a pack's `corrections/*.yaml`. A correction changes no figure: the report is
loaded with the figure that its sender wrote. It is about one finding at one cell of one report, and
only while the cell has the same value.
"""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from program.calendar.period import PeriodCode
from program.calendar.stage import Stage
from program.finding import Finding
from program.pack.yaml_file import Model
from program.vietnamese import format_date

_CELL = "[A-Z]{1,3}[1-9][0-9]{0,6}"


class WaiverMatch(StrEnum):
    """How a correction and a finding match."""

    NONE = "none"
    """The finding is of another rule, or at another cell."""
    CHANGED = "changed"
    """It is of this rule and at this cell, but the value is another one."""
    EXACT = "exact"
    """Rule, cell and value are the same."""


class WaiverEntry(Model):
    """A decision that one finding does not count.

    Attributes:
        rule: The rule of the finding.
        form: The code of the report's form.
        unit: The code of the report's unit.
        period: The code of the report's period.
        stage: The stage of the report.
        sheet: The sheet of the finding; null where it is about the whole file.
        cell: The cell of the finding, or the range of a column; null where it is about neither.
        value: The value of the cell as its sender sees it; null where the rule quotes none.
        reason: Why the finding does not count.
        by: The person who decided it.
        decided_on: The day of the decision.
        until: The last day on which a report may arrive for the decision to count; null: any day.
            The day of the check does not matter, so that a rebuild years later gives the same.
    """

    rule: str
    form: str
    unit: str
    period: PeriodCode
    stage: Stage = Stage.FINAL
    sheet: str | None = None
    cell: str | None = Field(None, pattern=rf"^{_CELL}(:{_CELL})?$")
    value: str | None
    reason: str = Field(min_length=10)
    by: str = Field(min_length=3)
    decided_on: date
    until: date | None

    @model_validator(mode="after")
    def _check_until_and_cell(self) -> Self:
        if self.until is not None and self.until < self.decided_on:
            raise ValueError(f"until {self.until} is before decided_on {self.decided_on}")
        # A workbook has the cell B7 on each of its sheets.
        if self.cell is not None and self.sheet is None:
            raise ValueError(f"cell {self.cell} needs its sheet")
        return self

    @property
    def report(self) -> tuple[str, str, str, Stage]:
        """The form, unit, period and stage of its report."""
        return self.form, self.unit, self.period, self.stage

    @property
    def place(self) -> str:
        """Its rule, report and cell, as an error message names them."""
        at = f" at {self.sheet}!{self.cell}" if self.cell else ""
        report = f"{self.form}, unit {self.unit}, {self.period} ({self.stage.value})"
        return f"{self.rule} of {report}{at}"

    @property
    def note(self) -> str:
        """Who decided it, when, until when and why. It is printed beside the finding."""
        days = format_date(self.decided_on)
        if self.until is not None:
            days += f", đến ngày {format_date(self.until)}"
        return f"{self.by} ({days}): {self.reason}"

    def is_for(self, received_on: date) -> bool:
        """Tell whether it counts for a report that arrived on a day."""
        return self.until is None or received_on <= self.until

    def match(self, finding: Finding) -> WaiverMatch:
        """Return whether this waiver is about `finding`, or about an earlier value of its cell."""
        place = (self.rule, self.sheet, self.cell)
        # A field of a form tool stands for itself: a correction of it has no cell.
        if place != (finding.rule, finding.sheet, finding.cell or None):
            return WaiverMatch.NONE
        # A decision about one value says nothing about the next one.
        if self.value != finding.value:
            return WaiverMatch.CHANGED
        return WaiverMatch.EXACT
