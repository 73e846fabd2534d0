"""What the metrics and the arguments of our own expectations have in common.

Our conditions judge empty cells themselves, so that no row need be left out before (`ignore_row_if`).
"""

from typing import Literal, TypeAlias

COLUMN_LIST = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
"""What chooses the rows and columns of an expectation over each_once columns."""

COLUMN_PAIR = ("batch_id", "table", "column_A", "column_B", "row_condition", "condition_parser", "ignore_row_if")
"""The same for one over two columns."""

ListIgnored: TypeAlias = Literal["all_values_are_missing", "any_value_is_missing", "never"]
PairIgnored: TypeAlias = Literal["both_values_are_missing", "either_value_is_missing", "neither"]


def each_once(columns: list[str]) -> list[str]:
    """Return `columns`. Raises ValueError where one stands twice: it would be compared with itself."""
    if len(set(columns)) < len(columns):
        raise ValueError(f"column_list: expected each column once; found {', '.join(columns)}")
    return columns
