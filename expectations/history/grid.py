"""The values of many reports as arrays, so that any figure of any report is found at once.

A figure of a report is identified by its *pair*: the code of the figure and the key of its line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.reports import ReportHistory
from expectations.history.spread import Booleans, Floats, Integers, OrderedValues, integers
from program.forms.elements import FormElement

NO_REPORT = -1
"""The index of a report that does not exist; none of its values is known."""

_NO_PAIR = -1


@dataclass(frozen=True, slots=True)
class Given:
    """The figures of some reports, report by report; each array has an entry for each figure.

    Attributes:
        askers: The position of its report among those reports.
        counts: The position of the figure within its report.
        reports: The index of its report in the history.
        codes: The index of the figure in the form version.
        pairs: The figure and the key of its line, as one number.
        rows: The row of the sheet; 0 where it is not known.
        values: The value, in the unit of measure in which it is stored.
        keys: The key of its line; "" where it has none.
    """

    askers: Integers
    counts: Integers
    reports: Integers
    codes: Integers
    pairs: Integers
    rows: Integers
    values: Floats
    keys: NDArray[np.object_]


class FigureGrid:
    """The values of the reports in a history, for the figures of one form version.

    Attributes:
        figures: The figures; their position is their code.
        is_line: Which of them stand in lists, line by line.
        is_summary: Which of them are computed from the lines of a list.
        report: The index of the report of each value. The values are in the order of the reports.
        code: The code of the figure of each value.
        pair: The pair of each value.
        value: The values.
        line: The report and the key of each value as one number.
        has_key: Which values stand in a line with a key.
    """

    def __init__(self, figures: Mapping[str, FormElement], memory: ReportHistory) -> None:
        self.figures = tuple(figures.values())
        self.is_summary = np.array([figure.is_summary for figure in self.figures], dtype=bool)
        self.is_line = np.array([figure.is_line for figure in self.figures], dtype=bool)
        codes_by_name = {name: code for code, name in enumerate(figures)}
        values = memory.values
        element_codes, elements = pd.factorize(values["element"].astype(object))
        # Another version of the form may have figures that this one does not have.
        code_of_element = integers(codes_by_name.get(element, -1) for element in elements)
        codes = code_of_element[element_codes]
        # All arrays are in the order of the reports: the figures of one report are one slice.
        known = np.flatnonzero(codes >= 0)
        reports = values["report"].to_numpy(np.int64)
        order = known[np.argsort(reports[known], kind="stable")]
        self.code = codes[order]
        self.report = reports[order]
        self._row = values["row"].to_numpy(np.int64)[order]
        self.value = values["value"].to_numpy(np.float64)[order]
        self._key = values["key"].to_numpy(object)[order]
        key_codes, different_keys = pd.factorize(self._key)
        self._width = max(len(different_keys), 1)
        self.line = self.report * self._width + key_codes
        self.has_key: Booleans = self._key != ""
        self.pair = self.code * self._width + key_codes
        # One more than there are reports: where each ends is where the next one begins.
        report_indexes = np.arange(len(memory.reports) + 1)
        self._starts = np.searchsorted(self.report, report_indexes)

        # Another report cannot have the figure of a line without a key: nothing identifies it.
        is_of_matrix = ~self.is_line[self.code]
        self._met_again = np.flatnonzero(is_of_matrix | self.has_key)
        self._partner: dict[str, Integers] = {}
        for attribute in ("opens", "per", "up_to"):
            names = [getattr(figure, attribute) or "" for figure in self.figures]
            self._partner[attribute] = integers(codes_by_name.get(name, -1) for name in names)

        # A report and a pair as one number, in ascending order: a binary search finds the value.
        found_by_search = self._met_again
        places = self.report[found_by_search] * self._pairs + self.pair[found_by_search]
        in_order = np.argsort(places, kind="stable")
        self._places = places[in_order]
        self._value_at = self.value[found_by_search][in_order]

    @property
    def _pairs(self) -> int:
        return len(self.figures) * self._width

    def given(self, reports: Integers) -> Given:
        """Return the figures of the reports with these indexes."""
        first = self._starts[reports]
        last = self._starts[reports + 1]
        at = concatenated_ranges(first, last)
        positions = np.arange(len(reports))
        askers = np.repeat(positions, last - first)
        return Given(
            askers=askers,
            counts=at - first[askers],
            reports=self.report[at],
            codes=self.code[at],
            pairs=self.pair[at],
            rows=self._row[at],
            values=self.value[at],
            keys=self._key[at],
        )

    def named(self, codes: Integers) -> dict[str, NDArray[np.object_]]:
        """Return the columns `figure`, `label` and `measure` of the figures with these codes."""
        names: list[str] = []
        labels: list[str] = []
        measures: list[str] = []
        for figure in self.figures:
            names.append(figure.name)
            labels.append(figure.label)
            measures.append(figure.measure)
        return {
            "figure": np.array(names, dtype=object)[codes],
            "label": np.array(labels, dtype=object)[codes],
            "measure": np.array(measures, dtype=object)[codes],
        }

    def partners(self, pairs: Integers, attribute: Literal["opens", "per", "up_to"]) -> Integers:
        """Return the pair that an attribute of each figure names, in the same line.

        -1 where it names none.
        """
        # A pair is code * width + key: the key of the line stays, another code takes the place.
        own_codes, keys = np.divmod(pairs, self._width)
        codes = self._partner[attribute][own_codes]
        partners = codes * self._width + keys
        return np.where(codes < 0, _NO_PAIR, partners)

    def values(self, reports: Integers, pairs: Integers) -> Floats:
        """Return the values that reports have for pairs of element and line key.

        `reports` and `pairs` are broadcast against each other, as numpy does it. NaN where a report
        has no such value. A line without a key cannot be identified: no report has a value for it.
        """
        if not len(self._places):
            return np.full(np.broadcast_shapes(reports.shape, pairs.shape), np.nan)
        wanted = reports * self._pairs + pairs
        # The search gives the last place up to the wanted one: it may be that of another pair.
        last = np.searchsorted(self._places, wanted, side="right") - 1
        at = np.maximum(last, 0)
        # Without the second test, a pair of -1 would be the last pair of the report before.
        is_found = (self._places[at] == wanted) & (pairs != _NO_PAIR)
        return np.where(is_found, self._value_at[at], np.nan)

    def rates(self, given: Given) -> Floats:
        """Return the rate of each figure: its value divided by that of its `per`; else NaN."""
        return self._rates(given.reports, given.pairs, given.values)

    def met_again(self, pairs: Integers) -> OrderedValues:
        """Return the values of these pairs in all reports."""
        at = self._where_met_again(pairs)
        return OrderedValues(self.pair[at], self.report[at], self.value[at])

    def rates_met_again(self, pairs: Integers) -> OrderedValues:
        """Return the rates of these pairs in all reports."""
        at = self._where_met_again(pairs)
        reports = self.report[at]
        known_pairs = self.pair[at]
        rates = self._rates(reports, known_pairs, self.value[at])
        known = np.flatnonzero(~np.isnan(rates))
        return OrderedValues(known_pairs[known], reports[known], rates[known])

    def lines(self) -> OrderedValues:
        """Return the values of all figures of lists by their code, whatever their line."""
        at = np.flatnonzero(self.is_line[self.code])
        return OrderedValues(self.code[at], self.report[at], self.value[at])

    def _where_met_again(self, pairs: Integers) -> Integers:
        is_asked_for = np.isin(self.pair[self._met_again], pairs)
        at: Integers = self._met_again[is_asked_for]
        return at

    def _rates(self, reports: Integers, pairs: Integers, values: Floats) -> Floats:
        rates = np.full(len(values), np.nan)
        per = self.partners(pairs, "per")
        divided = np.flatnonzero(per != _NO_PAIR)
        divisors = self.values(reports[divided], per[divided])
        rates[divided] = values[divided] / positive(divisors)
        return rates


def concatenated_ranges(first: Integers, last: Integers) -> Integers:
    """Return the numbers of each range, `last` excluded, one range after the other."""
    counts = last - first
    starts = counts.cumsum() - counts
    shifts = np.repeat(first - starts, counts)
    numbers: Integers = np.arange(counts.sum()) + shifts
    return numbers


def positive(values: Floats) -> Floats:
    """Return `values` with NaN for 0 and below: nothing is divided by them."""
    return np.where(values > 0, values, np.nan)
