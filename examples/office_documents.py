"""Write the Word templates of brief and draft letter: `python -m examples.office_documents`.

It also writes two forms as a province may have them, with places to fill in. They are samples: the
columns of the official annexes are unknown to us.

Their layout follows Decree 30/2020/NĐ-CP, Annex I: A4, margins 20, 20, 30 and 15 mm, Times New
Roman. The text between {{ and }} is a tag of docxtpl. A province copies a template into the folder
`documents` of its pack and edits it in Word.
"""

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import xlsxwriter
from docx import Document
from docx.document import Document as DocumentType
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from program.settings import ROOT
from publish.documents.brief import BRIEF
from publish.documents.dispatch import DISPATCH
from publish.documents.fill import with_fixed_times

FOLDER = ROOT / "publish" / "templates" / "documents"
SAMPLE_FORMS = ROOT / "config" / "soc-trang" / "documents" / "forms"
_FONT = "Times New Roman"
_BODY = 13
_HEAD_WIDTHS = (Mm(73), Mm(92))
_NARROW = 60
"""About a millimetre, in twentieths of a point: the brief is one page."""
_CENTRE = WD_ALIGN_PARAGRAPH.CENTER
_BOTH = WD_ALIGN_PARAGRAPH.JUSTIFY
_CREATED = datetime(2024, 1, 1)  # noqa: DTZ001  (python-docx takes naive)


def build() -> Iterator[tuple[Path, bytes]]:
    """Yield each template with its path. The same code gives the same bytes."""
    yield FOLDER / BRIEF, _bytes(_brief())
    yield FOLDER / DISPATCH, _bytes(_dispatch())
    yield SAMPLE_FORMS / "mau-vi-du.quarter.xlsx", _sample_workbook()
    yield SAMPLE_FORMS / "mau-vi-du.quarter.docx", _bytes(_sample_report())


def _brief() -> DocumentType:
    document = _document("Tóm tắt tình hình thực hiện Chương trình")
    _head(document, number="", about="")
    _line(document, "TÓM TẮT TÌNH HÌNH THỰC HIỆN", bold=True, size=14, before=6)
    _line(document, "{{ program }} – {{ province }}", bold=True, size=13)
    _line(document, "Số liệu đến ngày {{ day }}", italic=True, size=12, after=2)
    _text(document, "1. Mục tiêu. ", "{{ targets_sentence }}")
    table = _table(
        document, ("Cần quan tâm nhất", "Thực hiện", "Mục tiêu", "Đánh giá"), (65, 56, 26, 18)
    )
    _repeated_row(
        table,
        "line in targets",
        ("{{ line.name }}", "{{ line.figure }}", "{{ line.target }}", "{{ line.status }}"),
    )
    _text(document, "2. Giải ngân. ", "{{ money_sentence }}", before=6)
    _text(document, "Tỷ lệ thấp nhất: ", "{{ slow_units or 'chưa có số liệu' }}.")
    _text(document, "Vốn còn lại nhiều nhất: ", "{{ money_left or 'chưa có số liệu' }}.")
    _text(document, "3. Đào tạo, tập huấn. ", "{{ training_sentence }}")
    plan_sentence = (
        "{% if without_plan %}{{ without_plan[0] | upper }}{{ without_plan[1:] }}."
        "{% elif not plans %}Chưa có kế hoạch.{% endif %}"
    )
    _text(document, "4. Kế hoạch năm và kết quả. ", plan_sentence)
    _line(document, "{%p if plans %}")
    planned = _table(
        document,
        ("Nội dung", "Kế hoạch", "Thực hiện", "Tỷ lệ"),
        (64, 39, 47, 15),
    )
    _repeated_row(
        planned,
        "plan in plans",
        ("{{ plan.name }}", "{{ plan.plan }}", "{{ plan.result }}", "{{ plan.percent }}"),
    )
    _line(document, "{%p endif %}")
    _text(document, "5. Báo cáo của các đơn vị. ", "{{ reports_sentence }}")
    _text(document, "Còn chờ nhiều nhất: ", "{{ late_units or 'không có đơn vị nào' }}.")
    note = (
        "Đơn vị chưa báo cáo không tính là 0; “n/m đơn vị” là số đơn vị có số liệu trên số đơn vị "
        "phải báo cáo. {% if is_synthetic %}GL: số liệu giả lập. {% endif %}Từng số tra được "
        "đến tệp và ô gốc. {{ notice }}"
    )
    # In the margin at the foot of the page: the page's room is for the figures.
    section = document.sections[0]
    section.footer_distance = Mm(5)
    _run(section.footer.paragraphs[0], note, italic=True, size=9)
    return document


def _dispatch() -> DocumentType:
    document = _document("Công văn đôn đốc báo cáo")
    _number_pages(document)
    _head(document, number="Số:          /", about="V/v đôn đốc gửi báo cáo {{ program }}")
    _line(document, "Kính gửi:", size=_BODY, before=12)
    _line(document, "{%p for receiver in receivers %}", size=_BODY)
    _line(document, "- {{ receiver }}", size=_BODY)
    _line(document, "{%p endfor %}", size=_BODY)
    body = (
        "Thực hiện chế độ báo cáo {{ program_name }}, tính đến ngày {{ day }}, {{ office_name }} "
        "đã nhận được và ghi nhận {{ accepted }}/{{ due }} báo cáo đến hạn. Còn "
        "{{ units_awaited }} đơn vị "
        "{% if missing %}chưa gửi {{ missing }} báo cáo{% endif %}"
        "{% if missing and to_fix %} và {% endif %}"
        "{% if to_fix %}có {{ to_fix }} báo cáo đã gửi cần sửa{% endif %} (danh sách kèm theo).",
        "Để kịp tổng hợp, báo cáo cấp có thẩm quyền, {{ office_name }} đề nghị các đơn vị:",
        "1. {% if missing and to_fix %}Gửi các báo cáo còn thiếu, sửa và gửi lại các báo cáo cần "
        "sửa{% elif missing %}Gửi các báo cáo còn thiếu{% else %}Sửa và gửi lại các báo cáo cần "
        "sửa{% endif %} trước ngày {{ answer_by }}. {% if to_fix %}Ô cần sửa được đánh dấu trong "
        "tệp kèm thư của hệ thống. {% endif %}{% if send_to %}Nơi gửi đến: {{ send_to }}"
        "{% endif %}",
        "2. Kỳ nào không phát sinh số liệu thì đánh dấu “không phát sinh” trong biểu mẫu và gửi "
        "về.",
        "Trong quá trình thực hiện, nếu có vướng mắc, đề nghị liên hệ {{ office_contact }}.",
        "{{ office_name }} đề nghị các đơn vị quan tâm, phối hợp thực hiện./.",
    )
    for number, text in enumerate(body):
        _text(document, "", text, before=12 if number == 0 else 6)
    _signature(document)
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    _line(document, "DANH SÁCH ĐƠN VỊ CHƯA GỬI, CẦN SỬA BÁO CÁO", bold=True, size=14)
    _line(
        document,
        "(Kèm theo Công văn số         /         ngày     tháng     năm     )",
        italic=True,
    )
    table = _table(document, ("STT", "Đơn vị", "Chưa gửi", "Đã gửi, cần sửa"), (14, 42, 69, 40))
    _repeated_row(
        table,
        "unit in units",
        ("{{ unit.number }}", "{{ unit.name }}", "{{ unit.missing }}", "{{ unit.to_fix }}"),
    )
    return document


_SAMPLE_ROWS = (
    ("Kế hoạch vốn (triệu đồng)", "disbursement.plan_total_vnd_total"),
    ("Giải ngân lũy kế (triệu đồng)", "disbursement.disbursed_total_vnd_total"),
    ("Công trình hoàn thành", "works.works_completed"),
    ("Lớp đào tạo, tập huấn", "training.classes_total"),
    ("Người tham dự", "TRN_PARTICIPANTS"),
)
_SAMPLE_NOTE = (
    "MẪU VÍ DỤ của hệ thống, không phải biểu mẫu chính thức: cột của phụ lục chính thức chưa rõ. "
    "Tỉnh thay bằng biểu của mình và đặt tên cho các ô cần điền."
)


def _sample_workbook() -> bytes:
    """Return a workbook whose named cells are filled by the program."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        book.set_properties({"title": "Mẫu ví dụ", "created": _CREATED})
        font: dict[str, object] = {"font_name": _FONT, "font_size": 12, "text_wrap": True}
        plain = book.add_format(font)
        bold = book.add_format({**font, "bold": True, "align": "center"})
        box = book.add_format({**font, "border": 1})
        figure = book.add_format(
            {**font, "border": 1, "num_format": "#,##0.0", "bg_color": "#FFF8DC"}
        )
        sheet = book.add_worksheet("Biểu ví dụ")
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 2, 22)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.merge_range("A1:C1", "BÁO CÁO TỔNG HỢP (MẪU VÍ DỤ)", bold)
        sheet.write("B2", "", plain)
        sheet.merge_range("A3:C3", _SAMPLE_NOTE, plain)
        sheet.set_row(2, 50)
        sheet.write_row("A5", ("Nội dung", "Thực hiện", "Căn cứ"), bold)
        book.define_name("mtqg.period", "='Biểu ví dụ'!$B$2")
        for row, (label, place) in enumerate(_SAMPLE_ROWS, start=6):
            sheet.write(f"A{row}", label, box)
            sheet.write_blank(f"B{row}", None, figure)
            sheet.write_blank(f"C{row}", None, box)
            book.define_name(f"mtqg.{place}", f"='Biểu ví dụ'!$B${row}")
            book.define_name(f"mtqg.{place}.coverage", f"='Biểu ví dụ'!$C${row}")
        sheet.write("A11", "Tỷ lệ giải ngân (%)", box)
        sheet.write_formula("B11", '=IF(N(B6)=0,"",100*B7/B6)', figure, "")
        sheet.write_blank("C11", None, box)
    return written.getvalue()


def _sample_report() -> DocumentType:
    document = _document("Báo cáo ví dụ")
    _head(document, number="Số:          /BC-", about="")
    _line(document, "BÁO CÁO (MẪU VÍ DỤ)", bold=True, size=14, before=6)
    _line(document, "Kết quả thực hiện {{ program }}, {{ period }}", bold=True, after=6)
    _text(document, "", _SAMPLE_NOTE)
    body = (
        "Trong kỳ, tỉnh tổ chức {{ figure('training.classes_total') }} lớp đào tạo, tập huấn với "
        "{{ figure('TRN_PARTICIPANTS') }} người tham dự ({{ coverage('TRN_PARTICIPANTS') }}).",
        "Lũy kế giải ngân {{ figure('disbursement.disbursed_total_vnd_total') }} triệu đồng trên "
        "kế hoạch {{ figure('disbursement.plan_total_vnd_total') }} triệu đồng "
        "({{ coverage('disbursement.plan_total_vnd_total') }}).",
    )
    for text in body:
        _text(document, "", text)
    return document


def _document(title: str) -> DocumentType:
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(20), Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(_BODY)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(0)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "", ""
    properties.created = properties.modified = _CREATED
    properties.last_modified_by = ""
    return document


def _number_pages(document: DocumentType) -> None:
    """Number the pages from the second at the top (Annex I of the decree)."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.header_distance = Mm(10)
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = _CENTRE
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _head(document: DocumentType, *, number: str, about: str) -> None:
    """Add authority and office on the left, Quốc hiệu and Tiêu ngữ on the right."""
    table = document.add_table(rows=2, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    # Quốc hiệu is one line (Annex I of the decree): its texts fill the columns.
    _set_cell_margins(table, 0)
    for row in table.rows:
        for cell, width in zip(row.cells, _HEAD_WIDTHS, strict=True):
            cell.width = width
    for column, width in zip(table.columns, _HEAD_WIDTHS, strict=True):
        column.width = width
    left, right = table.rows[0].cells
    _cell_line(left, "{{ authority }}", size=12, is_first=True)
    _cell_line(left, "{{ office }}", size=12, bold=True)
    _ruled(left, 24)
    _cell_line(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=12, bold=True, is_first=True)
    _cell_line(right, "Độc lập - Tự do - Hạnh phúc", size=13, bold=True)
    _ruled(right, 18)
    left, right = table.rows[1].cells
    _cell_line(left, number, size=13, is_first=True)
    if about:
        _cell_line(left, about, size=12)
        _cell_line(left, "DỰ THẢO", size=12, bold=True)
    _cell_line(right, "{{ place_and_day }}", size=13, italic=True, is_first=True)


def _set_cell_margins(table: Table, twips: int) -> None:
    """Set the space between the text of each cell and its left and right edge."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # The schema wants it behind the layout and before the look.
    properties = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    if look is None:
        properties.append(margins)
    else:
        look.addprevious(margins)


def _signature(document: DocumentType) -> None:
    document.add_paragraph()
    table = document.add_table(rows=1, cols=2)
    left, right = table.rows[0].cells
    first = left.paragraphs[0]
    _run(first, "Nơi nhận:", bold=True, italic=True, size=12)
    for text in ("- Như trên;", "- Lãnh đạo {{ office_name }};", "- Lưu: VT."):
        _run(left.add_paragraph(), text, size=11)
    _cell_line(right, "THỦ TRƯỞNG CƠ QUAN", size=13, bold=True, is_first=True)
    _cell_line(right, "(Chữ ký, dấu)", size=12, italic=True)
    for _ in range(3):
        right.add_paragraph()
    _cell_line(right, "Họ và tên", size=13, bold=True)


def _line(
    document: DocumentType,
    text: str,
    *,
    size: int = _BODY,
    bold: bool = False,
    italic: bool = False,
    before: int = 0,
    after: int = 0,
) -> None:
    """Add a centred line."""
    paragraph = document.add_paragraph()
    paragraph.alignment = _CENTRE
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = (
        Pt(before),
        Pt(after),
    )
    _run(paragraph, text, size=size, bold=bold, italic=italic)


def _text(document: DocumentType, lead: str, text: str, *, before: int = 3) -> None:
    """Add a paragraph of the body, its first words bold."""
    paragraph = document.add_paragraph()
    paragraph.alignment = _BOTH
    paragraph.paragraph_format.first_line_indent = Mm(10)
    paragraph.paragraph_format.space_before = Pt(before)
    if lead:
        _run(paragraph, lead, size=_BODY, bold=True)
    _run(paragraph, text, size=_BODY)


def _table(document: DocumentType, headings: tuple[str, ...], widths: tuple[int, ...]) -> Table:
    table: Table = document.add_table(rows=4, cols=len(headings))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _set_cell_margins(table, _NARROW)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    # LibreOffice goes by the columns, Word by the cells.
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for cell, heading in zip(table.rows[0].cells, headings, strict=True):
        _cell_line(cell, heading, size=11, bold=True, is_first=True)
    # The heading stands on each page again.
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    return table


def _repeated_row(table: Table, loop: str, tags: tuple[str, ...]) -> None:
    """Fill the rows below the heading: the loop's beginning, its row, its end."""
    _run(table.rows[1].cells[0].paragraphs[0], f"{{%tr for {loop} %}}")
    # A row stays on one page.
    table.rows[2]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, tag in zip(table.rows[2].cells, tags, strict=True):
        _run(cell.paragraphs[0], tag, size=11)
    _run(table.rows[3].cells[0].paragraphs[0], "{%tr endfor %}")


def _cell_line(
    cell: _Cell,
    text: str,
    *,
    size: int,
    bold: bool = False,
    italic: bool = False,
    is_first: bool = False,
) -> None:
    paragraph: Paragraph = cell.paragraphs[0] if is_first else cell.add_paragraph()
    paragraph.alignment = _CENTRE
    _run(paragraph, text, size=size, bold=bold, italic=italic)


def _run(
    paragraph: Paragraph, text: str, *, size: int = _BODY, bold: bool = False, italic: bool = False
) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), _FONT
    run.bold, run.italic = bold, italic


def _ruled(cell: _Cell, indent: int) -> None:
    """Draw a line below the text of a cell, `indent` mm from both ends of its column."""
    # An empty paragraph of its own: a border is as wide as its paragraph, not as its text.
    below = cell.add_paragraph()
    below.paragraph_format.left_indent = below.paragraph_format.right_indent = Mm(indent)
    below.paragraph_format.line_spacing = Pt(4)
    rule = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "auto")):
        top.set(qn(f"w:{name}"), value)
    rule.append(top)
    # The schema wants it before spacing and indents.
    below._p.get_or_add_pPr().insert(0, rule)


def _bytes(document: DocumentType) -> bytes:
    written = io.BytesIO()
    document.save(written)
    return with_fixed_times(written.getvalue())


if __name__ == "__main__":
    for path, content in build():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
