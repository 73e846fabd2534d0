"""Totals that nobody knows: a part of them was left empty, and its column says it is unknown.

A template adds up what is there. With a part left empty, its total is a figure of some lines only,
and it is no figure of the unit. It is left without a value, and nobody is asked for it. A total
that differs from the sum of the given parts was typed by somebody who knows it, and stays.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from typing import NamedTuple, TypeAlias

from program.forms.table import Blank, Column, ColumnType, Line, Table
from program.forms.totals import Cell, summands_of
from program.parsed_report import ColumnValues, ParsedTable, is_given

_NAN = float("nan")

_Place: TypeAlias = tuple[str, int]
"""A cell, by its column and the position of its line."""


class _State(Enum):
    """What is known of a figure."""

    GIVEN = auto()
    NOTHING = auto()
    """There is none: its line or its cell was left empty, and that says so."""
    UNKNOWN = auto()


class OpenTotal(NamedTuple):
    """A total without a value of its own.

    `shown` is the figure that the sheet shows there: the sum of the parts that are known. `cause`
    and `cause_row` are the column and sheet row of the first empty cell that it lacks.
    """

    column: str
    row: int
    shown: float
    cause: str
    cause_row: int


def split_open_totals(read: ParsedTable, table: Table) -> tuple[ParsedTable, list[OpenTotal]]:
    """Return `read` without the values of open totals, and those that the sheet shows a value of.

    A total with no value is open too, unless all of its parts are known: then it was forgotten.
    """
    totals = _Totals(read, table)
    # A dict, not a set: each place once, in order.
    places = dict.fromkeys(totals.open_places())
    # Nearly every table. Its values are then not copied.
    if not places:
        return read, []
    values: dict[str, ColumnValues] = dict(read.values)
    shown: list[OpenTotal] = []
    open_totals: set[_Place] = set()
    for name, position in places:
        row = read.rows[position]
        open_totals.add((name, row))
        figure = totals.figure(name, position)
        # A total that was left empty shows nothing that could mislead.
        if figure is None:
            continue
        column = list(values[name])
        column[position] = _NAN
        values[name] = column  # type: ignore[assignment]  # (a column of figures)
        cause, cause_position = totals.cause(name, position)
        cause_row = read.rows[cause_position]
        shown.append(OpenTotal(name, row, figure, cause, cause_row))
    closed = replace(read, values=values, open_totals=frozenset(open_totals))
    return closed, shown


@dataclass(frozen=True)
class _Totals:
    """The figures of a table, by column and by the position of their line."""

    read: ParsedTable
    table: Table
    _states: dict[_Place, _State] = field(default_factory=dict)

    def open_places(self) -> Iterator[_Place]:
        """Yield the column and position of each open total."""
        for column in self._figures:
            for position in self._positions_with_totals(column):
                if self._is_open(column.name, position):
                    yield column.name, position

    def figure(self, name: str, position: int) -> float | None:
        """Return the figure of a cell; None for an empty one."""
        value = self.read.values[name][position]
        if isinstance(value, float) and is_given(value):
            return value
        return None

    def cause(self, name: str, position: int) -> _Place:
        """Return column and position of the first empty cell that makes a total unknown."""
        for part in self._parts(name, position):
            place = self._place(part, position)
            if place is None or self._state(*place) is not _State.UNKNOWN:
                continue
            # A part that is a total itself lacks a cell of its own parts.
            if self._parts(*place):
                return self.cause(*place)
            return place
        return name, position

    @cached_property
    def _figures(self) -> tuple[Column, ...]:
        """The columns of figures that the sheet has."""
        numeric = [column for column in self.table.columns if column.type.is_numeric]
        return tuple(column for column in numeric if column.name in self.read.letters)

    @cached_property
    def _columns(self) -> Mapping[str, Column]:
        return {column.name: column for column in self._figures}

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        """The position of each line of a matrix that was read."""
        return {key: position for position, key in enumerate(self.read.lines) if key}

    @cached_property
    def _lines(self) -> Mapping[str, Line]:
        return {line.key: line for line in self.table.lines}

    def _positions_with_totals(self, column: Column) -> Sequence[int]:
        """Return the positions of lines on which a column's cell may be a total."""
        if column.parts:
            return range(len(self.read.rows))
        # Only a matrix has totals of lines, and it has few lines.
        return [at for key, at in self._positions.items() if self._lines[key].parts]

    def _parts(self, name: str, position: int) -> tuple[Cell, ...]:
        """Return the cells that a cell adds up; () where one of their columns is not there.

        Without that column, and where all the lines of its parts are empty, the total is typed.
        """
        line = self._lines.get(self.read.lines[position])
        parts = summands_of(self._columns[name], line)
        if not all(part.column in self._columns for part in parts):
            return ()
        has_lines = any(self._place(part, position) is not None for part in parts)
        return parts if has_lines else ()

    def _place(self, part: Cell, position: int) -> _Place | None:
        """Return column and position of a part; None where its line was left empty."""
        if not part.line:
            return part.column, position
        at = self._positions.get(part.line)
        if at is None:
            return None
        return part.column, at

    def _is_open(self, name: str, position: int) -> bool:
        parts = self._parts(name, position)
        if not parts:
            return False
        states, added = self._sum(parts, position)
        has_unknown = _State.UNKNOWN in states
        figure = self.figure(name, position)
        if figure is None:
            # Where all parts say that there is nothing, an empty total is right.
            return has_unknown or _State.GIVEN not in states
        # A total that differs from the sum was typed by somebody who knows it.
        return has_unknown and _is_same(figure, added, self._columns[name])

    def _state(self, name: str, position: int) -> _State:
        place = name, position
        # Kept: a total of totals looks at the same cells as the totals below it.
        if place not in self._states:
            parts = self._parts(name, position)
            if parts:
                self._states[place] = self._state_of_total(place, parts)
            else:
                self._states[place] = self._state_of_entry(place)
        return self._states[place]

    def _state_of_entry(self, place: _Place) -> _State:
        name, position = place
        if self.figure(name, position) is not None:
            return _State.GIVEN
        if self._says_nothing(name, position) or self._is_share_of_nothing(name, position):
            return _State.NOTHING
        return _State.UNKNOWN

    def _says_nothing(self, name: str, position: int) -> bool:
        """Tell whether an empty cell says that there is none."""
        column = self._columns[name]
        if column.blank is not Blank.NOTHING:
            return False
        # Beside a plan, no disbursement is a figure that is missing.
        other = column.blank_unless
        has_other = other in self._columns and bool(self.figure(str(other), position))
        return not has_other

    def _is_share_of_nothing(self, name: str, position: int) -> bool:
        """Tell whether the columns beside an empty one make up their whole figure already."""
        share_of = self._columns[name].share_of
        if share_of not in self._columns:
            return False
        whole = self.figure(str(share_of), position)
        if whole is None:
            return False
        shares = [column.name for column in self._figures if column.share_of == share_of]
        figures = [self.figure(share, position) or 0.0 for share in shares]
        return math.isclose(sum(figures), whole)

    def _state_of_total(self, place: _Place, parts: Sequence[Cell]) -> _State:
        name, position = place
        if self.figure(name, position) is not None:
            return _State.UNKNOWN if self._is_open(name, position) else _State.GIVEN
        states, _ = self._sum(parts, position)
        # An empty total of known figures was forgotten. It is unknown to a total above it.
        if states == {_State.NOTHING}:
            return _State.NOTHING
        return _State.UNKNOWN

    def _sum(self, parts: Sequence[Cell], position: int) -> tuple[set[_State], float]:
        """Return the states of some cells, and the sum of their figures."""
        states: set[_State] = set()
        added = 0.0
        for part in parts:
            place = self._place(part, position)
            if place is None:
                states.add(_State.NOTHING)
                continue
            states.add(self._state(*place))
            added += self.figure(*place) or 0.0
        return states, added


def _is_same(figure: float, added: float, column: Column) -> bool:
    """Tell whether a total shows the sum of its parts; a spreadsheet rounds what it shows."""
    tolerance = 0.5 if column.type is ColumnType.MONEY else 1e-9
    return math.isclose(figure, added, rel_tol=1e-9, abs_tol=tolerance)
