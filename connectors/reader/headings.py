"""The headings of a table: one row of labels, or up to three in which groups stand over what they hold.

"Kế hoạch vốn" over "Đầu tư" over "TW" is one label, read from the top: "Kế hoạch vốn Đầu tư TW". What only gathers what
stands under it ("Trong đó") adds nothing.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue, Sheet
from connectors.reader.writing import is_numbering, is_total
from program.labels import fold, without_brackets

DEEPEST = 3
"""How many rows of headings stand over one another at most."""
_GATHERING = {"", "trong do", "chia ra", "gom", "bao gom"}
_LONGEST_LABEL = 200


class Heading(NamedTuple):
    """A header cell and the labels that it may be; `hint` is a label to which its `group` may give another meaning."""

    row: int
    at: int
    text: str
    readings: tuple[str, ...]
    hint: str = ""
    group: str = ""


def depths(sheet: Sheet, number: int) -> range:
    """Return how many rows a header that begins here may take up: one, and those under it that hold words and no figure."""
    under = sheet.rows[number + 1 : number + DEEPEST]
    ends = (depth for depth, row in enumerate(under, start=1) if not _is_of_words(row))
    return range(1, next(ends, len(under) + 1) + 1)


def _is_of_words(row: list[CellValue]) -> bool:
    return any(map(is_sub_heading, row)) and not any(isinstance(cell, int | float) for cell in row)


def headings(sheet: Sheet, number: int, depth: int, columns: range) -> Iterator[Heading]:
    """Yield the headings of a header of `depth` rows in some of a sheet's columns, from left to right."""
    for at in columns:
        words = words_over(sheet, number, depth, at)
        if words:
            yield _heading(at, words)


def words_over(sheet: Sheet, number: int, depth: int, at: int) -> list[tuple[int, str]]:
    """Return what stands over a column of figures, with its rows: its groups from the top, its own heading last.

    A label that is merged down from above the header is its column's too.
    """
    own = next((row for row in range(number + depth - 1, number, -1) if is_sub_heading(sheet.rows[row][at])), number)
    if own > number:
        groups = _groups_over(sheet, range(number, own), at)
        return [*zip(range(number, own), groups, strict=True), (own, show(sheet.rows[own][at]))]
    row = number if not is_empty(sheet.rows[number][at]) else _top_of(sheet, number, at)
    cell = sheet.rows[row][at]
    return [(row, show(cell))] if isinstance(cell, str) and not is_empty(cell) else []


def is_sub_heading(cell: CellValue) -> bool:
    """Tell whether a cell under a header holds words: no measure in brackets, no figure, no column's letter."""
    return isinstance(cell, str) and cell.strip()[:1].isalpha() and not is_numbering(cell)


def gathers(text: str) -> bool:
    """Tell whether a heading only gathers what stands under it: "Trong đó"; an empty one does."""
    return fold_bare(text) in _GATHERING


def text_over(sheet: Sheet, number: int, at: int) -> str:
    """Return the text of a header cell: its own column's, or that of the merged cell that reaches over it."""
    return _texts_over(sheet, number)[at]


def _texts_over(sheet: Sheet, number: int) -> list[str]:
    """Return `text_over` for each column of a row."""
    key = "texts over", number
    if key not in sheet.searches:
        cells = sheet.rows[number]
        left = list(range(len(cells)))
        # Where merged cells overlap, which only a damaged file has them do, the first counts.
        for first, last in reversed(sheet.merged):
            if first[0] <= number <= last[0]:
                reached = range(first[1], min(last[1] + 1, len(cells)))
                left[reached.start : reached.stop] = [first[1]] * len(reached)
        texts = [cells[at] for at in left]
        sheet.searches[key] = [show(text) if isinstance(text, str) else "" for text in texts]
    found: list[str] = sheet.searches[key]
    return found


def _heading(at: int, words: list[tuple[int, str]]) -> Heading:
    """Return a heading with what its groups make of it: "Kinh phí" over "Kế hoạch" is "Kinh phí Kế hoạch"."""
    row, text = words[-1]
    above = [word for _, word in words[:-1]]
    group = " ".join(word for word in above if not gathers(word))
    if not above:
        return Heading(row, at, text, (text,))
    if not group:
        joined = " ".join(word for word in (*above[-1:], text) if word)
        return Heading(row, at, joined, (joined, text))
    joined = f"{group} {text}"
    return Heading(row, at, joined, (joined, group) if is_total(text) else (joined,), text, group)


def _groups_over(sheet: Sheet, rows: range, at: int) -> list[str]:
    """Return the headings over a sub-heading, from the top.

    In a header that merges nothing across, a group reaches as far as the blanks beside it, within the group over it:
    calamine tells no merged cells of an .ods (0.9.1), a .csv has none, and many type no more than that.
    """
    if any(first[1] < last[1] and first[0] <= rows[-1] and last[0] >= rows[0] for first, last in sheet.merged):
        return [text_over(sheet, row, at) for row in rows]
    groups, bound = list[str](), 0
    for row in rows:
        left = next((other for other in range(at, bound - 1, -1) if not is_empty(sheet.rows[row][other])), None)
        groups.append("" if left is None else text_over(sheet, row, left))
        bound = bound if left is None else left
    return groups


def _top_of(sheet: Sheet, number: int, at: int) -> int:
    """Return the row on which the cell that is merged down over this one begins; `number` where none is."""
    reaching = (first[0] for first, last in sheet.merged if first[0] < number <= last[0] and first[1] == at == last[1])
    return next(reaching, number)


@lru_cache(maxsize=4096)
def fold_label(text: str) -> str:
    """Return `fold` of a text that is no longer than a label; "" for a longer one."""
    return fold(text) if len(text) <= _LONGEST_LABEL else ""


@lru_cache(maxsize=65536)  # each text of a sheet is asked for by each table of each form
def fold_bare(text: str) -> str:
    """Return `fold_label` of a text without what stands in brackets."""
    return fold_label(without_brackets(text)) if len(text) <= _LONGEST_LABEL else ""
