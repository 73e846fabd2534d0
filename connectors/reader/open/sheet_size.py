"""Read the size and the errors of each sheet of an .xlsb or .ods before calamine lays it out.

Two values in opposite corners, or one value that is "repeated" down and across, make a small
file that takes gigabytes as cells. calamine gives cells with an error as empty (python-calamine
0.9.1, 2026-11-23).
"""

import html
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from connectors.reader.open.signatures import unpacked

Extent = tuple[int, int]
"""Rows and columns from A1 to the last cell."""
Corner = tuple[int, int]
"""The 0-based row and column of a cell."""


@dataclass(slots=True)
class SheetScan:
    """What is known of a sheet before calamine reads it; rows and columns of cells are 0-based.

    Attributes:
        rows: how many rows there are from A1 to the last cell.
        columns: how many columns there are.
        errors: the error that a cell shows, such as "#DIV/0!".
        blank_or_zero: formulas whose stored result is 0 and whose text can also give "". Known
            for an .xls only (`template_totals` tells what they show).
    """

    rows: int = 0
    columns: int = 0
    errors: dict[Corner, str] = field(default_factory=dict)
    blank_or_zero: frozenset[Corner] = frozenset()

    def grow(self, rows: int, columns: int) -> None:
        """Make the sheet at least as large as given."""
        self.rows = max(self.rows, rows)
        self.columns = max(self.columns, columns)


_ERROR_CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_UNKNOWN_ERROR = "#ERROR!"

_BUNDLE_SHEET, _ROW = 0x9C, 0x00
_CELLS = range(0x02, 0x0C)  # 0x01 is a blank
_ERROR_CELLS = (0x03, 0x0B)  # an error as a value, and as the result of a formula
_ERROR_BYTE = 8
_LONGEST_ID = 1000
_TAG = re.compile(
    rb"<table:(table-row|table-cell|covered-table-cell|table)(?=[\s/>])"
    rb"""((?:[^"'<>]|"[^"<]*"|'[^'<]*')*)>"""
)
_SHOWN = re.compile(rb"\s*<text:p(?:\s[^<>]*)?>([^<]*)</text:p>")
_REPEATED = re.compile(rb"""\bnumber-(?:rows|columns)-repeated\s*=\s*["']([0-9]{1,10})["']""")


def xlsb_sheets(book: bytes) -> list[str]:
    """Return the relation id of each sheet, in order, from an .xlsb's `workbook.bin`.

    An id that no program writes is empty.
    """
    sheets: list[str] = []
    for kind, body in _records(book):
        if kind != _BUNDLE_SHEET or len(body) < 12:
            continue
        length = int.from_bytes(body[8:12], "little")
        name = b""
        # A damaged length may claim gigabytes.
        if length < _LONGEST_ID:
            name = body[12 : 12 + 2 * length]
        sheets.append(name.decode("utf-16-le", "replace"))
    return sheets


def error_text(code: int) -> str:
    """Return what a cell shows for an error that an .xls or .xlsb stores as a number."""
    return _ERROR_CODES.get(code, _UNKNOWN_ERROR)


def scan_xlsb(sheet: bytes) -> SheetScan:
    """Return the size and the errors of an .xlsb's sheet."""
    scan = SheetScan()
    row = 0
    for kind, body in _records(sheet):
        if kind == _ROW:
            row = int.from_bytes(body[:4], "little")
        elif kind in _CELLS:
            column = int.from_bytes(body[:4], "little")
            scan.grow(row + 1, column + 1)
            if kind in _ERROR_CELLS:
                code = int.from_bytes(body[_ERROR_BYTE : _ERROR_BYTE + 1], "little")
                scan.errors[row, column] = error_text(code)
    return scan


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and body of each record."""
    at = 0
    while at < len(content):
        kind, at = _number(content, at, most_bytes=2)
        size, at = _number(content, at, most_bytes=4)
        yield kind, content[at : at + size]
        at += size


def _number(content: bytes, at: int, *, most_bytes: int) -> tuple[int, int]:
    """Return the number that stands at a byte, and where the next one stands.

    A number takes seven bits of a byte, the lowest first. The eighth bit says that more follow.
    """
    number = 0
    for place, byte in enumerate(content[at : at + most_bytes]):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    return number, at + most_bytes


@dataclass(frozen=True, slots=True)
class _Error:
    """Cells of an .ods that show the same error: the written one and its repetitions."""

    rows: range
    columns: range
    text: str


def scan_ods(package: zipfile.ZipFile, most_cells: int) -> list[SheetScan]:
    """Return the size and the errors of each sheet of an .ods, in order.

    The errors of a sheet with more than `most_cells` cells are left out: it is not read.
    """
    content = unpacked(package, "content.xml")
    scans: list[SheetScan] = []
    errors: list[list[_Error]] = []
    row = column = height = 0
    for match in _TAG.finditer(content):
        tag, attributes = match.groups()
        repeated = _REPEATED.search(attributes)
        times = int(repeated[1]) if repeated else 1
        if tag == b"table":
            scans.append(SheetScan())
            errors.append([])
            row = column = height = 0
            continue
        if tag == b"table-row":
            # The height of the row before counts only now: its cells stand in its last line.
            row += height
            height = times
            column = 0
            continue
        first_column = column
        column += times
        has_value = b"value" in attributes or b"formula" in attributes
        # A cell outside any table belongs to no sheet.
        if not scans or not has_value:
            continue
        scans[-1].grow(row + height, column)
        text = _error_shown(content, match)
        if text:
            rows = range(row, row + height)
            errors[-1].append(_Error(rows, range(first_column, column), text))
    for scan, of_sheet in zip(scans, errors, strict=True):
        # A repeated error may stand for millions of cells.
        if scan.rows * scan.columns <= most_cells:
            scan.errors = _spread(of_sheet)
    return scans


def _error_shown(content: bytes, cell: re.Match[bytes]) -> str:
    """Return the error that a cell of an .ods shows; "" for a cell with a value.

    LibreOffice 7 stores an error as an empty text of the kind "error". Earlier ones store the
    empty text alone.
    """
    attributes = cell[2]
    is_error = b'value-type="error"' in attributes
    if not is_error and b'office:string-value=""' not in attributes:
        return ""
    text = ""
    shown = _SHOWN.match(content, cell.end())
    if shown is not None:
        text = html.unescape(shown[1].decode("utf-8", "replace"))
    if text.startswith(("#", "Err:")):
        return text
    # An empty text that is not marked as an error is the result of a formula.
    if not is_error:
        return ""
    return text or _UNKNOWN_ERROR


def _spread(errors: Iterable[_Error]) -> dict[Corner, str]:
    """Return the error of each cell, repetitions included."""
    cells: dict[Corner, str] = {}
    for error in errors:
        for row in error.rows:
            for column in error.columns:
                cells[row, column] = error.text
    return cells
