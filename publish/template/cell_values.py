"""What each cell of a table shows: the given value, or the sum that the form declares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from program.forms.table import Column, Table
from program.forms.totals import Cell as Part
from program.forms.totals import summands_of
from publish.template.values import Cell

_EXACT_DIGITS = 15
"""How many digits of a number Excel shows."""


@dataclass(frozen=True, slots=True)
class CellValues:
    """The given values of a table, line by line from 0, and the totals of them."""

    table: Table
    records: Sequence[Mapping[str, Cell]]

    def shown(self, column: Column, number: int) -> Cell:
        """Return what a column's cell shows in line `number`."""
        if self.is_formula(column, number):
            return self._sum(column, number)
        return self._given(column, number)

    def is_formula(self, column: Column, number: int) -> bool:
        """Tell whether a cell is a total for which no other value was given."""
        if not self._parts(column, number):
            return False
        given = self._given(column, number)
        if given is None:
            return True
        # A given total that is right becomes a formula; a wrong one stays as given.
        if not isinstance(given, int | float):
            return False
        return as_shown(given) == self._sum(column, number)

    def _given(self, column: Column, number: int) -> Cell:
        if number >= len(self.records):
            return None
        return self.records[number].get(column.name)

    def _sum(self, column: Column, number: int) -> float | None:
        values = []
        for part in self._parts(column, number):
            part_column = self.table.column(part.column)
            values.append(self.shown(part_column, self._line_number(part, number)))
        return added(values)

    def _parts(self, column: Column, number: int) -> tuple[Part, ...]:
        # A list declares totals by column only.
        line = self.table.lines[number] if self.table.lines else None
        return summands_of(column, line)

    def _line_number(self, part: Part, number: int) -> int:
        """Return the number of a part's line; in a list, that is the total's own line."""
        for line_number, line in enumerate(self.table.lines):
            if line.key == part.line:
                return line_number
        return number


def added(values: Iterable[Cell]) -> float | None:
    """Return the sum of the numbers among `values`; None if there is no number."""
    numbers = [value for value in values if isinstance(value, int | float)]
    return as_shown(sum(numbers)) if numbers else None


def as_shown(number: float) -> float:
    """Return a number as Excel shows it.

    50.1 + 50.1 + 52.1 is 152.3 there, though its binary sum is a little less.
    """
    return float(f"{number:.{_EXACT_DIGITS}g}")
