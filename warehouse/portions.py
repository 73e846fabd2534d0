"""Many values in one question to the database: a portion at a time."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_AT_ONCE = 5000
"""Values in one `IN`: SQLite takes 32,766 of them."""

T = TypeVar("T")


def portions(values: Sequence[T], at_once: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    """Yield `values` in their order, so many at once as one `IN` may hold."""
    return (values[start : start + at_once] for start in range(0, len(values), at_once))
