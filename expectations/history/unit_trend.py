"""The figures of a report beside those that the same unit reported for other periods."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.comparable import Comparable, ComparableIndex
from expectations.history.grid import FigureGrid, Given
from expectations.history.reports import HistoryReport
from expectations.history.robust import Floats, Spread, spread_of

_FEWEST_OF_LINE = 4
"""With fewer figures, a line of the form has no median of its own."""

Columns = dict[str, NDArray[Any]]
"""Columns of the frame `figures`, by name."""


class UnitTrend:
    """Builds the columns that come from the reports of the unit itself."""

    def __init__(
        self, reports: Sequence[HistoryReport], grid: FigureGrid, sight: ComparableIndex
    ) -> None:
        self._reports = reports
        self._grid = grid
        self._sight = sight
        # "" comes first, so that its code is 0: figures that stand in no line of the form.
        line_names = ["", *(figure.line for figure in grid.figures)]
        line_codes, _ = pd.factorize(np.array(line_names, dtype=object))
        self._lines = line_codes[1:]
        self._cumulative = np.array([figure.cumulative or "" for figure in grid.figures])
        self._is_typed = np.array([figure.is_typed for figure in grid.figures], dtype=bool)

    def rows(self, own: HistoryReport, places: Sequence[int], pairs: NDArray[np.int64]) -> Floats:
        """Return the values of `pairs` (columns) in the unit's reports `places` (rows)."""
        return self._grid.rows(own.unit, self._sight.of_unit(own.unit), places, pairs)

    def columns(self, own: HistoryReport, seen: Comparable, given: Given) -> Columns:
        """Return the value before, the value after, the closing value, and the spread.

        The closing value is the one that an opening figure repeats. A figure that is cumulative
        within the year is compared within the year, and its spread is that of the same quarter or
        month of other years. A cumulative figure of either kind is also compared with periods of
        another length.
        """
        end = own.period.end
        indexes = tuple(dict.fromkeys((*seen.others, *seen.like)))
        values = dict(zip(indexes, self.rows(own, indexes, given.pairs), strict=True))
        kinds = self._cumulative[given.codes]
        past = [n for n in seen.others if self._reports[n].period.end < end]
        later = [n for n in reversed(seen.others) if self._reports[n].period.end > end]
        year = own.period.year
        before, before_period = self._by_kind(kinds, year, past, seen.like, values)
        after, after_period = self._by_kind(kinds, year, later, (), values)
        is_cumulative = kinds != ""
        of_all_periods = _spread(seen.like, values, given)
        spread = self._seasonal(of_all_periods, own, seen, given, values)
        usual = np.where(np.isnan(spread.median), before, spread.median)
        shift = self._shift(given, usual)
        return {
            "before": before,
            "before_period": before_period,
            "cumulative_before": np.where(is_cumulative, before, np.nan),
            "cumulative_after": np.where(is_cumulative, after, np.nan),
            "after_period": after_period,
            "closing": self._closing(own, past, given),
            **{f"own_{name}": column for name, column in spread._asdict().items()},
            "own_ceiling": of_all_periods.high,
            "own_kept": _kept(seen.like, values, given),
            "shift": shift,
            "shifted_median": spread.median * shift,
        }

    def _seasonal(
        self,
        of_all_periods: Spread,
        own: HistoryReport,
        seen: Comparable,
        given: Given,
        values: Mapping[int, Floats],
    ) -> Spread:
        """Return the spread with the same season's for figures that are cumulative in the year."""
        number = own.period.number
        same_season = [n for n in seen.like if self._reports[n].period.number == number]
        of_season = _spread(same_season, values, given)
        is_of_year = self._cumulative[given.codes] == "year"
        columns = zip(of_season, of_all_periods, strict=True)
        return Spread(*(np.where(is_of_year, season, every) for season, every in columns))

    def _by_kind(
        self,
        kinds: NDArray[Any],
        year: int,
        places: Sequence[int],
        like: Iterable[int],
        values: Mapping[int, Floats],
    ) -> tuple[Floats, NDArray[Any]]:
        """Return the nearest value of each figure, and the period of that value.

        Args:
            kinds: How each figure is cumulative: "year", "always" or "".
            year: The year of the report.
            places: The reports to look in, the nearest last.
            like: Those among them in which a figure that is not cumulative may be looked up.
            values: The values of each report.
        """
        same_length = set(like)
        places_of_kind = {
            "year": [n for n in places if self._reports[n].period.year == year],
            "always": list(places),
            "": [n for n in places if n in same_length],
        }
        nearest = np.full(len(kinds), np.nan)
        periods = np.full(len(kinds), "", dtype=object)
        for kind, chosen in places_of_kind.items():
            is_of_kind = kinds == kind
            # A nearer report overwrites the values of those before it.
            for place in chosen:
                is_given = is_of_kind & ~np.isnan(values[place])
                nearest[is_given] = values[place][is_given]
                periods[is_given] = self._reports[place].period.label
        return nearest, periods

    def _shift(self, given: Given, usual: Floats) -> Floats:
        """Return for each figure how many times its usual value the median figure of its line is.

        Where a district held five times as many classes, all figures of the line are five times as
        large. For a line with few figures, it is the median figure of the whole report. Totals do
        not count: an error in a part would count twice.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            is_known = (usual > 0) & (given.values > 0) & self._is_typed[given.codes]
            times = np.where(is_known, given.values / usual, np.nan)
        known = times[~np.isnan(times)]
        of_report = np.median(known) if len(known) else np.nan
        shift = np.full(len(times), of_report)
        lines = self._lines[given.codes]
        for line in np.unique(lines[lines > 0]):
            of_line = times[(lines == line) & ~np.isnan(times)]
            if len(of_line) >= _FEWEST_OF_LINE:
                shift[lines == line] = np.median(of_line)
        return shift

    def _closing(self, own: HistoryReport, past: Sequence[int], given: Given) -> Floats:
        """Return the value that each opening figure repeats, from the period just before."""
        start = own.period.start
        ended = [n for n in past if (start - self._reports[n].period.end).days == 1]
        pairs = self._grid.partners(given, "opens")
        if not ended:
            return np.full(len(pairs), np.nan)
        closing: Floats = self.rows(own, ended[-1:], pairs)[0]
        return closing


def _kept(places: Sequence[int], values: Mapping[int, Floats], given: Given) -> Floats:
    """Return the share of periods in which each figure stayed the same as in the one before.

    NaN where no two neighbouring periods have a value.
    """
    rows = _stacked(places, values, given)
    has_both = ~np.isnan(rows[1:] + rows[:-1])
    same = np.count_nonzero(rows[1:] == rows[:-1], axis=0)
    compared = np.count_nonzero(has_both, axis=0)
    return np.where(compared > 0, same / np.maximum(compared, 1), np.nan)


def _spread(places: Sequence[int], values: Mapping[int, Floats], given: Given) -> Spread:
    """Return the spread of each figure over the reports `places`."""
    return spread_of(_stacked(places, values, given))


def _stacked(places: Sequence[int], values: Mapping[int, Floats], given: Given) -> Floats:
    """Return the values of the reports `places`, a row for each report."""
    # `reshape` gives the array its columns even where there are no reports.
    return np.array([values[n] for n in places]).reshape(len(places), len(given.pairs))
