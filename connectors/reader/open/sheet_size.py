"""Read what calamine does not show of each sheet of an .xlsb or .ods, before it lays it out.

This is the size and the errors; of an .ods also its percentages and its merged cells.

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
        percentages: the cells that are shown as a percentage; of an .ods only.
        merged: the corners of merged cells, both included; of an .ods only.
        blank_or_zero: formulas whose stored result is 0 and whose text can also give "". Known
            for an .xls only (`template_totals` tells what they show).
    """

    rows: int = 0
    columns: int = 0
    errors: dict[Corner, str] = field(default_factory=dict)
    percentages: tuple[Corner, ...] = ()
    merged: list[tuple[Corner, Corner]] = field(default_factory=list)
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
_SPANNED = {
    name: re.compile(rb"""\bnumber-%s-spanned\s*=\s*["']([0-9]{1,7})["']""" % name)
    for name in (b"rows", b"columns")
}
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
class _Alike:
    """Cells of an .ods that are alike: the written one and its repetitions.

    `error` is what they show instead of a value; "" for a percentage.
    """

    rows: range
    columns: range
    error: str


def scan_ods(package: zipfile.ZipFile, most_cells: int) -> list[SheetScan]:
    """Return what is known of each sheet of an .ods, in order.

    Errors and percentages of a sheet with more than `most_cells` cells are left out: it is not
    read.
    """
    content = unpacked(package, "content.xml")
    sheets: list[_OdsSheet] = []
    for match in _TAG.finditer(content):
        tag, attributes = match.groups()
        if tag == b"table":
            sheets.append(_OdsSheet())
            continue
        # A cell outside any table belongs to no sheet.
        if not sheets:
            continue
        repeated = _REPEATED.search(attributes)
        times = int(repeated[1]) if repeated else 1
        if tag == b"table-row":
            sheets[-1].begin_row(times)
        else:
            sheets[-1].add_cell(content, match, times)
    return [sheet.finished(most_cells) for sheet in sheets]


@dataclass(slots=True)
class _OdsSheet:
    """A sheet of an .ods while its tags are read. The next cell stands at `row` and `column`."""

    scan: SheetScan = field(default_factory=SheetScan)
    marked: list[_Alike] = field(default_factory=list)
    row: int = 0
    column: int = 0
    height: int = 0

    def begin_row(self, times: int) -> None:
        # The height of the row before counts only now: its cells stand in its last line.
        self.row += self.height
        self.height = times
        self.column = 0

    def add_cell(self, content: bytes, cell: re.Match[bytes], times: int) -> None:
        attributes = cell[2]
        columns = range(self.column, self.column + times)
        self.column = columns.stop
        last = _last_of_merged(self.row, columns.start, attributes)
        if last is not None:
            self.scan.merged.append(((self.row, columns.start), last))
        if b"value" not in attributes and b"formula" not in attributes:
            return
        rows = range(self.row, self.row + self.height)
        self.scan.grow(rows.stop, columns.stop)
        error = _error_shown(content, cell)
        if error or b'value-type="percentage"' in attributes:
            self.marked.append(_Alike(rows, columns, error))

    def finished(self, most_cells: int) -> SheetScan:
        scan = self.scan
        # A repeated cell may stand for millions of cells.
        if scan.rows * scan.columns <= most_cells:
            cells = _spread(self.marked)
            scan.errors = {corner: error for corner, error in cells.items() if error}
            scan.percentages = tuple(corner for corner, error in cells.items() if not error)
        return scan


def _last_of_merged(row: int, column: int, attributes: bytes) -> Corner | None:
    """Return the last cell of the merged cells that a cell of an .ods begins; None for one cell."""
    spans: list[int] = []
    for name in (b"rows", b"columns"):
        spanned = _SPANNED[name].search(attributes)
        spans.append(max(1, int(spanned[1])) if spanned else 1)
    if spans == [1, 1]:
        return None
    rows, columns = spans
    return row + rows - 1, column + columns - 1


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


def _spread(marked: Iterable[_Alike]) -> dict[Corner, str]:
    """Return the error of each cell, repetitions included; "" for a percentage."""
    cells: dict[Corner, str] = {}
    for alike in marked:
        for row in alike.rows:
            for column in alike.columns:
                cells[row, column] = alike.error
    return cells
