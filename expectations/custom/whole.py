"""Whole numbers: a count of people or classes has no decimals."""

from typing import Any

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation

from expectations.custom.map_metrics import ColumnMapMetricProvider, column_condition_partial
from expectations.custom.rendering import prescriptive


class ColumnValuesWhole(ColumnMapMetricProvider):
    """True where a value has no fractional part. Empty cells are left out before."""

    condition_metric_name = "column_values.whole"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        return column % 1 == 0


class ExpectColumnValuesToBeWhole(ColumnMapExpectation):
    """Expect column values to be whole numbers.

    A numeric 2.208 in such a column is mostly a 2208: a spreadsheet in another locale took the
    thousands dot for a decimal point.
    """

    map_metric = "column_values.whole"
    _prescriptive_renderer = prescriptive(
        lambda kwargs: f"${kwargs['column']} must be a whole number."
    )
