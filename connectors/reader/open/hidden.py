"""Find the rows and columns that an .xlsx hides: by hand, by a filter, or by a size of zero."""

import re
from collections.abc import Collection
from typing import NamedTuple

from program.addresses import column_letter

_TAG = re.compile(rb"<(?:[^<>\s/:]+:)?(row|col)\b([^<>]*)>")
_NUMBER = re.compile(rb"""(?<![\w:.-])(r|min|max)\s*=\s*["']([0-9]{1,7})["']""")
_HIDING = re.compile(
    rb"""(?<![\w:.-])(?:hidden\s*=\s*["'](?:1|true)|(?:ht|width)\s*=\s*["']0(?:\.0*)?)["']"""
)
_LAST_COLUMN = 16_384


class Hidden(NamedTuple):
    """The 0-based rows and columns of a sheet that are hidden."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()

    def among(self, rows: Collection[int], columns: Collection[int]) -> str:
        """Return which of the given rows and columns are hidden, as Excel writes ranges.

        For example "5:7, D:D". Empty if none is hidden.
        """
        hidden_rows = self.rows.intersection(rows)
        hidden_columns = self.columns.intersection(columns)
        ranges: list[str] = []
        for first, last in _ranges(hidden_rows):
            ranges.append(f"{first + 1}:{last + 1}")
        for first, last in _ranges(hidden_columns):
            first_letter = column_letter(first + 1)
            last_letter = column_letter(last + 1)
            ranges.append(f"{first_letter}:{last_letter}")
        return ", ".join(ranges)


NOTHING_HIDDEN = Hidden()


def hides(attributes: bytes) -> bool:
    """Return whether a row's or column's attributes hide it: by a flag, or by a size of zero."""
    # Called for every row. These searches exclude nearly all of them without the pattern.
    may_hide = b"hidden" in attributes or b'"0' in attributes or b"'0" in attributes
    return may_hide and _HIDING.search(attributes) is not None


def read_hidden(xml: bytes) -> Hidden:
    """Return the hidden rows and columns of a sheet's XML."""
    rows: set[int] = set()
    columns: set[int] = set()
    row = 0
    for match in _TAG.finditer(xml):
        tag, attributes = match.groups()
        is_hidden = hides(attributes)
        if tag == b"row":
            # A row without a number follows the one before it, so visible rows count too.
            row = _numbers(attributes).get(b"r", row + 1)
            if is_hidden:
                rows.add(row - 1)
        elif is_hidden:
            numbers = _numbers(attributes)
            columns.update(_columns(numbers))
    return Hidden(frozenset(rows), frozenset(columns))


def _numbers(attributes: bytes) -> dict[bytes, int]:
    return {name: int(number) for name, number in _NUMBER.findall(attributes)}


def _columns(numbers: dict[bytes, int]) -> range:
    first = numbers.get(b"min", 1)
    last = numbers.get(b"max", first)
    # A damaged end would make a range that takes all memory.
    return range(first - 1, min(last, _LAST_COLUMN))


def _ranges(numbers: Collection[int]) -> list[tuple[int, int]]:
    """Return the first and the last number of each run of consecutive numbers."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            first, _ = ranges[-1]
            ranges[-1] = (first, number)
        else:
            ranges.append((number, number))
    return ranges
