"""A total and its parts, within one row."""

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd
from great_expectations.compatibility.pydantic import Field, validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation

from expectations.custom.map_metrics import (
    COLUMN_LIST,
    ListIgnored,
    MulticolumnMapMetricProvider,
    each_once,
    multicolumn_condition_partial,
)
from expectations.custom.rendering import give_or_take, prescriptive, summed


class MulticolumnTotalEqualsSumOfParts(MulticolumnMapMetricProvider):
    """True where the first column equals the sum of the others, or where that is unknown."""

    condition_metric_name = "multicolumn_values.total_equals_sum_of_parts"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = ("tolerance", "empty_parts", "rounded_to")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805  (a GX partial takes the class)
        column_list: pd.DataFrame,
        tolerance: float = 0,
        empty_parts: str = "zero",
        rounded_to: float = 0,
        **_kwargs: Any,
    ) -> pd.Series:
        total = column_list.iloc[:, 0]
        parts = column_list.iloc[:, 1:]
        excess = parts.sum(axis=1) - total
        allowed: float | pd.Series = tolerance
        if rounded_to:
            allowed = tolerance + _rounding(column_list, rounded_to)
        is_equal = excess.abs() <= allowed
        if empty_parts == "unknown":
            # With a part unknown, it is only certain that the known ones must not exceed the total.
            has_unknown_part = parts.isna().any(axis=1)
            is_equal |= has_unknown_part & (excess <= allowed)
        return is_equal | total.isna()


def _rounding(figures: pd.DataFrame, step: float) -> pd.Series:
    """Return by how much the sum of a row's rounded parts may differ from its rounded total.

    It is half a step for each part: 0,3 + 0,3 + 0,3 may be a rounded 1,0. A row with a finer figure
    was not rounded: 0.
    """
    in_steps = figures / step
    rest = (in_steps - in_steps.round()).abs()
    is_multiple = rest < 1e-6
    # An empty part is no finer figure.
    is_rounded = is_multiple.where(figures.notna(), other=True).all(axis=1)
    given_parts = figures.iloc[:, 1:].count(axis=1)
    return given_parts * (step / 2) * is_rounded


def _sentence(kwargs: Mapping[str, Any]) -> str:
    total, *parts = kwargs["column_list"]
    tolerance = give_or_take(kwargs.get("tolerance", 0))
    rounded_to = kwargs.get("rounded_to")
    rounding = f", but for figures rounded to {rounded_to:g}" if rounded_to else ""
    return f"${total} must equal {summed(parts)}{tolerance}{rounding}."


class ExpectColumnTotalToEqualSumOfParts(MulticolumnMapExpectation):
    """Expect the first column of `column_list` to equal the sum of the others, row by row.

    A row without a total passes. An empty part counts as 0 (`empty_parts: zero`), or as unknown
    (`unknown`): then the row passes unless the given parts already exceed the total. `tolerance` is
    allowed in every row. In a row whose figures are all multiples of `rounded_to`, half of that is
    allowed for each given part. Both are in the kept unit.
    """

    tolerance: float = Field(0, ge=0)
    empty_parts: Literal["zero", "unknown"] = "zero"
    rounded_to: float = Field(0, ge=0)
    ignore_row_if: ListIgnored = "never"

    map_metric = "multicolumn_values.total_equals_sum_of_parts"
    success_keys = ("column_list", "tolerance", "empty_parts", "rounded_to", "mostly")
    args_keys = ("column_list", "tolerance", "empty_parts", "rounded_to")
    _each_once = validator("column_list", allow_reuse=True)(each_once)
    _prescriptive_renderer = prescriptive(_sentence)
