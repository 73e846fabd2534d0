"""How many communes, hamlets, households and people a unit has, as far as a pack knows.

Communes are counted in `units.csv`. The rest was published somewhere and is in `unit_counts.csv`,
where most units have no row. What nobody knows stays unknown, and no rule speaks of it.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from program.forms.qualifier import Qualifier
from program.pack.catalogue import Tag
from program.pack.yaml_file import Model
from program.units.register import UnitRegister
from program.units.unit import Unit, UnitKind

FILE = "unit_counts.csv"


class UnitSize(StrEnum):
    """What is counted of a unit."""

    COMMUNES = "communes"
    HAMLETS = "hamlets"
    HOUSEHOLDS = "households"
    PEOPLE = "people"


class UnitCount(Model):
    """A published count. Its fields are the columns of the file.

    `unit` is the code of a unit that existed on `as_of`. `qualifier` is the word before the figure,
    if there was one ("gần 1,2 triệu người").
    """

    unit: str
    counted: UnitSize
    as_of: date
    count: int = Field(gt=0)
    qualifier: Qualifier | Literal[""]
    tag: Tag
    source: str = Field(min_length=1)


class UnitCounts:
    """What a pack knows of the size of its units. Immutable after construction.

    A row of a unit that did not exist on its day counts for nothing: `program.pack.validate`
    refuses it.
    """

    def __init__(self, units: UnitRegister, rows: Iterable[UnitCount] = ()) -> None:
        self._units = units
        self._published: dict[tuple[Unit, UnitSize], int] = {}
        self._known: dict[tuple[str, date, UnitSize], float | None] = {}
        for row in rows:
            unit = units.get(row.unit, row.as_of)
            if unit is not None:
                # Of several counts the largest stands: nobody knows which one is right.
                before = self._published.get((unit, row.counted), 0)
                self._published[unit, row.counted] = max(before, row.count)

    def most(self, code: str, day: date, counted: UnitSize) -> float | None:
        """Return the most that the unit with `code` on `day` can have; None where nobody knows.

        For communes it is the most that the unit has had up to `day`: a report may speak of the
        start of the programme. For the rest it is the unit's own count, else that of the smallest
        known area that it lies in.
        """
        key = code, day, counted
        if key not in self._known:
            unit = self._units.get(code, day)
            self._known[key] = self._most(unit, day, counted) if unit is not None else None
        return self._known[key]

    def _most(self, unit: Unit, day: date, counted: UnitSize) -> float | None:
        areas = self._areas(unit, counted)
        published = sum(self._published[area, counted] for area in areas)
        if counted is UnitSize.COMMUNES:
            listed = self._communes_listed(unit, day)
            own = self._published.get((unit, counted), 0)
            return float(max(listed, own)) or None
        return float(published) or None

    def _areas(self, unit: Unit, counted: UnitSize) -> frozenset[Unit]:
        """Return the counted units whose land together holds the unit's; none if not all is known.

        They are the unit itself, else the unit above it, else those whose land a commune took.
        """
        if (unit, counted) in self._published:
            return frozenset({unit})
        above = self._units.get(unit.parent, unit.valid_to or date.max) if unit.parent else None
        areas = self._areas(above, counted) if above is not None else frozenset()
        if areas or unit.kind is not UnitKind.COMMUNE:
            # A merged province also took land that is not in the table.
            return areas
        before = [self._areas(each, counted) for each in self._communes_before(unit)]
        return frozenset[Unit]().union(*before) if all(before) else frozenset()

    def _communes_listed(self, unit: Unit, day: date) -> int:
        """Return the most communes that `units.csv` has for the unit up to `day`; 0 if unknown."""
        if unit.kind is UnitKind.COMMUNE:
            return max(1, len(self._communes_before(unit)))
        if unit.kind is UnitKind.PROVINCE and self._units.predecessors_of(unit):
            # The table has the part of a merged province that the pack is about.
            return 0
        return max(self._communes_on(unit, each) for each in self._units.a_day_of_each_stretch(day))

    def _communes_before(self, unit: Unit) -> list[Unit]:
        """Return the communes whose land a unit took; their districts are before it too."""
        before = self._units.predecessors_of(unit)
        return [each for each in before if each.kind is UnitKind.COMMUNE]

    def _communes_on(self, unit: Unit, day: date) -> int:
        if self._units.get(unit.code, day) != unit:
            return 0
        count = 0
        for child in self._units.children(unit.code, day):
            is_commune = child.kind is UnitKind.COMMUNE
            count += 1 if is_commune else len(self._units.children(child.code, day))
        return count
