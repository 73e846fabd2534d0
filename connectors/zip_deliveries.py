"""A zip of workbooks: its files, extracted one by one within limits.

The name of a file in a zip is for people. It is never used as a path.
"""

import io
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from connectors.file_names import decoded_name, display_name
from connectors.packed_file import PackedFile, packed_file
from connectors.reader.open.signatures import ZIP
from connectors.reader.open.workbook import ZIP_ERRORS, megabytes
from program.finding import ReaderFinding
from program.limits import Limits
from program.vietnamese import format_number

_DOCUMENT_FOLDERS = ("xl/", "word/", "ppt/")
_DOCUMENT_FILES = {"[Content_Types].xml", "content.xml", "mimetype"}
"""What office documents have inside, which are zips too."""

_JUNK_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}
_JUNK_PREFIXES = ("~$", "._")
_MAX_DIRECTORY_BYTES = 10_000_000
"""A hundred thousand names. Python holds each as an object, in the process of the run."""

_SMALL_BYTES = 1_000_000
"""A file of this size may be compressed as much as it likes."""

_END_OF_DIRECTORY = b"PK\x05\x06"
_END_RECORD_BYTES = 22
_MAX_END_BYTES = _END_RECORD_BYTES + 65_535
"""The end record of a zip with the longest comment."""

_LOCAL_HEADER_BYTES = 30
_FLAG_ENCRYPTED = 0x1
_FLAG_UTF_8 = 0x800


def is_zip_of_reports(content: bytes) -> bool:
    """Tell whether bytes are a zip of files; a workbook or document, which is a zip too, is not."""
    if not content.startswith(ZIP) or _directory_bytes(content) > _MAX_DIRECTORY_BYTES:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.namelist()
    except ZIP_ERRORS:
        return False
    return not any(_is_of_document(name) for name in names)


def _is_of_document(name: str) -> bool:
    return name in _DOCUMENT_FILES or name.startswith(_DOCUMENT_FOLDERS)


def refuse_zip(content: bytes, limits: Limits) -> ReaderFinding | None:
    """Return why a zip is not unpacked, or None if it is.

    Its sender gets the answer for the zip as a whole. Nothing is extracted beyond the limits:
    `zipfile` extracts no more of a file than the zip's directory announces.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            files = _files(package)
    except ZIP_ERRORS:
        return ReaderFinding("FILE-03", values={"reason": "tệp nén bị cắt cụt hoặc hỏng"})
    return _refuse_directory(files, limits) or _refuse_content(content, limits)


def _refuse_directory(files: Sequence[zipfile.ZipInfo], limits: Limits) -> ReaderFinding | None:
    """Return why a zip is refused by what its directory says, before anything is extracted."""
    if len(files) > limits.packed_files:
        limit = f"{format_number(limits.packed_files)} tệp trong một tệp nén"
        return ReaderFinding("FILE-05", values={"limit": limit})
    extracted_bytes = sum(info.file_size for info in files)
    if extracted_bytes > limits.packed_bytes:
        limit = f"{megabytes(limits.packed_bytes)} sau khi giải nén"
        return ReaderFinding("FILE-05", values={"limit": limit})
    if _overlap(files):
        return ReaderFinding("FILE-03", values={"reason": "các tệp trong tệp nén chồng lên nhau"})
    return None


def _refuse_content(content: bytes, limits: Limits) -> ReaderFinding | None:
    """Return why a zip is refused in which no file can be read."""
    # Without the bytes: all files of a zip may be too large for the memory together.
    members = [replace(member, content=None) for member in members_of(content, limits)]
    if any(member.is_readable for member in members):
        return None
    # A zip with a password may hold reports, so ask for it without one.
    if any(_is_locked(member) for member in members):
        return ReaderFinding("FILE-04")
    return ReaderFinding("FILE-02", values={"kind": "tệp nén zip không chứa bảng tính"})


def _is_locked(member: PackedFile) -> bool:
    return member.refusal is not None and member.refusal.rule == "FILE-04"


def members_of(content: bytes, limits: Limits) -> Iterator[PackedFile]:
    """Yield the files of a zip in its order, without what operating systems add.

    `refuse_zip` must have accepted the zip.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for info in _files(package):
            yield _member(package, info, limits)


def _directory_bytes(content: bytes) -> int:
    """Return the length of a zip's directory, as the zip gives it; 0 if there is none."""
    first = max(0, len(content) - _MAX_END_BYTES)
    # From the end: a file in the zip may be a zip with a directory of its own.
    end = content.rfind(_END_OF_DIRECTORY, first)
    is_complete = 0 <= end <= len(content) - _END_RECORD_BYTES
    if not is_complete:
        return 0
    (length,) = struct.unpack_from("<I", content, end + 12)
    return int(length)


def _files(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of a zip, without folders and what operating systems add."""
    files = [info for info in package.infolist() if not info.is_dir()]
    return [info for info in files if not _is_junk(info)]


def _is_junk(info: zipfile.ZipInfo) -> bool:
    """Tell whether a file is one that an operating system or a program adds to a zip."""
    parts = info.filename.replace("\\", "/").split("/")
    if "__MACOSX" in parts:
        return True
    name = parts[-1]
    return name.casefold() in _JUNK_NAMES or name.startswith(_JUNK_PREFIXES)


def _overlap(files: Sequence[zipfile.ZipInfo]) -> bool:
    """Tell whether files share bytes, as in a zip bomb.

    There, each file keeps the limits, and all of them come from the same few bytes.
    """
    spans: list[tuple[int, int]] = []
    for info in files:
        start = info.header_offset
        end = start + _LOCAL_HEADER_BYTES + info.compress_size
        spans.append((start, end))
    spans.sort()
    return any(end > next_start for (_, end), (next_start, _) in pairwise(spans))


def _member(
    package: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    limits: Limits,
) -> PackedFile:
    name = _name(info)
    size = info.file_size
    refusal = _refuse_member(info, limits)
    if refusal is not None:
        return PackedFile(name, size, None, refusal)
    try:
        with package.open(info) as stream:
            # The directory was checked, and a stream gives no more than the directory says.
            content = stream.read(limits.delivery_bytes + 1)
    except ZIP_ERRORS:
        # One damaged file does not take the others with it.
        damaged = ReaderFinding("FILE-03", values={"reason": "tệp bị hỏng trong tệp nén"})
        return PackedFile(name, size, None, damaged)
    return packed_file(name, content)


def _refuse_member(info: zipfile.ZipInfo, limits: Limits) -> ReaderFinding | None:
    """Return why a file is not extracted, by what the zip's directory says; None if it is."""
    if info.flag_bits & _FLAG_ENCRYPTED:
        return ReaderFinding("FILE-04")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return ReaderFinding("FILE-03", values={"reason": "cách nén của tệp zip không được hỗ trợ"})
    if info.file_size > limits.delivery_bytes:
        return ReaderFinding("FILE-05", values={"limit": megabytes(limits.delivery_bytes)})
    # Such a ratio is that of a zip bomb, not of a report. Small files do no harm.
    most_for_its_size = limits.packing_ratio * info.compress_size
    if info.file_size > max(_SMALL_BYTES, most_for_its_size):
        limit = f"{format_number(limits.packing_ratio)} lần khi giải nén"
        return ReaderFinding("FILE-05", values={"limit": limit})
    return None


def _name(info: zipfile.ZipInfo) -> str:
    """Return the name of a file for people: one line, without drives, `..` and empty parts."""
    path = _decoded(info).replace("\\", "/")
    kept = [part.strip() for part in path.split("/") if part not in ("", ".", "..")]
    return display_name("/".join(kept))


def _decoded(info: zipfile.ZipInfo) -> str:
    """Return a file name, also where its zip gives no encoding.

    `zipfile` decodes such a name as code page 437, the encoding of the first zips. Zips of today
    have UTF-8 there, or a Vietnamese code page.
    """
    if info.flag_bits & _FLAG_UTF_8:
        return info.filename
    try:
        return decoded_name(info.filename.encode("cp437"))
    except UnicodeEncodeError:
        return info.filename
