"""An expectation: dates are in order, also with the first and last day of the period."""

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
from expectations.custom.rendering import prescriptive


class MulticolumnDatesInOrder(MulticolumnMapMetricProvider):
    """True where no date is earlier than one before it in the list; empty dates are skipped."""

    condition_metric_name = "multicolumn_values.dates_in_order"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = ("days",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, days: int = 0, **_kwargs: Any) -> pd.Series:  # noqa: N805
        allowed = pd.Timedelta(days=days)
        latest = column_list.iloc[:, 0]
        in_order = pd.Series(data=True, index=column_list.index)
        for number in range(1, column_list.shape[1]):
            column = column_list.iloc[:, number]
            in_order &= ~(column + allowed < latest)
            is_latest = (column >= latest) | latest.isna()
            latest = column.where(is_latest, latest)
        return in_order


def _sentence(kwargs: Mapping[str, Any]) -> str:
    order = " ≤ ".join(f"${column}" for column in kwargs["column_list"])
    days = kwargs.get("days", 0)
    tolerance = f", give or take {days} days" if days else ""
    return f"Days must be in order: {order}{tolerance}."


class ExpectColumnDatesToBeInOrder(MulticolumnMapExpectation):
    """Expect the dates of `column_list` to be in order, row by row.

    No date is before one that stands earlier in the list. With `period_start` and `period_end`
    among them, they also lie in the report's period. Empty dates are skipped. A date may be `days`
    too early.
    """

    days: int = Field(0, ge=0)
    ignore_row_if: ListIgnored = "never"

    map_metric = "multicolumn_values.dates_in_order"
    success_keys = ("column_list", "days", "mostly")
    args_keys = ("column_list", "days")
    _each_once = validator("column_list", allow_reuse=True)(each_once)
    _prescriptive_renderer = prescriptive(_sentence)
