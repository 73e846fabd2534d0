"""Which rows and columns an .xlsx hides from whoever opens it: by hand, by a filter, or made so small that nothing shows."""

import re
from collections.abc import Collection
from itertools import groupby
from typing import NamedTuple

from program.addresses import column_letter

_TAG = re.compile(rb"<(?:[^<>\s/:]+:)?(row|col)\b([^<>]*)>")
_NUMBER = re.compile(rb"""(?<![\w:.-])(r|min|max)\s*=\s*["']([0-9]{1,7})["']""")
_HIDING = re.compile(rb"""(?<![\w:.-])(?:hidden\s*=\s*["'](?:1|true)|(?:ht|width)\s*=\s*["']0(?:\.0*)?)["']""")
_LAST_COLUMN = 16_384


class Hidden(NamedTuple):
    """The 0-based rows and columns of a sheet that are hidden."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()

    def among(self, rows: Collection[int], columns: Collection[int]) -> str:
        """Return which of some rows and columns are hidden, as Excel writes ranges: "5:7, D:D"; "" for none."""
        of_rows = [f"{first + 1}:{last + 1}" for first, last in _ranges(self.rows.intersection(rows))]
        found = _ranges(self.columns.intersection(columns))
        return ", ".join([*of_rows, *(f"{column_letter(first + 1)}:{column_letter(last + 1)}" for first, last in found)])


NOTHING_HIDDEN = Hidden()


def hides(attributes: bytes) -> bool:
    """Tell whether a row's or column's attributes hide it: by a word of their own, or by a size of nothing."""
    may_hide = b"hidden" in attributes or b'"0' in attributes or b"'0" in attributes
    return may_hide and _HIDING.search(attributes) is not None


def read_hidden(xml: bytes) -> Hidden:
    """Return what a sheet's XML hides."""
    rows: set[int] = set()
    columns: set[int] = set()
    row = 0
    for match in _TAG.finditer(xml):
        is_row, is_hidden = match[1] == b"row", hides(match[2])
        if not is_row and not is_hidden:
            continue
        numbers = {name: int(number) for name, number in _NUMBER.findall(match[2])}
        if is_row:
            row = numbers.get(b"r", row + 1)
        if is_row and is_hidden:
            rows.add(row - 1)
        elif is_hidden:
            first = numbers.get(b"min", 1)
            columns.update(range(first - 1, min(numbers.get(b"max", first), _LAST_COLUMN)))
    return Hidden(frozenset(rows), frozenset(columns))


def _ranges(numbers: Collection[int]) -> list[tuple[int, int]]:
    """Return numbers as runs, each with its first and last."""
    runs = groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0])
    groups = [[number for _, number in run] for _, run in runs]
    return [(group[0], group[-1]) for group in groups]
