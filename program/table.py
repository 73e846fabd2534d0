"""Tables of a form: columns, types, units of measure, totals; declared in YAML.

Two kinds of table. A *matrix* has named lines (a level, a total): each column × line is a data element of its
own, `participants_total`. A *list* has as many lines as the sender needs (classes, works).
"""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from program.configuration import Model, repeated
from program.labels import fold, openings_of, without_brackets
from program.measure import MONEY_MEASURES

NAME = r"^[a-z][a-z0-9_]*$"
"""What names in a form look like: they become column names of frames and elements of facts."""


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
    COMMUNE = "commune"
    """A commune within the reporting unit, by any writing of its name; kept as its code."""

    @property
    def is_numeric(self) -> bool:
        """Tell whether values are kept as float64."""
        return self in (ColumnType.WHOLE, ColumnType.NUMBER, ColumnType.MONEY)

    @property
    def dtype(self) -> str:
        """What a frame keeps values of this type as."""
        return "float64" if self.is_numeric else "datetime64[us]" if self is ColumnType.DATE else "object"


class Label(Model):
    """A text to find on a sheet, and other writings of it."""

    label: str
    aliases: tuple[str, ...] = ()

    @property
    def writings(self) -> tuple[str, ...]:
        """The label and its aliases."""
        return (self.label, *self.aliases)

    @cached_property
    def folded(self) -> frozenset[str]:
        """Its writings, folded."""
        return frozenset(map(fold, self.writings))

    @cached_property
    def bare(self) -> frozenset[str]:
        """Its writings, folded, without what stands in brackets."""
        return frozenset(fold(without_brackets(writing)) for writing in self.writings)


class Column(Label):
    """A data element of a table. `name` is what facts, rules and messages call it.

    `group` is the beginning of the label that a template writes once over several columns ("Kế hoạch vốn" over "TW" and
    "ĐP"). `parts` are the columns it is the sum of, line by line. `hint` is what Excel shows when a cell is chosen.

    What it means over time: `cumulative` adds up since January (`year`) or since the beginning (`always`), and nothing is a
    figure of its period alone; a `key` tells a list's lines apart from period to period; a column `opens` with what the
    column named there closed the last period with. `per` is the column whose figure its own is in proportion to.

    `personal`: it tells of a person, a name or a telephone number; nobody but the sender and the archive ever has it.
    """

    name: str = Field(pattern=NAME)
    group: str = ""
    parts: tuple[str, ...] = ()
    hint: str = Field("", max_length=255)
    type: ColumnType
    measure: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    cumulative: Literal["year", "always"] | None = None
    key: bool = False
    opens: str | None = None
    per: str | None = None
    personal: bool = False
    vocabulary: dict[str, Label] = Field(default_factory=dict)
    width: int = 14

    @model_validator(mode="after")
    def _vocabulary_where_it_belongs(self) -> Self:
        if (self.type is ColumnType.CODE) != bool(self.vocabulary):
            raise ValueError(f"column {self.name}: a vocabulary is for type code, and type code needs one")
        _refuse_doubled(f"column {self.name}: vocabulary", self.vocabulary.values())
        return self

    @model_validator(mode="after")
    def _group_begins_the_label(self) -> Self:
        if self.group and (not self.label.startswith(f"{self.group} ") or not self.sub_label):
            raise ValueError(f"column {self.name}: the label must begin with its group {self.group!r}; found {self.label!r}")
        return self

    @model_validator(mode="after")
    def _figures_where_they_belong(self) -> Self:
        # A misspelt measure would be multiplied by 1 instead of 1,000,000.
        if self.type is ColumnType.MONEY and self.measure not in MONEY_MEASURES:
            known = ", ".join(MONEY_MEASURES)
            raise ValueError(f"column {self.name}: money needs a measure of {known}; found {self.measure!r}")
        if (self.minimum is not None or self.maximum is not None) and not self.type.is_numeric:
            raise ValueError(f"column {self.name}: minimum and maximum are for whole, number and money")
        if self.maximum is not None and self.maximum < (self.minimum or 0):
            raise ValueError(f"column {self.name}: maximum {self.maximum:g} is below the minimum {self.minimum or 0:g}")
        return self

    @model_validator(mode="after")
    def _time_is_told_of_what_has_it(self) -> Self:
        said = [name for name in ("cumulative", "opens", "per") if getattr(self, name) is not None]
        if said and not self.type.is_numeric:
            raise ValueError(f"column {self.name}: {', '.join(said)}: for whole, number and money; found {self.type.value}")
        if self.key and (self.type.is_numeric or self.type is ColumnType.DATE or not self.required):
            raise ValueError(f"column {self.name}: key: expected a required column of text, code or commune")
        return self

    @model_validator(mode="after")
    def _persons_are_words(self) -> Self:
        if self.personal and (self.type is not ColumnType.TEXT or self.key):
            raise ValueError(f"column {self.name}: personal: for a column of text that is no key; found {self.type.value}")
        return self

    @cached_property
    def counted(self) -> frozenset[str]:
        """What the column's own labels say that it counts, folded: "Số đại biểu" counts "dai bieu"."""
        folded = (fold(writing).removeprefix("trong do ").removeprefix("tong ") for writing in self.writings)
        return frozenset(label.removeprefix("so ") for label in folded)

    @cached_property
    def keys(self) -> dict[str, str]:
        """The vocabulary's keys by each of their folded writings."""
        return {fold(writing): key for key, label in self.vocabulary.items() for writing in label.writings}

    @cached_property
    def keys_as_written(self) -> dict[str, str]:
        """The vocabulary's keys by each of their writings, whatever their capitals."""
        writings = ((writing, key) for key, label in self.vocabulary.items() for writing in label.writings)
        return {unicodedata.normalize("NFC", writing).casefold(): key for writing, key in writings}

    @property
    def sub_label(self) -> str:
        """What a template writes under the group; the label where there is no group."""
        return self.label.removeprefix(self.group).strip(" :–-") if self.group else self.label


class Line(Label):
    """A named line of a matrix. `total`: it must be there. `parts` are the lines it is the sum of, column by column."""

    key: str = Field(pattern=NAME)
    total: bool = False
    parts: tuple[str, ...] = ()


class Summary(Model):
    """A figure computed over a list's lines: how many there are, or a column's sum; of those lines only that are `where`.

    `where` gives a word, or several of which any will do, for each of some columns.

    It is compared with other tables by rules, and is a fact of the report whose place is its column's cells.
    """

    count: str | None = None
    sum: str | None = None
    where: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.count is None) == (self.sum is None):
            raise ValueError("a summary needs exactly one of count and sum")
        return self

    @property
    def column(self) -> str:
        """The column that is counted or summed."""
        return self.count or self.sum or ""

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """The words of each column that a line must have one of."""
        return {column: (words,) if isinstance(words, str) else words for column, words in self.where.items()}


class Table(Model):
    """A table of a form and the sheet it stands on in the form's own template."""

    name: str = Field(pattern=NAME)
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
    def _totals_have_parts(self) -> Self:
        types = {c.name: c.type for c in self.columns if c.type.is_numeric}
        keys = {line.key for line in self.lines}
        for column in self.columns:
            if any(types.get(part) is not column.type for part in column.parts):
                found = ", ".join(column.parts)
                raise ValueError(f"table {self.name}: column {column.name}: parts: expected figures of its type; found {found}")
        for line in self.lines:
            if not keys.issuperset(line.parts):
                raise ValueError(f"table {self.name}: line {line.key}: parts: expected lines; found {', '.join(line.parts)}")
        for parts in ({c.name: c.parts for c in self.columns}, {line.key: line.parts for line in self.lines}):
            circle = next((name for name in parts if name in _beneath(name, parts)), None)
            if circle:
                raise ValueError(f"table {self.name}: {circle} is a part of itself")
        return self

    @model_validator(mode="after")
    def _columns_over_time_are_there(self) -> Self:
        figures = {c.name: c for c in self.columns if c.type.is_numeric}
        for column in self.columns:
            for key, name in (("opens", column.opens), ("per", column.per)):
                other = figures.get(name or "")
                if name and (other is None or other is column or (key == "opens" and other.type is not column.type)):
                    alike = " of its type" if key == "opens" else ""
                    raise ValueError(
                        f"table {self.name}: column {column.name}: {key}: expected another figure{alike}; found {name}"
                    )
        if self.personal and self.kind != "list":
            raise ValueError(f"table {self.name}: personal: a list tells of persons, a matrix does not; found {self.personal[0]}")
        keys = [c.name for c in self.columns if c.key]
        if len(keys) > (1 if self.kind == "list" else 0):
            raise ValueError(f"table {self.name}: key: a list has one at most, a matrix none; found {', '.join(keys)}")
        return self

    @model_validator(mode="after")
    def _summaries_name_columns(self) -> Self:
        columns = {c.name: c for c in self.columns}
        for name, summary in self.summaries.items():
            column = columns.get(summary.column)
            if column is None or (summary.sum and not column.type.is_numeric):
                raise ValueError(
                    f"table {self.name}: summary {name}: no {'numeric ' if summary.sum else ''}column {summary.column}"
                )
            for other, words in summary.chosen.items():
                strange = [word for word in words if other not in columns or word not in columns[other].vocabulary]
                if strange:
                    raise ValueError(f"table {self.name}: summary {name}: where: no column {other} with the word {strange[0]}")
        return self

    def column(self, name: str) -> Column:
        """Return the column `name`; it must exist."""
        return next(c for c in self.columns if c.name == name)

    @cached_property
    def by_label(self) -> dict[str, Column]:
        """Its columns by each of their folded writings."""
        return {writing: column for column in reversed(self.columns) for writing in column.folded}

    @cached_property
    def by_bare_label(self) -> dict[str, Column]:
        """Its columns by each of their folded writings without what stands in brackets; the first where two are alike."""
        return {writing: column for column in reversed(self.columns) for writing in column.bare}

    @cached_property
    def openings(self) -> frozenset[str]:
        """What `opening_of` may give for one of its labels."""
        return openings_of([*self.by_bare_label, *(self.line.bare if self.line else ())])

    @cached_property
    def dtypes(self) -> dict[str, str]:
        """What a frame keeps the values of each column as, in the declared order."""
        return {column.name: column.type.dtype for column in self.columns}

    @cached_property
    def personal(self) -> tuple[str, ...]:
        """The columns that tell of persons."""
        return tuple(column.name for column in self.columns if column.personal)

    @property
    def key(self) -> str | None:
        """The column that tells a list's lines apart from period to period; None where nothing does."""
        return next((c.name for c in self.columns if c.key), None)

    @property
    def elements(self) -> dict[str, tuple[Column, Line]]:
        """For a matrix, each data element (`participants_total`) with its column and line; for a list, none."""
        return {f"{c.name}_{line.key}": (c, line) for c in self.columns for line in self.lines}


def _beneath(name: str, parts: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return every part of `name`, and the parts of these."""
    met: set[str] = set()
    waiting = list(parts[name])
    while waiting:
        part = waiting.pop()
        if part not in met:
            met.add(part)
            waiting += parts.get(part, ())
    return met


def _refuse_doubled(place: str, labels: Iterable[Label]) -> None:
    """Raise ValueError where two labels share a writing: a reader could not tell which one a sheet means."""
    doubled = repeated(writing for label in labels for writing in {fold(w) for w in label.writings})
    if doubled:
        raise ValueError(f"{place}: two entries are written alike: {', '.join(doubled)}")
