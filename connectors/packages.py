"""Take the files out of a zip of workbooks, one by one and within limits.

A member's name is shown to people. It is never used as a path.
"""

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from connectors.reader.delimited import NoRows, read_delimited
from connectors.reader.legacy import eight_bit_text
from connectors.reader.portal_report import is_json
from connectors.reader.signatures import (
    ENCLOSURES,
    OLE,
    ZIP,
    refuse_ole,
    refuse_package,
    refuse_signature,
)
from connectors.reader.workbook import megabytes
from program.finding import Problem
from program.limits import Limits
from program.vietnamese import format_number

_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
_DOCUMENTS = ("xl/", "word/", "ppt/")
_DOCUMENT_FILES = {"[Content_Types].xml", "content.xml", "mimetype"}
_JUNK = {".ds_store", "thumbs.db", "desktop.ini"}
_JUNK_PREFIXES = ("~$", "._")
_LONGEST_NAME = 200
_LONGEST_ENDING = 10
_LARGEST_DIRECTORY = 10_000_000
"""Bytes of a hundred thousand names. The run's own process holds each name as an object."""
_SMALL = 1_000_000
"""A member below so many bytes may be compressed at any ratio."""
_SAMPLE = 1 << 16
_END_OF_DIRECTORY = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_END = 65_557
"""Bytes of the end record with the longest possible comment."""
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED, _UTF_8 = 0x1, 0x800
_LETTER = "tệp văn bản không có bảng"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a zip; `content` is None where it was not taken out, for the reason `refusal`.

    `is_enclosure`: it accompanies the tables, as a signed scan or a narrative report does.
    `is_readable`: it looks like a workbook or a report.
    """

    name: str
    size: int
    content: bytes | None
    refusal: Problem | None = None
    is_enclosure: bool = False
    is_readable: bool = False


def is_package(content: bytes) -> bool:
    """Return whether bytes are a zip of files; workbooks and documents are zips of another kind."""
    if not content.startswith(ZIP) or _directory_bytes(content) > _LARGEST_DIRECTORY:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.namelist()
    except _ERRORS:
        return False
    return not any(name in _DOCUMENT_FILES or name.startswith(_DOCUMENTS) for name in names)


def refuse_packed(content: bytes, limits: Limits) -> Problem | None:
    """Return the problem with a zip as a whole, None where its members can be checked.

    Nothing is unpacked beyond the limits: `zipfile` takes out no more of a member than the zip's
    directory says.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            files = _files(package)
    except _ERRORS:
        return Problem("FILE-03", values={"reason": "tệp nén bị cắt cụt hoặc hỏng"})
    refusal = _refuse_size(files, limits)
    if refusal is not None:
        return refusal
    if _overlap(files):
        return Problem("FILE-03", values={"reason": "các tệp trong tệp nén chồng lên nhau"})
    is_locked = False
    # One member at a time: together they may not fit into memory.
    for member in members_of(content, limits):
        if member.is_readable:
            return None
        is_locked = is_locked or _is_locked(member)
    if is_locked:
        return Problem("FILE-04")
    return Problem("FILE-02", values={"kind": "tệp nén zip không chứa bảng tính"})


def _refuse_size(files: list[zipfile.ZipInfo], limits: Limits) -> Problem | None:
    """Return the problem with the number or the size of a zip's files, None where there is none."""
    if len(files) > limits.packed_files:
        limit = f"{format_number(limits.packed_files)} tệp trong một tệp nén"
        return Problem("FILE-05", values={"limit": limit})
    if sum(info.file_size for info in files) > limits.packed_bytes:
        limit = f"{megabytes(limits.packed_bytes)} sau khi giải nén"
        return Problem("FILE-05", values={"limit": limit})
    return None


def _is_locked(member: Member) -> bool:
    return member.refusal is not None and member.refusal.rule == "FILE-04"


def members_of(content: bytes, limits: Limits) -> Iterator[Member]:
    """Yield the files of a zip that `refuse_packed` did not refuse, in its order.

    Files that operating systems put into zips are left out.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for info in _files(package):
            yield _member(package, info, limits)


def _directory_bytes(content: bytes) -> int:
    """Return the length of a zip's directory as the zip claims it, 0 where there is none."""
    end = content.rfind(_END_OF_DIRECTORY, max(0, len(content) - _LONGEST_END))
    if not 0 <= end <= len(content) - _END_BYTES:
        return 0
    return int(struct.unpack_from("<I", content, end + 12)[0])


def _files(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [info for info in package.infolist() if not info.is_dir() and not _is_junk(info)]


def _is_junk(info: zipfile.ZipInfo) -> bool:
    """Return whether an operating system or a spreadsheet program put this file into the zip."""
    *folders, name = info.filename.replace("\\", "/").split("/")
    if "__MACOSX" in (*folders, name):
        return True
    return name.casefold() in _JUNK or name.startswith(_JUNK_PREFIXES)


def _overlap(files: list[zipfile.ZipInfo]) -> bool:
    """Return whether members share bytes, as in a zip bomb.

    Each of them unpacks within the limits, and all of them come from the same bytes.
    """
    spans = []
    for info in files:
        start = info.header_offset
        spans.append((start, start + _LOCAL_HEADER_BYTES + info.compress_size))
    spans.sort()
    return any(end > next_start for (_, end), (next_start, _) in pairwise(spans))


def _member(package: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> Member:
    name, size = _name(info), info.file_size
    refusal = _refuse_member(info, limits)
    if refusal is not None:
        return Member(name, size, None, refusal)
    try:
        with package.open(info) as stream:
            content = stream.read(limits.delivery_bytes + 1)
    except _ERRORS:
        damaged = Problem("FILE-03", values={"reason": "tệp bị hỏng trong tệp nén"})
        return Member(name, size, None, damaged)
    kind = _kind(content)
    is_enclosure = kind in ENCLOSURES or kind == _LETTER
    return Member(name, size, content, is_enclosure=is_enclosure, is_readable=kind is None)


def _refuse_member(info: zipfile.ZipInfo, limits: Limits) -> Problem | None:
    """Return why a member is not taken out, None where it is."""
    if info.flag_bits & _ENCRYPTED:
        return Problem("FILE-04")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Problem("FILE-03", values={"reason": "cách nén của tệp zip không được hỗ trợ"})
    if info.file_size > limits.delivery_bytes:
        return Problem("FILE-05", values={"limit": megabytes(limits.delivery_bytes)})
    if info.file_size > max(_SMALL, limits.packing_ratio * info.compress_size):
        limit = f"{format_number(limits.packing_ratio)} lần khi giải nén"
        return Problem("FILE-05", values={"limit": limit})
    return None


def _kind(content: bytes) -> str | None:
    """Return the kind of a member in Vietnamese, or the rule that refuses it.

    None for one that looks like a workbook, a table or a report.
    """
    refusal = _refusal(content)
    return None if refusal is None else refusal.values.get("kind", refusal.rule)


def _refusal(content: bytes) -> Problem | None:
    if content.startswith(ZIP):
        return _refuse_zip(content)
    if content.startswith(OLE):
        return refuse_ole(content)
    refusal = refuse_signature(content)
    if refusal is not None or is_json(content):
        return refusal
    return _refuse_text(content)


def _refuse_zip(content: bytes) -> Problem | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            # Its size is checked when it is read; here any size passes.
            unpacked_bytes = sum(info.file_size for info in package.infolist())
            return refuse_package(package, unpacked_bytes)
    except _ERRORS:
        return Problem("FILE-03")


def _refuse_text(content: bytes) -> Problem | None:
    sample = content
    if len(content) > _SAMPLE:
        end_of_line = content.rfind(b"\n", 0, _SAMPLE) + 1
        sample = content[:end_of_line]
    rows = read_delimited(sample, max_cells=_SAMPLE)
    if not isinstance(rows, NoRows):
        return None
    kind = _LETTER if rows is NoRows.NO_TABLE else "?"
    return Problem("FILE-02", values={"kind": kind})


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name to show: composed, on one line, without `..` and invisible signs."""
    text = info.filename
    if not info.flag_bits & _UTF_8:
        text = _decoded(text)
    parts = unicodedata.normalize("NFC", text).replace("\\", "/").split("/")
    name = "/".join(_printable(part) for part in parts if part not in ("", ".", ".."))
    if len(name) <= _LONGEST_NAME:
        return name or "?"
    ending = PurePosixPath(name).suffix[:_LONGEST_ENDING]
    return f"{name[: _LONGEST_NAME - len(ending) - 1]}…{ending}"


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()


def _decoded(text: str) -> str:
    """Return a name whose encoding the zip does not tell.

    `zipfile` decodes such a name as code page 437, the encoding of the first zips.
    """
    try:
        raw = text.encode("cp437")
    except UnicodeEncodeError:
        return text
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return eight_bit_text(raw) or text
