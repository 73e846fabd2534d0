"""Whole numbers: a count of people or classes has no decimals."""

from typing import Any

import pandas as pd
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics import ColumnMapMetricProvider, column_condition_partial


class ColumnValuesWhole(ColumnMapMetricProvider):
    """True where a value has no fractional part. Empty cells are left out before it is asked."""

    condition_metric_name = "column_values.whole"

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column: pd.Series, **kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        return column % 1 == 0


class ExpectColumnValuesToBeWhole(ColumnMapExpectation):  # type: ignore[misc]
    """Expect column values to be whole numbers.

    A numeric 2.208 in such a column is a thousands dot that a spreadsheet in another locale took for a decimal point.
    """

    map_metric = "column_values.whole"
