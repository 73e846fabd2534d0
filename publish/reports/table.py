"""A table of a report as data: columns, rows and cells, before anything is written.

A cell is a value, or says of which other cells it is the sum or the quotient: the sheet then has a
formula, and its value beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from program.forms.qualifier import Qualifier


class RowLook(StrEnum):
    """How a row looks."""

    LINE = "line"
    MISSING = "missing"
    """A unit without figures."""
    SECTION = "section"
    """A heading over all columns."""
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Number:
    """A figure as it is printed. `is_doubtful` marks its cell."""

    value: float
    is_doubtful: bool = False
    qualifier: Qualifier | None = None


@dataclass(frozen=True, slots=True)
class SumOf:
    """The sum of the cells of the same column in the rows `rows` of the table; doubts travel."""

    rows: tuple[int, ...]
    value: float | None
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class PercentOf:
    """100 × the cell of column `part` ÷ that of column `whole`, in the same row."""

    part: int
    whole: int
    value: float | None
    is_doubtful: bool = False


CellValue: TypeAlias = str | date | Number | SumOf | PercentOf | None


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column: its heading, and a heading over several such columns.

    `decimals` is how many digits a figure has after the comma at most.
    """

    title: str
    width: float
    group: str = ""
    measure: str = ""
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row. `depth` indents its first text."""

    cells: tuple[CellValue, ...]
    look: RowLook = RowLook.LINE
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A sheet with one table: its name, titles, remarks above it, and notes below it.

    `frozen` is how many columns stay in view.
    """

    sheet: str
    title: str
    subtitle: str
    remarks: tuple[str, ...]
    columns: tuple[ReportColumn, ...]
    rows: tuple[ReportRow, ...]
    notes: tuple[str, ...] = ()
    frozen: int = 2


def sum_of(rows: Sequence[int], cells: Sequence[CellValue]) -> SumOf:
    """Return the sum of cells in `rows`: None of none. It is in doubt where one of them is."""
    numbers = [cell for cell in cells if isinstance(cell, Number | SumOf)]
    is_doubtful = any(number.is_doubtful for number in numbers)
    values = [number.value for number in numbers if number.value is not None]
    if not values:
        return SumOf(tuple(rows), None, is_doubtful)
    return SumOf(tuple(rows), sum(values), is_doubtful)


def percent_of(cells: Sequence[CellValue], part: int, whole: int) -> PercentOf:
    """Return the quotient of two cells of a row in per cent; None where one of them is unknown."""
    of_part, of_whole = cells[part], cells[whole]
    if not isinstance(of_part, Number | SumOf) or not isinstance(of_whole, Number | SumOf):
        return PercentOf(part, whole, None)
    is_doubtful = of_part.is_doubtful or of_whole.is_doubtful
    if of_part.value is None or not of_whole.value:
        return PercentOf(part, whole, None, is_doubtful)
    return PercentOf(part, whole, 100 * of_part.value / of_whole.value, is_doubtful)
