"""A reporting unit, and reading `units.csv`: the table of all units of a pack."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from program.calendar.period import is_within
from program.errors import ConfigurationError
from program.pack.yaml_file import read_text, repeated

COLUMNS = ("code", "name", "kind", "parent", "valid_from", "valid_to", "successors", "source")


class UnitKind(StrEnum):
    """The level of a unit. A pack for the whole country has the nation and its provinces."""

    NATION = "nation"
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Unit:
    """A reporting unit as it was from `valid_from` to `valid_to`, both included; None means open.

    `name` is the official name with its type ("Huyện Châu Thành"). `code` is that of the General
    Statistics Office. `successors` are the units that took its land, by their codes on the day
    after `valid_to`; empty if nobody knows them.
    """

    code: str
    name: str
    kind: UnitKind
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    source: str
    successors: tuple[str, ...] = ()

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the unit existed on `day`."""
        return is_within(day, self.valid_from, self.valid_to)

    @property
    def gone_from(self) -> date | None:
        """The first day without the unit, which is its successors' first; None if it is open."""
        if self.valid_to is None:
            return None
        return self.valid_to + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Row:
    """A unit and its place in the file, "file:line"."""

    place: str
    unit: Unit


def read_units(path: Path) -> list[Unit]:
    """Return the units of a table in its order.

    Raises:
        ConfigurationError: Something is wrong. The message names file, line and column.
    """
    rows = _read_rows(path)
    units_by_code: dict[str, list[Unit]] = defaultdict(list)
    for row in rows:
        units_with_code = units_by_code[row.unit.code]
        _refuse_same_code(row, units_with_code)
        units_with_code.append(row.unit)
    # A row may name units of later rows.
    for row in rows:
        _refuse_unknown_parent(row, units_by_code)
        _refuse_unknown_successors(row, units_by_code)
    return [row.unit for row in rows]


def _read_rows(path: Path) -> list[_Row]:
    text = read_text(path)
    # Without `newline`, StringIO would change the line breaks inside quoted cells.
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        expected = ",".join(COLUMNS)
        found = ",".join(header)
        raise ConfigurationError(f"{path}:1: expected the columns {expected}; found {found}")
    rows: list[_Row] = []
    for cells in reader:
        # A blank line is no row.
        if cells:
            place = f"{path}:{reader.line_num}"
            unit = _unit(cells, place)
            rows.append(_Row(place, unit))
    return rows


Parsed = TypeVar("Parsed")


class _Cells:
    """The cells of a row by column, and where the row is in the file."""

    def __init__(self, cells: Sequence[str], place: str) -> None:
        if len(cells) != len(COLUMNS):
            raise ConfigurationError(
                f"{place}: expected {len(COLUMNS)} columns, found {len(cells)}; "
                "quote a text that has a comma"
            )
        stripped = (cell.strip() for cell in cells)
        self._texts = dict(zip(COLUMNS, stripped, strict=True))
        self._place = place

    def parse(
        self,
        column: str,
        parser: Callable[[str], Parsed],
        expected: str,
    ) -> Parsed:
        """Return a cell as `parser` reads it. Raises ConfigurationError if it cannot."""
        text = self._texts[column]
        try:
            return parser(text)
        except ValueError as wrong:
            raise ConfigurationError(
                f"{self._place}: {column}: expected {expected}, found {text!r}"
            ) from wrong


def _unit(row: list[str], place: str) -> Unit:
    cells = _Cells(row, place)
    kinds = ", ".join(UnitKind)
    a_day = "a day such as 2025-06-30, or nothing"
    some_codes = "codes with ; between them, each once, or nothing"
    unit = Unit(
        code=cells.parse("code", _filled, "a code"),
        name=cells.parse("name", _filled, "a name"),
        kind=cells.parse("kind", UnitKind, f"one of {kinds}"),
        parent=cells.parse("parent", str, "a code, or nothing") or None,
        valid_from=cells.parse("valid_from", _day, a_day),
        valid_to=cells.parse("valid_to", _day, a_day),
        successors=cells.parse("successors", _codes, some_codes),
        source=cells.parse("source", _filled, "where the row comes from"),
    )
    first = unit.valid_from
    last = unit.valid_to
    if first and last and last < first:
        raise ConfigurationError(f"{place}: valid_to: expected a day from {first} on, found {last}")
    if unit.successors and last is None:
        raise ConfigurationError(
            f"{place}: successors: expected none, for a unit without valid_to still stands"
        )
    return unit


def _filled(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _day(text: str) -> date | None:
    if not text:
        return None
    day = date.fromisoformat(text)
    # 31/12/9999 in other tables means an open end. No day comes after it.
    if day == date.max:
        raise ValueError("an open end is written as nothing")
    return day


def _codes(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    codes = [_filled(code.strip()) for code in text.split(";")]
    if repeated(codes):
        raise ValueError("a code stands twice")
    return tuple(codes)


def _refuse_same_code(row: _Row, others: list[Unit]) -> None:
    """Refuse a code that two units have on one day: a look-up would have to guess.

    A code may be used again later, as 31522 was.
    """
    unit = row.unit
    begins = unit.valid_from or date.min
    for other in others:
        other_begins = other.valid_from or date.min
        # Two spans share a day where both include the later one of their first days.
        first_day = max(begins, other_begins)
        if unit.is_valid_on(first_day) and other.is_valid_on(first_day):
            raise ConfigurationError(
                f"{row.place}: code: {unit.code} stands for {other.name} and {unit.name} "
                "on the same day"
            )


def _refuse_unknown_parent(row: _Row, units: Mapping[str, list[Unit]]) -> None:
    """Refuse a parent that does not exist: no roll-up would include the unit, without a word."""
    unit = row.unit
    last_day = unit.valid_to or date.max
    if unit.parent and not _exists(unit.parent, last_day, units):
        when = "still stands" if unit.valid_to is None else f"stands on {last_day}"
        raise ConfigurationError(
            f"{row.place}: parent: expected a code of this table that {when}, found {unit.parent!r}"
        )


def _refuse_unknown_successors(row: _Row, units: Mapping[str, list[Unit]]) -> None:
    """Refuse a successor that does not exist: the land of the unit would be in no report."""
    first_day = row.unit.gone_from
    # A unit that still stands has none (`_unit`).
    if first_day is None:
        return
    for code in row.unit.successors:
        if not _exists(code, first_day, units):
            raise ConfigurationError(
                f"{row.place}: successors: expected codes of this table that stand on {first_day}, "
                f"found {code!r}"
            )


def _exists(code: str, day: date, units: Mapping[str, list[Unit]]) -> bool:
    return any(unit.is_valid_on(day) for unit in units.get(code, ()))
