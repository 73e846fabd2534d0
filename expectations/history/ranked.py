"""The ordered values of a group of reports, key by key. Reports join and leave the group.

The peers of one report are nearly those of the report before it: one more, and one less. So the
order is kept from report to report. To sort the values of all peers for each report would cost the
square of the number of peers.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import nan

import numpy as np

from expectations.history.robust import Floats, Integers, Spread

Entries = tuple[Integers, Floats]
"""The keys of a report, and its value of each key. No value is NaN."""

_NO_VALUES: tuple[float, ...] = ()


class Ranked:
    """The sorted values of the reports that are in the group now.

    Args:
        reports: The number of all reports.
        entries: Returns the values of the report with an index.
    """

    def __init__(self, reports: int, entries: Callable[[int], Entries]) -> None:
        self._entries = entries
        self._is_held = np.zeros(reports, dtype=bool)
        self._held = 0
        self._values: dict[int, list[float]] = defaultdict(list)

    def hold(self, *places: Sequence[int] | Integers) -> None:
        """Hold the reports with the indexes `places`, and no others."""
        is_wanted = np.zeros(len(self._is_held), dtype=bool)
        for some in places:
            is_wanted[np.asarray(some, dtype=np.int64)] = True
        joining = np.flatnonzero(is_wanted & ~self._is_held).tolist()
        leaving = np.flatnonzero(self._is_held & ~is_wanted).tolist()
        for place in leaving:
            self._remove(place)
        # Many values are sorted faster at once, few are inserted faster one by one.
        if len(joining) > self._held:
            self._add_many(joining)
        else:
            for place in joining:
                self._add(place)
        self._is_held = is_wanted
        self._held += len(joining) - len(leaving)

    def spread(self, keys: Integers) -> Spread:
        """Return the spread of the values of each key."""
        spreads = [_spread(self._values.get(key, _NO_VALUES)) for key in keys.tolist()]
        # `reshape` gives the array its columns even where there are no keys.
        table = np.array(spreads, dtype=np.float64).reshape(len(keys), len(Spread._fields))
        return Spread(*table.T)

    def _add(self, place: int) -> None:
        for key, value in _pairs(self._entries(place)):
            insort(self._values[key], value)

    def _remove(self, place: int) -> None:
        for key, value in _pairs(self._entries(place)):
            values = self._values[key]
            del values[bisect_left(values, value)]

    def _add_many(self, places: Iterable[int]) -> None:
        entries = [self._entries(place) for place in places]
        keys = np.concatenate([keys for keys, _ in entries])
        values = np.concatenate([values for _, values in entries])
        order = np.argsort(keys, kind="stable")
        different, starts = np.unique(keys[order], return_index=True)
        values_by_key = np.split(values[order], starts[1:])
        # Without any values, `np.split` still returns one part: it is empty.
        for key, new_values in zip(different.tolist(), values_by_key, strict=False):
            known = self._values[key]
            known += new_values.tolist()
            known.sort()


def _pairs(entries: Entries) -> Iterable[tuple[int, float]]:
    keys, values = entries
    return zip(keys.tolist(), values.tolist(), strict=True)


def _spread(values: Sequence[float]) -> tuple[float, float, float, float, float]:
    """Return what `robust.spread_of` returns for one column; `values` are in ascending order."""
    points = len(values)
    if not points:
        return nan, nan, nan, nan, 0.0
    median = (values[(points - 1) // 2] + values[points // 2]) / 2
    not_positive = bisect_right(values, 0.0)
    low = values[not_positive] if not_positive < points else nan
    return median, _deviation(values, median), low, values[-1], float(points)


def _deviation(values: Sequence[float], median: float) -> float:
    """Return the median absolute deviation of `values`, which are in ascending order.

    The half of the values that is nearest to the median is one slice. A binary search finds its
    start, so the deviations need not be sorted.
    """
    points = len(values)
    near = (points + 1) // 2
    first, last = 0, points - near
    while first < last:
        middle = (first + last) // 2
        if median - values[middle] > values[middle + near] - median:
            first = middle + 1
        else:
            last = middle
    after = first + near
    lower = max(median - values[first], values[after - 1] - median)
    if points % 2:
        return (lower + lower) / 2
    below = median - values[first - 1] if first else np.inf
    above = values[after] - median if after < points else np.inf
    return (lower + min(below, above)) / 2
