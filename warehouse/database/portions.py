"""Cut many values into portions that fit into one SQL statement."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_AT_ONCE = 5000
"""Values in one `IN`: SQLite takes 32,766 of them."""

T = TypeVar("T")


def portions(values: Sequence[T], at_once: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    """Yield `values` in their order, at most `at_once` at a time."""
    return (values[start : start + at_once] for start in range(0, len(values), at_once))
