"""A key that stands once in a report, however it is written."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import validator
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)

from expectations.custom.domains import COLUMN_LIST, ListIgnored, each_once
from expectations.custom.rendering import prescriptive
from program.labels import fold


class MulticolumnKeyUnique(MulticolumnMapMetricProvider):
    """True where no other row has the same key, or where a part of the key is blank."""

    condition_metric_name = "multicolumn_values.key_unique"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, **_kwargs: Any) -> pd.Series:  # noqa: N805  (a GX partial takes the class)
        owner, keys = column_list.iloc[:, 0], column_list.iloc[:, 1:].apply(_folded)
        is_blank = keys.isna().any(axis=1) | owner.isna()
        return is_blank | ~keys.assign(**{"": owner}).duplicated(keep=False)


def _folded(column: pd.Series) -> pd.Series:
    """Return texts in their folded writing, each distinct one folded once; a text of nothing but signs is blank."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    return column.map({text: fold(str(text)) or None for text in column.dropna().unique()})


def _sentence(kwargs: Mapping[str, Any]) -> str:
    owner, *keys = kwargs["column_list"]
    return f"{' and '.join(f'${key}' for key in keys)} must stand once for each ${owner}, however written."


class ExpectColumnKeyToBeUnique(MulticolumnMapExpectation):
    """Expect the other columns of `column_list` to be different in all rows that share the first.

    With `submission_id` first: a key that stands once in a report, whatever other reports have. Writings that differ in
    capitals, diacritics, signs and spaces are one key ("CT-01" is "ct 01"). A row whose key is blank, or half blank, is
    left alone.
    """

    ignore_row_if: ListIgnored = "never"

    map_metric = "multicolumn_values.key_unique"
    success_keys = ("column_list", "mostly")
    args_keys = ("column_list",)
    _each_once = validator("column_list", allow_reuse=True)(each_once)
    _prescriptive_renderer = prescriptive(_sentence)
