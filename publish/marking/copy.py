"""What is no .xlsx, or one that cannot be changed, laid out as one: the same sheets, the same cells, the values as read."""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from connectors.reader.workbook import CellValue, Sheet
from publish.marking.book import mark_book
from publish.marking.order import Order
from publish.marking.overview import writable

_FONT = {"font_name": "Times New Roman", "font_size": 12}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME, _LONGEST_TEXT = 31, 32_767
_WIDEST, _NARROWEST = 48, 9
_FORMATS = {datetime: "dd/mm/yyyy hh:mm", date: "dd/mm/yyyy", time: "hh:mm", timedelta: "[h]:mm"}


def mark_copy(order: Order, sheets: list[Sheet]) -> bytes:
    """Return a new workbook with the cells of `sheets` and the findings of `order` marked at them."""
    names = dict(_names(sheets))
    buffer = io.BytesIO()
    options = {"in_memory": True, "nan_inf_to_errors": True, "default_format_properties": _FONT}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": datetime(2024, 1, 1)})  # noqa: DTZ001  (XlsxWriter takes naive)
        formats = {kind: book.add_format({**_FONT, "num_format": form}) for kind, form in _FORMATS.items()}
        for sheet in sheets:
            _write(book.add_worksheet(names[sheet.name]), sheet, formats)
    return mark_book(replace(order, content=buffer.getvalue()), names)


def _names(sheets: list[Sheet]) -> Iterator[tuple[str, str]]:
    """Yield each sheet's name with one that Excel takes and no other sheet has."""
    taken: set[str] = set()
    for sheet in sheets:
        plain = _FORBIDDEN.sub(" ", writable(sheet.name)).strip("' ")[:_LONGEST_NAME] or "Sheet"
        numbered = (f"{plain[: _LONGEST_NAME - 5]} ({n})" for n in range(2, len(sheets) + 3))
        name = next(n for n in (plain, *numbered) if n.casefold() not in taken)
        taken.add(name.casefold())
        yield sheet.name, name


def _write(page: Worksheet, sheet: Sheet, formats: Mapping[type, object]) -> None:
    for row, cells in enumerate(sheet.rows):
        for column, value in enumerate(cells):
            if value != "":
                _write_value(page, row, column, value, formats)
    for column, width in enumerate(_widths(sheet)):
        page.set_column(column, column, width)
    for (top, left), (bottom, right) in sheet.merged:
        if (top, left) != (bottom, right):
            page.merge_range(top, left, bottom, right, "")
            _write_value(page, top, left, sheet.rows[top][left], formats)
    if sheet.is_hidden:
        page.hide()


def _write_value(page: Worksheet, row: int, column: int, value: CellValue, formats: Mapping[type, object]) -> None:
    """Write a value as what it is. A text stays a text, also one that begins as a formula does."""
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    elif isinstance(value, date | time | timedelta):
        page.write_datetime(row, column, value, formats[type(value)])
    else:
        page.write_string(row, column, writable(str(value))[:_LONGEST_TEXT])


def _widths(sheet: Sheet) -> Iterator[int]:
    """Yield how wide each column should be for its shorter texts to be seen whole; a title may run over."""
    for column in range(len(sheet.rows[0]) if sheet.rows else 0):
        longest = max((len(str(row[column])) for row in sheet.rows if len(str(row[column])) <= _WIDEST), default=0)
        yield max(_NARROWEST, longest + 2)
