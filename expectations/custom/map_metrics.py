"""What the metrics and the arguments of our own expectations have in common.

It has Great Expectations' names for conditions on rows. Our conditions handle empty cells
themselves, so Great Expectations leaves out no row before (`ignore_row_if`).
"""

from typing import Literal, TypeAlias

# Its package has these names and does not declare them as exported (1.24.1).
from great_expectations.expectations.metrics.map_metric_provider import (  # type: ignore[attr-defined]
    ColumnMapMetricProvider,
    ColumnPairMapMetricProvider,
    MulticolumnMapMetricProvider,
    column_condition_partial,
    column_pair_condition_partial,
    multicolumn_condition_partial,
)

__all__ = [
    "COLUMN_LIST",
    "COLUMN_PAIR",
    "ColumnMapMetricProvider",
    "ColumnPairMapMetricProvider",
    "ListIgnored",
    "MulticolumnMapMetricProvider",
    "PairIgnored",
    "column_condition_partial",
    "column_pair_condition_partial",
    "each_once",
    "multicolumn_condition_partial",
]

_ROWS = ("row_condition", "condition_parser", "ignore_row_if")

COLUMN_LIST = ("batch_id", "table", "column_list", *_ROWS)
"""The arguments that choose rows and columns of an expectation over several columns."""

COLUMN_PAIR = ("batch_id", "table", "column_A", "column_B", *_ROWS)
"""The same for an expectation over two columns."""

ListIgnored: TypeAlias = Literal["all_values_are_missing", "any_value_is_missing", "never"]
PairIgnored: TypeAlias = Literal["both_values_are_missing", "either_value_is_missing", "neither"]


def each_once(columns: list[str]) -> list[str]:
    """Return `columns`.

    Raises ValueError if a column stands twice: it would be compared with itself.
    """
    if len(set(columns)) < len(columns):
        raise ValueError(f"column_list: expected each column once; found {', '.join(columns)}")
    return columns
