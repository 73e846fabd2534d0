"""What one column must be where another is so: a completed work has an end, and its progress is 100."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_pair_condition_partial import (
    column_pair_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_pair_map_metric_provider import (
    ColumnPairMapMetricProvider,
)

from expectations.custom.domains import COLUMN_PAIR, PairIgnored
from expectations.custom.rendering import prescriptive

GIVEN = "given"
_SAID = {"min": "at least {}", "max": "at most {}", "above": "more than {}", "in": "one of {}"}


class ColumnPairMeetsRequirement(ColumnPairMapMetricProvider):
    """True where column_B is as `requires` says, or column_A not as `where` says."""

    condition_metric_name = "column_pair_values.meets_requirement"
    condition_domain_keys = COLUMN_PAIR
    condition_value_keys = ("where", "requires")

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805  (a GX partial takes the class)
        column_A: pd.Series,  # noqa: N803  (GX's own name)
        column_B: pd.Series,  # noqa: N803
        where: Any = None,
        requires: Any = None,
        **_kwargs: Any,
    ) -> pd.Series:
        is_met = _is_so(column_B, requires)
        if requires != GIVEN:
            is_met |= column_B.isna()
        return is_met | ~_is_so(column_A, where)


def _is_so(column: pd.Series, condition: Any) -> pd.Series:
    """Tell of each value whether it is as `condition` says; an empty one never is."""
    if condition == GIVEN:
        return column.notna()
    ((word, value),) = condition.items()
    if word == "in":
        return column.isin(value)
    return {"min": column.ge, "max": column.le, "above": column.gt}[word](value)


def _said(condition: Any) -> str:
    if condition == GIVEN:
        return GIVEN
    ((word, value),) = condition.items()
    return _SAID[word].format(", ".join(map(str, value)) if word == "in" else f"{value:g}")


def _sentence(kwargs: Mapping[str, Any]) -> str:
    where, requires = _said(kwargs["where"]), _said(kwargs["requires"])
    return f"Where ${kwargs['column_A']} is {where}, ${kwargs['column_B']} must be {requires}."


class ExpectColumnPairValuesToMeetRequirement(ColumnPairMapExpectation):
    """Expect `column_B` to be as `requires` says in each row where `column_A` is as `where` says.

    Both are `given`, or one of `{in: [words]}`, `{min: 1}`, `{max: 0}`, `{above: 0}`. An empty column_A chooses no row; an
    empty column_B fails only where it is required to be `given`.
    """

    where: Any
    requires: Any
    ignore_row_if: PairIgnored = "neither"

    map_metric = "column_pair_values.meets_requirement"
    success_keys = ("column_A", "where", "column_B", "requires", "ignore_row_if", "mostly")
    args_keys = ("column_A", "where", "column_B", "requires")
    _prescriptive_renderer = prescriptive(_sentence)

    @validator("where", "requires", always=True)
    def _is_a_condition(cls, condition: Any) -> Any:  # noqa: N805  (pydantic takes the class)
        words = list(condition) if isinstance(condition, dict) else []
        is_list = isinstance(condition["in"], list) if words == ["in"] else True
        if condition != GIVEN and not (len(words) == 1 and words[0] in _SAID and is_list):
            raise ValueError(f"expected {GIVEN}, or one of {', '.join(_SAID)} with its value; found {condition!r}")
        return condition
