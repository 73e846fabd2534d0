"""A line over time with a target: the points and axes of a chart 360 wide and 200 high."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from program.vietnamese import format_number
from publish.site.charts.scale import round_up

WIDTH, HEIGHT = 360, 200
_RIGHT, _TOP, _BOTTOM = 14, 38, 26
"""The words of the target stand above all: beside its line they would cover a figure."""
_LETTER = 6.6
"""How wide a digit of the axes is."""
_GAP = 8


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
    left: float
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

    middle = (bottom_value + top_value) / 2
    grid = tuple((y_of(value), value) for value in (bottom_value, middle, top_value))
    left = round(_GAP + max(_width(format_number(value, decimals=1)) for _, value in grid), 1)
    points = _points(in_order, [y_of(observation.value) for observation in in_order], left)
    line = " ".join(f"{point.x},{point.y}" for point in points)
    return Trend(points, line, grid, None if target is None else y_of(target), left)


def _width(text: str) -> float:
    return _LETTER * len(text)


def _points(
    in_order: Sequence[Observation], heights: Sequence[float], left: float
) -> tuple[TrendPoint, ...]:
    first_day, last_day = in_order[0].day, in_order[-1].day
    days = max((last_day - first_day).days, 1)
    places = []
    for observation in in_order:
        share = (observation.day - first_day).days / days
        places.append(round(left + share * (WIDTH - left - _RIGHT), 1))
    labelled = _labelled(in_order, places)
    points = []
    for number, observation in enumerate(in_order):
        is_labelled = number in labelled
        points.append(TrendPoint(places[number], heights[number], observation, is_labelled))
    return tuple(points)


def _labelled(in_order: Sequence[Observation], places: Sequence[float]) -> set[int]:
    """Return the numbers of the points whose periods are written: as many as fit.

    They are chosen from the right: the latest period is always written.
    """
    last = len(in_order) - 1
    labelled = set()
    free_until = float(WIDTH)
    for number in range(last, -1, -1):
        width = _width(in_order[number].label)
        # The first label begins at its point, the last one ends there, others are around it.
        before = {0: 0.0, last: width}.get(number, width / 2)
        if number == last or places[number] - before + width <= free_until:
            labelled.add(number)
            free_until = places[number] - before - _GAP
    return labelled
