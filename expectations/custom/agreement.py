"""One figure in two places of a report: on the summary sheet, and as the sum of a list."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import Field
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation

from expectations.custom.map_metrics import (
    COLUMN_PAIR,
    ColumnPairMapMetricProvider,
    PairIgnored,
    column_pair_condition_partial,
)
from expectations.custom.rendering import give_or_take, prescriptive


class ColumnPairValuesAgree(ColumnPairMapMetricProvider):
    """True where two columns differ by no more than is allowed, or where one of them is empty."""

    condition_metric_name = "column_pair_values.agree"
    condition_domain_keys = COLUMN_PAIR
    condition_value_keys = ("tolerance", "share")

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805  (a GX partial takes the class)
        column_A: pd.Series,  # noqa: N803  (GX's own name)
        column_B: pd.Series,  # noqa: N803
        tolerance: float = 0,
        share: float = 0,
        **_kwargs: Any,
    ) -> pd.Series:
        allowed = tolerance + share * column_A.abs()
        is_close = (column_A - column_B).abs() <= allowed
        return is_close | column_A.isna() | column_B.isna()


def _sentence(kwargs: Mapping[str, Any]) -> str:
    column_a = kwargs["column_A"]
    column_b = kwargs["column_B"]
    tolerance = give_or_take(kwargs.get("tolerance", 0))
    sentence = f"${column_a} must agree with ${column_b}{tolerance}"
    share = kwargs.get("share")
    if share:
        sentence += f", within {share:.3%}"
    return f"{sentence}."


class ExpectColumnPairValuesToAgree(ColumnPairMapExpectation):
    """Expect `column_A` and `column_B` to differ by no more than `tolerance` + `share` × column_A.

    It compares sheets and tables of one report: in the `submission` frame each element of a matrix
    and each summary of a list is a column. A row where either is empty passes.
    """

    tolerance: float = Field(0, ge=0)
    share: float = Field(0, ge=0, lt=1)
    ignore_row_if: PairIgnored = "neither"

    map_metric = "column_pair_values.agree"
    success_keys = ("column_A", "column_B", "tolerance", "share", "ignore_row_if", "mostly")
    args_keys = ("column_A", "column_B", "tolerance", "share")
    _prescriptive_renderer = prescriptive(_sentence)
