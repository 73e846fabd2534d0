"""Medians over reports, figure by figure, where some have no value."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Spread(NamedTuple):
    """Median, median absolute deviation, smallest above 0, largest and number of the values in each column; NaN for none."""

    median: Floats
    mad: Floats
    low: Floats
    high: Floats
    points: Floats


def spread_of(values: Floats) -> Spread:
    """Return the spread of each column of `values` (a row a report), its NaN left out."""
    points = np.count_nonzero(~np.isnan(values), axis=0).astype(np.float64)
    median = median_of(values)
    if not len(values):
        return Spread(median, median, median, median, points)
    ordered = np.sort(values, axis=0)  # NaN last
    high = np.take_along_axis(ordered, np.maximum(points.astype(np.int64) - 1, 0)[None, :], axis=0)[0]
    low = np.sort(np.where(values > 0, values, np.nan), axis=0)[0]
    return Spread(median, median_of(np.abs(values - median)), low, high, points)


def median_of(values: Floats) -> Floats:
    """Return the median of each column, its NaN left out; many times faster than `numpy.nanmedian` on few rows."""
    if not len(values):
        return np.full(values.shape[1], np.nan)
    ordered = np.sort(values, axis=0)
    points = np.count_nonzero(~np.isnan(values), axis=0)
    lower, upper = np.maximum((points - 1) // 2, 0), np.minimum(points // 2, len(values) - 1)
    middle: Floats = (np.take_along_axis(ordered, lower[None, :], 0)[0] + np.take_along_axis(ordered, upper[None, :], 0)[0]) / 2
    return middle
