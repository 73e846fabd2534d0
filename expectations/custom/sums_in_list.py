"""A total that was typed among the lines of a list, and would be counted as one more line."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from great_expectations.compatibility.pydantic import validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from numpy.typing import NDArray

from expectations.custom.map_metrics import (
    COLUMN_LIST,
    ListIgnored,
    MulticolumnMapMetricProvider,
    each_once,
    multicolumn_condition_partial,
)
from expectations.custom.rendering import prescriptive

_LONGEST = 60
"""A total adds up at most so many lines beside it, or all lines on one side of it."""
_SAME = 1e-9
_PROPORTION = 0.02
"""By how much a proportion may differ: small amounts are rounded."""
_TELLING = 3
"""So many lines beside a total of a whole list tell it, though all are in one proportion."""


class MulticolumnLinesNoTotals(MulticolumnMapMetricProvider):
    """True where a line is not the sum, in every figure, of two or more lines just beside it."""

    condition_metric_name = "multicolumn_values.lines_no_totals"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **_kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        owner = column_list.iloc[:, 0].to_numpy()
        figures = column_list.iloc[:, 1:].to_numpy(np.float64)
        is_total = np.zeros(len(owner), dtype=bool)
        # A list of a few lines is checked by few sums; of thousands of reports all at once.
        for start, end in _reports(owner):
            lines = figures[start:end]
            # Some write a total over its lines.
            is_total[start:end] = _totals(lines) | _totals(lines[::-1])[::-1]
        return pd.Series(~is_total, index=column_list.index)


def _reports(owner: NDArray[Any]) -> list[tuple[int, int]]:
    """Return the first row of each report and the one after its last; reports of one line not."""
    if not len(owner):
        return []
    is_first = np.r_[True, owner[1:] != owner[:-1]]
    starts = np.flatnonzero(is_first)
    ends = np.r_[starts[1:], len(owner)]
    places = zip(starts.tolist(), ends.tolist(), strict=True)
    # A sum of two or more lines needs three.
    return [(start, end) for start, end in places if end - start > 2]


def _totals(figures: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which rows are the sum of a block of rows that ends just above them."""
    # Sums from the first row on, with a 0 in front: a block's sum is a difference of two.
    nothing = np.zeros(figures.shape[1])
    sums = np.vstack([nothing, np.nancumsum(figures, axis=0)])
    count = len(figures)
    # Every block of two or more rows, by its first row and the row just below it.
    row, first = np.tril_indices(count, k=-2)
    is_short = row - first <= _LONGEST
    is_chosen = is_short | (first == 0)
    row = row[is_chosen]
    first = first[is_chosen]
    blocks = sums[row] - sums[first]
    values = figures[row]
    is_same = np.abs(blocks - values) <= _SAME * np.abs(values)
    # A line without money is the sum of other such lines.
    is_sum = np.all(is_same & (values > 0), axis=1)
    # A total over groups that have their own totals is half of all that stands above it.
    difference = np.abs(sums[:-1] - 2 * figures)
    is_half = (difference <= _SAME * figures) & (figures > 0)
    is_of_groups = np.all(is_half, axis=1)
    found = np.zeros(count, dtype=bool)
    for end, start in zip(row[is_sum], first[is_sum], strict=True):
        is_whole_list = start == 0 and end == count - 1
        is_telling = is_whole_list and end - start >= _TELLING
        if is_telling or not _in_proportion(figures[start:end]):
            found[end] = True
    # Half of what stands above is telling only where a group's total was found above.
    is_found_so_far = np.logical_or.accumulate(found)
    has_group = np.r_[False, is_found_so_far[:-1]]
    result: NDArray[np.bool_] = found | (is_of_groups & has_group)
    return result


def _in_proportion(lines: NDArray[np.float64]) -> bool:
    """Tell whether the figures of some lines are in one proportion, as money by a norm is.

    They are then one figure: 5 and 7 households are 12 by chance, and their money is too.
    """
    shares = lines / lines.sum(axis=1, keepdims=True)
    return bool(np.all(np.ptp(shares, axis=0) <= _PROPORTION * shares.max(axis=0)))


def _sentence(kwargs: Mapping[str, Any]) -> str:
    owner, *figures = kwargs["column_list"]
    named = " and ".join(f"${figure}" for figure in figures)
    return f"No line of a ${owner} may be the sum of lines just above or below it in {named}."


class ExpectLinesToBeNoTotals(MulticolumnMapExpectation):
    """Expect no line to be the sum of two or more lines just above or below it in its report.

    The first of `column_list` is the report, the others are figures. All figures must add up, and
    be above 0: with one figure alone, a sum may be a coincidence.
    """

    ignore_row_if: ListIgnored = "never"

    map_metric = "multicolumn_values.lines_no_totals"
    success_keys = ("column_list", "mostly")
    args_keys = ("column_list",)
    _each_once = validator("column_list", allow_reuse=True)(each_once)
    _prescriptive_renderer = prescriptive(_sentence)
