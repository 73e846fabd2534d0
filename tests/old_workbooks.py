"""Workbooks that no library at hand writes, byte by byte: .xls of Excel 5 (BIFF5) and .xlsb, one sheet each."""

import io
import struct
import zipfile
from datetime import date

from tests.workbooks import COMMUNE, DISTRICT, HEADER, IDENTITY, TOTAL, Rows

ERROR_MARK = 987_654_321
"""A figure that stands nowhere else, to find its cell."""

_EPOCH = date(1899, 12, 30)
_MAIN = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def biff5(rows: Rows, codepage: str = "cp1258") -> bytes:
    """Return an .xls of Excel 5 or 95, whose texts are bytes of a code page.

    Dates are written as texts.
    """
    bof = struct.pack("<HHHH", 0x0500, 0x0005, 0, 0)
    sheet = _record(0x809, struct.pack("<HHHH", 0x0500, 0x0010, 0, 0))
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, int | float):
                sheet += _record(0x203, struct.pack("<HHHd", r, c, 0, cell))
            elif cell is not None:
                text = cell if isinstance(cell, str) else f"{cell:%d/%m/%Y}"
                data = text.encode(codepage)
                sheet += _record(0x204, struct.pack("<HHHH", r, c, 0, len(data)) + data)
    sheet += _record(0x0A, b"")
    head = _record(0x809, bof) + _record(0x42, struct.pack("<H", int(codepage.removeprefix("cp"))))
    at = len(head) + 4 + 7 + 6 + 4
    return ole(
        "Book",
        head
        + _record(0x85, struct.pack("<IHB", at, 0, 6) + b"Sheet1")
        + _record(0x0A, b"")
        + sheet,
    )


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def ole(name: str, stream: bytes) -> bytes:
    """Return an OLE file with one stream in it."""
    size = max(4096, -(-len(stream) // 512) * 512)
    count = size // 512
    free, end, fat_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    assert count + 2 <= 128
    fat = [fat_sector, end, *range(3, count + 2), end]
    fat += [free] * (128 - len(fat))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
    )
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack(
        "<109I", 0, *[free] * 108
    )
    root, book = _entry("Root Entry", 5, 1, end, 0), _entry(name, 2, free, 2, size)
    return (
        header
        + struct.pack("<128I", *fat)
        + (root + book).ljust(512, b"\0")
        + stream.ljust(size, b"\0")
    )


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)


def xlsb(rows: Rows, *more: tuple[int, int, float], macros: bool = False) -> bytes:
    """Return an .xlsb; `more` are numbers beyond the rows: row, column and value."""
    cells = [
        (r, c, cell) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell is not None
    ]
    sheet = _brt(0x81) + _brt(0x94, struct.pack("<IIII", 0, 0, 0, 0)) + _brt(0x91)
    last = -1
    for r, c, cell in [*cells, *more]:
        if r != last:
            sheet += _brt(0x00, struct.pack("<I", r) + bytes(21))
            last = r
        if isinstance(cell, int | float):
            sheet += _brt(0x05, struct.pack("<IId", c, 0, cell))
        else:
            sheet += _brt(
                0x06,
                struct.pack("<II", c, 0)
                + _wide(cell if isinstance(cell, str) else f"{cell:%d/%m/%Y}"),
            )
    sheet += _brt(0x92) + _brt(0x82)
    bundle = _brt(0x9C, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Tổng hợp"))
    book = _brt(0x83) + _brt(0x8F) + bundle + _brt(0x90) + _brt(0x84)
    relation = f'<Relationship Id="rId1" Type="{_MAIN}/worksheet" Target="worksheets/sheet1.bin"/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/worksheets/sheet1.bin", sheet)
        package.writestr("xl/_rels/workbook.bin.rels", f"<Relationships>{relation}</Relationships>")
        if macros:
            package.writestr("xl/vbaProject.bin", b"x")
    return buffer.getvalue()


def xlsb_error(code: int) -> bytes:
    """Return an .xlsb of a training report whose number of classes is the result of an error."""
    rows = [*IDENTITY, [], HEADER, DISTRICT, COMMUNE, TOTAL]
    rows[5] = [DISTRICT[0], ERROR_MARK, *DISTRICT[2:]]
    cell = _brt(0x05, struct.pack("<IId", 1, 0, ERROR_MARK))
    # A formula's error: the column, the style, the error, and no formula.
    error = _brt(0x0B, struct.pack("<IIB", 1, 0, code) + bytes(10))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsb(rows))) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(cell, error))
    return buffer.getvalue()


def _brt(kind: int, body: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = len(body), b""
    while size >= 0x80:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + length + bytes([size]) + body


def _wide(text: str) -> bytes:
    data = text.encode("utf-16-le")
    return struct.pack("<I", len(data) // 2) + data
