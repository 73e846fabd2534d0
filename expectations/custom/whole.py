"""Whole numbers: a count of people or classes has no decimals."""

from typing import Any

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import column_condition_partial
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import ColumnMapMetricProvider

from expectations.custom.rendering import prescriptive


class ColumnValuesWhole(ColumnMapMetricProvider):
    """True where a value has no fractional part. Empty cells are left out before it is asked."""

    condition_metric_name = "column_values.whole"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        return column % 1 == 0


class ExpectColumnValuesToBeWhole(ColumnMapExpectation):
    """Expect column values to be whole numbers.

    A numeric 2.208 in such a column is a thousands dot that a spreadsheet in another locale took for a decimal point.
    """

    map_metric = "column_values.whole"
    _prescriptive_renderer = prescriptive(lambda kwargs: f"${kwargs['column']} must be a whole number.")
