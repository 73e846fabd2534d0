"""The figures of reports beside those of their peers: units of the same kind, same period."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from expectations.history.comparable import ComparableIndex
from expectations.history.grid import FigureGrid, Given, concatenated_ranges, positive
from expectations.history.spread import Booleans, Integers, Spread, no_spread
from expectations.history.unit_trend import Columns, UnitTrend

_FEWEST_PEERS = 3
"""There is no median of fewer: it would be the figure of one unit."""

_VALUES_AT_ONCE = 4_000_000
"""So many values are compared at once: asking reports times values of their peers."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """Some asking reports of one period, and the reports that are shown to each.

    Each array of two dimensions has a row for an asking report and a column for each report.

    Attributes:
        rows: The rows of `Given` with the figures of these reports.
        askers: The asking report of each of them, as a row of the arrays.
        peers: The reports of its peers.
        peers_before: Those for the period just before, one for each unit.
        others: Its unit's reports for other periods.
        like: Those among them of periods as long, and the other stage of its own period.
    """

    rows: Integers
    askers: Integers
    peers: Booleans
    peers_before: Booleans
    others: Booleans
    like: Booleans

    @property
    def has_enough_peers(self) -> Booleans:
        """Which asking reports have enough peers, now and in the period before."""
        now = self.peers.sum(axis=1)
        before = self.peers_before.sum(axis=1)
        result: Booleans = np.minimum(now, before) >= _FEWEST_PEERS
        return result


class Peers:
    """Builds the columns that come from the reports of other units, for a batch of reports.

    `asking` are the indexes of the reports.
    """

    def __init__(self, grid: FigureGrid, sight: ComparableIndex, asking: Integers) -> None:
        self._grid = grid
        self._sight = sight
        self._asking = asking

    def columns(self, given: Given, past: UnitTrend) -> Columns:
        """Return the spread among peers, the figure at the usual share of them, and the rates.

        A single line of a list has no peers: its spread is that of all lines of the unit and its
        peers. The usual share is that of the period just before. It is NaN where too many peers did
        not report that period. The rate is the figure divided by the one that its column is `per`.
        The spread of the rates is that of the unit's own earlier reports and of its peers together.
        """
        figures = self._grid.met_again(given.pairs)
        rates = self._grid.rates_met_again(given.pairs)
        lines = self._grid.lines()
        is_line = self._grid.is_line[given.codes]
        now, then, of_lines, of_rates = (no_spread(len(is_line)) for _ in range(4))
        has_enough_peers = np.zeros(len(is_line), dtype=bool)
        for shown in self._shown(given):
            rows, askers = shown.rows, shown.askers
            pairs = given.pairs[rows]
            now.put(rows, figures.spread(shown.peers, askers, pairs))
            then.put(rows, figures.spread(shown.peers_before, askers, pairs))
            of_rates.put(rows, rates.spread(shown.peers | shown.like, askers, pairs))
            has_enough_peers[rows] = shown.has_enough_peers[askers]
            in_list = np.flatnonzero(is_line[rows])
            codes = given.codes[rows[in_list]]
            pooled = lines.spread(shown.peers | shown.others, askers[in_list], codes)
            of_lines.put(rows[in_list], pooled)
        spread = Spread(*(np.where(is_line, *both) for both in zip(of_lines, now, strict=True)))
        is_enough = has_enough_peers & (np.minimum(now.points, then.points) >= _FEWEST_PEERS)
        share = past.in_period_before(given) / positive(then.median)
        expected = np.where(is_enough, share * now.median, np.nan)
        return {
            **{f"peer_{name}": column for name, column in spread._asdict().items()},
            "expected_share": positive(expected),
            "rate": self._grid.rates(given),
            "rate_median": of_rates.median,
            "rate_low": of_rates.low,
            "rate_high": of_rates.high,
            "rate_points": of_rates.points,
        }

    def _shown(self, given: Given) -> Iterator[_Shown]:
        """Yield the asking reports in groups: so many need too much memory at once."""
        size = max(_VALUES_AT_ONCE // max(len(self._grid.value), 1), 1)
        starts = np.searchsorted(given.askers, np.arange(len(self._asking) + 1))
        for period, positions in self._sight.by_period(self._asking, size):
            asking = self._asking[positions]
            first, last = starts[positions], starts[positions + 1]
            peers = self._sight.peers(asking, period)
            all_before = self._sight.peers(asking, period.moved(-1))
            yield _Shown(
                rows=concatenated_ranges(first, last),
                askers=np.repeat(np.arange(len(positions)), last - first),
                peers=self._sight.of_own_stage(asking, peers),
                peers_before=self._sight.one_a_unit(all_before),
                others=self._is_seen(asking, "others"),
                like=self._is_seen(asking, "like"),
            )

    def _is_seen(self, asking: Integers, attribute: Literal["others", "like"]) -> Booleans:
        """Tell which reports (columns) of its own unit each asking report (row) sees."""
        is_seen = np.zeros((len(asking), self._sight.reports), dtype=bool)
        for row, index in enumerate(asking.tolist()):
            is_seen[row, list(getattr(self._sight.of(index), attribute))] = True
        return is_seen
