"""The figures of a report beside those of its peers: units of the same kind, same period."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from expectations.history.comparable import Comparable
from expectations.history.grid import FigureGrid, Given
from expectations.history.ranked import Entries, Ranked
from expectations.history.reports import HistoryReport
from expectations.history.robust import Floats, Spread
from expectations.history.unit_trend import Columns, UnitTrend

_FEWEST_PEERS = 3
"""There is no median of fewer: it would be the figure of one unit."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The values that a group of peers is compared with; each keeps those for the last report."""

    figures: Ranked
    figures_before: Ranked
    rates: Ranked
    lines: Ranked


class Peers:
    """Builds the columns that come from the reports of other units.

    It is fast for reports in the order of their arrival: each has hardly more peers than the one
    before it.
    """

    def __init__(self, reports: Sequence[HistoryReport], grid: FigureGrid, past: UnitTrend) -> None:
        self._reports = reports
        self._grid = grid
        self._past = past
        self._has_rates = any(figure.per for figure in grid.figures)
        self._groups: dict[Hashable, _Group] = {}

    def columns(self, own: HistoryReport, seen: Comparable, given: Given) -> Columns:
        """Return the spread among peers, and the figure at the unit's usual share of them.

        A single line of a list has no peers: its spread is that of all lines of the unit and its
        peers. The usual share is that of the period just before. It is NaN where the unit or too
        many of its peers did not report that period.
        """
        group = self._group(own)
        group.figures.hold(seen.peers)
        now = group.figures.spread(given.pairs)
        is_line = self._grid.is_line[given.codes]
        spread = now
        if is_line.any():
            group.lines.hold(seen.others, seen.peers)
            pooled = group.lines.spread(given.codes)
            columns = zip(pooled, now, strict=True)
            spread = Spread(*(np.where(is_line, lines, figure) for lines, figure in columns))
        return {
            **{f"peer_{name}": column for name, column in spread._asdict().items()},
            "expected_share": self._usual_share(own, seen, given, now),
        }

    def rates(self, own: HistoryReport, seen: Comparable, given: Given) -> Columns:
        """Return the rate of each figure, and the spread of the rates.

        The rate is the figure divided by the one that its column is `per`. The spread is that of
        the unit's own earlier reports and of its peers together.
        """
        group = self._group(own)
        if self._has_rates:
            group.rates.hold(seen.like, seen.peers)
        spread = group.rates.spread(given.pairs)
        return {
            "rate": self._rates_of(given),
            "rate_median": spread.median,
            "rate_low": spread.low,
            "rate_high": spread.high,
            "rate_points": spread.points,
        }

    def _group(self, own: HistoryReport) -> _Group:
        key = (own.period, own.kind, own.stage)
        if key not in self._groups:
            count = len(self._reports)
            self._groups[key] = _Group(
                figures=Ranked(count, self._grid.met_again),
                figures_before=Ranked(count, self._grid.met_again),
                rates=Ranked(count, self._rates_at),
                lines=Ranked(count, self._grid.lines),
            )
        return self._groups[key]

    def _rates_at(self, place: int) -> Entries:
        """Return the pairs that have a rate in the report at `place`, and their rates."""
        given = self._grid.given(place)
        rates = self._rates_of(given)
        is_known = ~np.isnan(rates)
        return given.pairs[is_known], rates[is_known]

    def _rates_of(self, given: Given) -> Floats:
        """Return the rate of each figure; NaN where it has none."""
        divisors = np.full(len(given.pairs), np.nan)
        per = self._grid.partners(given, "per")
        # Few reports have such figures: only they need a lookup of values.
        is_divided = (per >= 0) & self._grid.can_be_met_again(given)
        if is_divided.any():
            values = dict(zip(given.pairs.tolist(), given.values.tolist(), strict=True))
            divisors[is_divided] = [values.get(pair, np.nan) for pair in per[is_divided].tolist()]
        return given.values / _positive(divisors)

    def _usual_share(
        self, own: HistoryReport, seen: Comparable, given: Given, now: Spread
    ) -> Floats:
        """Return each figure at the unit's share of its peers in the period just before."""
        before = own.period.moved(-1)
        last = [place for place in seen.others if self._reports[place].period == before]
        fewest_peers = min(len(seen.peers), len(seen.peers_before))
        if not last or fewest_peers < _FEWEST_PEERS:
            return np.full(len(given.pairs), np.nan)
        ranked = self._group(own).figures_before
        ranked.hold(seen.peers_before)
        then = ranked.spread(given.pairs)
        own_share = self._past.rows(own, last, given.pairs)[0] / _positive(then.median)
        expected = own_share * now.median
        is_enough = np.minimum(now.points, then.points) >= _FEWEST_PEERS
        return np.where(is_enough & (expected > 0), expected, np.nan)


def _positive(values: Floats) -> Floats:
    """Return `values` with NaN for 0 and below: nothing is divided by them."""
    return np.where(values > 0, values, np.nan)
