"""Forms: one kind of report, versioned: what it is called, when it is asked for, and its tables; declared in YAML."""

from datetime import date
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from program.configuration import Model, repeated
from program.labels import fold
from program.period import Period, PeriodKind
from program.stage import Stage
from program.table import NAME, Label, Table


class Identity(Model):
    """Where a workbook says whom and when it is about: a label, with its value beside or after a colon."""

    unit: Label
    unit_code: Label
    period: Label


class Form(Model):
    """One version of a form. `source` says where its columns come from.

    `partial`: a line of a list that is critically wrong is kept out alone, and the rest of the report comes in. A form with
    personal columns says how many days its reports are kept (`personal_days`): `mtqg purge` removes their bytes after that.
    """

    code: str = Field(pattern=NAME)
    version: str = Field(pattern=r"^v[0-9]+$")
    title: str
    short_title: str
    project: str | None
    source: str
    valid_from: date
    valid_to: date | None = None
    periods: tuple[PeriodKind, ...] = Field(min_length=1)
    stages: tuple[Stage, ...] = Field((Stage.FINAL,), min_length=1)
    identity: Identity
    tables: tuple[Table, ...] = Field(min_length=1)
    instructions: tuple[str, ...] = ()
    partial: bool = False
    personal_days: int | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _says_how_long_persons_are_kept(self) -> Self:
        personal = [name for table in self.tables for name in table.personal]
        if bool(personal) != (self.personal_days is not None):
            said = ", ".join(personal) or "no personal column"
            raise ValueError(f"form {self.code}: personal_days goes with personal columns, and they with it; found {said}")
        return self

    @model_validator(mode="after")
    def _has_lines_to_leave_out(self) -> Self:
        if self.partial and all(table.kind != "list" for table in self.tables):
            raise ValueError(f"form {self.code}: partial is for forms with a list: a matrix comes in whole or not at all")
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [c.name for t in self.tables for c in t.columns]
        names += [name for t in self.tables for name in (*t.elements, *t.summaries)]
        names += [t.name for t in self.tables]
        doubled = repeated(names)
        if doubled:
            raise ValueError(f"form {self.code}: names used twice: {', '.join(doubled)}")
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"form {self.code}: valid_to {self.valid_to} is before valid_from {self.valid_from}")
        return self

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the form's labels, folded: of its columns, its lines, and what stands over them."""
        labels = [label for t in self.tables for label in (*t.columns, *t.lines, *([t.line] if t.line else []))]
        return frozenset(word for label in labels for writing in label.writings for word in fold(writing).split())

    def table(self, name: str) -> Table:
        """Return the table `name`; it must exist."""
        return next(t for t in self.tables if t.name == name)

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that stand for the report as a whole: every matrix element and every summary of a list."""
        return tuple(name for table in self.tables for name in (*table.elements, *table.summaries))

    def label_of(self, period: Period, stage: Stage) -> str:
        """Return a period as an office writes it, with the stage where this form has more than one."""
        return f"{period.label} ({stage.label})" if len(self.stages) > 1 else period.label

    def covers(self, period: Period) -> bool:
        """Tell whether this version was in force on the period's last day."""
        return self.valid_from <= period.end and (self.valid_to is None or period.end <= self.valid_to)

    def measure_of(self, name: str) -> str:
        """Return the unit of measure of a column, matrix element or summary; "" where it has none."""
        for table in self.tables:
            for column in table.columns:
                if column.name == name:
                    return column.measure
            if name in table.elements:
                return table.elements[name][0].measure
            if name in table.summaries and table.summaries[name].sum:
                return table.column(str(table.summaries[name].sum)).measure
        return ""
