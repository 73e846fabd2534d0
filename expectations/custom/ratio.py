"""A figure for each one of another: money for a participant, people in a class."""

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd
from great_expectations.compatibility.pydantic import root_validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_pair_condition_partial import (
    column_pair_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_pair_map_metric_provider import (
    ColumnPairMapMetricProvider,
)

from expectations.custom.domains import COLUMN_PAIR, PairIgnored
from expectations.custom.rendering import prescriptive


class ColumnPairRatioBetween(ColumnPairMapMetricProvider):
    """True where column_A ÷ column_B is within its bounds, or where that cannot be told."""

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
        # Compared as products: with 0 below there is no quotient.
        is_within = column_A.isna() | column_B.isna() | (column_A == 0)
        if zero_denominator == "left":
            is_within |= column_B == 0
        too_small = False if min_value is None else (column_A < min_value * column_B)
        too_large = False if max_value is None else (column_A > max_value * column_B)
        return is_within | ~(too_small | too_large | (column_B == 0))


def _sentence(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    bounds = [f"at {word} {bound:,.10g}" for word, bound in (("least", low), ("most", high)) if bound is not None]
    return f"${kwargs['column_A']} for each one of ${kwargs['column_B']} must be {' and '.join(bounds)}."


class ExpectColumnRatioToBeBetween(ColumnPairMapExpectation):
    """Expect `column_A` ÷ `column_B` to be at least `min_value` and at most `max_value`, in the kept units.

    A row where either is empty, or where `column_A` is 0, is left alone: nothing was spent, and whether it should have
    been is another rule's. Something for none (`column_B` is 0) has no ratio: it is `left` to another rule, or `fails`.
    """

    min_value: float | None = None
    max_value: float | None = None
    zero_denominator: Literal["left", "fails"] = "left"
    ignore_row_if: PairIgnored = "neither"

    map_metric = "column_pair_values.ratio_between"
    success_keys = ("column_A", "column_B", "min_value", "max_value", "zero_denominator", "ignore_row_if", "mostly")
    args_keys = ("column_A", "column_B", "min_value", "max_value", "zero_denominator")
    _prescriptive_renderer = prescriptive(_sentence)

    @root_validator(skip_on_failure=True)
    def _some_bound(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805  (pydantic takes the class)
        low, high = values.get("min_value"), values.get("max_value")
        if low is None and high is None:
            raise ValueError("a ratio needs min_value, max_value, or both")
        if low is not None and high is not None and low > high:
            raise ValueError(f"min_value {low:g} is above max_value {high:g}")
        return values
