"""A total and its parts, within one row."""

from typing import Any, Literal

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)


class MulticolumnTotalEqualsSumOfParts(MulticolumnMapMetricProvider):
    """True where the first column equals the sum of the others, or where that cannot be told."""

    condition_metric_name = "multicolumn_values.total_equals_sum_of_parts"
    condition_domain_keys = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
    condition_value_keys = ("tolerance", "empty_parts")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805  (a GX partial takes the class)
        column_list: pd.DataFrame,
        tolerance: float = 0,
        empty_parts: str = "zero",
        **_kwargs: Any,
    ) -> pd.Series:
        total, parts = column_list.iloc[:, 0], column_list.iloc[:, 1:]
        excess = parts.sum(axis=1) - total
        equal = excess.abs() <= tolerance
        if empty_parts == "unknown":
            # With a part unknown, all that can be said is that the known ones must not exceed the total.
            equal |= parts.isna().any(axis=1) & (excess <= tolerance)
        return equal | total.isna()


class ExpectColumnTotalToEqualSumOfParts(MulticolumnMapExpectation):
    """Expect the first column of `column_list` to equal the sum of the others, row by row.

    A row without a total is left alone. An empty part counts as 0 (`empty_parts: zero`), or makes the row
    undecidable unless the given parts already exceed the total (`unknown`).
    """

    tolerance: float = 0
    empty_parts: Literal["zero", "unknown"] = "zero"

    map_metric = "multicolumn_values.total_equals_sum_of_parts"
    success_keys = ("column_list", "tolerance", "empty_parts", "mostly")
    args_keys = ("column_list", "tolerance", "empty_parts")
