"""A zip of workbooks: what is in it, taken out one by one within limits. A member's name is for people, never a path."""

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
from connectors.reader.signatures import ENCLOSURES, OLE, ZIP, refuse_ole, refuse_package, refuse_signature
from connectors.reader.workbook import megabytes
from program.finding import Problem
from program.limits import Limits
from program.vietnamese import format_number

_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
_DOCUMENTS = ("xl/", "word/", "ppt/")
_DOCUMENT_FILES = {"[Content_Types].xml", "content.xml", "mimetype"}
_JUNK = {".ds_store", "thumbs.db", "desktop.ini"}
_LONGEST_NAME = 200
_LARGEST_DIRECTORY = 10_000_000
"""Bytes; a hundred thousand names. Python holds each as an object, in the night's own process."""
_SMALL = 1_000_000
"""Bytes below which a member may be packed as densely as it likes."""
_SAMPLE = 1 << 16
_ENCRYPTED, _UTF_8 = 0x1, 0x800
_LETTER = "tệp văn bản không có bảng"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a zip; `content` None where it was not taken out, for `refusal`.

    `is_enclosure`: it goes with the tables, a signed scan or a narrative; `is_readable`: it looks like a workbook or a report.
    """

    name: str
    size: int
    content: bytes | None
    refusal: Problem | None = None
    is_enclosure: bool = False
    is_readable: bool = False


def is_package(content: bytes) -> bool:
    """Tell whether bytes are a zip of files, and no workbook or document, which are zips too."""
    if not content.startswith(ZIP) or _directory_bytes(content) > _LARGEST_DIRECTORY:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.namelist()
    except _ERRORS:
        return False
    return not any(name in _DOCUMENT_FILES or name.startswith(_DOCUMENTS) for name in names)


def refuse_packed(content: bytes, limits: Limits) -> Problem | None:
    """Return why a zip is not unpacked and its sender is to hear of the whole; None where what it holds can be judged.

    Nothing is unpacked beyond the limits: `zipfile` takes out no more of a member than its directory says.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            files = _files(package)
    except _ERRORS:
        return Problem("FILE-03", values={"reason": "tệp nén bị cắt cụt hoặc hỏng"})
    if len(files) > limits.packed_files:
        return Problem("FILE-05", values={"limit": f"{format_number(limits.packed_files)} tệp trong một tệp nén"})
    if sum(info.file_size for info in files) > limits.packed_bytes:
        return Problem("FILE-05", values={"limit": f"{megabytes(limits.packed_bytes)} sau khi giải nén"})
    if _overlap(files):
        return Problem("FILE-03", values={"reason": "các tệp trong tệp nén chồng lên nhau"})
    members = list(map(_without_content, members_of(content, limits)))
    if any(member.is_readable for member in members):
        return None
    locked = any(member.refusal and member.refusal.rule == "FILE-04" for member in members)
    return Problem("FILE-04") if locked else Problem("FILE-02", values={"kind": "tệp nén zip không chứa bảng tính"})


def members_of(content: bytes, limits: Limits) -> Iterator[Member]:
    """Yield the files of a zip that `refuse_packed` did not refuse, in its order; what systems leave in zips is left out."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for info in _files(package):
            yield _member(package, info, limits)


def _without_content(member: Member) -> Member:
    return Member(member.name, member.size, None, member.refusal, member.is_enclosure, member.is_readable)


def _directory_bytes(content: bytes) -> int:
    """Return how long a zip's directory says to be, 0 where there is none."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    return int(struct.unpack_from("<I", content, end + 12)[0]) if 0 <= end <= len(content) - 22 else 0


def _files(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [info for info in package.infolist() if not info.is_dir() and not _is_junk(info)]


def _is_junk(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].casefold() in _JUNK or parts[-1].startswith(("~$", "._"))


def _overlap(files: list[zipfile.ZipInfo]) -> bool:
    """Tell whether members share bytes, as in a bomb: each would unpack within the limits, and all of them from one."""
    spans = sorted((info.header_offset, info.header_offset + 30 + info.compress_size) for info in files)
    return any(end > start for (_, end), (start, _) in pairwise(spans))


def _member(package: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> Member:
    name, size = _name(info), info.file_size
    refusal = _refuse_member(info, limits)
    if refusal is not None:
        return Member(name, size, None, refusal)
    try:
        with package.open(info) as stream:
            content = stream.read(limits.delivery_bytes + 1)
    except _ERRORS:
        return Member(name, size, None, Problem("FILE-03", values={"reason": "tệp bị hỏng trong tệp nén"}))
    kind = _kind(content)
    return Member(name, size, content, is_enclosure=kind in ENCLOSURES or kind == _LETTER, is_readable=kind is None)


def _refuse_member(info: zipfile.ZipInfo, limits: Limits) -> Problem | None:
    if info.flag_bits & _ENCRYPTED:
        return Problem("FILE-04")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Problem("FILE-03", values={"reason": "cách nén của tệp zip không được hỗ trợ"})
    if info.file_size > limits.delivery_bytes:
        return Problem("FILE-05", values={"limit": megabytes(limits.delivery_bytes)})
    if info.file_size > max(_SMALL, limits.packing_ratio * info.compress_size):
        return Problem("FILE-05", values={"limit": f"{format_number(limits.packing_ratio)} lần khi giải nén"})
    return None


def _kind(content: bytes) -> str | None:
    """Return what a member is, in the reader's words; None where it looks like a workbook, a table or a report."""
    refusal = _refusal(content)
    return None if refusal is None else refusal.values.get("kind", refusal.rule)


def _refusal(content: bytes) -> Problem | None:
    if content.startswith(ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                return refuse_package(package, sum(info.file_size for info in package.infolist()))
        except _ERRORS:
            return Problem("FILE-03")
    if content.startswith(OLE):
        return refuse_ole(content)
    refusal = refuse_signature(content)
    if refusal is not None or is_json(content):
        return refusal
    sample = content if len(content) <= _SAMPLE else content[: content.rfind(b"\n", 0, _SAMPLE) + 1]
    rows = read_delimited(sample, max_cells=_SAMPLE)
    return Problem("FILE-02", values={"kind": _LETTER if rows is NoRows.NO_TABLE else "?"}) if isinstance(rows, NoRows) else None


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name as people read it: composed, in one line, without drives, `..` and signs that nobody sees."""
    text = info.filename
    if not info.flag_bits & _UTF_8:
        text = _decoded(text)
    parts = [part for part in unicodedata.normalize("NFC", text).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    clean = "/".join("".join(c if c.isprintable() else " " for c in part).strip() for part in parts)
    if len(clean) <= _LONGEST_NAME:
        return clean or "?"
    ending = PurePosixPath(clean).suffix[:10]
    return f"{clean[: _LONGEST_NAME - len(ending) - 1]}…{ending}"


def _decoded(text: str) -> str:
    """Return a name that its zip gives no encoding of: `zipfile` took it for code page 437, as zips of the eighties are."""
    try:
        raw = text.encode("cp437")
    except UnicodeEncodeError:
        return text
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return eight_bit_text(raw) or text
