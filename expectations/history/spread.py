"""Medians over reports, figure by figure. A report may have no value of a figure."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def integers(numbers: Iterable[int]) -> Integers:
    """Return the numbers as an array, of the same type even where there are none."""
    return np.array([*numbers], dtype=np.int64)


class Spread(NamedTuple):
    """The spread of the values of each figure.

    All are NaN where a figure has no values, but for `points`.

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

    def put(self, figures: Integers, spread: "Spread") -> None:
        """Replace the spread of the figures at these positions."""
        for column, new_column in zip(self, spread, strict=True):
            column[figures] = new_column


def no_spread(figures: int) -> Spread:
    """Return the spread of `figures` figures that have no values."""
    median, mad, low, high = np.full((4, figures), np.nan)
    return Spread(median, mad, low, high, np.zeros(figures))


def spread_of(values: Floats) -> Spread:
    """Return the spread of each column of `values`, without its NaN; a row is a report."""
    by_figure = values.T
    is_known = ~np.isnan(by_figure)
    points = np.count_nonzero(is_known, axis=1)
    # NaN come last in each row, so that the known values of a figure are one slice.
    ordered = np.sort(by_figure, axis=1)
    figures, reports = by_figure.shape
    starts = np.arange(figures) * reports
    return _spread_of_slices(ordered.ravel(), starts, points)


class OrderedValues:
    """The values of many reports in ascending order, key by key, each with its report.

    The values that are shown to one report are those in order, without the values that are hidden
    from it. So they are sorted once for all reports of a batch.
    """

    def __init__(self, keys: Integers, reports: Integers, values: Floats) -> None:
        order = np.lexsort((values, keys))
        self._keys = keys[order]
        self._reports = reports[order]
        self._values = values[order]

    def spread(self, is_shown: Booleans, askers: Integers, keys: Integers) -> Spread:
        """Return a spread for each pair of an asking report and a key.

        It is over the values of the key that are shown to the asking report.

        Args:
            is_shown: A row for each asking report: which reports are shown to it.
            askers: The asking report of each result, as the row of `is_shown`.
            keys: The key of each result.
        """
        # Values that are shown to nobody would only widen the table of askers and values.
        is_shown_to_any = np.any(is_shown, axis=0)
        is_needed = is_shown_to_any[self._reports]
        known_keys = self._keys[is_needed]
        if not len(known_keys):
            return no_spread(len(keys))
        different, first_of_key = np.unique(known_keys, return_index=True)
        is_value_shown = is_shown[:, self._reports[is_needed]]
        # Row by row and key by key: the values of one asker and one key are one slice.
        values_of_askers = np.broadcast_to(self._values[is_needed], is_value_shown.shape)
        shown = values_of_askers[is_value_shown]
        counts_of_keys = np.add.reduceat(is_value_shown, first_of_key, axis=1, dtype=np.int64)
        counts = counts_of_keys.ravel()
        starts = counts.cumsum() - counts
        # A key that no report has gets the place of another one, and no points.
        place = np.searchsorted(different, keys)
        column = np.minimum(place, len(different) - 1)
        is_known = different[column] == keys
        slices = askers * len(different) + column
        points = np.where(is_known, counts[slices], 0)
        return _spread_of_slices(shown, starts[slices], points)


def _spread_of_slices(values: Floats, starts: Integers, points: Integers) -> Spread:
    """Return the spread of slices of `values`; each is in ascending order and may be empty."""
    spread = no_spread(len(starts))
    filled = np.flatnonzero(points)
    if not len(filled):
        return spread
    first = starts[filled]
    count = points[filled]
    last = first + count - 1
    # An even number of values has two in the middle, an odd number the same one twice.
    lower_middle = values[first + (count - 1) // 2]
    upper_middle = values[first + count // 2]
    median = (lower_middle + upper_middle) / 2

    def is_positive(at: Integers) -> Booleans:
        result: Booleans = values[np.minimum(at, last)] > 0
        return result

    positive = _first_where(is_positive, first, last + 1)
    smallest_positive = values[np.minimum(positive, last)]
    low = np.where(positive <= last, smallest_positive, np.nan)
    mad = _deviation(values, first, count, median)
    high = values[last]
    spread.put(filled, Spread(median, mad, low, high, count.astype(np.float64)))
    return spread


def _deviation(values: Floats, first: Integers, count: Integers, median: Floats) -> Floats:
    """Return the median absolute deviation of slices of `values`, which are in ascending order.

    The half of the values that is nearest to the median is one slice. A binary search finds its
    start, so the deviations need not be sorted.
    """
    near = (count + 1) // 2
    end = first + count

    def is_near(at: Integers) -> Booleans:
        after = np.minimum(at + near, end - 1)
        result: Booleans = median - values[at] <= values[after] - median
        return result

    start = _first_where(is_near, first, end - near)
    after = start + near
    # The largest deviation in the slice is the last one of the nearer half.
    farthest_below = median - values[start]
    farthest_above = values[after - 1] - median
    lower = np.maximum(farthest_below, farthest_above)
    # An even number of deviations has two in the middle: the second is the next one outside.
    next_below = median - values[np.maximum(start - 1, 0)]
    next_above = values[np.minimum(after, end - 1)] - median
    below = np.where(start > first, next_below, np.inf)
    above = np.where(after < end, next_above, np.inf)
    upper = np.where(count % 2 == 1, lower, np.minimum(below, above))
    middle: Floats = (lower + upper) / 2
    return middle


def _first_where(
    is_true: Callable[[Integers], Booleans], first: Integers, last: Integers
) -> Integers:
    """Return the first position in each range from which on `is_true`; `last` where there is none.

    All ranges are halved at once. `is_true` is also asked about ranges that are done, with `last`
    at most; its answers for them do not count.
    """
    first = first.copy()
    last = last.copy()
    while (is_open := first < last).any():
        middle = np.where(is_open, (first + last) // 2, first)
        is_true_here = is_true(middle)
        first = np.where(is_open & ~is_true_here, middle + 1, first)
        last = np.where(is_open & is_true_here, middle, last)
    return first
