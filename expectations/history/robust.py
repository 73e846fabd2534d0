"""Medians over reports, figure by figure. A report may have no value of a figure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Spread(NamedTuple):
    """The spread of the values in each column.

    All are NaN where a column has no values, but for `points`.

    Attributes:
        median: The median.
        mad: The median absolute deviation.
        low: The smallest value above 0; NaN where there is none.
        high: The largest value.
        points: The number of values.
    """

    median: Floats
    mad: Floats
    low: Floats
    high: Floats
    points: Floats


def spread_of(values: Floats) -> Spread:
    """Return the spread of each column of `values`, without its NaN; a row is a report."""
    points = np.count_nonzero(~np.isnan(values), axis=0)
    if not len(values):
        unknown = np.full(values.shape[1], np.nan)
        return Spread(unknown, unknown, unknown, unknown, points.astype(np.float64))
    # Sorting is nearly all of the cost: the values are sorted once for four of the five results.
    ordered = np.sort(values, axis=0)  # NaN come last
    median = _middle(ordered, points)
    deviations = np.sort(np.abs(ordered - median), axis=0)
    high = _at(ordered, np.maximum(points - 1, 0))
    not_positive = np.count_nonzero(ordered <= 0, axis=0)
    low = _at(ordered, np.minimum(not_positive, len(values) - 1))
    low = np.where(not_positive < points, low, np.nan)
    return Spread(median, _middle(deviations, points), low, high, points.astype(np.float64))


def _middle(ordered: Floats, points: NDArray[np.int64]) -> Floats:
    """Return the median of each column: it has `points` values in ascending order, then NaN."""
    lower = np.maximum((points - 1) // 2, 0)
    upper = np.minimum(points // 2, len(ordered) - 1)
    middle: Floats = (_at(ordered, lower) + _at(ordered, upper)) / 2
    return middle


def _at(ordered: Floats, rows: NDArray[np.int64]) -> Floats:
    """Return the value of each column in the row that `rows` gives for it."""
    values: Floats = ordered[rows, np.arange(ordered.shape[1])]
    return values
