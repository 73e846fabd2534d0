"""The geometry of charts: round axes, points in order, classes of a map, tiles and boundaries."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.errors import ConfigurationError
from program.pack.boundaries import read_boundaries
from program.pack.pack import Pack
from program.units.unit import Unit
from publish.site.charts.bars import BarValue, bars
from publish.site.charts.scale import class_limits, class_of, round_up
from publish.site.charts.trend import Observation, trend
from publish.site.charts.unit_map import UnitValue, unit_map

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
values = st.floats(0.001, 1e15)


@given(values)
def test_an_axis_ends_at_a_round_number_that_is_little_above_the_value(value: float) -> None:
    end = round_up(value)
    assert value <= end * (1 + 1e-9)
    assert end <= 2.5 * value
    digits = f"{end:e}".split("e")[0].rstrip("0").rstrip(".")
    assert digits in ("1", "2", "2.5", "5")


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60))
def test_every_value_has_a_class_and_equal_values_have_one(numbers: list[float]) -> None:
    limits = class_limits(numbers)
    assert 1 <= len(limits) <= 5
    assert list(limits) == sorted(set(limits))
    assert limits[-1] == max(numbers)
    in_order = [class_of(number, limits) for number in sorted(numbers)]
    assert in_order == sorted(in_order)


def test_a_line_has_its_points_in_order_of_time_and_higher_figures_stand_higher() -> None:
    observations = [
        Observation(date(2024, 12, 31), "Q4/2024", 30.0),
        Observation(date(2024, 3, 31), "Q1/2024", 10.0),
        Observation(date(2024, 6, 30), "Q2/2024", 20.0, is_estimate=True),
    ]
    chart = trend(observations, 40.0)
    assert chart is not None
    assert [point.observation.label for point in chart.points] == ["Q1/2024", "Q2/2024", "Q4/2024"]
    assert [p.x for p in chart.points] == sorted(p.x for p in chart.points)
    # Up is less in SVG.
    heights = [point.y for point in chart.points]
    assert heights == sorted(heights, reverse=True)
    assert chart.target_y is not None
    assert chart.target_y < min(heights)
    (bottom, zero), _, (top, full) = chart.grid
    assert (zero, full) == (0.0, 50.0)
    assert bottom > top


def test_one_figure_is_no_line() -> None:
    assert trend([Observation(date(2024, 12, 31), "2024", 1.0)], None) is None


def test_negative_figures_stand_within_the_chart() -> None:
    changes = [Observation(date(2024, 3, 31), "a", -5.0), Observation(date(2024, 6, 30), "b", 5.0)]
    chart = trend(changes, None)
    assert chart is not None
    assert all(0 <= point.y <= chart.height for point in chart.points)


def test_bars_of_shares_fill_the_width_at_100_percent() -> None:
    half, whole = bars(
        [BarValue("a", 50.0, "50%", "a.html"), BarValue("b", 100.0, "100%", "b.html")], full=100
    ).bars
    assert half.length * 2 == whole.length == 360
    over = bars([BarValue("a", 120.0, "120%", "a.html")], full=100)
    assert over.bars[0].length == 360


def of_districts(pack: Pack, day: date) -> list[UnitValue]:
    units = [unit for unit in pack.units if unit.kind == "district" and unit.is_valid_on(day)]
    return [UnitValue(unit, float(n), str(n), "") for n, unit in enumerate(units)]


def test_without_boundaries_each_unit_is_a_tile_of_its_own(pack: Pack) -> None:
    shown = of_districts(pack, BEFORE)
    drawn = unit_map(shown, None)
    assert drawn is not None
    assert not drawn.is_geographic
    assert len({area.outline for area in drawn.areas}) == len(shown) == 11
    assert {area.level for area in drawn.areas} == {0, 1, 2, 3, 4}


def test_a_map_without_a_figure_or_with_a_thousand_tiles_is_not_drawn(pack: Pack) -> None:
    shown = of_districts(pack, BEFORE)
    empty = [UnitValue(value.unit, None, "chưa có", "") for value in shown]
    assert unit_map(empty, None) is None
    assert unit_map(shown * 100, None) is None


# --- Boundaries (synthetic squares)
# ----------------------------------------------------------------------------------------------


def square(west: float, south: float) -> dict:
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    return {"type": "Polygon", "coordinates": [[(west + x, south + y) for x, y in corners]]}


def feature(unit: Unit, geometry: dict, *, named: bool = False) -> dict:
    properties = {"code": unit.code}
    if named:
        properties["name"] = unit.name
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write(folder: Path, features: list[dict]) -> None:
    content = {"type": "FeatureCollection", "features": features}
    (folder / "boundaries.geojson").write_text(json.dumps(content), encoding="utf-8")


def communes(pack: Pack, day: date) -> list[Unit]:
    return [unit for unit in pack.units if unit.kind == "commune" and unit.is_valid_on(day)]


def test_a_pack_s_boundaries_draw_the_units_of_before_and_after_july_2025(
    pack: Pack, tmp_path: Path
) -> None:
    # 31528 was a township until June 2025 and is a commune of another area since.
    (old,) = [unit for unit in communes(pack, BEFORE) if unit.code == "31528"]
    (new,) = [unit for unit in communes(pack, AFTER) if unit.code == "31528"]
    assert old.name != new.name
    write(
        tmp_path,
        [
            feature(old, square(105.0, 9.0), named=True),
            feature(new, square(106.0, 9.0), named=True),
        ],
    )
    boundaries = read_boundaries(tmp_path)
    assert boundaries is not None
    assert boundaries.of(old) != boundaries.of(new)
    for unit in (old, new):
        drawn = unit_map([UnitValue(unit, 1.0, "1", "")], boundaries)
        assert drawn is not None
        assert drawn.is_geographic
        # A square of a degree at 9.5° north is a little higher than wide.
        assert drawn.width < drawn.height < 1.02 * drawn.width


def test_a_unit_with_a_figure_and_no_boundary_makes_tiles_of_all(
    pack: Pack, tmp_path: Path
) -> None:
    shown = of_districts(pack, BEFORE)
    write(tmp_path, [feature(value.unit, square(n, 9.0)) for n, value in enumerate(shown[:-1])])
    drawn = unit_map(shown, read_boundaries(tmp_path))
    assert drawn is not None
    assert not drawn.is_geographic
    write(tmp_path, [feature(value.unit, square(n, 9.0)) for n, value in enumerate(shown)])
    drawn = unit_map(shown, read_boundaries(tmp_path))
    assert drawn is not None
    assert drawn.is_geographic


def test_islands_are_parts_of_one_area(pack: Pack, tmp_path: Path) -> None:
    unit = of_districts(pack, BEFORE)[0].unit
    islands = {
        "type": "MultiPolygon",
        "coordinates": [square(0, 0)["coordinates"], square(3, 0)["coordinates"]],
    }
    write(tmp_path, [feature(unit, islands)])
    drawn = unit_map([UnitValue(unit, 1.0, "1", "")], read_boundaries(tmp_path))
    assert drawn is not None
    assert drawn.areas[0].outline.count("M") == 2


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "expected a FeatureCollection"),
        ("[]", "expected a FeatureCollection"),
        ('{"features": [{"properties": {"code": 94}, "geometry": {}}]}', "properties.code"),
        (
            '{"features": [{"properties": {"code": "94"}, "geometry": {"type": "Point"}}]}',
            "expected a FeatureCollection",
        ),
    ],
)
def test_a_file_that_is_no_boundaries_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "boundaries.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=complaint):
        read_boundaries(tmp_path)


def test_a_pack_without_boundaries_has_none(tmp_path: Path) -> None:
    assert read_boundaries(tmp_path) is None
