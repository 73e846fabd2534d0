"""Formats of a template's cells: one font, and a colour for each kind of cell.

Decree 30/2020/NĐ-CP, Annex I, asks for Times New Roman in administrative documents, and every
office has it.
"""

from typing import NamedTuple

import xlsxwriter
from xlsxwriter.format import Format

from program.finding import Severity
from program.forms.table import Column, ColumnType
from publish.finding_colours import FINDING_COLOURS

FONT = {"font_name": "Times New Roman", "font_size": 12}
DEFAULT_COLUMN_PIXELS = 72
"""Excel's own column width in this font. XlsxWriter computes the width of a digit from it."""
DEFAULT_ROW_PIXELS = 25
"""The height of a row without one of its own: more than its text needs, to be easy to click."""
LINE_POINTS = 16
"""The height of one line of text."""
_EDGE: dict[str, object] = {"border": 1, "border_color": "#8A94A0", "valign": "vcenter"}
_GREY = "#52606D"
# "_)" keeps a bracket's width between figures and the border.
_NUMBER_FORMAT = "#,##0.######_)"
WHOLE_FORMAT = "#,##0_)"
_FORMATS = {
    ColumnType.DATE: "dd/mm/yyyy",
    ColumnType.TEXT: "@",
    ColumnType.COMMUNE: "@",
    ColumnType.UNITS: "@",
}


def _plain(argb: str) -> str:
    """Return a colour as XlsxWriter takes it, without the transparency before it."""
    return f"#{argb[2:]}"


class Meaning(NamedTuple):
    """What a colour means: `name` is printed in the coloured cell, `words` beside it."""

    colour: str
    name: str
    words: str


REQUIRED = Meaning("#B7E1B0", "Bắt buộc nhập", "Dòng nào có số liệu thì những ô này phải nhập đủ.")
CONDITIONAL = Meaning(
    "#DDE8A4",
    "Bắt buộc tùy dòng",
    "Bắt buộc ở một số dòng; chọn ô để xem ghi chú cho biết dòng nào.",
)
OPTIONAL = Meaning(
    "#F0F8EE",
    "Nhập nếu có",
    "Không có số liệu thì để trống; chỉ ghi số 0 khi biết chắc là không có.",
)
COMPUTED = Meaning(
    "#E0E0E0",
    "Tự tính",
    "Công thức có sẵn, không nhập vào được. Nếu tổng sai, sửa ở các ô thành phần.",
)
MISSING = Meaning(
    "#D7B8E8",
    "Còn thiếu",
    "Dòng đã có số liệu nhưng ô bắt buộc này còn trống. Nhập vào thì hết màu.",
)
TO_CORRECT = Meaning(
    _plain(FINDING_COLOURS[Severity.CRITICAL]),
    "Cần sửa",
    "Chỉ có ở bản đánh dấu mà hệ thống gửi lại: số liệu chưa được ghi cho đến khi sửa.",
)
TO_CHECK = Meaning(
    _plain(FINDING_COLOURS[Severity.WARNING]),
    "Cần kiểm tra",
    "Chỉ có ở bản đánh dấu mà hệ thống gửi lại: số liệu đã được ghi, xin kiểm tra lại.",
)
LEGEND = (REQUIRED, CONDITIONAL, OPTIONAL, COMPUTED, MISSING, TO_CORRECT, TO_CHECK)
"""Every colour that a cell of a template may have, a copy that was marked included."""


def meaning_of(column: Column) -> Meaning:
    """Return what the colour of a column's cells to fill in means."""
    if column.required:
        return REQUIRED
    return CONDITIONAL if column.required_where else OPTIONAL


class TemplateStyles:
    """The cell formats of a workbook, each added once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, object], ...], Format] = {}
        self.title = self.of(
            bold=True, font_size=14, text_wrap=True, align="center", valign="vcenter"
        )
        self.subtitle = self.of(bold=True, text_wrap=True, align="center", valign="vcenter")
        self.period = self.of(italic=True, align="center", valign="top")
        self.identity = self.of(bold=True, valign="vcenter")
        self.header = self.of(
            **_EDGE, bold=True, bg_color="#D5DCE4", text_wrap=True, align="center"
        )
        self.measure = self.of(**_EDGE, italic=True, font_size=11, font_color=_GREY, align="center")
        self.numbering = self.of(
            **_EDGE, italic=True, font_size=10, font_color=_GREY, align="center", shrink=True
        )
        self.ordinal = self.of(**_EDGE, align="center", font_color=_GREY)
        self.nil_label = self.of(
            italic=True, text_wrap=True, align="right", valign="vcenter", indent=1
        )
        self.nil_tick = self.of(
            **_EDGE, bold=True, align="center", bg_color=OPTIONAL.colour, locked=False
        )
        self.note = self.of(italic=True, text_wrap=True, valign="top")
        self.words = self.of(text_wrap=True, align="left", valign="vcenter", indent=1)
        self.section = self.of(bold=True, bottom=1, bottom_color="#8A94A0", valign="vcenter")
        self.step = self.of(align="right", valign="vcenter", indent=1, font_color=_GREY)
        self.link = self.of(font_color="#0B5394", underline=1, align="left", valign="top", indent=1)
        self.signature = self.of(bold=True, align="center")
        self.signing = self.of(italic=True, align="center")

    def of(self, **properties: object) -> Format:
        """Return the format with these properties, in the words of XlsxWriter."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(properties)
        return self._made[key]

    def swatch(self, meaning: Meaning) -> Format:
        """Return the format of a cell that shows a colour with its name."""
        return self.of(**_EDGE, bg_color=meaning.colour, align="center", font_size=11)

    def line(self, depth: int, *, is_total: bool) -> Format:
        """Return the format of a matrix line's label, indented by the line's depth."""
        properties = {**_EDGE, "bold": is_total, "indent": 1 + 2 * depth, "text_wrap": True}
        if is_total:
            properties["bg_color"] = COMPUTED.colour
        return self.of(**properties)

    def entry(self, column: Column, *, is_bold: bool) -> Format:
        """Return the format of a cell to fill in."""
        # The sheet is protected: only these cells are unlocked.
        colour = meaning_of(column).colour
        properties = {**_EDGE, **_content(column), "bg_color": colour, "locked": False}
        return self.of(**properties, bold=is_bold)

    def total(self, column: Column, *, is_bold: bool) -> Format:
        """Return the format of a cell that Excel computes."""
        properties = {**_EDGE, **_content(column), "bg_color": COMPUTED.colour}
        return self.of(**properties, bold=is_bold)

    def sums(self) -> Format:
        """Return the format of the cells beside a list's sums."""
        return self.of(**_EDGE, bg_color=COMPUTED.colour, bold=True, align="center")


def _content(column: Column) -> dict[str, object]:
    """Return the properties of a column's values: number format and alignment."""
    if column.type.is_numeric:
        return {"num_format": _NUMBER_FORMAT}
    properties: dict[str, object] = {}
    if column.type in _FORMATS:
        properties["num_format"] = _FORMATS[column.type]
    if column.type is ColumnType.DATE:
        properties["align"] = "center"
    else:
        properties["text_wrap"] = True
        properties["indent"] = 1
    if column.text_rows > 1:
        # XlsxWriter drops the indent of a text at the top unless it is said to be on the left.
        properties |= {"valign": "top", "align": "left"}
    return properties
