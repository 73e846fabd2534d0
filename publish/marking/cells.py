"""Cells of a sheet's XML: finding one, and adding it where the sheet has none there."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lxml import etree

from program.addresses import column_letter, column_number
from publish.marking.package import named
from publish.marking.request import UnmarkableError

_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
_LAST_ROW = 1_048_576
_LAST_COLUMN = 16_384


class Corner(NamedTuple):
    """A cell by its row and column, both from 1 on."""

    row: int
    column: int


def corner_of(address: str | None) -> Corner | None:
    """Return the cell of an address, the first one of a range; None if it names no cell."""
    match = _ADDRESS.match((address or "").upper())
    if match is None:
        return None
    corner = Corner(row=int(match[2]), column=column_number(match[1]))
    # The pattern also takes addresses beyond the last row or column of a sheet.
    is_on_sheet = corner.row <= _LAST_ROW and corner.column <= _LAST_COLUMN
    return corner if is_on_sheet else None


class Cells:
    """The cells of a sheet by row and column.

    A row or cell without a position comes right after the one before it, as in the standard.
    """

    def __init__(self, sheet: etree._Element) -> None:
        data = sheet.find(named("sheetData"))
        if data is None:
            raise UnmarkableError("a sheet has no data")
        self._data = data
        self._columns = sheet.find(named("cols"))
        self._rows = dict(_number(data, _row_number))
        self._cells: dict[int, dict[int, etree._Element]] = {}

    def every(self) -> Iterator[etree._Element]:
        """Yield each cell that the sheet has."""
        yield from self._data.iter(named("c"))

    def at(self, row: int, column: int) -> etree._Element:
        """Return the cell at a position.

        A missing cell is added with the format that its row or column gives to new cells.
        """
        cells = self._cells_in(row)
        if column not in cells:
            address = f"{column_letter(column)}{row}"
            cell = etree.Element(named("c"), r=address)
            format_number = self._default_format(self._rows[row], column)
            if format_number:
                cell.set("s", format_number)
            _insert(self._rows[row], cells, column, cell)
        return cells[column]

    def _cells_in(self, row: int) -> dict[int, etree._Element]:
        if row not in self._rows:
            element = etree.Element(named("row"), r=str(row))
            _insert(self._data, self._rows, row, element)
        # A row's cells are numbered when the first of them is needed: most rows have no finding.
        if row not in self._cells:
            self._cells[row] = dict(_number(self._rows[row], _column_number))
        return self._cells[row]

    def _default_format(self, row: etree._Element, column: int) -> str | None:
        # A row's format comes before a column's.
        has_own_format = row.get("customFormat") in ("1", "true")
        if has_own_format:
            return str(row.get("s") or 0)
        if self._columns is None:
            return None
        for span in self._columns:
            first = int(span.get("min", 0))
            last = int(span.get("max", 0))
            if first <= column <= last:
                return str(span.get("style") or 0)
        return None


def _number(
    parent: etree._Element,
    number_of: Callable[[etree._Element], int],
) -> Iterator[tuple[int, etree._Element]]:
    """Yield each row or cell with its number; one without a number follows the one before."""
    last = 0
    for child in parent.iterchildren(named("row"), named("c")):
        last = number_of(child) or last + 1
        yield last, child


def _row_number(row: etree._Element) -> int:
    return int(row.get("r") or 0)


def _column_number(cell: etree._Element) -> int:
    corner = corner_of(cell.get("r"))
    return corner.column if corner else 0


def _insert(
    parent: etree._Element,
    known: dict[int, etree._Element],
    number: int,
    child: etree._Element,
) -> None:
    """Insert a child before those with a greater number: rows and cells must be in order."""
    greater = [each for each in known if each > number]
    if greater:
        known[min(greater)].addprevious(child)
    else:
        parent.append(child)
    known[number] = child
