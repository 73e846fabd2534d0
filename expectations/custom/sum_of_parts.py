"""A total and its parts, within one row."""

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd
from great_expectations.compatibility.pydantic import Field, validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)

from expectations.custom.domains import COLUMN_LIST, ListIgnored, each_once
from expectations.custom.rendering import give_or_take, prescriptive, summed


class MulticolumnTotalEqualsSumOfParts(MulticolumnMapMetricProvider):
    """True where the first column equals the sum of the others, or where that cannot be told."""

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
        total, parts = column_list.iloc[:, 0], column_list.iloc[:, 1:]
        excess = parts.sum(axis=1) - total
        forgiven = tolerance + (_rounding(column_list, rounded_to) if rounded_to else 0)
        equal = excess.abs() <= forgiven
        if empty_parts == "unknown":
            # With a part unknown, all that can be said is that the known ones must not exceed the total.
            equal |= parts.isna().any(axis=1) & (excess <= forgiven)
        return equal | total.isna()


def _rounding(figures: pd.DataFrame, step: float) -> pd.Series:
    """Return by how much the rounding of a row's parts to `step` may keep them from adding up to their total.

    Half a step a part: 0,3 + 0,3 + 0,3 may be a rounded 1,0. A row with a finer figure was not rounded, and gets nothing.
    """
    in_steps = figures / step
    is_rounded = ((in_steps - in_steps.round()).abs() < 1e-6).where(figures.notna(), other=True).all(axis=1)
    return figures.iloc[:, 1:].count(axis=1) * (step / 2) * is_rounded


def _sentence(kwargs: Mapping[str, Any]) -> str:
    total, *parts = kwargs["column_list"]
    rounding = f", but for figures rounded to {kwargs['rounded_to']:g}" if kwargs.get("rounded_to") else ""
    return f"${total} must equal {summed(parts)}{give_or_take(kwargs.get('tolerance', 0))}{rounding}."


class ExpectColumnTotalToEqualSumOfParts(MulticolumnMapExpectation):
    """Expect the first column of `column_list` to equal the sum of the others, row by row.

    A row without a total is left alone. An empty part counts as 0 (`empty_parts: zero`), or makes the row
    undecidable unless the given parts already exceed the total (`unknown`). `tolerance` is forgiven to every row,
    half of `rounded_to` for each part given to a row whose figures are all printed in such steps; both in the kept unit.
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
