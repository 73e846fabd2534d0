"""Totals that a form declares: the cells of which one is the sum, and the formula of a template.

Templates write this formula. The reader recognises it where a program saved it without its value.
Both must agree, so this package knows how a spreadsheet writes a sum.
"""

from collections.abc import Iterator, Sequence
from string import digits
from typing import NamedTuple

from program.addresses import column_letter, column_number
from program.forms.table import Column, Line


class Cell(NamedTuple):
    """A cell of a table by its meaning: a column's name and a line's key, "" in a list."""

    column: str
    line: str


class _Place(NamedTuple):
    """A cell on a sheet. Columns and rows count from 1."""

    column: int
    row: int

    @property
    def address(self) -> str:
        return f"{column_letter(self.column)}{self.row}"


def summands_of(column: Column, line: Line | None) -> tuple[Cell, ...]:
    """Return the cells of which a cell is declared to be the sum; none where it is typed in.

    A cell may be in a line and a column that are both totals. It is then the sum of the line's
    parts. The column's parts have the same sum.
    """
    # A list has no declared lines: its totals are in the row of their parts.
    if line is None:
        return tuple(Cell(part, "") for part in column.parts)
    # The words in the line of a total are words of its own.
    if line.parts and column.type.is_numeric:
        return tuple(Cell(column.name, part) for part in line.parts)
    return tuple(Cell(part, line.key) for part in column.parts)


def formula_of(addresses: Sequence[str]) -> str:
    """Return Excel's formula for the sum of cells ("B9", "B10", "B13").

    Its value is empty if all of them are empty.
    """
    area = ",".join(_ranges(addresses))
    # A sum of nothing would be 0, and look like a figure that somebody reported.
    return f'=IF(COUNT({area})=0,"",SUM({area}))'


def area_of(addresses: Sequence[str]) -> str:
    """Return cells as a reader writes them, neighbours as a range: "B9:B10, B13"."""
    return ", ".join(_ranges(addresses))


def _ranges(addresses: Sequence[str]) -> Iterator[str]:
    """Yield cells as Excel has them in a sum: neighbours as a range, B9:B10, and then B13.

    A range goes along a column; along a row where all cells are in one row.
    """
    places = [_place(address) for address in addresses]
    rows = {place.row for place in places}
    in_one_row = len(rows) == 1
    if in_one_row:
        places.sort(key=lambda place: place.column)
    else:
        places.sort()
    for run in _runs(places, in_one_row=in_one_row):
        first = run[0].address
        last = run[-1].address
        if first == last:
            yield first
        else:
            yield f"{first}:{last}"


def _runs(places: Sequence[_Place], *, in_one_row: bool) -> Iterator[list[_Place]]:
    """Yield the sorted cells in runs of neighbours."""
    run: list[_Place] = []
    for place in places:
        if run and place != _neighbour(run[-1], in_one_row=in_one_row):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _neighbour(place: _Place, *, in_one_row: bool) -> _Place:
    """Return the next cell of a range."""
    if in_one_row:
        return _Place(place.column + 1, place.row)
    return _Place(place.column, place.row + 1)


def _place(address: str) -> _Place:
    letters = address.rstrip(digits)
    row = address.removeprefix(letters)
    return _Place(column_number(letters), int(row))
