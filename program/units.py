"""The register of reporting units: finding one by code or by any writing of its name, and what became of its land.

A code alone or a name alone is never enough: codes were reused and names repeat (domain.md 4.3), so every look-up
takes the day it is about. How a name is read is in `unit_names.py`, the table itself in `unit_table.py`.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from program.unit_names import UnitNames
from program.unit_table import Unit, UnitKind, read_units

__all__ = ["Territory", "Unit", "UnitKind", "UnitRegister"]

_REMEMBERED, _LONGEST_REMEMBERED = 10_000, 200
"""Names whose meaning is kept, and letters of the longest: the same communes stand in report after report."""


@dataclass(frozen=True, slots=True)
class Territory:
    """The units that took a district's land: `whole` lie wholly in it, `shared` also took land of another district.

    What a shared unit reports may not be split among its districts: no weight for that is known.
    """

    unit: Unit
    whole: tuple[Unit, ...]
    shared: tuple[Unit, ...]


class UnitRegister:
    """All units of a pack, past ones included. Immutable after construction."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = tuple(units)
        self._bearers: dict[str, list[Unit]] = defaultdict(list)
        for unit in self._units:
            self._bearers[unit.code].append(unit)
        # Names are indexed once for each stretch of days with the same units, of which a pack has three or four.
        self._changes = sorted({day for u in self._units for day in (u.valid_from, u.gone_from) if day is not None})
        self._names: dict[int, UnitNames] = {}
        self._standing: dict[int, tuple[Unit, ...]] = {}
        self._below: dict[int, dict[str, list[Unit]]] = {}
        self._meant: dict[tuple[int, str], tuple[Unit, ...]] = {}

    @classmethod
    def read(cls, path: Path) -> "UnitRegister":
        """Read `units.csv`. Raises ConfigurationError that names file, line and column."""
        return cls(read_units(path))

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units)

    def get(self, code: str, day: date) -> Unit | None:
        """Return the unit that bore `code` on `day`, or None."""
        return next((u for u in self._bearers.get(code, ()) if u.is_valid_on(day)), None)

    def latest(self, code: str) -> Unit | None:
        """Return the unit that bore `code` last, whatever the day, or None."""
        return max(self._bearers.get(code, ()), key=lambda u: u.valid_from or date.min, default=None)

    def named(self, text: str, day: date, parent: str | None = None, kinds: Collection[UnitKind] | None = None) -> list[Unit]:
        """Return every unit of `day` that `text` may mean: none, one, or the candidates to choose from, in the table's order.

        Case, missing diacritics, office names, abbreviated types, ways of writing a number and the names of the units above,
        behind the unit's own, are forgiven; a type that is written is believed, so "TP. Sóc Trăng" is the city, "tỉnh Sóc
        Trăng" the province, and "Sóc Trăng" is both. `parent` leaves only the children of the unit with that code, as in the
        commune column of a district's report; `kinds` leaves only units of these kinds, as for who reports.
        """
        return [
            unit
            for unit in self._meant_by(text, day)
            if (parent is None or unit.parent == parent) and (kinds is None or unit.kind in kinds)
        ]

    def children(self, code: str, day: date) -> tuple[Unit, ...]:
        """Return the units of `day` directly below the one that bears `code`, in the table's order."""
        return tuple(self._below_on(day).get(code, ()))

    def successors_of(self, unit: Unit) -> tuple[Unit, ...]:
        """Return the units that took the land of `unit`, as they stood on the day after its last; none where it stands."""
        if unit.gone_from is None:
            return ()
        return tuple(heir for code in unit.successors if (heir := self.get(code, unit.gone_from)) is not None)

    def predecessors_of(self, unit: Unit) -> tuple[Unit, ...]:
        """Return the units whose land `unit` took, in the table's order; land from outside the table is not seen."""
        return tuple(self._predecessors.get(unit, ()))

    def territory(self, district: Unit) -> Territory:
        """Return what the land of a district became, as the rows of its communes say, in the table's order.

        An island district without communes speaks for itself; a district that still stands has no territory yet.
        """
        if district.kind is not UnitKind.DISTRICT:
            raise ValueError(f"territory: expected a district, found {district.name} ({district.kind})")
        heirs = {heir for part in self._parts(district) for heir in self.successors_of(part)}
        whole = {heir for heir in heirs if self._origins(heir) == {district.code}}
        return Territory(
            district,
            whole=tuple(sorted(whole, key=self._position.__getitem__)),
            shared=tuple(sorted(heirs - whole, key=self._position.__getitem__)),
        )

    @cached_property
    def _predecessors(self) -> dict[Unit, list[Unit]]:
        """The units whose land each unit took. Made once: looked for unit by unit, a country's 14,000 took ten seconds."""
        found: dict[Unit, list[Unit]] = defaultdict(list)
        for unit in self._units:
            for heir in self.successors_of(unit):
                found[heir].append(unit)
        return found

    @cached_property
    def _position(self) -> dict[Unit, int]:
        """Where each unit stands in the table."""
        return {unit: number for number, unit in enumerate(self._units)}

    def _parts(self, district: Unit) -> tuple[Unit, ...]:
        return self.children(district.code, district.valid_to or date.max) or (district,)

    def _origins(self, heir: Unit) -> set[str | None]:
        """Return the codes of all districts whose land `heir` took."""
        before = self.predecessors_of(heir)
        communes = {u.parent for u in before if u.kind is UnitKind.COMMUNE}
        return communes | {u.code for u in before if u.kind is UnitKind.DISTRICT and self._parts(u) == (u,)}

    def _meant_by(self, text: str, day: date) -> tuple[Unit, ...]:
        key = bisect_right(self._changes, day), text
        if key in self._meant:
            return self._meant[key]
        codes = self._names_on(day).meant(text)
        meant = tuple(unit for unit in self._on(day) if unit.code in codes) if codes else ()
        if len(text) <= _LONGEST_REMEMBERED and len(self._meant) < _REMEMBERED:
            self._meant[key] = meant
        return meant

    def _on(self, day: date) -> tuple[Unit, ...]:
        stretch = bisect_right(self._changes, day)
        if stretch not in self._standing:
            self._standing[stretch] = tuple(u for u in self._units if u.is_valid_on(day))
        return self._standing[stretch]

    def _below_on(self, day: date) -> dict[str, list[Unit]]:
        stretch = bisect_right(self._changes, day)
        if stretch not in self._below:
            below: dict[str, list[Unit]] = defaultdict(list)
            for unit in self._on(day):
                if unit.parent is not None:
                    below[unit.parent].append(unit)
            self._below[stretch] = below
        return self._below[stretch]

    def _names_on(self, day: date) -> UnitNames:
        stretch = bisect_right(self._changes, day)
        if stretch not in self._names:
            self._names[stretch] = UnitNames((u.code, u.name, u.parent) for u in self._on(day))
        return self._names[stretch]
