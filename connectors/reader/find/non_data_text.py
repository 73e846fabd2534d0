"""Words on a sheet that are neither label nor data: measures, numberings, totals, groups, notes."""

import re
import unicodedata
from enum import StrEnum
from itertools import pairwise

from connectors.reader.open.workbook import CellValue
from connectors.reader.values.money import fold_money, money_measure, names_money
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.forms.table import Column, ColumnType
from program.labels import fold, opening_of, openings_of, without_brackets

_HARMLESS = {"", "neu co", "tong so", "tong", "so luong", "ghi so"}
_MEASURE_OF = re.compile(r"^(?:dvt|don vi tinh|don vi) ")
_NUMBERED = re.compile(r"[0-9]{1,2}(?: [0-9]{1,2})*|[a-h]")
_NUMBERING = re.compile(r"\(?(?P<number>[0-9]{1,2}|[A-Za-z])\)?(?:\s*=.*)?\)?")
_FEWEST_NUMBERS = 3
"""How many columns a numbering counts at least."""

_TOTALS = {"tong", "tong cong", "tong so", "cong"}

# The names of groups of lines: "Cộng xã A", "II. Dự án 4". "Dự án nuôi bò" has no number and is
# the name of a line. "Áp dụng", "Phương tiện" and "Xã hội hóa" begin like a hamlet, a ward and
# a commune once their marks are gone.
_GROUP = re.compile(
    r"(?!ap dung|phuong (?:tien|phap|an|thuc)|xa hoi)"
    r"(?:xa|phuong|thi tran|huyen|thi xa|thanh pho|ap|khom|linh vuc) .+"
    r"|(?:nhom|muc|phan) (?:[0-9]{1,2}|[ivx]{1,5}|[a-h])\b.*|cap (?:tinh|huyen|xa)"
    r"|(?:(?:tieu )?du an|t?da) ?[0-9]{1,2}\b.*"
)
_GROUP_NUMBER = re.compile(r"\s*(?:[IVX]{1,5}|[A-H])(?:[.)/]?$|[.)/]\s*)")
_FOLDED_NUMBER = re.compile(r"[ivx]{1,5}|[a-h]")
_SUM = re.compile(r"(?:tong cong|tong so|tong|cong)(?: cua)? (?P<of>.+)")

# "Công trình", "Cộng đồng" and "Tổng kết" begin like a sum: once their marks are gone, or as words
# of two syllables.
_SUM_WORDS = ("tổng", "cộng")
_OTHER_WORDS = ("dong", "ket", "hop", "quan", "the", "tac")
_LONGEST_GROUP = 100

_NO = "khong"
_NOTHING = {
    _NO,
    "khong co",
    "khong phat sinh",
    "khong co phat sinh",
    "khong co so lieu",
    "khong phat sinh so lieu",
    "khong co so lieu phat sinh",
    "chua co",
    "chua phat sinh",
}
# Words around them that say when or where: "Trong quý 1 năm 2025 đơn vị không có phát sinh".
_WHEN = (
    "trong",
    "ky",
    "quy",
    "nam",
    "thang",
    "nay",
    "bao",
    "cao",
    "don",
    "vi",
    "tai",
    "huyen",
    "xa",
)
_AROUND = {*_WHEN, "i", "ii", "iii", "iv", "noi", "dung", "moi", "nao"}
_NOTES = {"ghi chu", "luu y", "chu thich", "nguon", "nguon so lieu"}
# Who made or signed a report: "Người lập biểu", "KT. CHỦ TỊCH", "Thủ trưởng đơn vị".
_SIGNATURE = re.compile(
    r"nguoi (?:lap|tong hop|bao cao)(?: bieu| bao cao)?|ky ten.*|noi nhan"
    r"|(?:(?:kt|tm|tl|tuq) )?(?:uy ban nhan dan|ubnd|(?:pho )?chu tich|(?:pho )?truong phong"
    r"|(?:pho )?(?:giam doc|truong ban)|thu truong)(?: (?:don vi|co quan|ubnd|huyen|xa|phong)\b.*)?"
)
_SIGNED_ON = re.compile(r"ngay(?: [0-9]+)? thang(?: [0-9]+)? nam(?: [0-9]+)?")
"""The day above a signature: "Sóc Trăng, ngày 05 tháng 01 năm 2025"; parts of it may be open."""
_LONGEST_SIGNATURE = 60
_GROUP_WORDS = (
    "xa",
    "phuong",
    "thi",
    "huyen",
    "thanh",
    "ap",
    "khom",
    "linh",
    "nhom",
    "muc",
    "phan",
    "cap",
    "du",
    "tieu",
    "tda",
)

# How these words begin. Most cells are excluded by that, before anything is folded.
_TOTALS_OPEN = openings_of(_TOTALS)
NOTHING_OPENS = openings_of((*_NOTHING, *_WHEN))
_NOTES_OPEN = openings_of(_NOTES)
_NUMBERED_GROUPS_OPEN = {f"da{number}" for number in range(10)}
_GROUPS_OPEN = openings_of((*_TOTALS, *_GROUP_WORDS)) | _NUMBERED_GROUPS_OPEN
_NO_LINE_OPENS = _TOTALS_OPEN | NOTHING_OPENS | _NOTES_OPEN | _GROUPS_OPEN


def is_remark(text: str, column: Column) -> bool:
    """Tell whether words in brackets after a column's label leave its meaning unchanged.

    A measure and a numbering do: "Số người (người)" is "Số người". "Số người (nữ)" is another
    figure. In a column without figures any words are a remark.
    """
    if not column.type.is_numeric:
        return True
    folded = _MEASURE_OF.sub("", fold_money(text))
    if folded in _HARMLESS or folded == fold(column.measure) or _NUMBERED.fullmatch(folded):
        return True
    return column.type is ColumnType.MONEY and money_measure(folded) is not None


def is_measure_row(cells: list[CellValue], columns: list[Column]) -> bool:
    """Tell whether the filled cells of a row under a header are measures: (người) (triệu đồng).

    `cells` holds one cell for each of `columns`.
    """
    texts: list[tuple[str, Column]] = []
    for cell, column in zip(cells, columns, strict=True):
        if is_empty(cell):
            continue
        if not isinstance(cell, str):
            return False
        texts.append((text_of_cell(cell), column))
    if not texts:
        return False
    if all(_is_in_brackets(text) for text, _ in texts):
        # A single text in brackets may be a line of a column of words.
        _, only_column = texts[0]
        return len(texts) > 1 or only_column.type is not ColumnType.TEXT
    return all(_is_measure(text, column) for text, column in texts)


def _is_in_brackets(text: str) -> bool:
    return text.startswith("(") and text.endswith(")")


def _is_measure(text: str, column: Column) -> bool:
    """Tell whether a text without brackets is a measure of a column of figures."""
    if not column.type.is_numeric or not text[:1].isalpha():
        return False
    return is_remark(text, column) or names_money(text)


def is_numbering_row(cells: list[CellValue]) -> bool:
    """Tell whether the filled cells of a row under a header only number its columns.

    Examples are (1) (2) (3=1+2), and A B 1 2.
    """
    counted: list[int] = []
    for cell in cells:
        if is_empty(cell):
            continue
        number = _number_of(cell)
        if number is None:
            return False
        if number:
            counted.append(number)
    if len(counted) < _FEWEST_NUMBERS or counted[0] > 3:
        return False
    # A number may be left out: a column that the form does not have.
    return all(0 < after - before <= 2 for before, after in pairwise(counted))


def is_numbering(cell: CellValue) -> bool:
    """Tell whether a cell is a column's number or letter: 1, (2), (3=1+2), A."""
    return _number_of(cell) is not None


def _number_of(cell: CellValue) -> int | None:
    """Return the number of a numbering's cell, 0 for a letter, None for anything else."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        # No form has a hundred columns. A larger figure is data.
        is_number = 0 < cell < 100 and float(cell).is_integer()
        return int(cell) if is_number else None
    if not isinstance(cell, str):
        return None
    match = _NUMBERING.fullmatch(text_of_cell(cell))
    if match is None:
        return None
    if not match["number"].isdigit():
        return 0
    return int(match["number"])


def is_total(cell: CellValue) -> bool:
    """Tell whether a cell says that its row adds up the rows above it."""
    if not isinstance(cell, str) or opening_of(cell) not in _TOTALS_OPEN:
        return False
    return fold(without_brackets(cell)) in _TOTALS or fold(cell).startswith("tong cong ")


class GroupWords(StrEnum):
    """What the first words of a row say about a group of lines."""

    SUM = "sum"
    """The row adds up a group: "Cộng Dự án 1", "Tổng xã A"."""
    LIKELY_SUM = "likely sum"
    """The words begin like a sum, but name no known group: "Cộng Mỹ Xuyên"."""
    HEADING = "heading"
    """The row is the heading of a group: "I. Xã Đại Tâm", "Dự án 4", "II"."""


def group_words(text: str) -> GroupWords | None:
    """Return what the first words of a row say about a group of lines; None for nothing."""
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
    return _sum_words(text, match["of"])


def _sum_words(text: str, group: str) -> GroupWords | None:
    """Return what a text says that begins like the sum of `group`; None for nothing."""
    if _GROUP.fullmatch(group) or _FOLDED_NUMBER.fullmatch(group):
        return GroupWords.SUM
    if _begins_as_sum(text) and not group.startswith(_OTHER_WORDS):
        return GroupWords.LIKELY_SUM
    return None


def _begins_as_sum(text: str) -> bool:
    """Tell whether a text begins with a word for a sum, with its marks."""
    composed = unicodedata.normalize("NFC", text)
    return composed.casefold().lstrip().startswith(_SUM_WORDS)


def is_ordinary(text: str) -> bool:
    """Tell whether words certainly begin no sum, no group and no note, nor say "nothing".

    This is true of most words, and cheap.
    """
    return opening_of(text) not in _NO_LINE_OPENS and not _GROUP_NUMBER.match(text)


def says_nothing(cell: CellValue) -> bool:
    """Tell whether a cell says that there is nothing to report: "Không phát sinh", "Không có"."""
    if not isinstance(cell, str) or opening_of(cell) not in NOTHING_OPENS:
        return False
    if len(cell) > _LONGEST_GROUP:
        return False
    folded = fold(cell)
    kept = [word for word in folded.split() if word not in _AROUND and not word.isdigit()]
    answer = " ".join(kept)
    # "Không" beside other words is an answer, or a name.
    if answer == _NO and folded != _NO:
        return False
    return answer in _NOTHING


def begins_signature(text: str) -> bool:
    """Tell whether a text is the first of a signature: "Người lập biểu", "KT. CHỦ TỊCH".

    A sentence is none, whatever it begins with.
    """
    if len(text) > _LONGEST_SIGNATURE or text.rstrip().endswith((".", ";")):
        return False
    if _SIGNATURE.fullmatch(fold(text)):
        return True
    _place, _comma, day = text.rpartition(",")
    return _SIGNED_ON.fullmatch(fold(day)) is not None


def begins_note(cell: CellValue) -> bool:
    """Tell whether a cell begins a note: "Ghi chú: …"."""
    if not isinstance(cell, str) or opening_of(cell) not in _NOTES_OPEN:
        return False
    first_words = cell.partition(":")[0]
    return fold(first_words) in _NOTES
