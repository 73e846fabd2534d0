"""Totals that a form declares: which cells one is the sum of, and the formula that a template writes for it.

The reader knows the formula again where a program saved it without its value, so that both rooms
say the same; which is why this room knows how a spreadsheet writes a sum.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from string import digits
from typing import NamedTuple

from program.addresses import column_letter, column_number
from program.table import Column, Line


class Cell(NamedTuple):
    """A cell of a table by what it holds, not by where it stands."""

    column: str
    line: str


def parts_of(column: Column, line: Line | None) -> tuple[Cell, ...]:
    """Return the cells that this cell is declared to be the sum of; none where it is typed in.

    Where both its line and its column are totals, it adds up its line's parts; the columns' totals add up to the same.
    """
    if line is not None and line.parts and column.type.is_numeric:
        return tuple(Cell(column.name, part) for part in line.parts)
    return tuple(Cell(part, line.key if line else "") for part in column.parts)


def formula_of(addresses: Sequence[str]) -> str:
    """Return the sum of `addresses` ("B9", "B10", "B13") as Excel has it, empty where all of them are empty."""
    area = ",".join(_ranges(addresses))
    return f'=IF(COUNT({area})=0,"",SUM({area}))'


def _ranges(addresses: Sequence[str]) -> Iterator[str]:
    """Yield neighbours as a range: B9:B10, and B13; along a column, or along a row where all stand in one."""
    places = [_place(address) for address in addresses]
    in_one_row = len({row for _, row in places}) == 1
    # (what they share, what runs): a run is where the running number grows as fast as its position.
    keyed = sorted((row, column) if in_one_row else (column, row) for column, row in places)
    for _, run in groupby(enumerate(keyed), key=lambda item: (item[1][0], item[1][1] - item[0])):
        ends = [place for _, place in run]
        first, last = (_address(place, in_one_row=in_one_row) for place in (ends[0], ends[-1]))
        yield first if first == last else f"{first}:{last}"


def _place(address: str) -> tuple[int, int]:
    """Return the column, counted from 1, and the row of a cell."""
    letters = address.rstrip(digits)
    return column_number(letters), int(address.removeprefix(letters))


def _address(place: tuple[int, int], *, in_one_row: bool) -> str:
    column, row = (place[1], place[0]) if in_one_row else place
    return f"{column_letter(column)}{row}"
