"""A reporting unit, and reading the table `units.csv` that declares all of a pack's."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from program.configuration import read_text, repeated
from program.errors import ConfigurationError

COLUMNS = ("code", "name", "kind", "parent", "valid_from", "valid_to", "successors", "source")


class UnitKind(StrEnum):
    """The level that a unit stands on."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Unit:
    """A reporting unit as it stood from `valid_from` to `valid_to`, both included; None means open.

    `name` is the official one with its type ("Huyện Châu Thành"); `code` is the General Statistics Office's.
    `successors` are the codes, on the day after `valid_to`, of the units that took its land; none where that is not known.
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
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    @property
    def gone_from(self) -> date | None:
        """The first day on which the unit was no more, which is its successors' first; None where it stands open."""
        return self.valid_to and self.valid_to + timedelta(days=1)


def read_units(path: Path) -> list[Unit]:
    """Return the units of a table in its order. Raises ConfigurationError that names file, line and column."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        raise ConfigurationError(f"{path}:1: expected the columns {','.join(COLUMNS)}; found {','.join(header)}")
    placed = [(f"{path}:{reader.line_num}", row) for row in reader if row]
    units = [(place, _unit(row, place)) for place, row in placed]
    bearers: dict[str, list[Unit]] = defaultdict(list)
    for place, unit in units:
        _refuse_doubled(unit, bearers[unit.code], place)
        bearers[unit.code].append(unit)
    for place, unit in units:
        _refuse_unknown(unit, bearers, place)
    return [unit for _, unit in units]


Parsed = TypeVar("Parsed")


def _unit(row: list[str], place: str) -> Unit:
    if len(row) != len(COLUMNS):
        raise ConfigurationError(f"{place}: expected {len(COLUMNS)} columns, found {len(row)}; quote a text that has a comma")
    cells = dict(zip(COLUMNS, (cell.strip() for cell in row), strict=True))

    def parse(column: str, reader: Callable[[str], Parsed], expected: str) -> Parsed:
        try:
            return reader(cells[column])
        except ValueError as wrong:
            raise ConfigurationError(f"{place}: {column}: expected {expected}, found {cells[column]!r}") from wrong

    unit = Unit(
        code=parse("code", _filled, "a code"),
        name=parse("name", _filled, "a name"),
        kind=parse("kind", UnitKind, f"one of {', '.join(UnitKind)}"),
        parent=cells["parent"] or None,
        valid_from=parse("valid_from", _day, "a day such as 2025-06-30, or nothing"),
        valid_to=parse("valid_to", _day, "a day such as 2025-06-30, or nothing"),
        successors=parse("successors", _codes, "codes with ; between them, each once, or nothing"),
        source=parse("source", _filled, "where the row comes from"),
    )
    if unit.valid_from and unit.valid_to and unit.valid_to < unit.valid_from:
        raise ConfigurationError(f"{place}: valid_to: expected a day from {unit.valid_from} on, found {unit.valid_to}")
    if unit.successors and unit.valid_to is None:
        raise ConfigurationError(f"{place}: successors: expected none, for a unit without valid_to still stands")
    return unit


def _filled(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _day(text: str) -> date | None:
    day = date.fromisoformat(text) if text else None
    if day == date.max:
        raise ValueError("an open end is written as nothing")
    return day


def _codes(text: str) -> tuple[str, ...]:
    codes = tuple(_filled(code.strip()) for code in text.split(";")) if text else ()
    if repeated(codes):
        raise ValueError("a code stands twice")
    return codes


def _refuse_doubled(unit: Unit, others: list[Unit], place: str) -> None:
    """A code may be used again, as 31522 was, but never by two units on one day: a look-up would have to guess."""
    for other in others:
        first_day = max(unit.valid_from or date.min, other.valid_from or date.min)
        if unit.is_valid_on(first_day) and other.is_valid_on(first_day):
            raise ConfigurationError(f"{place}: code: {unit.code} stands for {other.name} and {unit.name} on the same day")


def _refuse_unknown(unit: Unit, bearers: dict[str, list[Unit]], place: str) -> None:
    """A code that leads nowhere would take its unit out of every roll-up in silence."""

    def is_borne(code: str, day: date) -> bool:
        return any(bearer.is_valid_on(day) for bearer in bearers.get(code, ()))

    last = unit.valid_to or date.max
    if unit.parent and not is_borne(unit.parent, last):
        when = "still stands" if unit.valid_to is None else f"stands on {last}"
        raise ConfigurationError(f"{place}: parent: expected a code of this table that {when}, found {unit.parent!r}")
    for code in unit.successors:
        if unit.gone_from and not is_borne(code, unit.gone_from):
            raise ConfigurationError(
                f"{place}: successors: expected codes of this table that stand on {unit.gone_from}, found {code!r}"
            )
