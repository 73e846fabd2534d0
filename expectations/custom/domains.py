"""What the metrics and the arguments of our own expectations have in common.

Our conditions handle empty cells themselves. So Great Expectations leaves out no row before
(`ignore_row_if`).
"""

from typing import Literal, TypeAlias

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
