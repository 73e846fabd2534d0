"""A report's figures beside those of its peers: units of the same kind, for the same period."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from expectations.history.grid import Given, Grid
from expectations.history.memory import Report
from expectations.history.own import Columns, OwnPast
from expectations.history.ranked import Entries, Ranked
from expectations.history.robust import Floats, Spread
from expectations.history.sight import Seen

_FEWEST_PEERS = 3
"""Of fewer, no median is taken: it would be one unit's figure."""


@dataclass(frozen=True, slots=True)
class _Group:
    """What reports of one group of peers are held against, in order; each keeps what the last of them saw."""

    figures: Ranked
    figures_before: Ranked
    rates: Ranked
    lines: Ranked


class Peers:
    """The columns that come from other units' reports.

    Cheap where reports are asked about in the order in which they came: each sees hardly more than the
    one before it.
    """

    def __init__(self, reports: Sequence[Report], grid: Grid, past: OwnPast) -> None:
        self._reports, self._grid, self._past = reports, grid, past
        self._has_rates = any(figure.per for figure in grid.figures)
        self._groups: dict[Hashable, _Group] = {}

    def columns(self, own: Report, seen: Seen, given: Given) -> Columns:
        """Return the spread among peers, and what the figure would be at the unit's usual share of them.

        The lines of a list have no peers one by one: their spread is of all lines that the unit and
        its peers reported. The usual share is that of the period just before; nothing where too few
        peers, or not the unit itself, reported it.
        """
        group = self._group(own)
        group.figures.hold(seen.peers)
        now = group.figures.spread(given.pairs)
        is_line = self._grid.is_line[given.codes]
        spread = now
        if is_line.any():
            group.lines.hold(seen.others, seen.peers)
            pooled = group.lines.spread(given.codes)
            pairs = zip(pooled, now, strict=True)
            spread = Spread(
                *(np.where(is_line, of_lines, of_figure) for of_lines, of_figure in pairs)
            )
        return {
            **{f"peer_{name}": column for name, column in spread._asdict().items()},
            "expected_share": self._usual_share(own, seen, given, now),
        }

    def rates(self, own: Report, seen: Seen, given: Given) -> Columns:
        """Return each figure divided by the one that its column is `per`, and the spread of that.

        The spread is of the unit's own past and its peers alike.
        """
        group = self._group(own)
        if self._has_rates:
            group.rates.hold(seen.like, seen.peers)
        spread = group.rates.spread(given.pairs)
        return {
            "rate": self._rates_of(given),
            **{
                f"rate_{name}": column for name, column in spread._asdict().items() if name != "mad"
            },
        }

    def _group(self, own: Report) -> _Group:
        key = (own.period, own.kind, own.stage)
        if key not in self._groups:
            entries = (
                self._grid.met_again,
                self._grid.met_again,
                self._rates_at,
                self._grid.lines,
            )
            self._groups[key] = _Group(*(Ranked(len(self._reports), some) for some in entries))
        return self._groups[key]

    def _rates_at(self, place: int) -> Entries:
        given = self._grid.given(place)
        rates = self._rates_of(given)
        is_known = ~np.isnan(rates)
        return given.pairs[is_known], rates[is_known]

    def _rates_of(self, given: Given) -> Floats:
        divisors = np.full(len(given.pairs), np.nan)
        per = self._grid.partners(given, "per")
        # Few figures are divided by another: the others have no rate anywhere.
        is_divided = (per >= 0) & self._grid.can_be_met_again(given)
        if is_divided.any():
            values = dict(zip(given.pairs.tolist(), given.values.tolist(), strict=True))
            divisors[is_divided] = [values.get(pair, np.nan) for pair in per[is_divided].tolist()]
        return given.values / _positive(divisors)

    def _usual_share(self, own: Report, seen: Seen, given: Given, now: Spread) -> Floats:
        before = own.period.moved(-1)
        last = [place for place in seen.others if self._reports[place].period == before]
        if not last or min(len(seen.peers), len(seen.peers_before)) < _FEWEST_PEERS:
            return np.full(len(given.pairs), np.nan)
        ranked = self._group(own).figures_before
        ranked.hold(seen.peers_before)
        then = ranked.spread(given.pairs)
        own_share = self._past.rows(own, last, given.pairs)[0] / _positive(then.median)
        expected = own_share * now.median
        is_enough = np.minimum(now.points, then.points) >= _FEWEST_PEERS
        return np.where(is_enough & (expected > 0), expected, np.nan)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)
