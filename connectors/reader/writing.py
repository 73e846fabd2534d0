"""Words on a sheet that are no label and no figure: brackets, remarks, numberings, totals, notes."""

import re
import unicodedata
from enum import StrEnum
from itertools import pairwise

from connectors.reader.money import fold_money, money_measure, names_money
from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue
from program.labels import fold, opening_of, openings_of, without_brackets
from program.table import Column, ColumnType

_HARMLESS = {"", "neu co", "tong so", "tong", "so luong", "ghi so"}
_NUMBERED = re.compile(r"[0-9]{1,2}(?: [0-9]{1,2})*|[a-h]")
_NUMBERING = re.compile(r"\(?(?P<number>[0-9]{1,2}|[A-Za-z])\)?(?:\s*=.*)?\)?")
_TOTALS = {"tong", "tong cong", "tong so", "cong"}
# What a group of lines is made by: "Cộng xã A", "II. Dự án 4". "Dự án nuôi bò", without a number, is a line's own name.
# "Áp dụng", "Phương tiện" and "Xã hội hóa" begin like a hamlet, a ward and a commune once their marks are gone.
_GROUP = re.compile(
    r"(?!ap dung|phuong (?:tien|phap|an|thuc)|xa hoi)(?:xa|phuong|thi tran|huyen|thi xa|thanh pho|ap|khom|linh vuc) .+"
    r"|(?:nhom|muc|phan) (?:[0-9]{1,2}|[ivx]{1,5}|[a-h])\b.*|cap (?:tinh|huyen|xa)"
    r"|(?:(?:tieu )?du an|t?da) ?[0-9]{1,2}\b.*"
)
_GROUP_NUMBER = re.compile(r"\s*(?:[IVX]{1,5}|[A-H])(?:[.)/]?$|[.)/]\s*)")
_SUM = re.compile(r"(?:tong cong|tong so|tong|cong)(?: cua)? (?P<of>.+)")
# "Công trình", "Cộng đồng" and "Tổng kết" begin alike: once their marks are gone, or as words of two syllables.
_SUM_WORDS = ("tổng", "cộng")
_OTHER_WORDS = ("dong", "ket", "hop", "quan", "the", "tac")
_LONGEST_GROUP = 100
_NOTHING = {"khong", "khong co", "khong phat sinh", "khong co phat sinh", "khong co so lieu", "chua co", "chua phat sinh"}
_NOTES = {"ghi chu", "luu y", "chu thich", "nguon", "nguon so lieu"}
_TOTALS_OPEN, _NOTHING_OPENS, _NOTES_OPEN = openings_of(_TOTALS), openings_of(_NOTHING), openings_of(_NOTES)
_GROUP_WORDS = ("xa", "phuong", "thi", "huyen", "thanh", "ap", "khom", "linh", "nhom", "muc", "phan", "cap", "du", "tieu", "tda")
_GROUPS_OPEN = openings_of((*_TOTALS, *_GROUP_WORDS)) | {f"da{number}" for number in range(10)}
_NO_LINE_OPENS = _TOTALS_OPEN | _NOTHING_OPENS | _NOTES_OPEN | _GROUPS_OPEN


def is_remark(text: str, column: Column) -> bool:
    """Tell whether words in brackets after a column's label leave its meaning as it is: a measure, a numbering.

    "Số người (người)" is "Số người"; "Số người (nữ)" is another figure. For columns without figures anything goes.
    """
    if not column.type.is_numeric:
        return True
    folded = re.sub(r"^(?:dvt|don vi tinh|don vi) ", "", fold_money(text))
    if folded in _HARMLESS or folded == fold(column.measure) or _NUMBERED.fullmatch(folded):
        return True
    return column.type is ColumnType.MONEY and money_measure(folded) is not None


def is_measure_row(cells: list[CellValue], columns: list[Column]) -> bool:
    """Tell whether the filled cells of a row under a header, one a column, are measures: (người) (triệu đồng)."""
    filled = [(cell, column) for cell, column in zip(cells, columns, strict=True) if not is_empty(cell)]
    texts = [(show(cell), column) for cell, column in filled if isinstance(cell, str)]
    if not texts or len(texts) < len(filled):
        return False
    if all(text.startswith("(") and text.endswith(")") for text, _ in texts):
        return len(texts) > 1 or texts[0][1].type is not ColumnType.TEXT
    return all(c.type.is_numeric and t[:1].isalpha() and (is_remark(t, c) or names_money(t)) for t, c in texts)


def is_numbering_row(cells: list[CellValue]) -> bool:
    """Tell whether the filled cells of a row under a header only number its columns: (1) (2) (3=1+2), or A B 1 2."""
    numbers = [_number_of(cell) for cell in cells if not is_empty(cell)]
    counted = [number for number in numbers if number]
    if len(counted) < 3 or None in numbers:
        return False
    return counted[0] <= 3 and all(0 < after - before <= 2 for before, after in pairwise(counted))


def is_numbering(cell: CellValue) -> bool:
    """Tell whether a cell is a column's number or letter: 1, (2), (3=1+2), A."""
    return _number_of(cell) is not None


def _number_of(cell: CellValue) -> int | None:
    """Return the number of a numbering's cell, 0 for one of its letters, None for anything else."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return int(cell) if 0 < cell < 100 and float(cell).is_integer() else None
    match = _NUMBERING.fullmatch(show(cell)) if isinstance(cell, str) else None
    if match is None:
        return None
    return int(match["number"]) if match["number"].isdigit() else 0


def is_total(cell: CellValue) -> bool:
    """Tell whether a cell says that its row adds up the rows above it."""
    if not isinstance(cell, str) or opening_of(cell) not in _TOTALS_OPEN:
        return False
    return fold(without_brackets(cell)) in _TOTALS or fold(cell).startswith("tong cong ")


class GroupWords(StrEnum):
    """What the first words of a row say of a group of lines."""

    SUM = "sum"
    """It adds up a group: "Cộng Dự án 1", "Tổng xã A"."""
    LIKELY_SUM = "likely sum"
    """It begins as a sum does, of no group that is known: "Cộng Mỹ Xuyên"."""
    HEADING = "heading"
    """It is the heading of a group: "I. Xã Đại Tâm", "Dự án 4", "II"."""


def group_words(text: str) -> GroupWords | None:
    """Return what the first words of a row say of a group of lines, None for nothing."""
    if _GROUP_NUMBER.match(text):
        return GroupWords.HEADING
    if opening_of(text) not in _GROUPS_OPEN:
        return None
    folded = fold(text[:_LONGEST_GROUP])
    if _GROUP.fullmatch(folded):
        return GroupWords.HEADING
    match = _SUM.fullmatch(folded)
    if match is None:
        return None
    if _GROUP.fullmatch(match["of"]) or re.fullmatch("[ivx]{1,5}|[a-h]", match["of"]):
        return GroupWords.SUM
    is_sum = unicodedata.normalize("NFC", text).casefold().lstrip().startswith(_SUM_WORDS)
    return GroupWords.LIKELY_SUM if is_sum and not match["of"].startswith(_OTHER_WORDS) else None


def is_ordinary(text: str) -> bool:
    """Tell whether words surely begin neither a sum, a group, a note, nor say that there is nothing: most are told so."""
    return opening_of(text) not in _NO_LINE_OPENS and not _GROUP_NUMBER.match(text)


def says_nothing(cell: CellValue) -> bool:
    """Tell whether a cell says that there is nothing to report: "Không phát sinh", "Không có"."""
    return isinstance(cell, str) and opening_of(cell) in _NOTHING_OPENS and fold(cell) in _NOTHING


def begins_note(cell: CellValue) -> bool:
    """Tell whether a cell begins a note: "Ghi chú: …"."""
    return isinstance(cell, str) and opening_of(cell) in _NOTES_OPEN and fold(cell.partition(":")[0]) in _NOTES
