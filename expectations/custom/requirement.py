"""What one column must be where another is so: a completed work has a date of completion."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation

from expectations.custom.map_metrics import (
    COLUMN_PAIR,
    ColumnPairMapMetricProvider,
    PairIgnored,
    column_pair_condition_partial,
)
from expectations.custom.rendering import prescriptive

GIVEN = "given"
_PHRASES = {
    "min": "at least {}",
    "max": "at most {}",
    "above": "more than {}",
    "in": "one of {}",
}
"""What a condition is called in a sentence, by its word."""


class ColumnPairMeetsRequirement(ColumnPairMapMetricProvider):
    """True where column_B meets `requires`, or where column_A does not meet `where`."""

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
        is_met = _meets(column_B, requires)
        # An empty cell breaks the rule that asks for a value, and no rule about the value.
        if requires != GIVEN:
            is_met |= column_B.isna()
        is_chosen = _meets(column_A, where)
        return is_met | ~is_chosen


def _meets(column: pd.Series, condition: Any) -> pd.Series:
    """Tell of each value whether it meets `condition`; an empty one never does."""
    if condition == GIVEN:
        return column.notna()
    ((word, value),) = condition.items()
    if word == "in":
        return column.isin(value)
    comparisons = {
        "min": column.ge,
        "max": column.le,
        "above": column.gt,
    }
    return comparisons[word](value)


def _phrase(condition: Any) -> str:
    if condition == GIVEN:
        return GIVEN
    ((word, value),) = condition.items()
    phrase = _PHRASES[word]
    if word == "in":
        words = [str(each) for each in value]
        return phrase.format(", ".join(words))
    return phrase.format(f"{value:g}")


def _sentence(kwargs: Mapping[str, Any]) -> str:
    column_a = kwargs["column_A"]
    column_b = kwargs["column_B"]
    where = _phrase(kwargs["where"])
    requires = _phrase(kwargs["requires"])
    return f"Where ${column_a} is {where}, ${column_b} must be {requires}."


class ExpectColumnPairValuesToMeetRequirement(ColumnPairMapExpectation):
    """Expect `column_B` to meet `requires` in each row where `column_A` meets `where`.

    Both conditions are `given`, or one of `{in: [words]}`, `{min: 1}`, `{max: 0}`, `{above: 0}`. An
    empty column_A chooses no row. An empty column_B fails only where it must be `given`.
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
        if condition == GIVEN:
            return condition
        words: list[Any] = []
        if isinstance(condition, dict):
            words = list(condition)
        is_known = len(words) == 1 and words[0] in _PHRASES
        if is_known and words == ["in"]:
            is_known = isinstance(condition["in"], list)
        if not is_known:
            expected = ", ".join(_PHRASES)
            raise ValueError(
                f"expected {GIVEN}, or one of {expected} with its value; found {condition!r}"
            )
        return condition
