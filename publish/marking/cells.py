"""Finding a cell in a sheet's XML, and making it where nothing stands there yet."""

import re
from collections.abc import Callable, Iterator

from lxml import etree

from program.addresses import column_letter, column_number
from publish.marking.order import UnmarkableError
from publish.marking.package import named

_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")


def corner_of(address: str | None) -> tuple[int, int] | None:
    """Return row and column, from 1 on, of a cell or of a range's first cell; None where it names no cell."""
    match = _ADDRESS.match((address or "").upper())
    if match is None:
        return None
    row, column = int(match[2]), column_number(match[1])
    return (row, column) if row <= 1_048_576 and column <= 16_384 else None


class Cells:
    """A sheet's cells by row and column. Rows and cells that do not say where they are come after the one before."""

    def __init__(self, sheet: etree._Element) -> None:
        data = sheet.find(named("sheetData"))
        if data is None:
            raise UnmarkableError("a sheet has no data")
        self._data = data
        self._columns = sheet.find(named("cols"))
        self._rows = dict(_numbered(data, _row_number))
        self._cells: dict[int, dict[int, etree._Element]] = {}

    def every(self) -> Iterator[etree._Element]:
        """Yield each cell that is there."""
        yield from self._data.iter(named("c"))

    def at(self, row: int, column: int) -> etree._Element:
        """Return the cell at a place, made where it is missing, with the look that its row or column has."""
        cells = self._in_row(row)
        if column not in cells:
            cell = etree.Element(named("c"), r=f"{column_letter(column)}{row}")
            style = self._look_of(self._rows[row], column)
            if style:
                cell.set("s", style)
            _insert(self._rows[row], cells, column, cell)
        return cells[column]

    def _in_row(self, row: int) -> dict[int, etree._Element]:
        if row not in self._rows:
            _insert(self._data, self._rows, row, etree.Element(named("row"), r=str(row)))
        if row not in self._cells:
            self._cells[row] = dict(_numbered(self._rows[row], _column_number))
        return self._cells[row]

    def _look_of(self, row: etree._Element, column: int) -> str | None:
        if row.get("customFormat") in ("1", "true"):
            return str(row.get("s") or 0)
        spans = self._columns if self._columns is not None else ()
        found = (each for each in spans if int(each.get("min", 0)) <= column <= int(each.get("max", 0)))
        return next((str(each.get("style") or 0) for each in found), None)


def _numbered(parent: etree._Element, number_of: Callable[[etree._Element], int]) -> Iterator[tuple[int, etree._Element]]:
    last = 0
    for child in parent.iterchildren(named("row"), named("c")):
        last = number_of(child) or last + 1
        yield last, child


def _row_number(row: etree._Element) -> int:
    return int(row.get("r") or 0)


def _column_number(cell: etree._Element) -> int:
    corner = corner_of(cell.get("r"))
    return corner[1] if corner else 0


def _insert(parent: etree._Element, known: dict[int, etree._Element], number: int, child: etree._Element) -> None:
    """Put a child before the first that comes after it: both rows and cells must stand in order."""
    after = [n for n in known if n > number]
    if after:
        known[min(after)].addprevious(child)
    else:
        parent.append(child)
    known[number] = child
