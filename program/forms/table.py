"""Tables of a form: columns, types, units of measure and totals; declared in YAML.

A table is one of two kinds. A *matrix* has named lines (a level, a total). Each pair of a column
and a line is a data element of its own: `participants_total`. A *list* has as many lines as the
sender needs: classes, works.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from program.forms.measure import MONEY_MEASURES
from program.labels import fold, joined, openings_of, without_brackets
from program.pack.yaml_file import Model, WrongKeyError, repeated
from program.units.unit import UnitKind

NAME = r"^[a-z][a-z0-9_]*$"
"""The pattern of names in a form: they become column names of frames and elements of facts."""


class ColumnType(StrEnum):
    """What a column holds, and how its values are kept."""

    WHOLE = "whole"
    """A count: a whole number."""
    NUMBER = "number"
    MONEY = "money"
    """Printed in the column's `measure`, kept in whole đồng."""
    TEXT = "text"
    DATE = "date"
    CODE = "code"
    """One word of the column's `vocabulary`, kept as its key."""
    COMMUNE = "commune"
    """A commune within the reporting unit. Any way to write its name is read; its code is kept."""
    UNITS = "units"
    """Units within the reporting unit, one or several: "Huyện Mỹ Tú; thị xã Ngã Năm".

    Their codes are kept, with `UNIT_SEPARATOR` between them.
    """

    @property
    def is_numeric(self) -> bool:
        """Tell whether values are kept as float64."""
        return self in (ColumnType.WHOLE, ColumnType.NUMBER, ColumnType.MONEY)

    @property
    def dtype(self) -> str:
        """The dtype of a frame's column of this type."""
        if self.is_numeric:
            return "float64"
        if self is ColumnType.DATE:
            return "datetime64[us]"
        return "object"


UNIT_SEPARATOR = ";"
"""Stands between the codes of units in one value."""


class Blank(StrEnum):
    """What an empty cell says in a line that has figures."""

    UNKNOWN = "unknown"
    """The sender has no figure. A sum over the cell is unknown too."""
    NOTHING = "nothing"
    """There is none: a project without this stream of capital. A sum leaves the cell out."""


class OverTime(StrEnum):
    """What a figure means over time."""

    FLOW = "flow"
    """Of its period alone: a year is the sum of its quarters."""
    YEAR = "year"
    """Cumulative since January: it starts at 0 each year."""
    ALWAYS = "always"
    """Cumulative since the program began."""
    STOCK = "stock"
    """As it is at the period's end. Periods are never added up."""


class Label(Model):
    """A text to find on a sheet. `aliases` are other ways to write it."""

    label: str
    aliases: tuple[str, ...] = ()

    @property
    def writings(self) -> tuple[str, ...]:
        """The label and its aliases."""
        return (self.label, *self.aliases)

    @cached_property
    def folded(self) -> frozenset[str]:
        """The label and its aliases, folded."""
        return frozenset(fold(writing) for writing in self.writings)

    @cached_property
    def bare(self) -> frozenset[str]:
        """The label and its aliases, folded, without the text in brackets."""
        return frozenset(fold(without_brackets(writing)) for writing in self.writings)


_REFERENCES = ("opens", "per", "up_to", "share_of", "blank_unless")
"""The keys of a column that name another figure of its table."""
_OF_ONE_TYPE = ("opens", "share_of")
"""Those whose figure must have the type of the column."""


class Column(Label):
    """A data element of a table. `name` is its name in facts, rules and messages.

    `group` is the beginning of the label. A template writes it once above several columns ("Kế
    hoạch vốn" above "TW" and "ĐP"). `parts` are the columns whose sum this column is, line by line.
    `hint` is the text that Excel shows when a cell is selected.

    Over time: a `cumulative` column adds up since January (`year`) or since the program began
    (`always`). With None, `over_time` says whether its figures are a flow or a stock, else the
    form's `over_time` does. A `key` identifies a list's
    lines from period to period. `opens` names the column whose closing figure of the last period is
    this column's opening figure. `per` names the column to which this figure is proportional.
    `up_to` names the column that a cumulative figure can reach and not exceed.

    `personal`: the column holds a person's name or telephone number. Only the sender and the
    archive ever have its values.

    A `required` column must have a value on each line that has any, but not from the kinds of unit
    in `optional_for`. A column with `required_where` must have one on the lines where another
    column has one of the words that it gives. `blank` says what an empty cell means; it means
    "unknown" where the column `blank_unless` has a figure: no money is disbursed without a plan.
    Columns with the same `share_of` make up that figure together, without remainder: officials and
    community are all participants.

    `plans` names the result that this figure plans: a column of the same table, or of the form that
    `plan_of` of the form names. Figures of lines with the same key belong together.

    A `rare` column is one that most files lack: a table is recognised without it, and nothing is
    said where it is missing. So a form gets a column without older files being asked about it.

    A column of text with `text_rows` above 1 holds paragraphs: its line breaks are kept, and its
    cells in a template are that many lines high.
    """

    name: str = Field(pattern=NAME)
    group: str = ""
    parts: tuple[str, ...] = ()
    hint: str = Field("", max_length=255)
    type: ColumnType
    measure: str = ""
    required: bool = False
    required_where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    optional_for: tuple[UnitKind, ...] = ()
    blank: Blank = Blank.UNKNOWN
    blank_unless: str | None = None
    share_of: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    cumulative: Literal["year", "always"] | None = None
    over_time: Literal["flow", "stock"] | None = None
    key: bool = False
    opens: str | None = None
    per: str | None = None
    up_to: str | None = None
    personal: bool = False
    vocabulary: dict[str, Label] = Field(default_factory=dict)
    plans: str | None = None
    rare: bool = False
    text_rows: int = Field(1, ge=1, le=25)
    width: int = 14

    @model_validator(mode="after")
    def _check_vocabulary(self) -> Self:
        needs_vocabulary = self.type is ColumnType.CODE
        if needs_vocabulary != bool(self.vocabulary):
            raise ValueError(
                f"column {self.name}: a vocabulary is for type code, and type code needs one"
            )
        place = f"column {self.name}: vocabulary"
        _refuse_duplicates(place, self.vocabulary.values())
        return self

    @model_validator(mode="after")
    def _check_group(self) -> Self:
        if not self.group:
            return self
        # The reader joins the group and the rest again, and then looks for the whole label.
        begins_with_group = self.label.startswith(f"{self.group} ")
        if not begins_with_group or not self.sub_label:
            raise ValueError(
                f"column {self.name}: the label must begin with its group {self.group!r}; "
                f"found {self.label!r}"
            )
        return self

    @model_validator(mode="after")
    def _check_measure(self) -> Self:
        # A misspelt measure would be multiplied by 1 instead of 1,000,000.
        if self.type is ColumnType.MONEY and self.measure not in MONEY_MEASURES:
            known = ", ".join(MONEY_MEASURES)
            raise ValueError(
                f"column {self.name}: money needs a measure of {known}; found {self.measure!r}"
            )
        return self

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        has_limits = self.minimum is not None or self.maximum is not None
        if has_limits and not self.type.is_numeric:
            raise ValueError(
                f"column {self.name}: minimum and maximum are for whole, number and money"
            )
        # Without a minimum, a figure is 0 or more.
        minimum = self.minimum or 0
        if self.maximum is not None and self.maximum < minimum:
            raise ValueError(
                f"column {self.name}: maximum {self.maximum:g} is below the minimum {minimum:g}"
            )
        return self

    @model_validator(mode="after")
    def _check_required(self) -> Self:
        if self.optional_for and not self.required:
            raise ValueError(f"column {self.name}: optional_for is for a required column")
        if self.required_where and self.required:
            raise ValueError(f"column {self.name}: required_where is for a column not required")
        # With two columns it would be open whether a line must fit both or one of them.
        if len(self.required_where) > 1:
            raise ValueError(f"column {self.name}: required_where: expected one column")
        return self

    @model_validator(mode="after")
    def _check_meaning_over_time(self) -> Self:
        if self.type.is_numeric:
            return self
        values = {
            "cumulative": self.cumulative,
            "opens": self.opens,
            "per": self.per,
            "share_of": self.share_of,
            "blank_unless": self.blank_unless,
            "up_to": self.up_to,
            "plans": None if self.type is ColumnType.UNITS else self.plans,
        }
        given = [name for name, value in values.items() if value is not None]
        if given:
            raise ValueError(
                f"column {self.name}: {', '.join(given)}: for whole, number and money; "
                f"found {self.type.value}"
            )
        return self

    @model_validator(mode="after")
    def _check_rare(self) -> Self:
        if self.rare and self.required:
            raise ValueError(f"column {self.name}: rare is for a column not required")
        return self

    @model_validator(mode="after")
    def _check_text_rows(self) -> Self:
        if self.text_rows > 1 and self.type is not ColumnType.TEXT:
            raise ValueError(
                f"column {self.name}: text_rows is for type text; found {self.type.value}"
            )
        return self

    @model_validator(mode="after")
    def _check_key(self) -> Self:
        # A line without a key could not be found again in the next period. A figure or a day
        # changes from period to period.
        can_be_key = not self.type.is_numeric and self.type is not ColumnType.DATE
        if self.key and not (can_be_key and self.required):
            raise ValueError(
                f"column {self.name}: key: expected a required column of text, code or commune"
            )
        return self

    @model_validator(mode="after")
    def _check_personal(self) -> Self:
        # A key is kept from period to period; a personal value must not be.
        can_be_personal = self.type is ColumnType.TEXT and not self.key
        if self.personal and not can_be_personal:
            raise ValueError(
                f"column {self.name}: personal: for a column of text that is no key; "
                f"found {self.type.value}"
            )
        return self

    @cached_property
    def counted(self) -> frozenset[str]:
        """What the column counts by its own labels, folded: "Số đại biểu" counts "dai bieu"."""
        counted: set[str] = set()
        for writing in self.writings:
            words = fold(writing)
            for beginning in ("trong do ", "tong ", "so "):
                words = words.removeprefix(beginning)
            counted.add(words)
        return frozenset(counted)

    @cached_property
    def keys(self) -> dict[str, str]:
        """The keys of the vocabulary, by each folded writing of their words."""
        keys: dict[str, str] = {}
        for key, label in self.vocabulary.items():
            for writing in label.writings:
                keys[fold(writing)] = key
        return keys

    @cached_property
    def keys_joined(self) -> dict[str, str]:
        """`keys` by their writings without spaces: "TDA 1 - DA 4" is "TDA1-DA4".

        A writing that two words would share so is left out, and two numbers never become one.
        """
        found: dict[str, set[str]] = {}
        for writing, key in self.keys.items():
            found.setdefault(joined(writing), set()).add(key)
        return {writing: min(keys) for writing, keys in found.items() if len(keys) == 1}

    @cached_property
    def keys_as_written(self) -> dict[str, str]:
        """The vocabulary's keys by each of their spellings, in lower case."""
        keys: dict[str, str] = {}
        for key, label in self.vocabulary.items():
            for writing in label.writings:
                composed = unicodedata.normalize("NFC", writing)
                keys[composed.casefold()] = key
        return keys

    @property
    def sub_label(self) -> str:
        """What a template writes below the group; the whole label where there is no group."""
        if not self.group:
            return self.label
        return self.label.removeprefix(self.group).strip(" :–-")


class Line(Label):
    """A named line of a matrix.

    `total`: the line must be there. `parts` are the lines whose sum this line is, column by column.
    """

    key: str = Field(pattern=NAME)
    total: bool = False
    parts: tuple[str, ...] = ()


class ListSummary(Model):
    """A figure computed from a list's lines: their count (`count`) or a column's sum (`sum`).

    `where` selects lines: for each column it gives a word, or several words of which a line must
    have one. Rules compare a summary with other tables. It is also a fact of the report, unless it
    is for checks only; its cells are those of its column. `label` is what the page calls it.
    `plans` names the figure of the report that this one plans, as `plans` of a column does.
    """

    count: str | None = None
    sum: str | None = None
    where: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    checks_only: bool = False
    label: str = ""
    plans: str | None = None

    @model_validator(mode="after")
    def _check_count_or_sum(self) -> Self:
        if (self.count is None) == (self.sum is None):
            raise ValueError("a summary needs exactly one of count and sum")
        return self

    @property
    def column(self) -> str:
        """The column that is counted or summed."""
        return self.count or self.sum or ""

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """`where`, with one word and several words alike as a tuple."""
        chosen: dict[str, tuple[str, ...]] = {}
        for column, words in self.where.items():
            chosen[column] = (words,) if isinstance(words, str) else words
        return chosen


class Table(Model):
    """A table of a form, and the sheet of the form's own template that holds it.

    An `optional` table may be missing, or left blank as a whole.
    """

    name: str = Field(pattern=NAME)
    sheet: str = Field(max_length=31)
    title: str
    kind: Literal["matrix", "list"]
    columns: tuple[Column, ...]
    line: Label | None = None
    lines: tuple[Line, ...] = ()
    summaries: dict[str, ListSummary] = Field(default_factory=dict)
    optional: bool = False

    @model_validator(mode="after")
    def _check_lines(self) -> Self:
        is_matrix = self.kind == "matrix"
        has_lines = bool(self.lines)
        has_label = self.line is not None
        if is_matrix != has_lines or is_matrix != has_label:
            raise ValueError(f"table {self.name}: a matrix declares line and lines, a list neither")
        return self

    @model_validator(mode="after")
    def _check_labels_differ(self) -> Self:
        headings: list[Label] = [*self.columns]
        if self.line is not None:
            headings.append(self.line)
        _refuse_duplicates(f"table {self.name}: columns", headings)
        _refuse_duplicates(f"table {self.name}: lines", self.lines)
        duplicates = repeated(line.key for line in self.lines)
        if duplicates:
            raise ValueError(f"table {self.name}: line keys used twice: {', '.join(duplicates)}")
        return self

    @model_validator(mode="after")
    def _check_column_totals(self) -> Self:
        types = {column.name: column.type for column in self._figures}
        for place, column in enumerate(self.columns):
            # A sum of đồng and of people is no figure: the parts have the type of their total.
            if any(types.get(part) is not column.type for part in column.parts):
                raise WrongKeyError(
                    ("columns", place, "parts"),
                    f"table {self.name}: column {column.name}: parts: "
                    f"expected figures of its type; found {', '.join(column.parts)}",
                )
        parts_of = {column.name: column.parts for column in self.columns}
        self._refuse_circle("columns", parts_of)
        return self

    @model_validator(mode="after")
    def _check_line_totals(self) -> Self:
        keys = {line.key for line in self.lines}
        for place, line in enumerate(self.lines):
            if not keys.issuperset(line.parts):
                raise WrongKeyError(
                    ("lines", place, "parts"),
                    f"table {self.name}: line {line.key}: parts: expected lines; "
                    f"found {', '.join(line.parts)}",
                )
        parts_of = {line.key: line.parts for line in self.lines}
        self._refuse_circle("lines", parts_of)
        return self

    def _refuse_circle(self, key: str, parts: Mapping[str, tuple[str, ...]]) -> None:
        for place, name in enumerate(parts):
            if name in _parts_below(name, parts):
                raise WrongKeyError(
                    (key, place, "parts"), f"table {self.name}: {name} is a part of itself"
                )

    @model_validator(mode="after")
    def _check_references(self) -> Self:
        """Refuse a column that names itself, or no figure of this table."""
        for place, column in enumerate(self.columns):
            for key in _REFERENCES:
                name = getattr(column, key)
                if name is not None:
                    self._check_reference(column, ("columns", place, key), name)
        return self

    def _check_reference(self, column: Column, below: tuple[str, int, str], name: str) -> None:
        key = below[-1]
        figures = {figure.name: figure for figure in self._figures}
        other = figures.get(name)
        is_figure = other is not None and other is not column
        # A ratio may be of figures of two types. A share or an opening figure is not.
        needs_type = key in _OF_ONE_TYPE
        if needs_type and other is not None and other.type is not column.type:
            is_figure = False
        if not is_figure:
            expected = "figure of its type" if needs_type else "figure"
            raise WrongKeyError(
                below,
                f"table {self.name}: column {column.name}: {key}: "
                f"expected another {expected}; found {name}",
            )

    @model_validator(mode="after")
    def _check_required_where(self) -> Self:
        vocabularies = {column.name: column.vocabulary for column in self.columns}
        for place, column in enumerate(self.columns):
            for name, words in column.required_where.items():
                vocabulary = vocabularies.get(name, {})
                unknown = [word for word in words if word not in vocabulary]
                # Without a word, no line would ever need a value.
                if unknown or not words:
                    found = unknown[0] if unknown else "none"
                    raise WrongKeyError(
                        ("columns", place, "required_where", name),
                        f"table {self.name}: column {column.name}: required_where: "
                        f"expected words of the column {name}; found {found}",
                    )
        return self

    @model_validator(mode="after")
    def _check_only_lists_have_personal_columns(self) -> Self:
        if self.personal and self.kind != "list":
            raise ValueError(
                f"table {self.name}: personal: a list tells of persons, a matrix does not; "
                f"found {self.personal[0]}"
            )
        return self

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        keys = [column.name for column in self.columns if column.key]
        # The lines of a matrix have keys of their own.
        most = 1 if self.kind == "list" else 0
        if len(keys) > most:
            raise ValueError(
                f"table {self.name}: key: a list has one at most, a matrix none; "
                f"found {', '.join(keys)}"
            )
        return self

    @model_validator(mode="after")
    def _check_summaries(self) -> Self:
        for name, summary in self.summaries.items():
            self._check_summary_column(name, summary)
            self._check_summary_words(name, summary)
        return self

    def _check_summary_column(self, name: str, summary: ListSummary) -> None:
        # Lines can be counted by any column. Only figures have a sum.
        columns = self._figures if summary.sum else self.columns
        if not any(column.name == summary.column for column in columns):
            key, kind = ("sum", "numeric ") if summary.sum else ("count", "")
            raise WrongKeyError(
                ("summaries", name, key),
                f"table {self.name}: summary {name}: no {kind}column {summary.column}",
            )

    def _check_summary_words(self, name: str, summary: ListSummary) -> None:
        vocabularies = {column.name: column.vocabulary for column in self.columns}
        for column, words in summary.chosen.items():
            known = vocabularies.get(column, {})
            unknown = [word for word in words if word not in known]
            if unknown:
                raise WrongKeyError(
                    ("summaries", name, "where", column),
                    f"table {self.name}: summary {name}: where: "
                    f"no column {column} with the word {unknown[0]}",
                )

    def column(self, name: str) -> Column:
        """Return the column `name`; it must exist."""
        return next(column for column in self.columns if column.name == name)

    def asked_of(self, kind: UnitKind) -> Self:
        """Return the table as units of a kind are asked for it: `required` says it for them."""
        # Nearly every table. Its cached look-ups are then kept.
        if not any(kind in column.optional_for for column in self.columns):
            return self
        columns: list[Column] = []
        for column in self.columns:
            is_required = column.required and kind not in column.optional_for
            columns.append(column.model_copy(update={"required": is_required}))
        return self.model_copy(update={"columns": tuple(columns)})

    @cached_property
    def by_label(self) -> dict[str, Column]:
        """The columns, by each of their folded spellings."""
        columns: dict[str, Column] = {}
        for column in reversed(self.columns):
            columns.update(dict.fromkeys(column.folded, column))
        return columns

    @cached_property
    def by_bare_label(self) -> dict[str, Column]:
        """The columns, by each of their folded spellings without the text in brackets.

        Two columns may share such a writing; it then gives the first of them.
        """
        columns: dict[str, Column] = {}
        # The first column comes last here, and so replaces the later ones.
        for column in reversed(self.columns):
            columns.update(dict.fromkeys(column.bare, column))
        return columns

    @cached_property
    def openings(self) -> frozenset[str]:
        """Every value that `opening_of` may give for one of the table's labels."""
        labels = [*self.by_bare_label]
        if self.line is not None:
            labels += self.line.bare
        return openings_of(labels)

    @property
    def is_words_only(self) -> bool:
        """Whether every column holds text: such a table alone is no report."""
        return all(column.type is ColumnType.TEXT for column in self.columns)

    @cached_property
    def dtypes(self) -> dict[str, str]:
        """The dtype of each column in a frame, in the declared order."""
        return {column.name: column.type.dtype for column in self.columns}

    @cached_property
    def personal(self) -> tuple[str, ...]:
        """The names of the columns with personal data."""
        return tuple(column.name for column in self.columns if column.personal)

    @property
    def key(self) -> str | None:
        """The column that identifies a list's lines from period to period; None without one."""
        for column in self.columns:
            if column.key:
                return column.name
        return None

    @property
    def elements(self) -> dict[str, tuple[Column, Line]]:
        """The data elements of a matrix (`participants_total`) with their column and line.

        A list has none.
        """
        elements: dict[str, tuple[Column, Line]] = {}
        for column in self.columns:
            for line in self.lines:
                elements[f"{column.name}_{line.key}"] = (column, line)
        return elements

    @property
    def _figures(self) -> list[Column]:
        return [column for column in self.columns if column.type.is_numeric]


def _parts_below(name: str, parts: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the parts of `name`, their parts, and so on. Ends on circles too."""
    below: set[str] = set()
    waiting = list(parts[name])
    while waiting:
        part = waiting.pop()
        # A part that was met is not followed a second time: that is what ends a circle.
        if part not in below:
            below.add(part)
            waiting += parts.get(part, ())
    return below


def _refuse_duplicates(place: str, labels: Iterable[Label]) -> None:
    """Raise ValueError where two labels share a writing: a reader could not tell them apart."""
    # A label may repeat one of its own writings. Only those of different labels must differ.
    writings: list[str] = []
    for label in labels:
        writings += label.folded
    duplicates = repeated(writings)
    if duplicates:
        raise ValueError(f"{place}: two entries are written alike: {', '.join(duplicates)}")
