"""The register of reporting units: look-ups by code or by name, and which unit took whose land.

A code or a name alone never identifies a unit: codes were used again, and names repeat. So every
look-up takes the day that it is about. How a written name is read is in `program.units.names`; the
table `units.csv` is in `program.units.unit`.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from program.units.names import UnitNames
from program.units.unit import Unit, UnitKind, read_units

_MOST_CACHED = 10_000
"""Names whose units are cached: report after report names the same communes."""
_LONGEST_CACHED = 200
"""Characters of the longest name that is cached."""


@dataclass(frozen=True, slots=True)
class Territory:
    """The units that took the land of a district.

    The land of the `whole` ones was all in the district. The `shared` ones also took land of
    another district. Their reports cannot be split among districts: nobody knows the shares.
    """

    unit: Unit
    whole: tuple[Unit, ...]
    shared: tuple[Unit, ...]


class UnitRegister:
    """All units of a pack, past ones included. Immutable after construction.

    The units stay the same for years: a pack has three or four stretches of days between changes.
    What is computed for one day is cached for its whole stretch, by the stretch's number.
    """

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = tuple(units)
        self._by_code: dict[str, list[Unit]] = defaultdict(list)
        change_days: set[date] = set()
        for unit in self._units:
            self._by_code[unit.code].append(unit)
            if unit.valid_from is not None:
                change_days.add(unit.valid_from)
            if unit.gone_from is not None:
                change_days.add(unit.gone_from)
        self._changes = sorted(change_days)
        # Caches by the number of a stretch.
        self._existing: dict[int, tuple[Unit, ...]] = {}
        self._children: dict[int, dict[str, list[Unit]]] = {}
        self._names: dict[int, UnitNames] = {}
        self._meant: dict[tuple[int, str], tuple[Unit, ...]] = {}

    @classmethod
    def read(cls, path: Path) -> "UnitRegister":
        """Read `units.csv`.

        Raises:
            ConfigurationError: Something is wrong. The message names file, line and column.
        """
        return cls(read_units(path))

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units)

    def get(self, code: str, day: date) -> Unit | None:
        """Return the unit with `code` on `day`, or None."""
        for unit in self._by_code.get(code, ()):
            if unit.is_valid_on(day):
                return unit
        return None

    def latest(self, code: str) -> Unit | None:
        """Return the last unit with `code`, on any day, or None."""

        def first_day(unit: Unit) -> date:
            # A unit without a first day has always been there.
            return unit.valid_from or date.min

        units = self._by_code.get(code, ())
        return max(units, key=first_day, default=None)

    def named(
        self,
        text: str,
        day: date,
        kinds: Collection[UnitKind] | None = None,
    ) -> list[Unit]:
        """Return every unit of `day` that `text` may mean, in the table's order.

        There may be none, one, or several to choose from. These differences do not matter: letter
        case, missing diacritics, names of offices, abbreviated types, ways of writing a number, and
        names of higher units after the unit's own. A type that is written counts: "TP. Sóc Trăng"
        is the city, "tỉnh Sóc Trăng" the province, and "Sóc Trăng" either.

        Args:
            text: The name as somebody wrote it.
            day: The day on which the unit must exist.
            kinds: Return only units of these kinds, such as those that report.
        """
        units = self._meant_by(text, day)
        if kinds is not None:
            units = tuple(unit for unit in units if unit.kind in kinds)
        return list(units)

    def children(self, code: str, day: date) -> tuple[Unit, ...]:
        """Return the units of `day` directly below the unit with `code`, in the table's order."""
        return tuple(self._children_on(day).get(code, ()))

    def a_day_of_each_stretch(self, until: date) -> tuple[date, ...]:
        """Return one day of each stretch of days with the same units, the last one `until`."""
        last_days = (change - timedelta(days=1) for change in self._changes if change <= until)
        return (*last_days, until)

    def successors_of(self, unit: Unit) -> tuple[Unit, ...]:
        """Return the units that took the land of `unit`, as of the day after its last.

        The tuple is empty if the unit still exists, or where nobody knows them.
        """
        if unit.gone_from is None:
            return ()
        found: list[Unit] = []
        for code in unit.successors:
            successor = self.get(code, unit.gone_from)
            # A successor in another province is not in the table.
            if successor is not None:
                found.append(successor)
        return tuple(found)

    def predecessors_of(self, unit: Unit) -> tuple[Unit, ...]:
        """Return the units whose land `unit` took, in the table's order.

        Land of units outside the table is not counted.
        """
        return tuple(self._predecessors.get(unit, ()))

    def territory(self, district: Unit) -> Territory:
        """Return what became of a district's land, in the table's order.

        The rows of its communes say it; for an island district without communes, its own row. A
        district that still exists has no territory yet.

        Raises:
            ValueError: The unit is not a district.
        """
        if district.kind is not UnitKind.DISTRICT:
            raise ValueError(
                f"territory: expected a district, found {district.name} ({district.kind})"
            )
        successors: set[Unit] = set()
        for part in self._parts(district):
            successors.update(self.successors_of(part))
        only_this = {district.code}
        whole = {unit for unit in successors if self._districts_before(unit) == only_this}
        return Territory(
            district,
            whole=self._in_table_order(whole),
            shared=self._in_table_order(successors - whole),
        )

    def _in_table_order(self, units: Iterable[Unit]) -> tuple[Unit, ...]:
        return tuple(sorted(units, key=self._position.__getitem__))

    @cached_property
    def _predecessors(self) -> dict[Unit, list[Unit]]:
        """The units whose land each unit took.

        Computed once: a search for each of a country's 14,000 units took ten seconds.
        """
        found: dict[Unit, list[Unit]] = defaultdict(list)
        for unit in self._units:
            for successor in self.successors_of(unit):
                found[successor].append(unit)
        return found

    @cached_property
    def _position(self) -> dict[Unit, int]:
        """The position of each unit in the table."""
        return {unit: number for number, unit in enumerate(self._units)}

    def _parts(self, district: Unit) -> tuple[Unit, ...]:
        """Return the communes of a district on its last day; the district itself without any."""
        last_day = district.valid_to or date.max
        communes = self.children(district.code, last_day)
        return communes or (district,)

    def _districts_before(self, unit: Unit) -> set[str | None]:
        """Return the codes of all districts whose land `unit` took."""
        codes: set[str | None] = set()
        for predecessor in self.predecessors_of(unit):
            if predecessor.kind is UnitKind.COMMUNE:
                codes.add(predecessor.parent)
                continue
            # A province that took part says nothing about districts.
            if predecessor.kind is not UnitKind.DISTRICT:
                continue
            has_communes = self._parts(predecessor) != (predecessor,)
            # The land of a district with communes is counted by its communes.
            if not has_communes:
                codes.add(predecessor.code)
        return codes

    def _meant_by(self, text: str, day: date) -> tuple[Unit, ...]:
        key = (self._stretch(day), text)
        if key in self._meant:
            return self._meant[key]
        names = self._names_on(day)
        codes = names.meant(text)
        units: tuple[Unit, ...] = ()
        # Most texts name no unit: they need no walk over all units.
        if codes:
            existing = self._existing_on(day)
            units = tuple(unit for unit in existing if unit.code in codes)
        # The bounds keep hostile reports from filling the memory.
        is_short = len(text) <= _LONGEST_CACHED
        if is_short and len(self._meant) < _MOST_CACHED:
            self._meant[key] = units
        return units

    def _stretch(self, day: date) -> int:
        """Return the number of the stretch of days with the same units that `day` is in."""
        return bisect_right(self._changes, day)

    def _existing_on(self, day: date) -> tuple[Unit, ...]:
        stretch = self._stretch(day)
        if stretch not in self._existing:
            existing = [unit for unit in self._units if unit.is_valid_on(day)]
            self._existing[stretch] = tuple(existing)
        return self._existing[stretch]

    def _children_on(self, day: date) -> dict[str, list[Unit]]:
        stretch = self._stretch(day)
        if stretch not in self._children:
            children: dict[str, list[Unit]] = defaultdict(list)
            for unit in self._existing_on(day):
                if unit.parent is not None:
                    children[unit.parent].append(unit)
            self._children[stretch] = children
        return self._children[stretch]

    def _names_on(self, day: date) -> UnitNames:
        stretch = self._stretch(day)
        if stretch not in self._names:
            units = self._existing_on(day)
            named = [(unit.code, unit.name, unit.parent) for unit in units]
            self._names[stretch] = UnitNames(named)
        return self._names[stretch]
