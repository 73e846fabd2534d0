"""The headings of a table: one row of labels, or up to three rows with groups over their columns.

"Kế hoạch vốn" over "Đầu tư" over "TW" is one label, read from the top: "Kế hoạch vốn Đầu tư TW".
A heading that only gathers what is under it ("Trong đó") adds nothing.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from connectors.reader.find.heading_time import CENTURY, DatedHeading, split_time
from connectors.reader.find.non_data_text import is_numbering, is_total
from connectors.reader.open.workbook import CellValue, Sheet
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.labels import fold, without_brackets

DEEPEST = 3
"""How many rows of headings a header has at most."""

_GATHERING = {"", "trong do", "chia ra", "gom", "bao gom"}
_LONGEST_LABEL = 200


class Heading(NamedTuple):
    """A header cell and the labels that it may be.

    Attributes:
        row: the 0-based row of the cell.
        at: the 0-based sheet column.
        text: the label as a person reads it, with its groups.
        readings: the texts that may be a column's label, the most complete first.
        hint: a label whose meaning depends on `group`; "" without one.
        group: the text of the groups over it; "" without any.
        undated: `readings` without the years and days behind them; () where there are none.
        dated: the words over the column that name a year or a day.
    """

    row: int
    at: int
    text: str
    readings: tuple[str, ...]
    hint: str = ""
    group: str = ""
    undated: tuple[str, ...] = ()
    dated: tuple[DatedHeading, ...] = ()


def depths(sheet: Sheet, number: int) -> range:
    """Return how many rows a header that begins in a row may take up.

    It may take up one row, and the rows under it that hold words and no figure.
    """
    under = sheet.rows[number + 1 : number + DEEPEST]
    for depth, row in enumerate(under, start=1):
        if not _is_of_words(row):
            return range(1, depth + 1)
    deepest = len(under) + 1
    return range(1, deepest + 1)


def _is_of_words(row: list[CellValue]) -> bool:
    if not any(map(is_sub_heading, row)):
        return False
    return not any(isinstance(cell, int | float) for cell in row)


def headings_of(sheet: Sheet, number: int, depth: int, columns: range) -> Iterator[Heading]:
    """Yield the headings in some columns of a header of `depth` rows, from left to right."""
    for at in columns:
        words = words_over(sheet, number, depth, at)
        if words:
            yield _heading(at, words)


def words_over(sheet: Sheet, number: int, depth: int, at: int) -> list[tuple[int, str]]:
    """Return the texts over a column with their rows: groups from the top, its own heading last.

    A label that is merged down from above the header belongs to its column too.
    """
    own_row = _row_of_sub_heading(sheet, number, depth, at)
    if own_row is not None:
        rows = range(number, own_row)
        groups = _groups_over(sheet, rows, at)
        words = list(zip(rows, groups, strict=True))
        own_text = text_of_cell(sheet.rows[own_row][at])
        words.append((own_row, own_text))
        return words
    row = number
    if is_empty(sheet.rows[number][at]):
        row = _top_of(sheet, number, at)
    cell = sheet.rows[row][at]
    if isinstance(cell, str) and not is_empty(cell):
        return [(row, text_of_cell(cell))]
    return []


def _row_of_sub_heading(sheet: Sheet, number: int, depth: int, at: int) -> int | None:
    """Return the lowest row of a header, below its first, with a sub-heading; None without one."""
    for row in range(number + depth - 1, number, -1):
        if is_sub_heading(sheet.rows[row][at]):
            return row
    return None


def is_sub_heading(cell: CellValue) -> bool:
    """Tell whether a cell under a header holds words.

    A measure in brackets, a figure and a column's letter are no words.
    """
    if not isinstance(cell, str):
        return False
    first_letter = cell.strip()[:1]
    return first_letter.isalpha() and not is_numbering(cell)


def gathers(text: str) -> bool:
    """Tell whether a heading has no meaning of its own above others: "Trong đó", or nothing."""
    return fold_bare(text) in _GATHERING


def text_over(sheet: Sheet, number: int, at: int) -> str:
    """Return the text of a header cell, or that of the merged cell that covers it."""
    return _texts_over(sheet, number)[at]


def _texts_over(sheet: Sheet, number: int) -> list[str]:
    """Return `text_over` for each column of a row, computed once for each sheet."""
    key = "texts over", number
    if key not in sheet.searches:
        cells = sheet.rows[number]
        columns = _columns_shown(sheet, number, len(cells))
        sheet.searches[key] = [_text_of(cells[at]) for at in columns]
    found: list[str] = sheet.searches[key]
    return found


def _text_of(cell: CellValue) -> str:
    """Return the text of a cell; "" for a figure, which is no heading."""
    if not isinstance(cell, str):
        return ""
    return text_of_cell(cell)


def _columns_shown(sheet: Sheet, number: int, width: int) -> list[int]:
    """Return for each column of a row the column whose cell is shown there."""
    columns = list(range(width))
    # Merged cells overlap only in a damaged file. The first then counts.
    for (top, left), (bottom, right) in reversed(sheet.merged):
        if top <= number <= bottom:
            # A merged cell may reach beyond the last column that holds a value.
            covered = range(left, min(right + 1, width))
            columns[covered.start : covered.stop] = [left] * len(covered)
    return columns


def _heading(at: int, words: list[tuple[int, str]]) -> Heading:
    """Return a heading with its groups: "Kinh phí" over "Kế hoạch" is "Kinh phí Kế hoạch"."""
    heading = _as_written(at, words)
    # Nearly all headings end here: a year and a day both have "20" in them.
    if not any(CENTURY in text for _, text in words):
        return heading
    dated: list[DatedHeading] = []
    without_time: list[tuple[int, str]] = []
    for row, text in words:
        time = split_time(text)
        without_time.append((row, time.text))
        if time.span:
            dated.append(DatedHeading(row, at, text, time.span))
    if not dated:
        return heading
    undated = _as_written(at, without_time)
    return heading._replace(undated=undated.readings, group=undated.group, dated=tuple(dated))


def _as_written(at: int, words: list[tuple[int, str]]) -> Heading:
    """Return a heading by its words alone, whatever years they name."""
    row, text = words[-1]
    above = [word for _, word in words[:-1]]
    if not above:
        return Heading(row, at, text, (text,))
    groups = [word for word in above if not gathers(word)]
    if not groups:
        # "Trong đó" over "nữ" may be the label "Trong đó: nữ", or only "nữ".
        joined = text
        if above[-1]:
            joined = f"{above[-1]} {text}"
        return Heading(row, at, joined, (joined, text))
    group = " ".join(groups)
    joined = f"{group} {text}"
    readings: tuple[str, ...] = (joined,)
    # "Kinh phí" over "Tổng số" is "Kinh phí".
    if is_total(text):
        readings = (joined, group)
    return Heading(row, at, joined, readings, text, group)


def _groups_over(sheet: Sheet, rows: range, at: int) -> list[str]:
    """Return the headings over a sub-heading, from the top.

    In a header that merges no cells across columns, a group reaches over the blank cells beside
    it, within the group over it. A .csv has no merged cells, and many people do not merge any.
    """
    if _is_merged_across(sheet, rows):
        return [text_over(sheet, row, at) for row in rows]
    groups: list[str] = []
    # A group in a lower row never reaches beyond the group that is over it.
    bound = 0
    for row in rows:
        left = _filled_to_the_left(sheet.rows[row], at, bound)
        if left is None:
            groups.append("")
        else:
            groups.append(text_over(sheet, row, left))
            bound = left
    return groups


def _is_merged_across(sheet: Sheet, rows: range) -> bool:
    """Tell whether a merged cell reaches over several columns in one of `rows`."""
    for (top, left), (bottom, right) in sheet.merged:
        is_in_rows = top <= rows[-1] and bottom >= rows[0]
        if is_in_rows and left < right:
            return True
    return False


def _filled_to_the_left(row: list[CellValue], at: int, bound: int) -> int | None:
    """Return the first filled column from `at` leftwards to `bound`; None without one."""
    for column in range(at, bound - 1, -1):
        if not is_empty(row[column]):
            return column
    return None


def _top_of(sheet: Sheet, number: int, at: int) -> int:
    """Return the first row of the cell that is merged down over a cell; `number` without one."""
    for (top, left), (bottom, right) in sheet.merged:
        if top < number <= bottom and left == at == right:
            return top
    return number


@lru_cache(maxsize=4096)
def fold_label(text: str) -> str:
    """Return `fold` of a text that is no longer than a label; "" for a longer one."""
    if len(text) > _LONGEST_LABEL:
        return ""
    return fold(text)


@lru_cache(maxsize=65536)  # Each table of each form looks at each text of a sheet.
def fold_bare(text: str) -> str:
    """Return `fold_label` of a text without the text in brackets."""
    # A longer text is not looked through for brackets: it may be a page of notes.
    if len(text) > _LONGEST_LABEL:
        return ""
    return fold_label(without_brackets(text))
