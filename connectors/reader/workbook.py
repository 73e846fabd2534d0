"""Opening bytes as a workbook. What the bytes are is decided from the bytes, never from the file's name."""

import io
import logging
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from connectors.reader.markup import Markup, Uncomputed, read_markup
from program.finding import Problem
from program.limits import Limits
from program.vietnamese import format_number

logger = logging.getLogger("mtqg.reader")

CellValue: TypeAlias = int | float | str | bool | time | date | datetime | timedelta | Uncomputed
Corner: TypeAlias = tuple[int, int]

# (first bytes, what it is in Vietnamese); looked at only where the bytes are neither a zip nor an OLE file.
_SIGNATURES = (
    (b"%PDF", "tệp PDF"),
    (b"\x89PNG", "tệp ảnh PNG"),
    (b"\xff\xd8\xff", "tệp ảnh JPEG"),
    (b"GIF8", "tệp ảnh GIF"),
    (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7z"),
    (b"{\\rtf", "văn bản RTF"),
)
_WEB_PAGE = (b"<!doctype", b"<html", b"\xef\xbb\xbf<!doctype", b"\xef\xbb\xbf<html")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BROKEN = Problem("FILE-03", values={"reason": "tệp bị cắt cụt hoặc hỏng khi gửi"})
_STRANGE = Problem("FILE-03", values={"reason": "lỗi trong cấu trúc tệp"})
# What `zipfile` raises for packages that are cut, damaged, encrypted, or packed in a way it does not know.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's cells as rows from A1 on, so that `rows[i][j]` is the cell in row i+1 and the j+1-th column.

    All rows are equally long. `merged` are the corners of merged cells, both included; the value stands in the first.
    """

    name: str
    rows: list[list[CellValue]]
    merged: tuple[tuple[Corner, Corner], ...] = ()


def open_workbook(content: bytes, limits: Limits) -> list[Sheet] | Problem:
    """Return the workbook's sheets in order, hidden ones included, or the FILE problem that says why not."""
    markup = _open_zip(content, limits) if content.startswith(_ZIP) else _refuse(content) or []
    if isinstance(markup, Problem):
        return markup
    try:
        return _sheets(content, markup, limits)
    except PasswordError:
        return Problem("FILE-04")
    except CalamineError as wrong:
        logger.debug("open refused=%s", wrong)
        return _STRANGE
    except BaseException as wrong:
        # A panic in calamine's native code is a BaseException of its own (python-calamine 0.9.1).
        if type(wrong).__name__ != "PanicException":
            raise
        return _STRANGE


def is_truncated_zip(content: bytes) -> bool:
    """Tell whether bytes begin as a zip does but lack its end: a workbook that is still being written."""
    return content.startswith(_ZIP) and not zipfile.is_zipfile(io.BytesIO(content))


def megabytes(count: int) -> str:
    """Return a number of bytes as a sender reads it: "50 MB"."""
    return f"{format_number(count / 1_000_000, decimals=1)} MB"


def _too_many_cells(limits: Limits) -> Problem:
    return Problem("FILE-05", values={"limit": f"{format_number(limits.sheet_cells)} ô một trang"})


def _refuse(content: bytes) -> Problem | None:
    """Return why `content`, which is no zip, should not be given to the workbook reader, or None."""
    if not content:
        return Problem("FILE-01")
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return Problem("FILE-04")
        if "WordDocument".encode("utf-16-le") in content:
            return Problem("FILE-02", values={"kind": "văn bản Word"})
        return None
    head = content[:1024].lstrip()
    kind = next((kind for start, kind in _SIGNATURES if head.startswith(start)), "tệp không rõ loại")
    return Problem("FILE-02", values={"kind": "trang web HTML" if head.lower().startswith(_WEB_PAGE) else kind})


def _open_zip(content: bytes, limits: Limits) -> list[Markup] | Problem:
    """Return what the package's XML says of its sheets, or why it should not be given to the workbook reader."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            refusal = _refuse_members(package.infolist(), limits)
            markup = read_markup(package) if refusal is None else []
    except _ZIP_ERRORS as wrong:
        logger.debug("open refused=%s", wrong)
        return _BROKEN
    if any(sheet.rows * sheet.columns > limits.sheet_cells for sheet in markup):
        return _too_many_cells(limits)
    return refusal or markup


def _refuse_members(members: list[zipfile.ZipInfo], limits: Limits) -> Problem | None:
    names = {member.filename for member in members}
    if any(name.startswith("word/") for name in names):
        return Problem("FILE-02", values={"kind": "văn bản Word"})
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        return Problem("FILE-02", values={"kind": "tệp nén zip không chứa bảng tính"})
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        return Problem("FILE-05", values={"limit": f"{megabytes(limits.unpacked_bytes)} sau khi giải nén"})
    return None


def _sheets(content: bytes, markup: list[Markup], limits: Limits) -> list[Sheet] | Problem:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        sheets = []
        for number, name in enumerate(workbook.sheet_names):
            sheet = workbook.get_sheet_by_name(name)
            last = sheet.end or (0, 0)
            if (last[0] + 1) * (last[1] + 1) > limits.sheet_cells:
                return _too_many_cells(limits)
            rows: list[list[CellValue]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
            if number < len(markup):
                _put(rows, markup[number].uncomputed)
            sheets.append(Sheet(name, rows, tuple(sheet.merged_cell_ranges or ())))
        return sheets


def _put(rows: list[list[CellValue]], cells: dict[Corner, Uncomputed]) -> None:
    """Put `cells` where calamine left a gap, growing `rows` where they lie beyond its last value."""
    height = max((row + 1 for row, _ in cells), default=0)
    width = max([*(len(row) for row in rows), *(column + 1 for _, column in cells)], default=0)
    rows += [[] for _ in range(height - len(rows))]
    for row in rows:
        row.extend([""] * (width - len(row)))
    for (number, column), cell in cells.items():
        rows[number][column] = cell
