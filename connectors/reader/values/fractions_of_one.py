"""A column of percents that was typed in fractions of one: 1 for 100%, 0,53 for 53%.

One figure below 1 may be a small percentage, and is only asked about. Where a 1 stands among such
figures and none is larger, the column may be in fractions. Then 1 is 1% or 100%, and the cells do
not say which: each of them is refused, in the same words.
"""

from collections.abc import Sequence
from typing import cast

from connectors.reader.open.markup import Percentage
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.characters import plain
from connectors.reader.values.parse_column import NAN, ColumnRead
from connectors.reader.values.parse_number import DOUBTFUL_FRACTION, PERCENT
from connectors.reader.values.parsed import Parsed, Value
from program.parsed_report import ColumnValues, is_given

IN_FRACTIONS = "CELL-55"


def without_fractions_of_one(read: ColumnRead, cells: Sequence[CellValue]) -> ColumnRead:
    """Return a column whose figures are refused where they seem to be fractions of one.

    A 0, and a figure with a percent sign, means the same either way: it stays and decides nothing.
    A column without a 1, or without a figure below it, is returned as it is.
    """
    if not any(parsed.rule == DOUBTFUL_FRACTION for parsed in read.met.values()):
        return read
    unsigned: dict[int, float] = {}
    for at, value in enumerate(read.values):
        # A column of percents holds figures only; a missing one is NaN.
        figure = cast("float", value)
        if is_given(figure) and figure and not _has_percent_sign(cells[at]):
            unsigned[at] = figure
    figures = unsigned.values()
    if 1 not in figures or min(figures) < 0 or max(figures) > 1:
        return read
    values: list[Value] = list(read.values)
    met = dict(read.met)
    for at in unsigned:
        values[at] = NAN
        met[at] = Parsed(None, IN_FRACTIONS)
    return ColumnRead(cast("ColumnValues", values), met, read.texts)


def _has_percent_sign(cell: CellValue) -> bool:
    if isinstance(cell, Percentage):
        return True
    return isinstance(cell, str) and PERCENT in plain(cell)
