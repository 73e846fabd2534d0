"""A map of units: their boundaries where the pack has them, else a tile of equal size for each.

The colour of a unit is the class of its value. The value is written too, so that nobody needs to
tell colours apart.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from program.pack.boundaries import Boundaries, Ring
from program.units.unit import Unit
from publish.site.charts.scale import class_limits, class_of

WIDTH = 360
_COLUMNS = 4
_TILE_WIDTH, _TILE_HEIGHT, _GAP = 88, 46, 2
_MOST_UNITS = 150
"""More tiles than these show nothing: the table of the page is clearer."""


@dataclass(frozen=True, slots=True)
class UnitValue:
    """A unit on a map. `value` is None if it has no figure; `text` is the value as written."""

    unit: Unit
    value: float | None
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class MapArea:
    """A drawn unit: its outline, where its text stands, and its class from 0; None without value.

    `outline` is a path of SVG. `name` is the short name of the unit.
    """

    outline: str
    x: float
    y: float
    name: str
    level: int | None
    shown: UnitValue


@dataclass(frozen=True, slots=True)
class UnitMap:
    """A map with the limits of its classes. `is_geographic` False: a tile for each unit."""

    areas: tuple[MapArea, ...]
    limits: tuple[float, ...]
    height: float
    is_geographic: bool
    width: int = WIDTH


def unit_map(values: Sequence[UnitValue], boundaries: Boundaries | None) -> UnitMap | None:
    """Return the map of units; None without a value, or with too many units for tiles.

    Boundaries are used only if every unit with a value has one: a unit that is missing on a map
    looks as if it did not exist.
    """
    known = [value.value for value in values if value.value is not None]
    if not known:
        return None
    limits = class_limits(known)
    if boundaries is not None:
        outlines = {value.unit: boundaries.of(value.unit) for value in values}
        if all(outlines[value.unit] for value in values if value.value is not None):
            return _geographic(values, outlines, limits)
    if len(values) > _MOST_UNITS:
        return None
    return _tiles(values, limits)


def _level(value: UnitValue, limits: Sequence[float]) -> int | None:
    return None if value.value is None else class_of(value.value, limits)


def _tiles(values: Sequence[UnitValue], limits: tuple[float, ...]) -> UnitMap:
    areas = []
    for number, value in enumerate(values):
        row, column = divmod(number, _COLUMNS)
        x, y = column * (_TILE_WIDTH + _GAP), row * (_TILE_HEIGHT + _GAP)
        outline = f"M{x} {y}h{_TILE_WIDTH}v{_TILE_HEIGHT}h-{_TILE_WIDTH}z"
        middle = x + _TILE_WIDTH / 2
        name = _short_name(value.unit)
        areas.append(MapArea(outline, middle, y + 19, name, _level(value, limits), value))
    rows = math.ceil(len(values) / _COLUMNS)
    return UnitMap(tuple(areas), limits, rows * (_TILE_HEIGHT + _GAP), is_geographic=False)


def _short_name(unit: Unit) -> str:
    """Return a unit's name without its type: a tile holds about twelve letters."""
    for prefix in ("Thành phố ", "Thị xã ", "Thị trấn ", "Huyện ", "Phường ", "Xã ", "Tỉnh "):
        if unit.name.startswith(prefix):
            rest = unit.name.removeprefix(prefix)
            # "Phường 6" without its type would be a mere number.
            return f"P. {rest}" if rest.isdigit() else rest
    return unit.name


@dataclass(frozen=True, slots=True)
class _Projection:
    """Degrees on a plane `WIDTH` wide: true enough for the size of a province or of Vietnam.

    A degree of longitude is shorter than one of latitude: `shrink` times as long in the middle.
    """

    west: float
    south: float
    north: float
    shrink: float
    scale: float

    @property
    def height(self) -> float:
        return round((self.north - self.south) * self.scale, 1)

    def place(self, ring: Ring) -> list[tuple[float, float]]:
        placed = []
        for longitude, latitude in ring:
            x = (longitude - self.west) * self.shrink * self.scale
            placed.append((round(x, 1), round((self.north - latitude) * self.scale, 1)))
        return placed


def _projection(outlines: Iterable[tuple[Ring, ...]]) -> _Projection:
    longitudes: list[float] = []
    latitudes: list[float] = []
    for rings in outlines:
        for ring in rings:
            longitudes += [longitude for longitude, _ in ring]
            latitudes += [latitude for _, latitude in ring]
    west, south, north = min(longitudes), min(latitudes), max(latitudes)
    shrink = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / max((max(longitudes) - west) * shrink, 1e-9)
    return _Projection(west, south, north, shrink, scale)


def _geographic(
    values: Sequence[UnitValue],
    outlines: Mapping[Unit, tuple[Ring, ...]],
    limits: tuple[float, ...],
) -> UnitMap:
    projection = _projection(outlines.values())
    areas = []
    for value in values:
        rings = [projection.place(ring) for ring in outlines[value.unit]]
        if rings:
            areas.append(_area(value, rings, limits))
    return UnitMap(tuple(areas), limits, projection.height, is_geographic=True)


def _area(
    value: UnitValue, rings: Sequence[Sequence[tuple[float, float]]], limits: Sequence[float]
) -> MapArea:
    # An island beside a district has fewer corners: the name stands on the mainland.
    largest = max(rings, key=len)
    x = sum(x for x, _ in largest) / len(largest)
    y = sum(y for _, y in largest) / len(largest)
    outline = "".join(_path(ring) for ring in rings)
    name = _short_name(value.unit)
    return MapArea(outline, round(x, 1), round(y, 1), name, _level(value, limits), value)


def _path(ring: Sequence[tuple[float, float]]) -> str:
    steps = "L".join(f"{x} {y}" for x, y in ring)
    return f"M{steps}z"
