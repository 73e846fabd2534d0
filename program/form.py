"""Forms: one kind of report, versioned. Its tables, columns, types and units of measure; declared in YAML.

Two kinds of table. A *matrix* has named lines (a level, a total): each column × line is a data element of its
own, `participants_total`. A *list* has as many lines as the sender needs (classes, works).
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from program.configuration import Model, repeated
from program.labels import fold
from program.measure import MONEY_MEASURES
from program.period import Period, PeriodKind


class ColumnType(StrEnum):
    """What a column holds, and how it is kept."""

    WHOLE = "whole"
    """A count: a whole number."""
    NUMBER = "number"
    MONEY = "money"
    """Printed in the column's `measure`, kept in whole đồng."""
    TEXT = "text"
    DATE = "date"
    CODE = "code"
    """One word of the column's `vocabulary`; kept as its key."""

    @property
    def is_numeric(self) -> bool:
        """Tell whether values are kept as float64."""
        return self in (ColumnType.WHOLE, ColumnType.NUMBER, ColumnType.MONEY)


class Label(Model):
    """A text to find on a sheet, and other writings of it."""

    label: str
    aliases: tuple[str, ...] = ()

    @property
    def writings(self) -> tuple[str, ...]:
        """The label and its aliases."""
        return (self.label, *self.aliases)


class Column(Label):
    """A data element of a table. `name` is what facts, rules and messages call it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: ColumnType
    measure: str = ""
    required: bool = False
    minimum: float | None = None
    vocabulary: dict[str, Label] = Field(default_factory=dict)
    width: int = 14

    @model_validator(mode="after")
    def _vocabulary_where_it_belongs(self) -> Self:
        if (self.type is ColumnType.CODE) != bool(self.vocabulary):
            raise ValueError(f"column {self.name}: a vocabulary is for type code, and type code needs one")
        _refuse_doubled(f"column {self.name}: vocabulary", self.vocabulary.values())
        return self

    @model_validator(mode="after")
    def _figures_where_they_belong(self) -> Self:
        # A misspelt measure would be multiplied by 1 instead of 1,000,000.
        if self.type is ColumnType.MONEY and self.measure not in MONEY_MEASURES:
            known = ", ".join(MONEY_MEASURES)
            raise ValueError(f"column {self.name}: money needs a measure of {known}; found {self.measure!r}")
        if self.minimum is not None and not self.type.is_numeric:
            raise ValueError(f"column {self.name}: a minimum is for whole, number and money")
        return self


class Line(Label):
    """A named line of a matrix."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    total: bool = False


class Summary(Model):
    """A figure computed over a list's lines, to compare with another table: a count of lines or a sum."""

    count: str | None = None
    sum: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.count is None) == (self.sum is None):
            raise ValueError("a summary needs exactly one of count and sum")
        return self


class Table(Model):
    """A table of a form and the sheet it stands on in the form's own template."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    sheet: str = Field(max_length=31)
    title: str
    kind: Literal["matrix", "list"]
    columns: tuple[Column, ...]
    line: Label | None = None
    lines: tuple[Line, ...] = ()
    summaries: dict[str, Summary] = Field(default_factory=dict)
    optional: bool = False

    @model_validator(mode="after")
    def _lines_where_they_belong(self) -> Self:
        is_matrix = self.kind == "matrix"
        if is_matrix != bool(self.lines) or is_matrix != (self.line is not None):
            raise ValueError(f"table {self.name}: a matrix declares line and lines, a list neither")
        return self

    @model_validator(mode="after")
    def _writings_are_told_apart(self) -> Self:
        headings = (*self.columns, *([self.line] if self.line else []))
        _refuse_doubled(f"table {self.name}: columns", headings)
        _refuse_doubled(f"table {self.name}: lines", self.lines)
        doubled = repeated(line.key for line in self.lines)
        if doubled:
            raise ValueError(f"table {self.name}: line keys used twice: {', '.join(doubled)}")
        return self

    @model_validator(mode="after")
    def _summaries_name_columns(self) -> Self:
        for name, summary in self.summaries.items():
            wanted = summary.count or summary.sum
            column = next((c for c in self.columns if c.name == wanted), None)
            if column is None or (summary.sum and not column.type.is_numeric):
                raise ValueError(f"table {self.name}: summary {name}: no {'numeric ' if summary.sum else ''}column {wanted}")
        return self

    def column(self, name: str) -> Column:
        """Return the column `name`; it must exist."""
        return next(c for c in self.columns if c.name == name)

    @property
    def elements(self) -> dict[str, tuple[Column, Line]]:
        """For a matrix, each data element (`participants_total`) with its column and line; for a list, none."""
        return {f"{c.name}_{line.key}": (c, line) for c in self.columns for line in self.lines}


def _refuse_doubled(place: str, labels: Iterable[Label]) -> None:
    """Raise ValueError where two labels share a writing: a reader could not tell which one a sheet means."""
    doubled = repeated(writing for label in labels for writing in {fold(w) for w in label.writings})
    if doubled:
        raise ValueError(f"{place}: two entries are written alike: {', '.join(doubled)}")


class Identity(Model):
    """Where a workbook says whom and when it is about: a label, with its value beside or after a colon."""

    unit: Label
    unit_code: Label
    period: Label


class Form(Model):
    """One version of a form. `source` says where its columns come from."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    title: str
    short_title: str
    project: str
    source: str
    valid_from: date
    valid_to: date | None = None
    periods: tuple[PeriodKind, ...] = Field(min_length=1)
    identity: Identity
    tables: tuple[Table, ...] = Field(min_length=1)
    instructions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [c.name for t in self.tables for c in t.columns]
        names += [name for t in self.tables for name in (*t.elements, *t.summaries)]
        doubled = repeated(names)
        if doubled:
            raise ValueError(f"form {self.code}: names used twice: {', '.join(doubled)}")
        return self

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"form {self.code}: valid_to {self.valid_to} is before valid_from {self.valid_from}")
        return self

    def table(self, name: str) -> Table:
        """Return the table `name`; it must exist."""
        return next(t for t in self.tables if t.name == name)

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
