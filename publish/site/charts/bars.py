"""Bars from left to right, one below the other: a ranking of units or projects."""

from collections.abc import Sequence
from dataclasses import dataclass

from publish.site.charts.scale import round_up

WIDTH = 360
_ROW = 30
_BAR = 10


@dataclass(frozen=True, slots=True)
class BarValue:
    """What a bar shows. `text` is the value as written; `link` leads to the value's page."""

    label: str
    value: float
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: the top of its line, and the length of the bar."""

    y: int
    length: float
    shown: BarValue


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of bars. `full` is the value of the whole width."""

    bars: tuple[Bar, ...]
    full: float
    height: int
    width: int = WIDTH
    thickness: int = _BAR


def bars(values: Sequence[BarValue], full: float | None = None) -> Bars:
    """Return the bars in the given order. A value below 0 has no length.

    `full` is the value of a bar of the whole width: 100 for shares. Without it, a round number
    above the greatest value.
    """
    greatest = max((value.value for value in values), default=0.0)
    scale = max(full or 0.0, greatest) if full else round_up(greatest)
    drawn = []
    for number, value in enumerate(values):
        length = round(max(value.value, 0.0) / scale * WIDTH, 1)
        drawn.append(Bar(number * _ROW, length, value))
    return Bars(tuple(drawn), scale, len(values) * _ROW)
