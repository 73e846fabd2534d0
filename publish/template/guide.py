"""The first sheet: what the workbook is, what its colours mean and how to fill it in.

No label of the identity stands here: whose report it is, is said where its figures are.
"""

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from program.table import Table
from publish.template.grid import LIST_LINES, may_grow, rows_for, title_height
from publish.template.printing import ALLOWED, set_up_paper
from publish.template.styles import COMPUTED, LINE_POINTS, MISSING, OPTIONAL, REQUIRED, Styles
from publish.template.values import Asked

GUIDE_SHEET = "Hướng dẫn"
_WIDTHS = (24, 86)
_STEPS = (
    "Xem tên đơn vị và kỳ báo cáo đã điền sẵn ở đầu mỗi trang. Nếu không đúng, xin đừng sửa mà báo lại nơi gửi mẫu.",
    "Chọn một ô để xem ghi chú của cột: cần ghi gì, theo đơn vị tính nào.",
    "Gõ số liền nhau, không gõ dấu ngăn hàng nghìn: gõ 2208, Excel tự hiện dấu ngăn. Sau khi gõ số lẻ, xem lại số hiện trong ô.",
    "Chép từ tệp khác thì dán giá trị (Paste Values), để giữ khung, màu và ghi chú của mẫu.",
    "Giữ nguyên tên trang, tiêu đề cột và các dòng của bảng.",
)
_SENDING = (
    "Lưu tệp ở dạng Excel (.xlsx) và gửi chính tệp này. Bản in, ảnh chụp hay PDF không thay được tệp Excel.",
    "Có vướng mắc, xin hỏi cơ quan đã gửi mẫu này. Tệp có chỗ cần sửa thì thư trả lời nêu rõ trang, ô và cách sửa.",
)
_SIGNATURES = (
    ("", "………, ngày …… tháng …… năm ………"),
    ("NGƯỜI LẬP BIỂU", "THỦ TRƯỞNG ĐƠN VỊ"),
    ("(Ký, ghi rõ họ tên)", "(Ký, đóng dấu, ghi rõ họ tên)"),
)


class _Writer:
    """The sheet and the next row to write."""

    def __init__(self, sheet: Worksheet, styles: Styles) -> None:
        self.sheet, self.styles, self.row = sheet, styles, 0

    def section(self, title: str) -> None:
        self.sheet.set_row(self.row, 10)
        self.sheet.merge_range(self.row + 1, 0, self.row + 1, 1, title, self.styles.section)
        self.sheet.set_row(self.row + 1, 22)
        self.row += 2

    def line(self, words: str) -> int:
        """Write `words` in the wide column of the next row; return the row, whose first cell is still free."""
        row, self.row = self.row, self.row + 1
        self.sheet.write_string(row, 1, words, self.styles.words)
        self.sheet.set_row(row, 5 + LINE_POINTS * rows_for(words, _WIDTHS[1]))
        return row


def write_guide(book: xlsxwriter.Workbook, styles: Styles, asked: Asked) -> None:
    """Add the sheet, protected and set up to be printed on one page."""
    sheet = book.add_worksheet(GUIDE_SHEET)
    for at, width in enumerate(_WIDTHS):
        sheet.set_column(at, at, width)
    title = asked.form.title.upper()
    sheet.merge_range(0, 0, 0, 1, title, styles.title)
    sheet.set_row(0, title_height(title, sum(_WIDTHS)))
    sheet.merge_range(1, 0, 1, 1, f"{asked.unit.name} – {asked.period_label}", styles.subtitle)
    writer = _Writer(sheet, styles)
    writer.row = 2
    _write_tables(writer, asked)
    _write_colours(writer)
    writer.section("Cách điền")
    for number, step in enumerate((*asked.form.instructions, *_STEPS), start=1):
        sheet.write_string(writer.line(step), 0, f"{number}.", styles.step)
    writer.section("Gửi báo cáo")
    for words in _SENDING:
        sheet.write_string(writer.line(words), 0, "•", styles.step)
    _write_signatures(writer)
    _set_up(sheet, asked, writer.row)


def _write_tables(writer: _Writer, asked: Asked) -> None:
    writer.section("Các trang cần điền")
    for table in asked.form.tables:
        row = writer.line(f"{table.title}. {_how(table)}")
        place = table.sheet.replace("'", "''")
        writer.sheet.write_url(row, 0, f"internal:'{place}'!A1", writer.styles.link, table.sheet, "Bấm để mở trang này")


def _how(table: Table) -> str:
    """Return how many lines a table has and what they are for."""
    optional = " Không có thì để trống cả trang." if table.optional else ""
    if table.lines:
        return f"Bảng có sẵn {len(table.lines)} dòng, nhập vào các ô tô màu của từng dòng.{optional}"
    more = " Cần thêm thì chèn dòng vào giữa danh sách." if may_grow(table) else ""
    return f"Danh sách, mỗi mục một dòng, có sẵn {LIST_LINES} dòng; dòng không dùng thì để trống.{more}{optional}"


def _write_colours(writer: _Writer) -> None:
    writer.section("Màu của các ô")
    for meaning in (REQUIRED, OPTIONAL, COMPUTED, MISSING):
        writer.sheet.write_string(writer.line(meaning.words), 0, meaning.name, writer.styles.swatch(meaning))


def _write_signatures(writer: _Writer) -> None:
    """Write the places to sign on. They stand here and not below a table, where they would be read as a note."""
    writer.section("Xác nhận (khi cần bản in)")
    writer.row += 1
    for left, right in _SIGNATURES:
        style = writer.styles.signature if right.isupper() else writer.styles.signing
        writer.sheet.write_string(writer.row, 0, left, style)
        writer.sheet.write_string(writer.row, 1, right, style)
        writer.row += 1
    writer.row += 4


def _set_up(sheet: Worksheet, asked: Asked, rows: int) -> None:
    sheet.hide_gridlines(2)
    sheet.set_tab_color("#7B8794")
    set_up_paper(sheet, asked)
    sheet.fit_to_pages(1, 1)
    sheet.print_area(0, 0, rows - 1, 1)
    sheet.protect(options=ALLOWED)
