"""The YAML of rule files as models: the rules of the reader, of cells, of one form and of history.

The rules across submissions are in `expectations.cross_checks.rules`.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import field_validator

from expectations.rules.texts import RuleText
from program.finding import RuleLevel
from program.pack.yaml_file import Model

_COLUMN_KEYS = ("column", "column_A", "column_B")


class Derivation(StrEnum):
    """What a rule of cells takes from a form's layout, or from the pack."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    WHOLE = "whole"
    WHOLE_VND = "whole_vnd"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    VOCABULARY = "vocabulary"
    EXACT = "exact"
    CAPITAL = "capital"
    PEOPLE = "people"
    HOUSEHOLDS = "households"
    LINE_TOTAL = "line_total"
    COLUMN_TOTAL = "column_total"


class CellRule(RuleText):
    """A rule that every form gets from its own layout: of one cell, or of a total."""

    level: Literal[RuleLevel.CELL, RuleLevel.TABLE]
    derive: Derivation
    expect: str


class ReaderRule(RuleText):
    """The severity and words of a problem that the reader finds."""

    level: Literal[RuleLevel.FILE, RuleLevel.FORM, RuleLevel.CELL]


class FormRule(RuleText):
    """A rule of one form, or of history.

    `table` is one of the form's tables, `submission`, or a frame of history. `at` is the element
    that a finding points to.
    """

    level: Literal[RuleLevel.TABLE, RuleLevel.HISTORY]
    table: str
    expect: str
    kwargs: dict[str, Any]
    at: str
    source: str

    @field_validator("kwargs")
    @classmethod
    def _columns_are_names(cls, kwargs: dict[str, Any]) -> dict[str, Any]:
        names = [kwargs[key] for key in _COLUMN_KEYS if key in kwargs]
        column_list = kwargs.get("column_list", [])
        is_list = isinstance(column_list, list)
        # Anything else in its place is refused below, with the names.
        if is_list:
            names += column_list
        if not is_list or not all(isinstance(name, str) for name in names):
            raise ValueError(
                "column, column_A and column_B are names of columns, "
                "column_list a list of such names"
            )
        return kwargs

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expectation uses, those of its `row_condition` included."""
        return (*columns_in(self.kwargs), *_condition_columns(self.kwargs.get("row_condition")))


class ReadingFile(Model):
    """The file `reading.yaml`."""

    rules: tuple[ReaderRule, ...]


class CellsFile(Model):
    """The file `cells.yaml`."""

    rules: tuple[CellRule, ...]


class HistoryFile(Model):
    """The file `history.yaml`."""

    rules: tuple[FormRule, ...]


class FormFile(Model):
    """The file `<form>.yaml`."""

    form: str
    rules: tuple[FormRule, ...]


def columns_in(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that an expectation with these arguments checks."""
    single = [kwargs[key] for key in _COLUMN_KEYS if key in kwargs]
    return (*single, *kwargs.get("column_list", ()))


def _condition_columns(condition: Any) -> Iterator[str]:
    """Yield the columns that a `row_condition` names, at any depth of its ands and ors."""
    if isinstance(condition, dict):
        column = condition.get("column")
        # The form in which Great Expectations writes a condition: {"column": {"name": …}, …}.
        if isinstance(column, dict) and isinstance(column.get("name"), str):
            yield column["name"]
        for part in condition.values():
            yield from _condition_columns(part)
    elif isinstance(condition, list):
        for part in condition:
            yield from _condition_columns(part)
