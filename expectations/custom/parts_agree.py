"""The split of a total, stated twice: the totals agree and the split does not."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation

from expectations.custom.domains import COLUMN_LIST, ListIgnored, each_once
from expectations.custom.map_metrics import (
    MulticolumnMapMetricProvider,
    multicolumn_condition_partial,
)
from expectations.custom.rendering import prescriptive


class MulticolumnPartsAgree(MulticolumnMapMetricProvider):
    """True where both parts are equal, where one is unknown, or where the totals differ."""

    condition_metric_name = "multicolumn_values.parts_agree"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **_kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        part, other_part, total, other_total = (column_list.iloc[:, n] for n in range(4))
        is_unknown = part.isna() | other_part.isna()
        return is_unknown | (part == other_part) | (total != other_total)


def _sentence(kwargs: Mapping[str, Any]) -> str:
    part, other_part, total, other_total = kwargs["column_list"]
    return f"Where ${total} equals ${other_total}, ${part} must equal ${other_part}."


class ExpectPartsToAgreeWhereTotalsDo(MulticolumnMapExpectation):
    """Expect a part to be the same in two statements whose totals are the same.

    `column_list` is the part, the same part elsewhere, its total, and that total elsewhere. Where
    the totals differ, the rule on them says so, and a part adds nothing. An unknown part passes.
    """

    ignore_row_if: ListIgnored = "never"

    map_metric = "multicolumn_values.parts_agree"
    success_keys = ("column_list", "mostly")
    args_keys = ("column_list",)
    _each_once = validator("column_list", allow_reuse=True)(each_once)
    _prescriptive_renderer = prescriptive(_sentence)
