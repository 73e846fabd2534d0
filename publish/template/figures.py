"""What each cell of a table shows: what was given, or the sum that the form declares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from program.table import Column, Table
from program.totals import Cell as Part
from program.totals import parts_of
from publish.template.values import Cell

_EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Figures:
    """The values given for a table, line by line from 0, and the totals that follow from them."""

    table: Table
    records: Sequence[Mapping[str, Cell]]

    def shown(self, column: Column, number: int) -> Cell:
        """Return what a column's cell in the line `number` shows: the value given, or a total's sum."""
        return self._sum(column, number) if self.is_formula(column, number) else self._given(column, number)

    def is_formula(self, column: Column, number: int) -> bool:
        """Tell whether a cell is a total for which nothing else was given."""
        given = self._given(column, number)
        if not self._parts(column, number):
            return False
        return given is None or (isinstance(given, int | float) and as_shown(given) == self._sum(column, number))

    def _given(self, column: Column, number: int) -> Cell:
        return self.records[number].get(column.name) if number < len(self.records) else None

    def _sum(self, column: Column, number: int) -> float | None:
        parts = [(self.table.column(part.column), self._line_number(part, number)) for part in self._parts(column, number)]
        return added(self.shown(part, line) for part, line in parts)

    def _parts(self, column: Column, number: int) -> tuple[Part, ...]:
        return parts_of(column, self.table.lines[number] if self.table.lines else None)

    def _line_number(self, part: Part, number: int) -> int:
        return next((n for n, line in enumerate(self.table.lines) if line.key == part.line), number)


def added(values: Iterable[Cell]) -> float | None:
    """Return the sum of the numbers among `values`, None where there is none."""
    numbers = [value for value in values if isinstance(value, int | float)]
    return as_shown(sum(numbers)) if numbers else None


def as_shown(number: float) -> float:
    """Return a number as Excel shows it: 50.1 + 50.1 + 52.1 is 152.3, though its binary sum is a little less."""
    return float(f"{number:.{_EXACT_DIGITS}g}")
