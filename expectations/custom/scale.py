"""A figure some power of ten away from where it should be: a unit of measure mistaken, or a digit too many."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)

from expectations.custom.rendering import prescriptive
from expectations.history.scale import Limits, factors_of

_LIMITS = tuple(field.name for field in fields(Limits))


class MulticolumnFiguresKeepTheirScale(MulticolumnMapMetricProvider):
    """True where no power of ten is found that a figure is away from what it should be."""

    condition_metric_name = "multicolumn_values.figures_keep_their_scale"
    condition_domain_keys = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
    condition_value_keys = _LIMITS

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        limits = Limits(**{name: kwargs[name] for name in _LIMITS if kwargs.get(name) is not None})
        return pd.Series(factors_of(column_list, limits), index=column_list.index).isna()


def _sentence(kwargs: Mapping[str, Any]) -> str:
    limits = Limits(**{name: kwargs[name] for name in _LIMITS if kwargs.get(name) is not None})
    factors = ", ".join(f"{factor:,.10g}" for factor in limits.factors)
    return f"$value must not be {factors} times what it should be, and not lie {limits.gap:g} times outside all that was seen."


class ExpectFiguresToKeepTheirScale(MulticolumnMapExpectation):
    """Expect each figure of the frame `figures` not to be 10, 100, 1000 or a million times what it should be.

    `column_list` names all columns of `expectations.history.scale.SCALE_COLUMNS`; the other arguments are the `Limits` there,
    which also say by which witnesses a figure is judged. Nothing is told of a figure that is 0, empty or without any past.
    """

    factors: list[float] | None = None
    gap: float | None = None
    slack: float | None = None
    few: int | None = None
    peers: int | None = None
    large: float | None = None
    small: float | None = None
    far: float | None = None
    least: float | None = None
    stray: float | None = None
    digits: int | None = None
    steady: float | None = None
    kin: float | None = None

    map_metric = "multicolumn_values.figures_keep_their_scale"
    success_keys = ("column_list", *_LIMITS, "mostly")
    args_keys = ("column_list", *_LIMITS)
    _prescriptive_renderer = prescriptive(_sentence)
