"""Repairs of a package, in memory, where one small thing keeps calamine from reading it.

The archive keeps the bytes as they came.
"""

import io
import re
import struct
import zipfile

from connectors.reader.open.signatures import unpacked

_ENTRY, _ENTRY_NAME, _MEMBER_NAME = b"PK\x01\x02", 46, 30
_FOLDER_WITH_BACKSLASH = b"xl\\"
_ERROR_CELL = re.compile(
    rb"""(<(?:[^<>\s/:]+:)?c\b(?=[^<>]*\bt\s*=\s*["']e["'])[^<>]*>"""
    rb"""(?:<(?:[^<>\s/:]+:)?f\b[^<>]*(?:/>|>[^<]*</[^<>]*>))?\s*<(?:[^<>\s/:]+:)?v\b[^<>]*>)([^<]*)"""
)
_KNOWN_ERRORS = {
    b"#DIV/0!",
    b"#N/A",
    b"#NAME?",
    b"#NULL!",
    b"#NUM!",
    b"#REF!",
    b"#VALUE!",
}
_SHEETS = "xl/worksheets/"


def with_slashes(content: bytes) -> bytes:
    r"""Return a package with "xl/workbook.xml" for a member called "xl\workbook.xml".

    Some programs on Windows write such names, and Excel opens them. Any other package is returned
    as it is: the lengths of the names and all other bytes stay.

    Raises:
        zipfile.BadZipFile: and the other errors of `zipfile` for a damaged package.
    """
    if _FOLDER_WITH_BACKSLASH not in content:
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        members = package.infolist()
        # The directory stands behind the members, before the end record that names its place.
        at = package.start_dir
    if not any("\\" in member.orig_filename for member in members):
        return content
    changed = bytearray(content)
    for member in members:
        name_bytes, extra_bytes, comment_bytes = struct.unpack_from("<HHH", content, at + 28)
        if content[at : at + 4] != _ENTRY:
            raise zipfile.BadZipFile("a directory that is not where the package says")
        for name_at in (at + _ENTRY_NAME, member.header_offset + _MEMBER_NAME):
            name = content[name_at : name_at + name_bytes]
            changed[name_at : name_at + name_bytes] = name.replace(b"\\", b"/")
        at += _ENTRY_NAME + name_bytes + extra_bytes + comment_bytes
    return bytes(changed)


def with_known_errors(content: bytes) -> bytes | None:
    """Return an .xlsx in which each error of an unknown name is "#N/A"; None where it has none.

    calamine gives up a whole workbook for one such cell (python-calamine 0.9.1, 2026-11-30). What
    the cells show is in the markup already.

    Raises:
        zipfile.BadZipFile: and the other errors of `zipfile` for a damaged package.
    """
    buffer = io.BytesIO()
    is_changed = False
    with (
        zipfile.ZipFile(io.BytesIO(content)) as package,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as repaired,
    ):
        for name in package.namelist():
            member = unpacked(package, name)
            if name.lower().startswith(_SHEETS):
                replaced = _ERROR_CELL.sub(_as_known, member)
                is_changed = is_changed or replaced != member
                member = replaced
            repaired.writestr(name, member)
    return buffer.getvalue() if is_changed else None


def _as_known(cell: re.Match[bytes]) -> bytes:
    before, error = cell.groups()
    if error in _KNOWN_ERRORS:
        return cell[0]
    known: bytes = before + b"#N/A"
    return known
