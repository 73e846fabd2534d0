"""Workbooks made by hand for tests of the reader: the training form as districts send it, with one thing changed."""

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import xlsxwriter
from xlsxwriter.utility import xl_cell_to_rowcol

from connectors.reader.reader import read_delivery
from program.limits import Limits
from program.pack import Pack
from program.reading import Reading, facts_of
from tests.conftest import delivery

Cell = float | str | bool | date | None
Rows = Sequence[Sequence[Cell]]

UNIT, PERIOD = "Huyện Châu Thành", "Quý 4 năm 2024"
IDENTITY: Rows = [["Đơn vị báo cáo:", None, UNIT], ["Mã đơn vị:", None, "942"], ["Kỳ báo cáo:", None, PERIOD]]
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
CLASS = [1, "Lớp A", "Giám sát", "Cấp huyện", "Phú Tân", date(2024, 12, 2), date(2024, 12, 4), 70, "Phòng Dân tộc"]
OTHER_CLASS = [2, "Lớp B", "Đấu thầu", "Cấp xã", "An Hiệp", date(2024, 12, 9), date(2024, 12, 10), 80, None]


class Formula(NamedTuple):
    """A formula and the value that Excel kept beside it; None: nothing ever calculated it."""

    text: str
    value: float | str | None = None


def workbook(*sheets: tuple[str, Rows], merge: Sequence[str] = (), merge_on: int = 0) -> bytes:
    """Return an .xlsx of named sheets, cell by cell; `merge` are ranges of the sheet number `merge_on`."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for number, (name, rows) in enumerate(sheets):
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, Formula):
                        sheet.write_formula(r, c, cell.text, None, "" if cell.value is None else cell.value)
                    elif isinstance(cell, date):
                        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
                        sheet.write_datetime(r, c, moment, day)
                    elif isinstance(cell, str):
                        sheet.write_string(r, c, cell)
                    elif cell is not None:
                        sheet.write(r, c, cell)
            for area in merge if number == merge_on else ():
                row, column = xl_cell_to_rowcol(area.split(":")[0])
                value = rows[row][column] if column < len(rows[row]) else None
                sheet.merge_range(area, "" if value is None else value, day if isinstance(value, date) else None)
    return buffer.getvalue()


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
    *, identity: Rows = IDENTITY, header: Rows = (LIST_HEADER,), lines: Rows = (CLASS, OTHER_CLASS), below: Rows = ()
) -> Rows:
    """Return the rows of the sheet with the list of classes."""
    return [*identity, [], *header, *lines, *below]


def report(levels: Rows | None = None, classes: Rows | None = None, *, merge: Sequence[str] = (), merge_on: int = 0) -> bytes:
    """Return a district's workbook: correct where nothing is given."""
    sheets = [("Tổng hợp", levels or summary()), ("Danh sách lớp", classes or class_list())]
    return workbook(*sheets, merge=merge, merge_on=merge_on)


def read(content: bytes | None, pack: Pack, sender: str | None = None, max_bytes: int = 50_000_000) -> Reading:
    """Return what the reader makes of a workbook."""
    return read_delivery(content, delivery(sender=sender), pack, Limits(delivery_bytes=max_bytes))


def figures(reading: Reading) -> dict[str, float | str | None]:
    """Return every figure of the summary by its element."""
    return {f.element: f.value if f.value is not None else f.text for f in facts_of(reading) if f.line == 0}


def classes(reading: Reading) -> list[dict[str, object]]:
    """Return the classes that were read, without cells that are empty."""
    frame = reading.tables["class_list"].frame
    return [{k: v for k, v in record.items() if v is not None and v == v} for record in frame.to_dict("records")]


def met(reading: Reading, *, without: Sequence[str] = ("FORM-14", "FORM-16")) -> list[tuple[str, str | None]]:
    """Return rule and cell of every problem but those of lines and columns that may be missing."""
    return [(p.rule, p.cell) for p in reading.problems if p.rule not in without]
