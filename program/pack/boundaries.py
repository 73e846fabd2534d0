"""The boundaries of units for maps: a pack's optional `boundaries.geojson`.

We ship none: no public file of Vietnam's boundaries that we found has a clear licence. A province
that has one puts it beside `units.csv`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from program.errors import ConfigurationError
from program.units.unit import Unit

Ring: TypeAlias = tuple[tuple[float, float], ...]
"""The outline of an area: longitude and latitude in degrees (WGS 84) of each corner."""

BOUNDARIES = "boundaries.geojson"
_FEWEST_CORNERS = 4
"""A triangle, whose last position is its first (RFC 7946)."""
_EAST_FROM, _EAST_TO = 102.0, 118.0
_NORTH_FROM, _NORTH_TO = 6.0, 24.0
"""Vietnam with its islands lies between these degrees."""


class Boundaries:
    """The outlines of units by code and name.

    Codes were used again in July 2025: a feature may give the unit's `name` too, and then it is
    only that unit's.
    """

    def __init__(self, outlines: Mapping[tuple[str, str], tuple[Ring, ...]]) -> None:
        self._outlines = outlines

    def of(self, unit: Unit) -> tuple[Ring, ...]:
        """Return the outlines of a unit; none if they are unknown."""
        named = self._outlines.get((unit.code, unit.name))
        return named or self._outlines.get((unit.code, ""), ())

    def problems(self, units: Iterable[Unit]) -> list[str]:
        """Return what is wrong with the outlines of a pack with these units, a line for each."""
        names_by_code: dict[str, list[str]] = {}
        for unit in units:
            names_by_code.setdefault(unit.code, []).append(unit.name)
        problems = []
        for (code, name), rings in self._outlines.items():
            area = f"{BOUNDARIES}: {code}{f' {name}' if name else ''}"
            wrong = _wrong_unit(name, names_by_code.get(code, ()))
            if wrong is None:
                wrong = next((each for each in map(_wrong_ring, rings) if each), None)
            if wrong is not None:
                problems.append(f"{area}: {wrong}")
        return problems


def _wrong_unit(name: str, known: Sequence[str]) -> str | None:
    if not known:
        return "expected the code of a unit of units.csv"
    if name and name not in known:
        return f"expected the name that units.csv has, {' or '.join(known)}"
    return None


def _wrong_ring(ring: Ring) -> str | None:
    if len(ring) < _FEWEST_CORNERS or ring[0] != ring[-1]:
        return "expected a closed ring: four positions or more, the last one like the first"
    for longitude, latitude in ring:
        if not _is_in_vietnam(longitude, latitude):
            # The most frequent mistake: a list of latitude and longitude, or metres of VN-2000.
            swapped = ", in this order" if _is_in_vietnam(latitude, longitude) else ""
            return (
                f"expected longitude {_EAST_FROM:.0f} to {_EAST_TO:.0f} and latitude "
                f"{_NORTH_FROM:.0f} to {_NORTH_TO:.0f} in degrees (WGS 84){swapped}; "
                f"found {longitude:g}, {latitude:g}"
            )
    return None


def _is_in_vietnam(longitude: float, latitude: float) -> bool:
    return _EAST_FROM <= longitude <= _EAST_TO and _NORTH_FROM <= latitude <= _NORTH_TO


def read_boundaries(folder: Path) -> Boundaries | None:
    """Return the boundaries of a pack; None if it has none.

    Raises:
        ConfigurationError: The file is no GeoJSON with a unit's code for each area.
    """
    path = folder / BOUNDARIES
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content["features"]
        outlines: dict[tuple[str, str], tuple[Ring, ...]] = {}
        for number, feature in enumerate(features):
            properties = feature["properties"]
            if not isinstance(properties.get("code"), str):
                raise ConfigurationError(
                    f"{path}: feature {number}: expected the unit's code as text in "
                    f"properties.code, found {properties.get('code')!r}"
                )
            # A code that was used again has an area for each of its units, by their names.
            key = (properties["code"], properties.get("name") or "")
            if key in outlines:
                raise ConfigurationError(f"{path}: feature {number}: a second area of {key[0]}")
            outlines[key] = tuple(_rings(feature["geometry"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(
            f"{path}: expected a FeatureCollection of Polygon or MultiPolygon (RFC 7946), "
            f"found {error!r}"
        ) from error
    return Boundaries(outlines)


def _rings(geometry: Mapping[str, Any]) -> Iterator[Ring]:
    """Yield the outline of each part of an area. Holes are left out: a map fills them."""
    polygons: Sequence[Any]
    if geometry["type"] == "Polygon":
        polygons = [geometry["coordinates"]]
    elif geometry["type"] == "MultiPolygon":
        polygons = geometry["coordinates"]
    else:
        raise ValueError(f"geometry of type {geometry['type']!r}")
    for polygon in polygons:
        outer = polygon[0]
        yield tuple((float(corner[0]), float(corner[1])) for corner in outer)
