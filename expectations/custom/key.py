"""A key that is unique in a report, however it is written."""

from collections.abc import Mapping
from typing import Any, Final, Literal

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
from program.labels import fold

_PASS: Final = "pass"  # noqa: S105  (no password)


class MulticolumnKeyUnique(MulticolumnMapMetricProvider):
    """True where no other row has the same key. A blank part passes, or is a value like others."""

    condition_metric_name = "multicolumn_values.key_unique"
    condition_domain_keys = COLUMN_LIST
    condition_value_keys = ("blanks",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, blanks: str = _PASS, **_kwargs: Any) -> pd.Series:  # noqa: N805
        owner = column_list.iloc[:, 0]
        keys = column_list.iloc[:, 1:].apply(_folded)
        # A key without its first part names nothing.
        needed = keys.iloc[:, :1]
        # A key with any part blank says too little: the row passes.
        if blanks == _PASS:
            needed = keys
        is_blank = needed.isna().any(axis=1) | owner.isna()
        # No column of a form has an empty name.
        is_repeated = keys.assign(**{"": owner}).duplicated(keep=False)
        return is_blank | ~is_repeated


def _folded(column: pd.Series) -> pd.Series:
    """Return folded texts; figures and dates are unchanged. A text of nothing but signs is blank.

    Each distinct text is folded once.
    """
    is_number = pd.api.types.is_numeric_dtype(column)
    is_date = pd.api.types.is_datetime64_any_dtype(column)
    if is_number or is_date:
        return column
    folded = {text: fold(str(text)) or None for text in column.dropna().unique()}
    return column.map(folded)


def _sentence(kwargs: Mapping[str, Any]) -> str:
    owner, *keys = kwargs["column_list"]
    named = " and ".join(f"${key}" for key in keys)
    return f"{named} must stand once for each ${owner}, however written."


class ExpectColumnKeyToBeUnique(MulticolumnMapExpectation):
    """Expect the other columns of `column_list` to differ in all rows that share the first.

    With `submission_id` first, a key is unique in its report, whatever other reports have.
    Capitals, diacritics, signs and spaces make no difference: "CT-01" is "ct 01". A row with a
    blank part of the key passes, unless `blanks` are the `same`: then only its first part must be
    given, and two blank parts are equal.
    """

    blanks: Literal["pass", "same"] = _PASS
    ignore_row_if: ListIgnored = "never"

    map_metric = "multicolumn_values.key_unique"
    success_keys = ("column_list", "blanks", "mostly")
    args_keys = ("column_list", "blanks")
    _each_once = validator("column_list", allow_reuse=True)(each_once)
    _prescriptive_renderer = prescriptive(_sentence)
