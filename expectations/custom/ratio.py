"""A figure divided by another: money for a participant, people in a class."""

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd
from great_expectations.compatibility.pydantic import root_validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation

from expectations.custom.map_metrics import (
    COLUMN_PAIR,
    ColumnPairMapMetricProvider,
    PairIgnored,
    column_pair_condition_partial,
)
from expectations.custom.rendering import prescriptive


class ColumnPairRatioBetween(ColumnPairMapMetricProvider):
    """True where column_A ÷ column_B is within its bounds, or where that is unknown."""

    condition_metric_name = "column_pair_values.ratio_between"
    condition_domain_keys = COLUMN_PAIR
    condition_value_keys = ("min_value", "max_value", "zero_denominator")

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805  (a GX partial takes the class)
        column_A: pd.Series,  # noqa: N803  (GX's own name)
        column_B: pd.Series,  # noqa: N803
        min_value: float | None = None,
        max_value: float | None = None,
        zero_denominator: str = "left",
        **_kwargs: Any,
    ) -> pd.Series:
        is_unknown = column_A.isna() | column_B.isna()
        is_skipped = is_unknown | (column_A == 0)
        # So far only a denominator of 0 is wrong.
        is_wrong = column_B == 0
        if zero_denominator == "left":
            is_skipped |= is_wrong
        # Products are compared: with a denominator of 0 there is no quotient.
        if min_value is not None:
            is_wrong |= column_A < min_value * column_B
        if max_value is not None:
            is_wrong |= column_A > max_value * column_B
        return is_skipped | ~is_wrong


def _sentence(kwargs: Mapping[str, Any]) -> str:
    column_a = kwargs["column_A"]
    column_b = kwargs["column_B"]
    low = kwargs.get("min_value")
    high = kwargs.get("max_value")
    bounds: list[str] = []
    if low is not None:
        bounds.append(f"at least {low:,.10g}")
    if high is not None:
        bounds.append(f"at most {high:,.10g}")
    bounded = " and ".join(bounds)
    return f"${column_a} for each one of ${column_b} must be {bounded}."


class ExpectColumnRatioToBeBetween(ColumnPairMapExpectation):
    """Expect `column_A` ÷ `column_B` to be at least `min_value` and at most `max_value`.

    Both are in the kept units. A row where either is empty, or where `column_A` is 0, passes:
    nothing was spent, and another rule checks whether it should have been. If
    `column_B` is 0, there is no ratio: it is `left` to another rule, or `fails`.
    """

    min_value: float | None = None
    max_value: float | None = None
    zero_denominator: Literal["left", "fails"] = "left"
    ignore_row_if: PairIgnored = "neither"

    map_metric = "column_pair_values.ratio_between"
    args_keys = ("column_A", "column_B", "min_value", "max_value", "zero_denominator")
    success_keys = (*args_keys, "ignore_row_if", "mostly")
    _prescriptive_renderer = prescriptive(_sentence)

    @root_validator(skip_on_failure=True)
    def _some_bound(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805  (pydantic takes the class)
        low = values.get("min_value")
        high = values.get("max_value")
        if low is None and high is None:
            raise ValueError("a ratio needs min_value, max_value, or both")
        if low is not None and high is not None and low > high:
            raise ValueError(f"min_value {low:g} is above max_value {high:g}")
        return values
