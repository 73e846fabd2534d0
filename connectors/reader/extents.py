"""How far the sheets of .xlsb and .ods reach, asked before calamine lays them out (python-calamine 0.9.1, 2026-11-23).

Two values in opposite corners of a sheet, or one that is "repeated" down and across, are a small file and gigabytes of cells.
"""

import re
import zipfile
from collections.abc import Iterator

from connectors.reader.signatures import unpacked

Extent = tuple[int, int]

_BUNDLE_SHEET, _ROW = 0x9C, 0x00
_CELLS = range(0x02, 0x0C)  # 0x01 is a blank
_TAG = re.compile(rb"""<table:(table-row|table-cell|covered-table-cell|table)(?=[\s/>])((?:[^"'<>]|"[^"<]*"|'[^'<]*')*)>""")
_REPEATED = re.compile(rb"""\bnumber-(?:rows|columns)-repeated\s*=\s*["']([0-9]{1,10})["']""")


def xlsb_sheets(book: bytes) -> list[str]:
    """Return the relation id of each sheet, in order, from an .xlsb's `workbook.bin`."""
    sheets = []
    for kind, body in _records(book):
        if kind == _BUNDLE_SHEET and len(body) >= 12:
            length = int.from_bytes(body[8:12], "little")
            sheets.append(body[12 : 12 + 2 * length].decode("utf-16-le", "replace") if length < 1000 else "")
    return sheets


def xlsb_extent(sheet: bytes) -> Extent:
    """Return how many rows and columns reach from A1 to the last value of an .xlsb's sheet."""
    rows = columns = row = 0
    for kind, body in _records(sheet):
        if kind == _ROW:
            row = int.from_bytes(body[:4], "little")
        elif kind in _CELLS:
            rows, columns = max(rows, row + 1), max(columns, int.from_bytes(body[:4], "little") + 1)
    return rows, columns


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and body of each record: both kind and length are written seven bits a byte, the lowest first."""
    at, end = 0, len(content)
    while at < end:
        kind, at = _number(content, at, 2)
        size, at = _number(content, at, 4)
        yield kind, content[at : at + size]
        at += size


def _number(content: bytes, at: int, most: int) -> tuple[int, int]:
    number = 0
    for place, byte in enumerate(content[at : at + most]):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    return number, at + most


def ods_extents(package: zipfile.ZipFile) -> list[Extent]:
    """Return how many rows and columns reach from A1 to the last value of each sheet of an .ods, in order."""
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
            row, column, height = row + height, 0, times
        else:
            column += times
            if extents and (b"value" in attributes or b"formula" in attributes):
                extents[-1] = max(extents[-1][0], row + height), max(extents[-1][1], column)
    return extents
