"""A figure far outside what is usual, by the median and the median absolute deviation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation

from expectations.custom.map_metrics import (
    COLUMN_LIST,
    MulticolumnMapMetricProvider,
    multicolumn_condition_partial,
)
from expectations.custom.rendering import prescriptive

_MAD_TO_SIGMA = 1.4826
"""The median absolute deviation of a normal distribution times this is its standard deviation."""


class MulticolumnFiguresNoOutliers(MulticolumnMapMetricProvider):
    """True where the first column is near its median, or is excused, or too little is known."""

    condition_metric_name = "multicolumn_values.figures_no_outliers"
    condition_domain_keys = COLUMN_LIST
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
        columns = column_list.to_numpy(np.float64)
        value, median, mad, known = columns[:, :4].T
        excuses = columns[:, 4:]
        usual_deviation = deviations * _MAD_TO_SIGMA * mad
        # fmax ignores a deviation that is unknown.
        allowed = np.fmax(usual_deviation, floor * median)
        is_excused = (value[:, None] <= excuse * excuses).any(axis=1)
        is_comparable = (value >= least) & (median > 0) & (known >= points)
        is_far = np.abs(value - median) > allowed
        is_outlier = is_comparable & is_far & ~is_excused
        return pd.Series(~is_outlier, index=column_list.index)


def _sentence(kwargs: Mapping[str, Any]) -> str:
    value, median, _, points, *excuses = kwargs["column_list"]
    excused = ""
    if excuses:
        excused = ", or of " + " or ".join(f"${excuse}" for excuse in excuses)
    deviations = kwargs.get("deviations", 8)
    least_points = kwargs.get("points", 4)
    return (
        f"${value} must lie within {deviations:g} robust deviations of ${median}{excused}; "
        f"compared from {least_points} of ${points} on."
    )


class ExpectFiguresToBeNoOutliers(MulticolumnMapExpectation):
    """Expect each figure to lie within `deviations` robust standard deviations of its median.

    `column_list` has the figure, the median, the median absolute deviation and the number of
    points, and then what excuses the figure: it passes if it is at most `excuse` times one of
    these. It passes with fewer than `points` points, and below `least`. `floor` × the median is
    always allowed, so that figures which never changed may change; with a floor of 1 or more, a
    small figure or a 0 is no outlier.
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
