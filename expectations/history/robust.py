"""Medians over reports, figure by figure, where some have no value."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Spread(NamedTuple):
    """Median, median absolute deviation, smallest above 0, largest and number of the values in each column; NaN for none."""

    median: Floats
    mad: Floats
    low: Floats
    high: Floats
    points: Floats


def spread_of(values: Floats) -> Spread:
    """Return the spread of each column of `values` (a row a report), its NaN left out."""
    points = np.count_nonzero(~np.isnan(values), axis=0)
    if not len(values):
        unknown = np.full(values.shape[1], np.nan)
        return Spread(unknown, unknown, unknown, unknown, points.astype(np.float64))
    # Sorting is nearly all that this costs: once for four of the five.
    ordered = np.sort(values, axis=0)  # NaN last
    median = _middle(ordered, points)
    deviations = np.sort(np.abs(ordered - median), axis=0)
    high = _at(ordered, np.maximum(points - 1, 0))
    not_positive = np.count_nonzero(ordered <= 0, axis=0)
    low = _at(ordered, np.minimum(not_positive, len(values) - 1))
    low = np.where(not_positive < points, low, np.nan)
    return Spread(median, _middle(deviations, points), low, high, points.astype(np.float64))


def _middle(ordered: Floats, points: NDArray[np.int64]) -> Floats:
    """Return the median of each column, of which `points` values come first, ordered, and then NaN."""
    lower, upper = np.maximum((points - 1) // 2, 0), np.minimum(points // 2, len(ordered) - 1)
    middle: Floats = (_at(ordered, lower) + _at(ordered, upper)) / 2
    return middle


def _at(ordered: Floats, rows: NDArray[np.int64]) -> Floats:
    """Return of each column the value in the row that is given for it."""
    values: Floats = ordered[rows, np.arange(ordered.shape[1])]
    return values
