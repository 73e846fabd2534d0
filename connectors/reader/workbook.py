"""Opening bytes as a workbook. What the bytes are is decided from the bytes, never from the file's name."""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from program.finding import Problem

CellValue: TypeAlias = int | float | str | bool | time | date | datetime | timedelta

# (first bytes, what it is in Vietnamese); looked at only where the bytes are neither a zip nor an OLE file.
_SIGNATURES = (
    (b"%PDF", "tệp PDF"),
    (b"\x89PNG", "tệp ảnh PNG"),
    (b"\xff\xd8\xff", "tệp ảnh JPEG"),
    (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7z"),
    (b"{\\rtf", "văn bản RTF"),
    (b"<!DOCTYPE", "trang web HTML"),
    (b"<html", "trang web HTML"),
)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_CELLS = 5_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's cells as rows from A1 on, so that `rows[i][j]` is the cell in row i+1 and the j+1-th column."""

    name: str
    rows: list[list[CellValue]]


def open_workbook(content: bytes, *, max_unpacked_bytes: int) -> list[Sheet] | Problem:
    """Return the workbook's sheets in order, hidden ones included, or the FILE problem that says why not."""
    refusal = _refuse(content, max_unpacked_bytes)
    if refusal is not None:
        return refusal
    try:
        return _sheets(content)
    except PasswordError:
        return Problem("FILE-04")
    except CalamineError as wrong:
        return Problem("FILE-03", values={"reason": str(wrong)})
    except MemoryError:
        return Problem("FILE-05", values={"limit": f"{_MAX_CELLS} ô"})
    except BaseException as wrong:
        # A panic in calamine's native code is a BaseException of its own (python-calamine 0.9.1).
        if type(wrong).__name__ != "PanicException":
            raise
        return Problem("FILE-03", values={"reason": "lỗi trong cấu trúc tệp"})


def is_truncated_zip(content: bytes) -> bool:
    """Tell whether bytes begin as a zip does but lack its end: a workbook that is still being written."""
    return content.startswith(_ZIP) and not zipfile.is_zipfile(io.BytesIO(content))


def _refuse(content: bytes, max_unpacked_bytes: int) -> Problem | None:
    """Return why `content` should not be given to the workbook reader, or None."""
    if not content:
        return Problem("FILE-01")
    if content.startswith(_ZIP):
        return _refuse_zip(content, max_unpacked_bytes)
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return Problem("FILE-04")
        if "WordDocument".encode("utf-16-le") in content:
            return Problem("FILE-02", values={"kind": "văn bản Word"})
        return None
    head = content[:1024].lstrip()
    kind = next((kind for start, kind in _SIGNATURES if head.startswith(start)), "tệp không rõ loại")
    return Problem("FILE-02", values={"kind": kind})


def _refuse_zip(content: bytes, max_unpacked_bytes: int) -> Problem | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return Problem("FILE-03", values={"reason": "tệp bị cắt cụt hoặc hỏng khi gửi"})
    names = {member.filename for member in members}
    if any(name.startswith("word/") for name in names):
        return Problem("FILE-02", values={"kind": "văn bản Word"})
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        return Problem("FILE-02", values={"kind": "tệp nén zip không chứa bảng tính"})
    if sum(member.file_size for member in members) > max_unpacked_bytes:
        return Problem("FILE-05", values={"limit": f"{max_unpacked_bytes // 1_000_000} MB sau khi giải nén"})
    return None


def _sheets(content: bytes) -> list[Sheet]:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        sheets = []
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > _MAX_CELLS:
                raise MemoryError
            sheets.append(Sheet(name, sheet.to_python(skip_empty_area=False)))
        return sheets
