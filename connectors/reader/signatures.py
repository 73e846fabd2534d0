"""What bytes are when they are no workbook, by how they begin and, in a package, by what is in it."""

import zipfile

from program.finding import Problem

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD, SLIDES = "văn bản Word", "bản trình chiếu PowerPoint"
# (first bytes, what it is in Vietnamese); looked at only where the bytes are neither a zip nor an OLE file.
SIGNATURES = (
    (b"%PDF", "tệp PDF"),
    (b"\x89PNG", "tệp ảnh PNG"),
    (b"\xff\xd8\xff", "tệp ảnh JPEG"),
    (b"GIF8", "tệp ảnh GIF"),
    (b"II*\x00", "tệp ảnh TIFF"),
    (b"MM\x00*", "tệp ảnh TIFF"),
    (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7z"),
    (b"\x1f\x8b", "tệp nén gzip"),
    (b"PK\x05\x06", "tệp nén zip không chứa bảng tính"),
    (b"{\\rtf", "văn bản RTF"),
    (b"<?xml", "tệp XML"),
)
_HEIC = (b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1")
_WEB_PAGE = (b"<!doctype", b"<html", b"<table", b"<head", b"<meta", b"<style")
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv")
_OPEN_TEXTS = {"text": "văn bản OpenDocument", "presentation": "bản trình chiếu OpenDocument"}
ENCLOSURES = frozenset(
    {WORD, SLIDES, "tệp ảnh HEIC", "thư Outlook", *_OPEN_TEXTS.values()}
    | {kind for _, kind in SIGNATURES if kind.startswith(("tệp PDF", "tệp ảnh", "văn bản"))}
)
"""What goes with tables in a zip, and is no mistake there: a signed scan, pictures, a narrative."""
# How calamine finds a workbook in an OLE file, and where Excel keeps a workbook's macros.
_BOOKS = tuple(name.encode("utf-16-le") + b"\0\0" for name in ("Workbook", "Book", "WORKBOOK", "BOOK"))
_VBA = "_VBA_PROJECT".encode("utf-16-le")


def refuse_signature(content: bytes) -> Problem | None:
    """Return what `content`, neither a zip nor an OLE file, is by its first bytes; None where they tell nothing."""
    if not content:
        return Problem("FILE-01")
    head = content[:1024].lstrip()
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return _no_workbook("tệp ảnh HEIC")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_WEB_PAGE):
        return _no_workbook("trang web HTML")
    kind = next((kind for start, kind in SIGNATURES if head.startswith(start)), None)
    return _no_workbook(kind) if kind else None


def refuse_ole(content: bytes) -> Problem | None:
    """Return why an OLE file should not be given to the workbook reader, or None.

    A workbook may hold a Word text as an object, and the other way round; only a Word text has an "ObjectPool".
    """
    if _has(content, "EncryptedPackage"):
        return Problem("FILE-04")
    is_book = any(name in content for name in _BOOKS)
    if _has(content, "WordDocument") and (not is_book or _has(content, "ObjectPool")):
        return _no_workbook(WORD)
    if not is_book and _has(content, "PowerPoint Document"):
        return _no_workbook(SLIDES)
    if not is_book and _has(content, "__substg1.0_"):
        return _no_workbook("thư Outlook")
    return None


def refuse_package(package: zipfile.ZipFile, max_unpacked_bytes: int) -> Problem | None:
    """Return why a zip should not be given to the workbook reader, or None. Raises what `zipfile` raises."""
    members = package.infolist()
    names = {member.filename for member in members}
    if any(name.startswith("word/") for name in names):
        return _no_workbook(WORD)
    if any(name.startswith("ppt/") for name in names):
        return _no_workbook(SLIDES)
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        is_packed = any(name.lower().endswith(_WORKBOOKS) for name in names)
        return _no_workbook("tệp nén zip, bảng tính nằm bên trong" if is_packed else "tệp nén zip không chứa bảng tính")
    if sum(member.file_size for member in members) > max_unpacked_bytes:
        return Problem("FILE-05", values={"limit": f"{max_unpacked_bytes // 1_000_000} MB sau khi giải nén"})
    kind = _open_document(package) if "mimetype" in names else ""
    return _no_workbook(_OPEN_TEXTS[kind]) if kind in _OPEN_TEXTS else None


def unpacked(package: zipfile.ZipFile, name: str) -> bytes:
    """Return a member of a package. Raises what `zipfile` raises.

    `ZipFile.read` unpacks all there is before it looks whether that is as much as the package's own list says.
    """
    info = package.getinfo(name)
    with package.open(info) as member:
        return member.read(info.file_size + 1)


def has_macros(package: zipfile.ZipFile) -> bool:
    """Tell whether a workbook's package holds macros: Excel's own, of either age, or LibreOffice's."""
    names = [name.lower() for name in package.namelist()]
    return any(name.endswith("vbaproject.bin") or name.startswith(("xl/macrosheets/", "basic/", "scripts/")) for name in names)


def has_ole_macros(content: bytes) -> bool:
    """Tell whether a workbook as an OLE file holds macros."""
    return _VBA in content


def _has(content: bytes, name: str) -> bool:
    return name.encode("utf-16-le") in content


def _open_document(package: zipfile.ZipFile) -> str:
    """Return "text" for application/vnd.oasis.opendocument.text, and so on for its sisters."""
    with package.open("mimetype") as member:
        return member.read(200).decode("ascii", "replace").strip().rpartition(".")[2].removesuffix("-template")


def _no_workbook(kind: str) -> Problem:
    return Problem("FILE-02", values={"kind": kind})
