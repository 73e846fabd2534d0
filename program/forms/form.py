"""Forms: kinds of report, in versions; declared in YAML.

A form says how it is called, for which periods it is sent, and what its tables are.
"""

from datetime import date
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from program.calendar.period import Period, PeriodKind, is_within
from program.calendar.stage import Stage
from program.forms.table import NAME, Column, Label, OverTime, Table
from program.pack.yaml_file import Model, repeated
from program.units.unit import UnitKind


class Identity(Model):
    """The labels before a report's unit and period.

    The value stands in the next cell, or in the same cell after a colon.
    """

    unit: Label
    unit_code: Label
    period: Label


class Form(Model):
    """One version of a form, in force from `valid_from` to `valid_to`, both included.

    `source` says where its columns come from. `over_time` says what its figures are that are not
    cumulative: a flow of the period, or a stock at its end. None is read as a stock, which is never
    added up over time; `mtqg pack check` names such a form. `partial`: a line of a list with a
    critical finding is left out alone, and the rest of the report is loaded. `personal_days` says
    for how many days the reports of a form with personal columns are kept: `mtqg purge` then
    removes their bytes. `plan_of` is the code of the form whose results this form plans.
    `narrative`: the form gets the narrative part of its pack, where the pack has one.
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
    over_time: Literal["flow", "stock"] | None = None
    partial: bool = False
    personal_days: int | None = Field(None, gt=0)
    plan_of: str | None = None
    narrative: bool = True

    @model_validator(mode="after")
    def _check_personal_days(self) -> Self:
        personal: list[str] = []
        for table in self.tables:
            personal += table.personal
        has_personal = bool(personal)
        has_days = self.personal_days is not None
        # Without days, names would be kept for ever. Without names, days would promise nothing.
        if has_personal != has_days:
            found = ", ".join(personal) or "no personal column"
            raise ValueError(
                f"form {self.code}: personal_days goes with personal columns, and they with it; "
                f"found {found}"
            )
        return self

    @model_validator(mode="after")
    def _check_partial(self) -> Self:
        has_list = any(table.kind == "list" for table in self.tables)
        if self.partial and not has_list:
            raise ValueError(
                f"form {self.code}: partial is for forms with a list: "
                "a matrix comes in whole or not at all"
            )
        return self

    @model_validator(mode="after")
    def _check_names_differ(self) -> Self:
        # All of them are names of facts or of frames, and a rule may name any of them.
        names: list[str] = []
        for table in self.tables:
            names.append(table.name)
            names += [column.name for column in table.columns]
            names += table.elements
            names += table.summaries
        duplicates = repeated(names)
        if duplicates:
            raise ValueError(f"form {self.code}: names used twice: {', '.join(duplicates)}")
        return self

    @model_validator(mode="after")
    def _check_validity(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(
                f"form {self.code}: valid_to {self.valid_to} is before valid_from {self.valid_from}"
            )
        return self

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the form's labels, folded: of columns, lines, and the heading of lines."""
        labels: list[Label] = []
        for table in self.tables:
            labels += [*table.columns, *table.lines]
            if table.line is not None:
                labels.append(table.line)
        words: set[str] = set()
        for label in labels:
            for folded in label.folded:
                words.update(folded.split())
        return frozenset(words)

    def table(self, name: str) -> Table:
        """Return the table `name`; it must exist."""
        return next(table for table in self.tables if table.name == name)

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures of the report as a whole: elements of matrices and summaries of lists."""
        names: list[str] = []
        for table in self.tables:
            names += table.elements
            names += table.summaries
        return tuple(names)

    def over_time_of(self, name: str) -> OverTime:
        """Return what a figure of the report means over time; a stock where nothing says it."""
        for table in self.tables:
            if name in table.elements:
                column, _ = table.elements[name]
                return self._over_time(column)
            summary = table.summaries.get(name)
            if summary is None:
                continue
            summed: Column | None = None
            # A count of lines is no figure of the column that it counts.
            if summary.sum is not None:
                summed = table.column(summary.sum)
            return self._over_time(summed)
        return OverTime.STOCK

    def _over_time(self, column: Column | None) -> OverTime:
        """Return what a column means over time; what the form's figures mean without one."""
        declared: str | None = None
        if column is not None:
            declared = column.cumulative or column.over_time
        # A stock is never added up: that cannot give a wrong sum.
        return OverTime(declared or self.over_time or OverTime.STOCK)

    def label_of(self, period: Period, stage: Stage) -> str:
        """Return a period as an office writes it, with the stage where the form has several."""
        if len(self.stages) == 1:
            return period.label
        return f"{period.label} ({stage.label})"

    def with_table(self, table: Table) -> Self:
        """Return the form with one more table. Raises ValueError where the two do not fit."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**{**values, "tables": (*self.tables, table)})

    def asked_of(self, kind: UnitKind) -> Self:
        """Return the form as units of a kind are asked for it: `required` says it for them."""
        tables = tuple(table.asked_of(kind) for table in self.tables)
        # The form itself where nothing changes: what it has cached is then kept.
        if tables == self.tables:
            return self
        return self.model_copy(update={"tables": tables})

    def covers(self, period: Period) -> bool:
        """Tell whether this version was in force on the period's last day."""
        return is_within(period.end, self.valid_from, self.valid_to)

    def measure_of(self, name: str) -> str:
        """Return the unit of measure of a column, matrix element or summary; "" without one."""
        for table in self.tables:
            for column in table.columns:
                if column.name == name:
                    return column.measure
            if name in table.elements:
                column, _ = table.elements[name]
                return column.measure
            summary = table.summaries.get(name)
            # A count of lines has no unit of measure.
            if summary is not None and summary.sum is not None:
                return table.column(summary.sum).measure
        return ""
