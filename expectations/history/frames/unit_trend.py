"""The figures of reports beside those that the same unit reported for other periods."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.comparable import ComparableIndex
from expectations.history.grid import NO_REPORT, FigureGrid, Given
from expectations.history.reports import HistoryReport
from expectations.history.spread import Booleans, Floats, Integers, Spread, integers, spread_of
from program.calendar.period import Period, PeriodKind

_FEWEST_OF_LINE = 4
"""With fewer figures, a line of the form has no median of its own."""

_PLAN_KEPT = 0.5
"""In this share of the periods a plan is as in the one before."""

_WHOLE_LINE = 1.5
"""Where the median figure of a line is so many times its usual value, the whole line grew."""

_UNKNOWN_PERIOD = -2
"""The code of a period that no report is about. It differs from `NO_REPORT`."""

Columns = dict[str, NDArray[Any]]
"""Columns of the frame `figures`, by name."""


class UnitTrend:
    """Builds the columns that come from the reports of the unit itself, for a batch of reports.

    `asking` are the indexes of the reports. In all arrays of two dimensions a column stands for
    one of them, or for one of their figures, and a row for a report that it is compared with.
    """

    def __init__(
        self,
        reports: Sequence[HistoryReport],
        grid: FigureGrid,
        comparables: ComparableIndex,
        asking: Integers,
    ) -> None:
        self._grid = grid
        self._asking = asking
        self._periods = _PeriodColumns(reports)
        others: list[Sequence[int]] = []
        like: list[Sequence[int]] = []
        replaced: list[int | None] = []
        estimates: list[int | None] = []
        for index in asking.tolist():
            comparable = comparables.of(index)
            others.append(comparable.others)
            like.append(comparable.like)
            replaced.append(comparable.replaced)
            estimates.append(comparable.estimate)
        self._others = _below_each_other(others)
        self._like = _below_each_other(like)
        self._replaced = _indexes(replaced)
        self._estimates = _indexes(estimates)
        # "" comes first, so that its code is 0: figures that stand in no line of the form.
        line_names = [""]
        cumulative: list[str] = []
        full: list[float | None] = []
        is_typed: list[bool] = []
        for figure in grid.figures:
            line_names.append(figure.line)
            cumulative.append(figure.cumulative or "")
            full.append(figure.full)
            is_typed.append(figure.is_typed)
        line_codes, _ = pd.factorize(np.array(line_names, dtype=object))
        self._lines = line_codes[1:]
        self._cumulative = np.array(cumulative)
        self._full = np.array(full, dtype=np.float64)
        self._is_typed = np.array(is_typed, dtype=bool)

    def columns(self, given: Given) -> Columns:
        """Return the value before, the value after, the closing value, and the spread.

        The closing value is the one that an opening figure repeats. A figure that is cumulative
        within the year is compared within the year, and its spread is that of the same quarter or
        month of other years. A cumulative figure of either kind is also compared with periods of
        another length.
        """
        kinds = self._cumulative[given.codes]
        before, before_period, after, after_period = self._nearest(given, kinds)
        values = self._grid.values(self._like[:, given.askers], given.pairs)
        of_all_periods = spread_of(values)
        spread = self._seasonal(of_all_periods, given, kinds, values)
        own_spread = {f"own_{name}": column for name, column in spread._asdict().items()}
        # In a unit's first year no other year has the season: then the last value is the usual.
        usual = np.where(np.isnan(spread.median), before, spread.median)
        shift = self._shift(given, usual)
        kept = _kept(values)
        whole_pairs = self._grid.partners(given.pairs, "up_to")
        whole = self._grid.values(given.reports, whole_pairs)
        limit = self._limit(given, whole)
        replaced = self._replaced[given.askers]
        is_cumulative = kinds != ""
        return {
            "before": before,
            "before_period": before_period,
            "cumulative_before": np.where(is_cumulative, before, np.nan),
            "cumulative_after": np.where(is_cumulative, after, np.nan),
            "after_period": after_period,
            "closing": self._closing(given),
            "replaced": self._grid.values(replaced, given.pairs),
            **own_spread,
            "own_ceiling": of_all_periods.high,
            "limit": limit,
            "whole": whole,
            "estimate": self._estimate(given),
            "plan_before": self._plan_before(given, kept, shift),
            "own_kept": kept,
            "shift": shift,
            "shifted_median": spread.median * shift,
        }

    def in_period_before(self, given: Given) -> Floats:
        """Return the value of each figure in the unit's report for the period just before."""
        before = self._periods.code_before[self._asking]
        is_before = self._periods.code[self._others] == before
        last = self._last(is_before)
        return self._grid.values(last[given.askers], given.pairs)

    def _last(self, is_chosen: Booleans) -> Integers:
        """Return for each asking report the last of `others` that is chosen; -1 where none is."""
        chosen = np.where(is_chosen, self._others, NO_REPORT)
        columns = np.arange(len(self._asking))
        return chosen[_last_row(is_chosen), columns]

    def _is_same_year(self) -> Booleans:
        """Tell which of `others` are for a period of the asking report's year."""
        year = self._periods.year
        is_same_year: Booleans = year[self._others] == year[self._asking]
        return is_same_year

    def _is_same_length(self) -> Booleans:
        """Tell which of `others` are for a period as long as the asking report's."""
        length = self._periods.length
        is_same_length: Booleans = length[self._others] == length[self._asking]
        return is_same_length

    def _is_past(self) -> Booleans:
        """Tell which of `others` are for a period that ends before the asking report's."""
        end = self._periods.end
        is_past: Booleans = end[self._others] < end[self._asking]
        return is_past

    def _is_later(self) -> Booleans:
        """Tell which of `others` are for a period that ends after the asking report's."""
        end = self._periods.end
        is_later: Booleans = end[self._others] > end[self._asking]
        return is_later

    def _nearest(
        self, given: Given, kinds: NDArray[Any]
    ) -> tuple[Floats, NDArray[Any], Floats, NDArray[Any]]:
        """Return the nearest value of each figure before and after, each with its period.

        `kinds`: how each figure is cumulative: "year", "always" or "".
        """
        is_same_year = self._is_same_year()
        is_past = self._is_past()
        is_later = self._is_later()
        is_before = {
            "year": is_past & is_same_year,
            "always": is_past,
            "": is_past & self._is_same_length(),
        }
        # A figure that is not cumulative may fall from one period to the next.
        is_after = {
            "year": is_later & is_same_year,
            "always": is_later,
        }
        places = self._others[:, given.askers]
        values = self._grid.values(places, given.pairs)
        is_known = ~np.isnan(values)
        columns = np.arange(len(kinds))
        found: list[NDArray[Any]] = []
        for allowed, row_of in ((is_before, _last_row), (is_after, _first_row)):
            is_candidate = np.zeros(values.shape, dtype=bool)
            for kind, is_allowed in allowed.items():
                of_kind = np.flatnonzero(kinds == kind)
                askers = given.askers[of_kind]
                is_candidate[:, of_kind] = is_allowed[:, askers]
            is_candidate &= is_known
            row = row_of(is_candidate)
            # A row is found in each column, also in one that has no candidate.
            has_value = is_candidate[row, columns]
            nearest = values[row, columns]
            labels = self._periods.label[places[row, columns]]
            found.append(np.where(has_value, nearest, np.nan))
            found.append(np.where(has_value, labels, ""))
        before, before_period, after, after_period = found
        return before, before_period, after, after_period

    def _seasonal(
        self, of_all_periods: Spread, given: Given, kinds: NDArray[Any], values: Floats
    ) -> Spread:
        """Return the spread with the same season's for figures that are cumulative in the year."""
        of_year = np.flatnonzero(kinds == "year")
        number = self._periods.number
        is_same_season = number[self._like] == number[self._asking]
        is_kept = is_same_season[:, given.askers[of_year]]
        seasonal_values = np.where(is_kept, values[:, of_year], np.nan)
        # A copy: the ceiling of a figure is still that of all periods.
        spread = Spread(*(column.copy() for column in of_all_periods))
        spread.put(of_year, spread_of(seasonal_values))
        return spread

    def _shift(self, given: Given, usual: Floats) -> Floats:
        """Return for each figure how many times its usual value the median figure of its line is.

        Where a district held five times as many classes, all figures of the line are five times as
        large. For a line with few figures, it is the median figure of the whole report. Totals do
        not count: an error in a part would count twice. On a line of nothing but totals they do.
        """
        is_typed = self._is_typed[given.codes]
        lines = self._lines[given.codes]
        typed_lines = np.unique(self._lines[self._is_typed])
        is_on_line_of_totals = ~np.isin(lines, typed_lines)
        is_counted = is_typed | is_on_line_of_totals
        is_known = (usual > 0) & (given.values > 0) & is_counted
        times = np.full(len(usual), np.nan)
        times[is_known] = given.values[is_known] / usual[is_known]
        figures = pd.DataFrame(
            {
                "asker": given.askers,
                "line": lines,
                "times": times,
            }
        )
        by_line = figures.groupby(["asker", "line"])["times"]
        of_line = by_line.transform("median").to_numpy()
        count = by_line.transform("count").to_numpy()
        typed_times = figures["times"].where(is_typed)
        of_report = typed_times.groupby(figures["asker"]).transform("median").to_numpy()
        has_line = (lines > 0) & (count >= _FEWEST_OF_LINE)
        return np.where(has_line, of_line, of_report)

    def _estimate(self, given: Given) -> Floats:
        """Return the estimate of each final figure, for the same period."""
        estimates = self._estimates[given.askers]
        return self._grid.values(estimates, given.pairs)

    def _plan_before(self, given: Given, kept: Floats, shift: Floats) -> Floats:
        """Return the value of each plan in the unit's last report of the same year.

        A plan is a figure that mostly stays the same from period to period. NaN for others, and
        where the other figures of its line rose too: then the whole project grew.
        """
        is_comparable = self._is_past() & self._is_same_year() & self._is_same_length()
        last = self._last(is_comparable)
        before = self._grid.values(last[given.askers], given.pairs)
        is_cumulative = self._cumulative[given.codes] != ""
        is_plan = (kept >= _PLAN_KEPT) & ~is_cumulative
        # An unknown shift is NaN, and so no sign that the line grew.
        has_line_grown = shift >= _WHOLE_LINE
        return np.where(is_plan & ~has_line_grown, before, np.nan)

    def _limit(self, given: Given, whole: Floats) -> Floats:
        """Return what each figure that always adds up reaches at the end; NaN where unknown.

        A progress reaches 100 %, and what was paid for a work its total investment: a figure that
        was small for long may grow tenfold within that. `whole` is the figure of its `up_to`.
        """
        # `fmax` passes over NaN: one of the two limits is enough.
        limit = np.fmax(self._full[given.codes], whole)
        always_adds_up = self._cumulative[given.codes] == "always"
        return np.where(always_adds_up, limit, np.nan)

    def _closing(self, given: Given) -> Floats:
        """Return the value that each opening figure repeats, from the period just before."""
        pairs = self._grid.partners(given.pairs, "opens")
        day_before = self._periods.start[self._asking] - 1
        # A period of any length that ended on that day: a year's closing opens the next quarter.
        has_just_ended = self._periods.end[self._others] == day_before
        last = self._last(has_just_ended)
        return self._grid.values(last[given.askers], pairs)


class _PeriodColumns:
    """The periods of all reports as arrays, with an entry for each report.

    One entry more, the last, stands for `NO_REPORT`. It equals that of no report.
    """

    def __init__(self, reports: Sequence[HistoryReport]) -> None:
        # Thousands of reports share a few periods: what follows from a period is computed once.
        codes: dict[Period, int] = {}
        of_reports: list[int] = []
        for report in reports:
            code = codes.setdefault(report.period, len(codes))
            of_reports.append(code)
        self.code = _with_none(of_reports)

        lengths = {kind: code for code, kind in enumerate(PeriodKind)}
        before: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        years: list[int] = []
        numbers: list[int] = []
        kinds: list[int] = []
        labels: list[str] = []
        for period in codes:
            before.append(codes.get(period.moved(-1), _UNKNOWN_PERIOD))
            starts.append(period.start.toordinal())
            ends.append(period.end.toordinal())
            years.append(period.year)
            numbers.append(period.number)
            kinds.append(lengths[period.kind])
            labels.append(period.label)
        self.code_before = _with_none(before)[self.code]
        self.start = _with_none(starts)[self.code]
        self.end = _with_none(ends)[self.code]
        self.year = _with_none(years)[self.code]
        self.number = _with_none(numbers)[self.code]
        self.length = _with_none(kinds)[self.code]
        self.label = np.array([*labels, ""], dtype=object)[self.code]


def _indexes(places: Iterable[int | None]) -> Integers:
    return integers(NO_REPORT if place is None else place for place in places)


def _with_none(numbers: Iterable[int]) -> Integers:
    return integers((*numbers, NO_REPORT))


def _below_each_other(columns: Sequence[Sequence[int]]) -> Integers:
    """Return the columns as one array, each from the top and filled up with `NO_REPORT`.

    It has at least one row.
    """
    rows = max(map(len, columns), default=0)
    table = np.full((max(rows, 1), len(columns)), NO_REPORT, dtype=np.int64)
    for number, column in enumerate(columns):
        table[: len(column), number] = column
    return table


def _first_row(is_true: Booleans) -> Integers:
    """Return the first row of each column that is true; the first row of all where none is."""
    row: Integers = np.argmax(is_true, axis=0)
    return row


def _last_row(is_true: Booleans) -> Integers:
    """Return the last row of each column that is true; the last row of all where none is."""
    return len(is_true) - 1 - _first_row(is_true[::-1])


def _kept(values: Floats) -> Floats:
    """Return the share of periods in which each figure stayed the same as in the one before.

    NaN where no two neighbouring periods have a value.
    """
    earlier = values[:-1]
    later = values[1:]
    # A sum with NaN is NaN: it is known only where both values are.
    has_both = ~np.isnan(earlier + later)
    same = np.count_nonzero(earlier == later, axis=0)
    compared = np.count_nonzero(has_both, axis=0)
    share = same / np.maximum(compared, 1)
    return np.where(compared > 0, share, np.nan)
