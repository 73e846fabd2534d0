"""Reporting units, and finding one by any writing of its name.

A code alone or a name alone is never enough: codes were reused and names repeat (domain.md 4.3), so every look-up
takes the day it is about.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from program.configuration import read_text
from program.errors import ConfigurationError
from program.labels import fold


class UnitKind(StrEnum):
    """The level that a unit stands on."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Unit:
    """A reporting unit as it stood from `valid_from` to `valid_to`, both included; None means open.

    `name` is the official one with its type ("Huyện Châu Thành"); `code` is the General Statistics Office's.
    """

    code: str
    name: str
    kind: UnitKind
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    source: str

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the unit existed on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


# Type words as they stand before a name, on folded text; the abbreviations are those of domain.md 4.3 (6).
_PREFIXES = {
    "tinh": ("tinh",),
    "thanh pho": ("thanh pho", "tp", "t p"),
    "thi xa": ("thi xa", "tx", "t x"),
    "huyen": ("huyen", "h"),
    "phuong": ("phuong", "p"),
    "thi tran": ("thi tran", "tt"),
    "xa": ("xa", "x"),
}
_OFFICES = re.compile(r"^(?:uy ban nhan dan|ubnd|(?:phong|ban|so) dan toc(?: va ton giao)?) ")
_FIELDS = ("code", "name", "kind", "parent", "valid_from", "valid_to", "source")


class UnitRegister:
    """All units of a pack, past ones included. Immutable after construction."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = tuple(units)

    @classmethod
    def read(cls, path: Path) -> "UnitRegister":
        """Read `units.csv`. Raises ConfigurationError that names file, line and column."""
        reader = csv.reader(io.StringIO(read_text(path), newline=""))
        header = next(reader, [])
        if tuple(header) != _FIELDS:
            raise ConfigurationError(f"{path}:1: expected the columns {','.join(_FIELDS)}; found {','.join(header)}")
        units = [_unit(row, f"{path}:{reader.line_num}") for row in reader if row]
        _refuse_doubled(units, path)
        return cls(units)

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units)

    def get(self, code: str, day: date) -> Unit | None:
        """Return the unit that bore `code` on `day`, or None."""
        return next((u for u in self._units if u.code == code and u.is_valid_on(day)), None)

    def latest(self, code: str) -> Unit | None:
        """Return the unit that bore `code` last, whatever the day, or None."""
        bearers = [u for u in self._units if u.code == code]
        return max(bearers, key=lambda u: u.valid_from or date.min, default=None)

    def named(self, text: str, day: date) -> list[Unit]:
        """Return every unit of `day` that `text` may mean: none, one, or the candidates to choose from.

        Case, diacritics, office names, abbreviated types and the parent's name behind the unit's are forgiven; a type
        that is written is believed, so "TP. Sóc Trăng" is the city, "tỉnh Sóc Trăng" the province, and "Sóc Trăng" is both.
        """
        current = [u for u in self._units if u.is_valid_on(day)]
        whole = _meant(current, _writing(text))
        if whole:
            return whole
        parents = {u.code: fold(u.name) for u in current}
        return [
            unit
            for unit in current
            if unit.parent in parents
            for name in _without_parent(fold(text), parents[unit.parent])
            if unit in _meant(current, _writing(name))
        ]


def _meant(units: list[Unit], wanted: tuple[str, str]) -> list[Unit]:
    """Return the units whose name is `wanted`: type and name where a type is written, else the name alone."""
    kind, name = wanted
    return [u for u in units if _writing(u.name)[1] == name and kind in ("", _writing(u.name)[0])]


def _without_parent(folded: str, parent: str) -> Iterator[str]:
    """Yield "huyen chau thanh" for "huyen chau thanh tinh soc trang" or "huyen chau thanh soc trang"."""
    proper = _writing(parent)[1]
    for ending in (parent, proper):
        if folded.endswith(f" {ending}"):
            yield folded.removesuffix(f" {ending}")
            return


def _writing(text: str) -> tuple[str, str]:
    """Split a folded name into its type ("" when none is written) and the name proper."""
    folded = _OFFICES.sub("", fold(text))
    for kind, spellings in _PREFIXES.items():
        for spelling in spellings:
            if folded.startswith(spelling + " "):
                return kind, folded[len(spelling) + 1 :]
    return "", folded


Parsed = TypeVar("Parsed")


def _unit(row: list[str], place: str) -> Unit:
    if len(row) != len(_FIELDS):
        raise ConfigurationError(f"{place}: expected {len(_FIELDS)} columns, found {len(row)}; quote a text that has a comma")
    cells = dict(zip(_FIELDS, (cell.strip() for cell in row), strict=True))

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
        source=parse("source", _filled, "where the row comes from"),
    )
    if unit.valid_from and unit.valid_to and unit.valid_to < unit.valid_from:
        raise ConfigurationError(f"{place}: valid_to: expected a day from {unit.valid_from} on, found {unit.valid_to}")
    return unit


def _filled(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _refuse_doubled(units: list[Unit], path: Path) -> None:
    """A code may be used again, as 31522 was, but never by two units on one day: `get` would have to guess."""
    used = Counter(unit.code for unit in units)
    for one, other in combinations([unit for unit in units if used[unit.code] > 1], 2):
        if one.code != other.code:
            continue
        first_day = max(one.valid_from or date.min, other.valid_from or date.min)
        if one.is_valid_on(first_day) and other.is_valid_on(first_day):
            raise ConfigurationError(f"{path}: code: {one.code} stands for {one.name} and {other.name} on the same day")
