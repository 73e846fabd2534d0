"""A figure wrong by a power of ten: a mistaken unit of measure, or a digit too many."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation

from expectations.custom.map_metrics import (
    COLUMN_LIST,
    MulticolumnMapMetricProvider,
    multicolumn_condition_partial,
)
from expectations.custom.rendering import prescriptive
from expectations.history.scale import ScaleLimits, factors_of

_LIMITS = tuple(field.name for field in fields(ScaleLimits))


class MulticolumnFiguresKeepTheirScale(MulticolumnMapMetricProvider):
    """True where no power of ten is found that a figure is wrong by."""

    condition_metric_name = "multicolumn_values.figures_keep_their_scale"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = _LIMITS

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        factors = factors_of(column_list, _limits(kwargs))
        return pd.Series(factors, index=column_list.index).isna()


def _limits(kwargs: Mapping[str, Any]) -> ScaleLimits:
    """Return the limits that the rule gives, the others with their defaults."""
    given = {name: kwargs[name] for name in _LIMITS if kwargs.get(name) is not None}
    return ScaleLimits(**given)


def _sentence(kwargs: Mapping[str, Any]) -> str:
    limits = _limits(kwargs)
    factors = ", ".join(f"{factor:,.10g}" for factor in limits.factors)
    return (
        f"$value must not be {factors} times what it should be, "
        f"and not lie {limits.gap:g} times outside all that was seen."
    )


class ExpectFiguresToKeepTheirScale(MulticolumnMapExpectation):
    """Expect no figure of the frame `figures` to be 10, 100, 1000 or a million times too large.

    Nor so many times too small. `column_list` names all columns of
    `expectations.history.scale.SCALE_COLUMNS`. The other arguments are the `ScaleLimits` there,
    which also choose what a figure is compared with. A figure that is 0, empty or without
    a past passes.
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
