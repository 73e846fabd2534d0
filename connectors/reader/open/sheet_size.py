"""Read the size of each sheet of an .xlsb or .ods before calamine lays the sheets out.

Two values in opposite corners, or one value that is "repeated" down and across, make a small
file that takes gigabytes as cells (python-calamine 0.9.1, 2026-11-23).
"""

import re
import zipfile
from collections.abc import Iterator

from connectors.reader.open.signatures import unpacked

Extent = tuple[int, int]
"""Rows and columns from A1 to the last cell."""

_BUNDLE_SHEET, _ROW = 0x9C, 0x00
_CELLS = range(0x02, 0x0C)  # 0x01 is a blank
_LONGEST_ID = 1000
_TAG = re.compile(
    rb"<table:(table-row|table-cell|covered-table-cell|table)(?=[\s/>])"
    rb"""((?:[^"'<>]|"[^"<]*"|'[^'<]*')*)>"""
)
_REPEATED = re.compile(rb"""\bnumber-(?:rows|columns)-repeated\s*=\s*["']([0-9]{1,10})["']""")


def xlsb_sheets(book: bytes) -> list[str]:
    """Return the relation id of each sheet, in order, from an .xlsb's `workbook.bin`.

    An id that no program writes is empty.
    """
    sheets = []
    for kind, body in _records(book):
        if kind != _BUNDLE_SHEET or len(body) < 12:
            continue
        length = int.from_bytes(body[8:12], "little")
        name = b"" if length >= _LONGEST_ID else body[12 : 12 + 2 * length]
        sheets.append(name.decode("utf-16-le", "replace"))
    return sheets


def xlsb_extent(sheet: bytes) -> Extent:
    """Return the rows and columns from A1 to the last value of an .xlsb's sheet."""
    rows = columns = row = 0
    for kind, body in _records(sheet):
        if kind == _ROW:
            row = int.from_bytes(body[:4], "little")
        elif kind in _CELLS:
            column = int.from_bytes(body[:4], "little")
            rows = max(rows, row + 1)
            columns = max(columns, column + 1)
    return rows, columns


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and body of each record."""
    at, end = 0, len(content)
    while at < end:
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


def ods_extents(package: zipfile.ZipFile) -> list[Extent]:
    """Return the rows and columns from A1 to the last value of each sheet of an .ods, in order."""
    extents: list[Extent] = []
    row = column = height = 0
    for match in _TAG.finditer(unpacked(package, "content.xml")):
        tag, attributes = match.groups()
        repeated = _REPEATED.search(attributes)
        times = int(repeated[1]) if repeated else 1
        if tag == b"table":
            extents.append((0, 0))
            row = column = height = 0
        elif tag == b"table-row":
            # The height of the row before counts only now: its cells stand in its last line.
            row, column, height = row + height, 0, times
        else:
            column += times
            has_value = b"value" in attributes or b"formula" in attributes
            if extents and has_value:
                rows, columns = extents[-1]
                extents[-1] = max(rows, row + height), max(columns, column)
    return extents
