"""Where a sheet says that a table has nothing to report.

Officers tick the template's own cell, or write "Không phát sinh" in the first cell to fill in, in
the first line, above the table or below it. All of these mean the same.
"""

from collections.abc import Iterator
from typing import NamedTuple

from connectors.reader.find.non_data_text import NOTHING_OPENS, says_nothing
from connectors.reader.find.table_region import TableRegion
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.forms.nil_report import NIL_LABEL
from program.labels import fold, opening_of, openings_of, without_brackets

_LABEL = fold(NIL_LABEL)
_LABEL_OPENS = openings_of([_LABEL])
_HAPPENED = "phat sinh"
_TICKS = {"x", "v", "co", "dung", "yes", "true", "1"}
_TICK_SIGNS = frozenset("✓✔☑√☒✗✘●■")
"""Signs that `fold` leaves nothing of."""


class NilMark(NamedTuple):
    """A cell that says that there is nothing to report, by its 0-based row and column."""

    row: int
    at: int
    text: str


def nil_mark(place: TableRegion) -> NilMark | None:
    """Return the cell that says that a table has nothing to report; the template's own first."""
    tick = tick_of(place)
    if tick is not None:
        return tick
    return next(_sentences(place), None)


def tick_of(place: TableRegion) -> NilMark | None:
    """Return the template's cell for it; None where there is none, or it is not ticked."""
    for number in _rows_above(place):
        row = place.row(number)
        for at, cell in enumerate(row):
            if not isinstance(cell, str) or opening_of(cell) not in _LABEL_OPENS:
                continue
            name, _, behind = cell.partition(":")
            if fold(without_brackets(name)) != _LABEL:
                continue
            mark = _mark_beside(row, at, behind)
            if mark is not None:
                return NilMark(number, mark, text_of_cell(row[mark]))
    return None


def _mark_beside(row: list[CellValue], at: int, behind: str) -> int | None:
    """Return the column of the tick behind a label, or in the next cell with anything in it."""
    if not is_empty(behind):
        return at if _is_tick(behind) else None
    for beside in range(at + 1, len(row)):
        cell = row[beside]
        if is_empty(cell):
            continue
        # What is written there but is no tick answers no.
        return beside if _is_tick(cell) else None
    return None


def _is_tick(cell: CellValue) -> bool:
    # A check box of a spreadsheet gives TRUE or FALSE.
    if isinstance(cell, bool):
        return cell
    text = text_of_cell(cell)
    if fold(text) in _TICKS:
        return True
    return not _TICK_SIGNS.isdisjoint(text)


def _sentences(place: TableRegion) -> Iterator[NilMark]:
    """Yield the cells around and in a table that say in words that there is nothing."""
    # A sheet may have a million empty rows.
    for number in place.header.sheet.texts.rows_of(NOTHING_OPENS):
        if place.header.body <= number < place.end:
            yield from _sentences_in(place, number)
    for number in _rows_above(place):
        # "Không" alone answers something else there.
        for mark in _sentences_in(place, number):
            if says_none_happened(mark.text):
                yield mark


def _sentences_in(place: TableRegion, number: int) -> Iterator[NilMark]:
    row = place.row(number)
    for at in _columns(place, row):
        if says_nothing(row[at]):
            yield NilMark(number, at, text_of_cell(row[at]))


def says_none_happened(cell: CellValue) -> bool:
    """Tell whether a cell says that nothing happened: "Không phát sinh". "Không" alone is no."""
    return says_nothing(cell) and _HAPPENED in fold(text_of_cell(cell))


def _rows_above(place: TableRegion) -> range:
    """Return the rows above a table; none below another table, whose words they may be."""
    if place.header.top != 0:
        return range(0)
    return range(place.header.row)


def _columns(place: TableRegion, row: list[CellValue]) -> range:
    """Return the columns that belong to a table: all of the sheet's, if no other is beside it."""
    if place.header.is_apart:
        return place.header.span
    return range(len(row))
