"""A figure far outside what is usual, by the median and the median absolute deviation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)

from expectations.custom.rendering import prescriptive, summed

_MAD_TO_SIGMA = 1.4826
"""The median absolute deviation of a normal distribution times this is its standard deviation."""


class MulticolumnFiguresNoOutliers(MulticolumnMapMetricProvider):
    """True where the first column is near its median, as near as it is to what excuses it, or where too little is known."""

    condition_metric_name = "multicolumn_values.figures_no_outliers"
    condition_domain_keys = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
    condition_value_keys = ("deviations", "floor", "points", "excuse", "least")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805  (a GX partial takes the class)
        column_list: pd.DataFrame,
        deviations: float = 8,
        floor: float = 2,
        points: int = 4,
        excuse: float = 3,
        least: float = 20,
        **_kwargs: Any,
    ) -> pd.Series:
        value, median, mad, known = (column_list.iloc[:, n].to_numpy(np.float64) for n in range(4))
        excuses = column_list.iloc[:, 4:].to_numpy(np.float64)
        allowed = np.fmax(deviations * _MAD_TO_SIGMA * mad, floor * median)
        is_excused = (value[:, None] <= excuse * excuses).any(axis=1)
        is_far = (np.abs(value - median) > allowed) & (value >= least) & (median > 0) & (known >= points)
        return pd.Series(~is_far | is_excused, index=column_list.index)


def _sentence(kwargs: Mapping[str, Any]) -> str:
    value, median, _, points, *excuses = kwargs["column_list"]
    excused = f", or of {summed(excuses).replace(' + ', ' or ')}" if excuses else ""
    return (
        f"${value} must lie within {kwargs.get('deviations', 8):g} robust deviations of ${median}{excused}; "
        f"judged from {kwargs.get('points', 4)} of ${points} on."
    )


class ExpectFiguresToBeNoOutliers(MulticolumnMapExpectation):
    """Expect each figure to lie within `deviations` robust standard deviations of its median, of `points` values at least.

    `column_list`: the figure, median, median absolute deviation and number of points, then what excuses it: a figure of at
    most `excuse` times one of these is told of nobody. `floor` × the median is always allowed, so that figures which never
    moved may move; with a floor of 1 or more a small figure or a 0 is no outlier. Nor is any below `least`.
    """

    deviations: float = 8
    floor: float = 2
    points: int = 4
    excuse: float = 3
    least: float = 20

    map_metric = "multicolumn_values.figures_no_outliers"
    success_keys = ("column_list", "deviations", "floor", "points", "excuse", "least", "mostly")
    args_keys = ("column_list", "deviations", "floor", "points", "excuse", "least")
    _prescriptive_renderer = prescriptive(_sentence)
