"""The boundaries of units for maps: a pack's optional `boundaries.geojson`.

We ship none: no public file of Vietnam's boundaries that we found has a clear licence. A province
that has one puts it beside `units.csv`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from program.errors import ConfigurationError
from program.units.unit import Unit

Ring: TypeAlias = tuple[tuple[float, float], ...]
"""The outline of an area: longitude and latitude in degrees (WGS 84) of each corner."""

_NAME = "boundaries.geojson"


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


def read_boundaries(folder: Path) -> Boundaries | None:
    """Return the boundaries of a pack; None if it has none.

    Raises:
        ConfigurationError: The file is no GeoJSON with a unit's code for each area.
    """
    path = folder / _NAME
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content["features"]
        outlines = {}
        for number, feature in enumerate(features):
            properties = feature["properties"]
            if not isinstance(properties.get("code"), str):
                raise ConfigurationError(
                    f"{path}: feature {number}: expected the unit's code as text in "
                    f"properties.code, found {properties.get('code')!r}"
                )
            key = (properties["code"], properties.get("name", ""))
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
