"""The figures of reports beside those of their peers: units of the same kind, same period."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from expectations.history.comparable import ComparableIndex
from expectations.history.frames.unit_trend import Columns, UnitTrend
from expectations.history.grid import FigureGrid, Given, concatenated_ranges, positive
from expectations.history.spread import Booleans, Integers, no_spread

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

    def __init__(self, grid: FigureGrid, comparables: ComparableIndex, asking: Integers) -> None:
        self._grid = grid
        self._comparables = comparables
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
        count = len(is_line)
        now = no_spread(count)
        then = no_spread(count)
        of_lines = no_spread(count)
        of_rates = no_spread(count)
        has_enough_peers = np.zeros(count, dtype=bool)
        for shown in self._shown(given):
            rows = shown.rows
            askers = shown.askers
            pairs = given.pairs[rows]
            now.put(rows, figures.spread(shown.peers, askers, pairs))
            then.put(rows, figures.spread(shown.peers_before, askers, pairs))
            # A rate hardly changes from one period to the next: the unit's own ones count too.
            has_rate = shown.peers | shown.like
            of_rates.put(rows, rates.spread(has_rate, askers, pairs))
            has_enough_peers[rows] = shown.has_enough_peers[askers]
            in_list = np.flatnonzero(is_line[rows])
            rows_in_list = rows[in_list]
            has_lines = shown.peers | shown.others
            pooled = lines.spread(has_lines, askers[in_list], given.codes[rows_in_list])
            of_lines.put(rows_in_list, pooled)
        peer_columns: Columns = {}
        for name, column in now._asdict().items():
            of_line = getattr(of_lines, name)
            peer_columns[f"peer_{name}"] = np.where(is_line, of_line, column)
        # Enough peers reported in both periods, and enough of them this very figure.
        has_enough_values = np.minimum(now.points, then.points) >= _FEWEST_PEERS
        is_enough = has_enough_peers & has_enough_values
        share = past.in_period_before(given) / positive(then.median)
        expected = np.where(is_enough, share * now.median, np.nan)
        return {
            **peer_columns,
            "expected_share": positive(expected),
            "rate": self._grid.rates(given),
            "rate_median": of_rates.median,
            "rate_low": of_rates.low,
            "rate_high": of_rates.high,
            "rate_points": of_rates.points,
        }

    def _shown(self, given: Given) -> Iterator[_Shown]:
        """Yield the asking reports in groups: so many need too much memory at once."""
        values = max(len(self._grid.value), 1)
        size = max(_VALUES_AT_ONCE // values, 1)
        report_indexes = np.arange(len(self._asking) + 1)
        starts = np.searchsorted(given.askers, report_indexes)
        for period, positions in self._comparables.by_period(self._asking, size):
            asking = self._asking[positions]
            first = starts[positions]
            last = starts[positions + 1]
            rows_of_group = np.arange(len(positions))
            # An estimate is compared with estimates. Of the period before, the final figure counts
            # where there is one: it is what the unit's own figure is set against too.
            peers = self._comparables.peers(asking, period)
            all_before = self._comparables.peers(asking, period.moved(-1))
            yield _Shown(
                rows=concatenated_ranges(first, last),
                askers=np.repeat(rows_of_group, last - first),
                peers=self._comparables.of_own_stage(asking, peers),
                peers_before=self._comparables.one_a_unit(all_before),
                others=self._is_seen(asking, "others"),
                like=self._is_seen(asking, "like"),
            )

    def _is_seen(self, asking: Integers, attribute: Literal["others", "like"]) -> Booleans:
        """Tell which reports (columns) of its own unit each asking report (row) sees."""
        is_seen = np.zeros((len(asking), self._comparables.reports), dtype=bool)
        for row, index in enumerate(asking.tolist()):
            seen = getattr(self._comparables.of(index), attribute)
            is_seen[row, list(seen)] = True
        return is_seen
