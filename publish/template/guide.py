"""First sheet of a template: what the workbook is, what its colours mean and how to fill it in.

It has no label of the report's identity: those are on the sheets with the figures, where the reader
looks for them.
"""

from itertools import chain

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from program.forms.nil_report import NIL_STEP
from program.forms.table import Table
from program.vietnamese import format_date
from publish.template.grid import LIST_LINES, may_grow, rows_for, title_height
from publish.template.printing import ALLOWED, set_up_paper
from publish.template.styles import CONDITIONAL, LEGEND, LINE_POINTS, TemplateStyles
from publish.template.values import Sending, TemplateRecipient

GUIDE_SHEET = "Hướng dẫn"
_WIDTHS = (24, 86)
_STEPS = (
    (
        "Xem tên đơn vị và kỳ báo cáo đã điền sẵn ở đầu mỗi trang."
        " Nếu không đúng, xin đừng sửa mà báo lại nơi gửi mẫu."
    ),
    "Chọn một ô để xem ghi chú của cột: cần ghi gì, theo đơn vị tính nào.",
    (
        "Gõ số liền nhau, không gõ dấu ngăn hàng nghìn: gõ 2208, Excel tự hiện dấu ngăn."
        " Sau khi gõ số lẻ, xem lại số hiện trong ô."
    ),
    "Chép từ tệp khác thì dán giá trị (Paste Values), để giữ khung, màu và ghi chú của mẫu.",
    "Giữ nguyên tên trang, tiêu đề cột và các dòng của bảng.",
    NIL_STEP,
)
_FILE = (
    "Lưu tệp ở dạng Excel (.xlsx) và gửi chính tệp này."
    " Bản in, ảnh chụp hay PDF không thay được tệp Excel."
)
_ANSWER = "Tệp có chỗ cần sửa thì thư trả lời nêu rõ trang, ô và cách sửa."
_NOBODY_NAMED = "Có vướng mắc, xin hỏi cơ quan đã gửi mẫu này."
_SIGNATURES = (
    ("", "………, ngày …… tháng …… năm ………"),
    ("NGƯỜI LẬP BIỂU", "THỦ TRƯỞNG ĐƠN VỊ"),
    ("(Ký, ghi rõ họ tên)", "(Ký, đóng dấu, ghi rõ họ tên)"),
)
_ROWS_TO_SIGN_IN = 4


class _Writer:
    """The sheet and the next row to write."""

    def __init__(self, sheet: Worksheet, styles: TemplateStyles) -> None:
        self.sheet = sheet
        self.styles = styles
        self.row = 0

    def section(self, title: str) -> None:
        """Write a heading, with a narrow empty row above it."""
        self.sheet.set_row(self.row, 10)
        heading = self.row + 1
        self.sheet.merge_range(heading, 0, heading, 1, title, self.styles.section)
        self.sheet.set_row(heading, 22)
        self.row += 2

    def marked_line(self, words: str, mark: str, mark_style: Format) -> None:
        """Write `words` into the wide column of the next row, and `mark` before them."""
        row = self.line(words)
        self.sheet.write_string(row, 0, mark, mark_style)

    def line(self, words: str) -> int:
        """Write `words` into the wide column of the next row; return the row."""
        row = self.row
        self.sheet.write_string(row, 1, words, self.styles.words)
        lines = rows_for(words, _WIDTHS[1])
        self.sheet.set_row(row, 5 + LINE_POINTS * lines)
        self.row += 1
        return row


def write_guide(
    book: xlsxwriter.Workbook, styles: TemplateStyles, asked: TemplateRecipient
) -> None:
    """Add the sheet, protected and set up to be printed on one page."""
    sheet = book.add_worksheet(GUIDE_SHEET)
    for at, width in enumerate(_WIDTHS):
        sheet.set_column(at, at, width)
    title = asked.form.title.upper()
    sheet.merge_range(0, 0, 0, 1, title, styles.title)
    sheet.set_row(0, title_height(title, sum(_WIDTHS)))
    report = f"{asked.unit.name} – {asked.period_label}"
    sheet.merge_range(1, 0, 1, 1, report, styles.subtitle)
    writer = _Writer(sheet, styles)
    writer.row = 2
    _write_tables(writer, asked)
    _write_colours(writer, asked)
    writer.section("Cách điền")
    for number, step in enumerate((*asked.form.instructions, *_STEPS), start=1):
        writer.marked_line(step, f"{number}.", styles.step)
    _write_sending(writer, asked.sending)
    _write_signatures(writer)
    _set_up(sheet, asked, writer.row)


def _write_tables(writer: _Writer, asked: TemplateRecipient) -> None:
    writer.section("Các trang cần điền")
    for table in asked.form.tables:
        row = writer.line(f"{table.title}. {_how_to_fill(table)}")
        quoted = table.sheet.replace("'", "''")
        writer.sheet.write_url(
            row,
            0,
            f"internal:'{quoted}'!A1",
            writer.styles.link,
            table.sheet,
            "Bấm để mở trang này",
        )


def _how_to_fill(table: Table) -> str:
    """Return how many lines a table has and how to fill them in."""
    optional = " Không có thì để trống cả trang." if table.optional else ""
    if table.lines:
        return (
            f"Bảng có sẵn {len(table.lines)} dòng, nhập vào các ô tô màu của từng dòng.{optional}"
        )
    more = " Cần thêm thì chèn dòng vào giữa danh sách." if may_grow(table) else ""
    return (
        f"Danh sách, mỗi mục một dòng, có sẵn {LIST_LINES} dòng;"
        f" dòng không dùng thì để trống.{more}{optional}"
    )


def _write_colours(writer: _Writer, asked: TemplateRecipient) -> None:
    writer.section("Màu của các ô")
    columns = chain.from_iterable(table.columns for table in asked.form.tables)
    has_conditional = any(column.required_where for column in columns)
    for meaning in LEGEND:
        if meaning is CONDITIONAL and not has_conditional:
            continue
        writer.marked_line(meaning.words, meaning.name, writer.styles.swatch(meaning))


def _write_sending(writer: _Writer, sending: Sending | None) -> None:
    """Write by when, where and how to send the workbook, and whom to ask."""
    style = writer.styles.step
    writer.section("Gửi báo cáo")
    if sending is None:
        writer.marked_line(f"{_FILE} {_NOBODY_NAMED} {_ANSWER}", "•", style)
        return
    office = sending.office
    by_mail = f"thư điện tử {office.email}"
    place = sending.place or f"{office.name}, {by_mail}."
    reach = [office.name, by_mail]
    if office.phone:
        reach.insert(1, f"điện thoại {office.phone}")
    writer.marked_line(_deadline(sending), "Hạn gửi:", style)
    writer.marked_line(place, "Nơi gửi:", style)
    writer.marked_line(f"{_FILE} {_ANSWER}", "Cách gửi:", style)
    writer.marked_line(f"{', '.join(reach)}.", "Cần hỏi:", style)


def _deadline(sending: Sending) -> str:
    if sending.deadline is None:
        return "Theo văn bản đề nghị báo cáo."
    day = format_date(sending.deadline)
    if not sending.is_planned:
        return f"{day}."
    return f"Dự kiến {day}; văn bản đề nghị báo cáo ghi hạn khác thì theo văn bản đó."


def _write_signatures(writer: _Writer) -> None:
    """Write the places to sign. Below a table, the reader would take them for notes."""
    writer.section("Xác nhận (khi cần bản in)")
    writer.row += 1
    for left, right in _SIGNATURES:
        style = writer.styles.signature if right.isupper() else writer.styles.signing
        writer.sheet.write_string(writer.row, 0, left, style)
        writer.sheet.write_string(writer.row, 1, right, style)
        writer.row += 1
    writer.row += _ROWS_TO_SIGN_IN


def _set_up(sheet: Worksheet, asked: TemplateRecipient, rows: int) -> None:
    sheet.hide_gridlines(2)
    sheet.set_tab_color("#7B8794")
    set_up_paper(sheet, asked)
    sheet.fit_to_pages(1, 1)
    sheet.print_area(0, 0, rows - 1, 1)
    sheet.protect(options=ALLOWED)
