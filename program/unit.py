"""Reporting units and finding one by any writing of its name. A code alone or a name alone is never enough:
codes were reused and names repeat (domain.md 4.3), so every look-up takes the day it is about.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from program.errors import ConfigurationError
from program.labels import fold


class UnitKind(StrEnum):
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
    "thanh pho": ("thanh pho", "tp"),
    "thi xa": ("thi xa", "tx"),
    "huyen": ("huyen", "h"),
    "phuong": ("phuong", "p"),
    "thi tran": ("thi tran", "tt"),
    "xa": ("xa", "x"),
}
_OFFICES = re.compile(r"^(?:uy ban nhan dan|ubnd|phong dan toc|ban dan toc) ")
_FIELDS = ("code", "name", "kind", "parent", "valid_from", "valid_to", "source")


class UnitRegister:
    """All units of a pack, past ones included. Immutable after construction."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = tuple(units)

    @classmethod
    def read(cls, path: Path) -> "UnitRegister":
        """Read `units.csv`. Raises ConfigurationError that names file, line and column."""
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if tuple(reader.fieldnames or ()) != _FIELDS:
                raise ConfigurationError(f"{path}:1: expected the columns {','.join(_FIELDS)}, found {reader.fieldnames}")
            return cls([_unit(row, f"{path}:{number}") for number, row in enumerate(reader, start=2)])

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

        Case, diacritics, office names and abbreviated types are forgiven; a type that is written is believed,
        so "TP. Sóc Trăng" is the city, "tỉnh Sóc Trăng" the province, and "Sóc Trăng" is both.
        """
        wanted = _writing(text)
        current = [u for u in self._units if u.is_valid_on(day)]
        typed = [u for u in current if _writing(u.name) == wanted]
        if typed or wanted[0]:
            return typed
        return [u for u in current if _writing(u.name)[1] == wanted[1]]


def _writing(text: str) -> tuple[str, str]:
    """Split a folded name into its type ("" when none is written) and the name proper."""
    folded = _OFFICES.sub("", fold(text))
    for kind, spellings in _PREFIXES.items():
        for spelling in spellings:
            if folded.startswith(spelling + " "):
                return kind, folded[len(spelling) + 1 :]
    return "", folded


def _unit(row: dict[str, str], place: str) -> Unit:
    try:
        return Unit(
            code=row["code"],
            name=row["name"],
            kind=UnitKind(row["kind"]),
            parent=row["parent"] or None,
            valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            source=row["source"],
        )
    except (ValueError, KeyError) as wrong:
        raise ConfigurationError(f"{place}: {wrong}") from wrong
