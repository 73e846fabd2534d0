"""Workbooks made by hand for tests of the reader: the training form as districts send it, with one thing changed."""

import io
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

import openpyxl
import xlsxwriter
from openpyxl.styles import Font
from xlsxwriter.utility import xl_cell_to_rowcol

from connectors.reader.find.layout import matches
from connectors.reader.reader import read_parts
from program.calendar.period import Period
from program.forms.form import Form
from program.forms.table import Table
from program.limits import Limits
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
from tests.conftest import delivery

Cell = float | str | bool | date | None
Rows = Sequence[Sequence[Cell]]

UNIT, PERIOD = "Huyện Châu Thành", "Quý 4 năm 2024"
IDENTITY: Rows = [
    ["Đơn vị báo cáo:", None, UNIT],
    ["Mã đơn vị:", None, "942"],
    ["Kỳ báo cáo:", None, PERIOD],
]
HEADER = [
    "Cấp tổ chức",
    "Số lớp",
    "Số người tham dự",
    "Trong đó: nữ",
    "Trong đó: người DTTS",
    "Cán bộ",
    "Cộng đồng",
    "Số ngày",
    "Kinh phí kế hoạch",
    "Kinh phí thực hiện",
]
MEASURES = [None, "(lớp)", *["(người)"] * 5, "(ngày)", "(triệu đồng)", "(triệu đồng)"]
DISTRICT = ["Cấp huyện", 2, 120, 50, 60, 20, 100, 4, 152.3, 150]
COMMUNE = ["Cấp xã", 1, 30, 10, 15, 5, 25, 2, 20, 20]
TOTAL = ["Tổng cộng", 3, 150, 60, 75, 25, 125, 6, 172.3, 170]
LIST_HEADER = [
    "STT",
    "Tên lớp",
    "Nội dung",
    "Cấp tổ chức",
    "Địa điểm",
    "Từ ngày",
    "Đến ngày",
    "Số người tham dự",
    "Đơn vị tổ chức",
]
CLASS = [
    1,
    "Lớp A",
    "Giám sát",
    "Cấp huyện",
    "Phú Tân",
    date(2024, 12, 2),
    date(2024, 12, 4),
    70,
    "Phòng Dân tộc",
]
OTHER_CLASS = [
    2,
    "Lớp B",
    "Đấu thầu",
    "Cấp xã",
    "An Hiệp",
    date(2024, 12, 9),
    date(2024, 12, 10),
    80,
    None,
]


def without_further_columns(pack: Pack) -> Pack:
    """Return the pack with the training form of these workbooks: its columns without those that were added since.

    Tests of the reader are about workbooks, cell by cell: a column more in the pack's form is one that none of them has.
    """
    return replace(
        pack,
        forms=tuple(
            _as_in_workbooks(form) if form.code == "training" else form for form in pack.forms
        ),
    )


def _as_in_workbooks(form: Form) -> Form:
    headers = {"levels": HEADER, "class_list": LIST_HEADER}
    tables: list[Table] = []
    for table in form.tables:
        if table.name in headers:
            tables.append(_with_columns(table, headers[table.name]))
        elif table.is_words_only:
            tables.append(table)
    return form.model_copy(update={"tables": tuple(tables)})


def _with_columns(table: Table, header: Sequence[str]) -> Table:
    columns = tuple(
        column for column in table.columns if any(matches(label, column) for label in header)
    )
    assert len(columns) == len(header) - 1, (
        f"{table.name}: expected the columns {', '.join(header[1:])}"
    )
    names = {column.name for column in columns}
    summaries = {
        name: each for name, each in table.summaries.items() if {each.column, *each.where} <= names
    }
    return table.model_copy(update={"columns": columns, "summaries": summaries})


class Formula(NamedTuple):
    """A formula and the value that Excel kept beside it; None: nothing ever calculated it."""

    text: str
    value: float | str | None = None


def workbook(*sheets: tuple[str, Rows], merge: Sequence[str] = (), merge_on: int = 0) -> bytes:
    """Return an .xlsx of named sheets, cell by cell.

    `merge` are ranges of the sheet number `merge_on`.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for number, (name, rows) in enumerate(sheets):
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, Formula):
                        sheet.write_formula(
                            r, c, cell.text, None, "" if cell.value is None else cell.value
                        )
                    elif isinstance(cell, date):
                        moment = (
                            cell
                            if isinstance(cell, datetime)
                            else datetime(cell.year, cell.month, cell.day)
                        )
                        sheet.write_datetime(r, c, moment, day)
                    elif isinstance(cell, str):
                        sheet.write_string(r, c, cell)
                    elif cell is not None:
                        sheet.write(r, c, cell)
            for area in merge if number == merge_on else ():
                row, column = xl_cell_to_rowcol(area.split(":")[0])
                value = rows[row][column] if column < len(rows[row]) else None
                sheet.merge_range(
                    area, "" if value is None else value, day if isinstance(value, date) else None
                )
    return buffer.getvalue()


def hiding(
    content: bytes,
    sheet: str,
    *,
    rows: Sequence[int] = (),
    columns: Sequence[str] = (),
    is_sheet: bool = False,
) -> bytes:
    """Return an .xlsx with rows, columns or the whole of a sheet hidden."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in rows:
        book[sheet].row_dimensions[row].hidden = True
    for column in columns:
        book[sheet].column_dimensions[column].hidden = True
    book[sheet].sheet_state = "hidden" if is_sheet else "visible"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_macros(content: bytes) -> bytes:
    """Return an .xlsx with a project of macros in it, as an .xlsm has one."""
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as package:
        package.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
    return buffer.getvalue()


def in_old_font(content: bytes, font: str, *, letters_only: bool = False) -> bytes:
    """Return an .xlsx as one types it in a font of before Unicode.

    `letters_only` leaves the font unsaid.
    """
    write = old_vni if font.startswith("VNI") else old_tcvn3
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.value = write(cell.value.lower() if font.endswith("H") else cell.value)
                    cell.font = Font(name="Arial" if letters_only else font)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def old_tcvn3(text: str) -> str:
    """Return a text as TCVN3 stores it.

    A capital with a tone has no place there: its letter stays lower case.
    """
    letters = (
        _TCVN3.get(c) or _TCVN3.get(c.lower()) or c for c in unicodedata.normalize("NFC", text)
    )
    return "".join(letters)


def old_vni(text: str) -> str:
    """Return a text as VNI-Windows stores it."""
    return "".join(_vni(c) for c in unicodedata.normalize("NFC", text))


def _vni(letter: str) -> str:
    lower = letter.lower()
    alone = {
        "đ": "ñ",
        "ơ": "ô",
        "ư": "ö",
        "ì": "ì",
        "í": "í",
        "ĩ": "ó",
        "ỉ": "æ",
        "ị": "ò",
        "ỵ": "î",
    }
    if lower in alone:
        stored = alone[lower]
    else:
        vowel, *marks = unicodedata.normalize("NFD", lower)
        over = {"\u0302": "âàáãåä", "\u0306": "êèéüúë"}
        tones = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
        if vowel in "ou" and "\u031b" in marks:
            vowel = {"o": "ô", "u": "ö"}[vowel]
            marks.remove("\u031b")
        hat = next((over[m] for m in marks if m in over), " øùõûï")
        tone = next((m for m in marks if m in tones), "")
        stored = vowel + hat[tones.index(tone)].strip() if marks else vowel
    return stored.upper() if letter != lower else stored


# TCVN 5712:1993, VN3, as `iconv -f TCVN5712-1` has it (glibc 2.36), without the capitals that only
# VN1 has.
_TCVN3 = dict(
    zip(
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        "¡¢£¤¥¦§¨©ª«¬\xad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        strict=True,
    )
)


def summary(
    *,
    identity: Rows = IDENTITY,
    header: Rows = (HEADER, MEASURES),
    lines: Rows = (DISTRICT, COMMUNE, TOTAL),
    below: Rows = (),
) -> Rows:
    """Return the rows of the summary's sheet."""
    return [*identity, [], *header, *lines, *below]


def class_list(
    *,
    identity: Rows = IDENTITY,
    header: Rows = (LIST_HEADER,),
    lines: Rows = (CLASS, OTHER_CLASS),
    below: Rows = (),
) -> Rows:
    """Return the rows of the sheet with the list of classes."""
    return [*identity, [], *header, *lines, *below]


def report(
    levels: Rows | None = None,
    classes: Rows | None = None,
    *,
    merge: Sequence[str] = (),
    merge_on: int = 0,
) -> bytes:
    """Return a district's workbook: correct where nothing is given."""
    sheets = [("Tổng hợp", levels or summary()), ("Danh sách lớp", classes or class_list())]
    return workbook(*sheets, merge=merge, merge_on=merge_on)


def read(
    content: bytes | None,
    pack: Pack,
    sender: str | None = None,
    max_bytes: int = 50_000_000,
    period: Period | None = None,
) -> ParsedReport:
    """Return what the reader makes of a workbook of one report.

    It came after `period`, where that is given.
    """
    (reading,) = read_all(content, pack, sender, max_bytes, period)
    return reading


def read_all(
    content: bytes | None,
    pack: Pack,
    sender: str | None = None,
    max_bytes: int = 50_000_000,
    period: Period | None = None,
) -> list[ParsedReport]:
    """Return what the reader makes of a workbook, a reading for each report in it."""
    return read_parts(
        content, delivery(sender=sender, period=period), pack, Limits(delivery_bytes=max_bytes)
    )


def figures(reading: ParsedReport) -> dict[str, float | str | None]:
    """Return every figure of the summary by its element."""
    return {
        f.element: f.value if f.value is not None else f.text
        for f in facts_of(reading)
        if f.line == 0
    }


def facts(reading: ParsedReport) -> set[tuple[str, int, str | None, float | None, str | None]]:
    """Return every fact of a reading: element, line, cell, value and text."""
    return {(f.element, f.line, f.cell, f.value, f.text) for f in facts_of(reading)}


def classes(reading: ParsedReport) -> list[dict[str, object]]:
    """Return the classes that were read, without cells that are empty."""
    frame = reading.tables["class_list"].frame
    return [
        {k: v for k, v in record.items() if v is not None and v == v}
        for record in frame.to_dict("records")
    ]


def met(
    reading: ParsedReport, *, without: Sequence[str] = ("FORM-14", "FORM-16")
) -> list[tuple[str, str | None]]:
    """Return rule and cell of every problem but those of lines and columns that may be missing."""
    return [(p.rule, p.cell) for p in reading.problems if p.rule not in without]
