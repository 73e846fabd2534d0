"""Scales of charts: round numbers for axes, and classes of values for maps."""

import math
from collections.abc import Sequence

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_CLASSES = 5


def round_up(value: float) -> float:
    """Return the next round number that is at least `value`: 1, 2, 2.5 or 5 times a power of 10.

    Not positive: 1.
    """
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in _STEPS:
        # A product of floats may fall short of the value by its last digit.
        if step * power >= value * (1 - 1e-12):
            return step * power
    return 10 * power


def class_limits(values: Sequence[float]) -> tuple[float, ...]:
    """Return the upper limits of at most five classes with about as many values each.

    Equal values are never in two classes. The last limit is the greatest value.
    """
    in_order = sorted(values)
    limits: list[float] = []
    for number in range(1, _CLASSES + 1):
        position = math.ceil(number * len(in_order) / _CLASSES) - 1
        limit = in_order[max(position, 0)]
        if not limits or limit > limits[-1]:
            limits.append(limit)
    return tuple(limits)


def class_of(value: float, limits: Sequence[float]) -> int:
    """Return the class of a value, from 0; `limits` are those of `class_limits`."""
    for number, limit in enumerate(limits):
        if value <= limit:
            return number
    return len(limits) - 1
