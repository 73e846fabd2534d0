"""A whole and its parts, within one row."""

from collections.abc import Mapping
from typing import Any

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


class MulticolumnPartsWithinWhole(MulticolumnMapMetricProvider):
    """True where the first column is at least the sum of the others, or where that is unknown."""

    condition_metric_name = "multicolumn_values.parts_within_whole"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = ("tolerance", "together_only")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805  (a GX partial takes the class)
        column_list: pd.DataFrame,
        tolerance: float = 0,
        together_only: bool = False,  # noqa: FBT001, FBT002  (GX gives it by name)
        **_kwargs: Any,
    ) -> pd.Series:
        whole = column_list.iloc[:, 0]
        parts = column_list.iloc[:, 1:]
        is_unknown = whole.isna() | parts.isna().all(axis=1)
        excess = parts.sum(axis=1) - whole
        fits = (excess <= tolerance) | is_unknown
        if together_only:
            # The rule of the part that is too large reports it.
            excess_of_largest = parts.max(axis=1) - whole
            fits |= excess_of_largest > tolerance
        return fits


def _sentence(kwargs: Mapping[str, Any]) -> str:
    whole, *parts = kwargs["column_list"]
    tolerance = give_or_take(kwargs.get("tolerance", 0))
    return f"{summed(parts)} must not exceed ${whole}{tolerance}."


class ExpectColumnPartsToNotExceedWhole(MulticolumnMapExpectation):
    """Expect the sum of the other columns of `column_list` to be no more than the first.

    It is for one part (women of participants), or for several that exclude each other (poor and
    near-poor households), row by row. A row without a whole, or without any part, passes. Where
    some parts are empty, the given ones must fit. With `together_only`, a row where one part alone
    is too large passes too: the rule of that part reports it.
    """

    tolerance: float = Field(0, ge=0)
    together_only: bool = False
    ignore_row_if: ListIgnored = "never"

    map_metric = "multicolumn_values.parts_within_whole"
    success_keys = ("column_list", "tolerance", "together_only", "mostly")
    args_keys = ("column_list", "tolerance", "together_only")
    _each_once = validator("column_list", allow_reuse=True)(each_once)
    _prescriptive_renderer = prescriptive(_sentence)
