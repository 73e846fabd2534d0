"""The split of a total, stated twice: the totals agree and the split does not."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import validator
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


class MulticolumnPartsAgree(MulticolumnMapMetricProvider):
    """True where the first pair is equal or unknown, or where a later pair is not equal."""

    condition_metric_name = "multicolumn_values.parts_agree"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **_kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        part = column_list.iloc[:, 0]
        other_part = column_list.iloc[:, 1]
        is_unknown = part.isna() | other_part.isna()
        passes = is_unknown | (part == other_part)
        for number in range(2, column_list.shape[1], 2):
            total = column_list.iloc[:, number]
            other_total = column_list.iloc[:, number + 1]
            # An unknown total differs from every other, and so excuses the part.
            passes |= total != other_total
        return passes


def _sentence(kwargs: Mapping[str, Any]) -> str:
    part, other_part, *others = kwargs["column_list"]
    conditions = []
    for total, other_total in zip(others[::2], others[1::2], strict=True):
        conditions.append(f"${total} equals ${other_total}")
    agreed = " and ".join(conditions)
    return f"Where {agreed}, ${part} must equal ${other_part}."


def _pairs(columns: list[str]) -> list[str]:
    if len(columns) < 4 or len(columns) % 2:
        raise ValueError(f"column_list: expected two or more pairs; found {', '.join(columns)}")
    return columns


class ExpectPartsToAgreeWhereTotalsDo(MulticolumnMapExpectation):
    """Expect a part to be the same in two statements whose totals are the same.

    `column_list` is the part and the same part elsewhere, then its total and that total elsewhere,
    and perhaps further pairs. Where one of these differs, its own rule says so, and the part adds
    nothing. An unknown part passes.
    """

    ignore_row_if: ListIgnored = "never"

    map_metric = "multicolumn_values.parts_agree"
    success_keys = ("column_list", "mostly")
    args_keys = ("column_list",)
    _each_once = validator("column_list", allow_reuse=True)(each_once)
    _in_pairs = validator("column_list", allow_reuse=True)(_pairs)
    _prescriptive_renderer = prescriptive(_sentence)
