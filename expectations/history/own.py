"""A report's figures beside those that the same unit reported for other periods."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.grid import Given, Grid
from expectations.history.memory import Report
from expectations.history.robust import Floats, Spread, spread_of
from expectations.history.sight import Seen, Sight

_FEWEST_OF_LINE = 4
Columns = dict[str, NDArray[Any]]


class OwnPast:
    """The columns that come from a unit's own reports."""

    def __init__(self, reports: Sequence[Report], grid: Grid, sight: Sight) -> None:
        self._reports, self._grid, self._sight = reports, grid, sight
        self._lines = pd.factorize(
            np.array(["", *(figure.line for figure in grid.figures)], dtype=object)
        )[0][1:]
        self._cumulative = np.array([figure.cumulative or "" for figure in grid.figures])
        self._is_typed = np.array([figure.is_typed for figure in grid.figures], dtype=bool)

    def rows(self, own: Report, places: Sequence[int], pairs: NDArray[np.int64]) -> Floats:
        """Return the values of `pairs` in the unit's reports `places`."""
        return self._grid.rows(own.unit, self._sight.of_unit(own.unit), places, pairs)

    def columns(self, own: Report, seen: Seen, given: Given) -> Columns:
        """Return the last value before, the next one after, the closing that an opening repeats, and the spread.

        A figure that is cumulative within the year is compared within the year, and its spread is of the same quarter or
        month of other years; a cumulative one of whatever kind also with periods of another length.
        """
        period, places = own.period, dict.fromkeys((*seen.others, *seen.like))
        values = dict(zip(places, self.rows(own, tuple(places), given.pairs), strict=True))
        kinds = self._cumulative[given.codes]
        past = [n for n in seen.others if self._reports[n].period.end < period.end]
        later = [n for n in reversed(seen.others) if self._reports[n].period.end > period.end]
        before = self._by_kind(kinds, period.year, past, seen.like, values)
        after = self._by_kind(kinds, period.year, later, (), values)
        is_cumulative = kinds != ""
        season = [n for n in seen.like if self._reports[n].period.number == period.number]
        spreads = (_spread(season, values, given), _spread(seen.like, values, given))
        spread = Spread(*(np.where(kinds == "year", *both) for both in zip(*spreads, strict=True)))
        shift = self._shift(given, np.where(np.isnan(spread.median), before[0], spread.median))
        return {
            "before": before[0],
            "before_period": before[1],
            "cumulative_before": np.where(is_cumulative, before[0], np.nan),
            "cumulative_after": np.where(is_cumulative, after[0], np.nan),
            "after_period": after[1],
            "closing": self._closing(own, past, given),
            **{f"own_{name}": column for name, column in spread._asdict().items()},
            "own_ceiling": spreads[1].high,
            "own_kept": _kept(seen.like, values, given),
            "shift": shift,
            "shifted_median": spread.median * shift,
        }

    def _by_kind(
        self,
        kinds: NDArray[Any],
        year: int,
        places: Sequence[int],
        like: Iterable[int],
        values: Mapping[int, Floats],
    ) -> tuple[Floats, NDArray[Any]]:
        """Return each figure's nearest value among `places` (the nearest last), and the period that it is of."""
        asked = {
            "year": [n for n in places if self._reports[n].period.year == year],
            "always": list(places),
            "": [n for n in places if n in set(like)],
        }
        found, when = np.full(len(kinds), np.nan), np.full(len(kinds), "", dtype=object)
        for kind, chosen in asked.items():
            for place in chosen:
                is_given = (kinds == kind) & ~np.isnan(values[place])
                found[is_given] = values[place][is_given]
                when[is_given] = self._reports[place].period.label
        return found, when

    def _shift(self, given: Given, usual: Floats) -> Floats:
        """Return how many times its usual value the median figure of each one's line is; of the report, for a short line.

        Where a district held five times as many classes, all figures of the line are five times as large. Totals have no say:
        they repeat what is wrong with their parts.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            is_known = (usual > 0) & (given.values > 0) & self._is_typed[given.codes]
            times = np.where(is_known, given.values / usual, np.nan)
        known = times[~np.isnan(times)]
        shift = np.full(len(times), np.median(known) if len(known) else np.nan)
        lines = self._lines[given.codes]
        for line in np.unique(lines[lines > 0]):
            of_line = times[(lines == line) & ~np.isnan(times)]
            if len(of_line) >= _FEWEST_OF_LINE:
                shift[lines == line] = np.median(of_line)
        return shift

    def _closing(self, own: Report, past: Sequence[int], given: Given) -> Floats:
        """Return what the figure that each one opens with stood at in the period that ended the day before."""
        ended = [n for n in past if (own.period.start - self._reports[n].period.end).days == 1]
        pairs = self._grid.partners(given, "opens")
        rows = self.rows(own, ended[-1:], pairs)
        return rows[0] if len(rows) else np.full(len(pairs), np.nan)


def _kept(places: Sequence[int], values: Mapping[int, Floats], given: Given) -> Floats:
    """Return how often each figure was the same as in the period before, as a share; NaN where it never had one before."""
    rows = np.array([values[n] for n in places]).reshape(len(places), len(given.pairs))
    pairs = ~np.isnan(rows[1:] + rows[:-1])
    same, of = np.count_nonzero(rows[1:] == rows[:-1], axis=0), np.count_nonzero(pairs, axis=0)
    return np.where(of > 0, same / np.maximum(of, 1), np.nan)


def _spread(places: Sequence[int], values: Mapping[int, Floats], given: Given) -> Spread:
    rows = np.array([values[n] for n in places]).reshape(len(places), len(given.pairs))
    return spread_of(rows)
