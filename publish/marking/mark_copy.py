"""A copy as an .xlsx of a file that is no .xlsx, or one that cannot be changed.

It has the same sheets and cells, with the values that the reader read.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from connectors.reader.open.workbook import CellValue, Sheet
from publish.marking.mark_xlsx import mark_book
from publish.marking.overview import writable
from publish.marking.request import MarkRequest

_FONT = {"font_name": "Times New Roman", "font_size": 12}
_OPTIONS = {"in_memory": True, "nan_inf_to_errors": True, "default_format_properties": _FONT}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
"""Characters that Excel allows in no sheet name."""
_LONGEST_NAME = 31
_LONGEST_NUMBER = len(" (99)")
_LONGEST_TEXT = 32_767
_NARROWEST, _WIDEST = 9, 48
_FORMATS = {
    datetime: "dd/mm/yyyy hh:mm",
    date: "dd/mm/yyyy",
    time: "hh:mm",
    timedelta: "[h]:mm",
}
_CREATED = datetime(2024, 1, 1)  # noqa: DTZ001  (XlsxWriter takes naive)
"""A fixed moment: the same order gives the same bytes."""


def mark_copy(order: MarkRequest, sheets: list[Sheet]) -> bytes:
    """Return a new workbook with the cells of `sheets`, marked with the findings of `order`."""
    names = dict(_names(sheets))
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, dict(_OPTIONS)) as book:
        book.set_properties({"created": _CREATED})
        formats: dict[type, object] = {}
        for kind, number_format in _FORMATS.items():
            properties = {**_FONT, "num_format": number_format}
            formats[kind] = book.add_format(properties)
        for sheet in sheets:
            page = book.add_worksheet(names[sheet.name])
            _write(page, sheet, formats)
    copy = replace(order, content=buffer.getvalue())
    return mark_book(copy, names)


def _names(sheets: list[Sheet]) -> Iterator[tuple[str, str]]:
    """Yield each sheet's name with one that Excel allows and no other sheet has."""
    taken: set[str] = set()
    for sheet in sheets:
        plain = _FORBIDDEN.sub(" ", writable(sheet.name)).strip("' ")
        name = plain[:_LONGEST_NAME] or "Sheet"
        stem = name[: _LONGEST_NAME - _LONGEST_NUMBER]
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem} ({number})"
        taken.add(name.casefold())
        yield sheet.name, name


def _write(page: Worksheet, sheet: Sheet, formats: Mapping[type, object]) -> None:
    for row, cells in enumerate(sheet.rows):
        for column, value in enumerate(cells):
            # The reader gives empty cells as "".
            if value != "":
                _write_value(page, row, column, value, formats)
    for column, width in enumerate(_widths(sheet)):
        page.set_column(column, column, width)
    for first, last in sheet.merged:
        # XlsxWriter refuses to merge a single cell.
        if first == last:
            continue
        page.merge_range(*first, *last, "")
        # merge_range has blanked the value.
        top, left = first
        value = sheet.rows[top][left]
        _write_value(page, top, left, value, formats)
    if sheet.is_hidden:
        page.hide()


def _write_value(
    page: Worksheet,
    row: int,
    column: int,
    value: CellValue,
    formats: Mapping[type, object],
) -> None:
    """Write a value with its own type. A text stays a text even if it begins with "="."""
    # bool is a subclass of int: it comes first.
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    elif isinstance(value, date | time | timedelta):
        number_format = formats[type(value)]
        page.write_datetime(row, column, value, number_format)
    else:
        text = writable(str(value))
        # A cell of Excel holds no longer text.
        page.write_string(row, column, text[:_LONGEST_TEXT])


def _widths(sheet: Sheet) -> Iterator[int]:
    """Yield each column's width in letters: its longest text, titles and other long ones apart."""
    columns = len(sheet.rows[0]) if sheet.rows else 0
    for column in range(columns):
        longest = 0
        for row in sheet.rows:
            length = len(str(row[column]))
            if length <= _WIDEST:
                longest = max(longest, length)
        yield max(_NARROWEST, longest + 2)
