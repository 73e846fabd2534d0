"""A file that came in a zip or in a mail, and whether it looks like a report."""

import io
import zipfile
from dataclasses import dataclass

from connectors.reader.json_reports.portal_report import is_json
from connectors.reader.open.delimited import NoRows, read_delimited
from connectors.reader.open.signatures import (
    ATTACHMENTS,
    OLE,
    ZIP,
    refuse_ole,
    refuse_package,
    refuse_signature,
)
from connectors.reader.open.workbook import ZIP_ERRORS
from program.finding import ReaderFinding

_SAMPLE_BYTES = 1 << 16
"""How much of a text file shows whether it has a table."""
_LETTER = "tệp văn bản không có bảng"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of a zip or a mail. `content` is None if it was refused, and `refusal` says why.

    `is_attachment` marks what accompanies the tables, such as a scan or a narrative.
    `is_readable` marks what looks like a workbook or a report.
    """

    name: str
    size: int
    content: bytes | None
    refusal: ReaderFinding | None = None
    is_attachment: bool = False
    is_readable: bool = False


def packed_file(name: str, content: bytes) -> PackedFile:
    """Return a file that was extracted, with what its first bytes show."""
    kind = _kind(content)
    is_attachment = kind in ATTACHMENTS or kind == _LETTER
    is_readable = kind is None
    return PackedFile(
        name,
        len(content),
        content,
        is_attachment=is_attachment,
        is_readable=is_readable,
    )


def _kind(content: bytes) -> str | None:
    """Return what a file is, in the reader's words.

    None stands for what looks like a workbook, a table or a report.
    """
    refusal = _refusal(content)
    if refusal is None:
        return None
    return refusal.values.get("kind", refusal.rule)


def _refusal(content: bytes) -> ReaderFinding | None:
    """Return why the reader would refuse a file before it reads a table, or None."""
    if content.startswith(ZIP):
        return _refuse_zip(content)
    if content.startswith(OLE):
        return refuse_ole(content)
    refusal = refuse_signature(content)
    if refusal is not None or is_json(content):
        return refusal
    sample = _sample(content)
    rows = read_delimited(sample, max_cells=_SAMPLE_BYTES)
    if not isinstance(rows, NoRows):
        return None
    # A text without a table accompanies the others, as a letter does.
    kind = _LETTER if rows is NoRows.NO_TABLE else "?"
    return ReaderFinding("FILE-02", values={"kind": kind})


def _refuse_zip(content: bytes) -> ReaderFinding | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            size = sum(info.file_size for info in package.infolist())
            return refuse_package(package, size)
    except ZIP_ERRORS:
        return ReaderFinding("FILE-03")


def _sample(content: bytes) -> bytes:
    """Return the whole lines at the beginning of a text file."""
    if len(content) <= _SAMPLE_BYTES:
        return content
    end = content.rfind(b"\n", 0, _SAMPLE_BYTES)
    return content[: end + 1]
