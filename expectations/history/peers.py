"""A report's figures beside those of its peers: units of the same kind, for the same period."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from expectations.history.grid import Given, Grid
from expectations.history.memory import Report
from expectations.history.own import Columns, OwnPast
from expectations.history.robust import Floats, Spread, median_of, spread_of
from expectations.history.sight import Seen, Sight

_FEWEST_PEERS = 3
"""Of fewer, no median is taken: it would be one unit's figure."""


class Peers:
    """The columns that come from other units' reports."""

    def __init__(self, reports: Sequence[Report], grid: Grid, sight: Sight, past: OwnPast) -> None:
        self._reports, self._grid, self._sight, self._past = reports, grid, sight, past

    def columns(self, own: Report, seen: Seen, given: Given) -> Columns:
        """Return the spread among peers, and what the figure would be at the unit's usual share of them.

        The lines of a list have no peers one by one: their spread is of all lines that the unit and its peers reported. The
        usual share is that of the period just before; nothing where too few peers, or not the unit itself, reported it.
        """
        now = self._rows(own, seen.peers, given.pairs)
        spread = spread_of(now)
        pooled = self._pooled(seen, given)
        merged = {
            f"peer_{name}": np.where(pooled[0], *pair) for name, *pair in zip(Spread._fields, pooled[1], spread, strict=True)
        }
        return {**merged, "expected_share": self._usual_share(own, seen, given, now)}

    def rates(self, own: Report, seen: Seen, given: Given) -> Columns:
        """Return each figure divided by the one that its column is `per`, and the spread of that, own past and peers alike."""
        per = self._grid.partners(given, "per")
        at = {int(pair): value for pair, value in zip(given.pairs, given.values, strict=True)}
        divisor = np.array([at.get(int(pair), np.nan) for pair in per])
        divisor[~self._grid.can_be_met_again(given)] = np.nan
        rates = {"rate": given.values / _positive(divisor)}
        spread = self._spread_of_rates(own, seen, given.pairs, per)
        return {**rates, **{f"rate_{name}": column for name, column in spread._asdict().items() if name != "mad"}}

    def _spread_of_rates(
        self,
        own: Report,
        seen: Seen,
        pairs: NDArray[np.int64],
        per: NDArray[np.int64],
    ) -> Spread:
        # Few figures are divided by another: the others have no rate anywhere.
        asked = np.flatnonzero(per >= 0)
        pairs, per, of = pairs[asked], per[asked], len(pairs)
        rows = (
            self._past.rows(own, seen.like, pairs) / _positive(self._past.rows(own, seen.like, per)),
            self._rows(own, seen.peers, pairs) / _positive(self._rows(own, seen.peers, per)),
        )
        median, mad, low, high = (np.full(of, np.nan) for _ in range(4))
        spread = Spread(median, mad, low, high, points=np.zeros(of))
        for column, values in zip(spread, spread_of(np.concatenate(rows)), strict=True):
            column[asked] = values
        return spread

    def _rows(self, own: Report, places: Sequence[int], pairs: NDArray[np.int64]) -> Floats:
        period = self._reports[places[0]].period if places else own.period
        return self._grid.rows(period, self._sight.of_period(period), places, pairs)

    def _usual_share(self, own: Report, seen: Seen, given: Given, now: Floats) -> Floats:
        last = [n for n in seen.others if self._reports[n].period == own.period.moved(-1)]
        if not last or min(len(seen.peers), len(seen.peers_before)) < _FEWEST_PEERS:
            return np.full(len(given.pairs), np.nan)
        then = self._rows(own, seen.peers_before, given.pairs)
        enough = np.minimum(_points(now), _points(then)) >= _FEWEST_PEERS
        expected: Floats = self._past.rows(own, last, given.pairs)[0] / _positive(median_of(then)) * median_of(now)
        return np.where(enough & (expected > 0), expected, np.nan)

    def _pooled(self, seen: Seen, given: Given) -> tuple[NDArray[np.bool_], Spread]:
        is_line = np.array([figure.is_line for figure in self._grid.figures], dtype=bool)[given.codes]
        columns = [np.full(len(given.codes), np.nan) for _ in Spread._fields]
        for code in np.unique(given.codes[is_line]):
            lines = spread_of(self._grid.lines((*seen.others, *seen.peers), int(code))[:, None])
            for column, value in zip(columns, lines, strict=True):
                column[given.codes == code] = value[0]
        return is_line, Spread(*columns)


def _points(rows: Floats) -> NDArray[np.int64]:
    points: NDArray[np.int64] = np.count_nonzero(~np.isnan(rows), axis=0)
    return points


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)
