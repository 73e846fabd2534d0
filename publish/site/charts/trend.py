"""A line over time with a target: the points and axes of a chart 360 wide and 180 high."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from publish.site.charts.scale import round_up

WIDTH, HEIGHT = 360, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 16, 26
_MOST_LABELS = 5
"""Labels of dates that fit beside each other."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A figure at the end of a period. `label` names the period."""

    day: date
    label: str
    value: float
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Where an observation is drawn. `is_labelled`: its period is written below it."""

    x: float
    y: float
    observation: Observation
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A chart's points from left to right, its line, its grid lines (height, value) and target."""

    points: tuple[TrendPoint, ...]
    line: str
    grid: tuple[tuple[float, float], ...]
    target_y: float | None
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def trend(observations: Sequence[Observation], target: float | None) -> Trend | None:
    """Return the chart of figures in the order of their days; None for less than two.

    The value axis begins at 0, so that the height of a point is its size.
    """
    if len(observations) < 2:
        return None
    in_order = sorted(observations, key=lambda observation: observation.day)
    values = [observation.value for observation in in_order]
    if target is not None:
        values.append(target)
    top_value = round_up(max(values))
    bottom_value = -round_up(-min(values)) if min(values) < 0 else 0.0

    def y_of(value: float) -> float:
        share = (value - bottom_value) / (top_value - bottom_value)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    points = _points(in_order, [y_of(observation.value) for observation in in_order])
    line = " ".join(f"{point.x},{point.y}" for point in points)
    middle = (bottom_value + top_value) / 2
    grid = tuple((y_of(value), value) for value in (bottom_value, middle, top_value))
    target_y = None if target is None else y_of(target)
    return Trend(points, line, grid, target_y)


def _points(in_order: Sequence[Observation], heights: Sequence[float]) -> tuple[TrendPoint, ...]:
    first_day, last_day = in_order[0].day, in_order[-1].day
    days = max((last_day - first_day).days, 1)
    step = -(-len(in_order) // _MOST_LABELS)
    points = []
    for number, (observation, y) in enumerate(zip(in_order, heights, strict=True)):
        share = (observation.day - first_day).days / days
        x = round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)
        # Counted from the right: the latest period is always written.
        is_labelled = (len(in_order) - 1 - number) % step == 0
        points.append(TrendPoint(x, y, observation, is_labelled))
    return tuple(points)
