"""Recognise bytes that are not a workbook, by their first bytes and by the members of a package."""

import zipfile

from program.finding import ReaderFinding

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD, SLIDES = "văn bản Word", "bản trình chiếu PowerPoint"
_HEIC_IMAGE, _OUTLOOK_MAIL = "tệp ảnh HEIC", "thư Outlook"
# First bytes and the kind of file in Vietnamese, for bytes that are neither a zip nor an OLE file.
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
_DOCUMENT_KINDS = {
    kind for _, kind in SIGNATURES if kind.startswith(("tệp PDF", "tệp ảnh", "văn bản"))
}
ATTACHMENTS = frozenset(
    {WORD, SLIDES, _HEIC_IMAGE, _OUTLOOK_MAIL, *_OPEN_TEXTS.values(), *_DOCUMENT_KINDS}
)
"""Kinds that may stand beside tables in a zip: a signed scan, pictures, a narrative report."""
_HEAD_BYTES = 1024
_MACRO_FOLDERS = ("xl/macrosheets/", "basic/", "scripts/")


def _utf16(name: str) -> bytes:
    """Return a name as the directory of an OLE file stores it."""
    return name.encode("utf-16-le")


# The names under which calamine looks for a workbook in an OLE file.
_BOOKS = tuple(_utf16(f"{name}\0") for name in ("Workbook", "Book", "WORKBOOK", "BOOK"))
_VBA = _utf16("_VBA_PROJECT")


def refuse_signature(content: bytes) -> ReaderFinding | None:
    """Return the problem with bytes that are neither a zip nor an OLE file.

    None if the first bytes are not those of a known other kind: they may be text.
    """
    if not content:
        return ReaderFinding("FILE-01")
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return _no_workbook(_HEIC_IMAGE)
    head = content[:_HEAD_BYTES].lstrip()
    markup = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if markup.startswith(_WEB_PAGE):
        return _no_workbook("trang web HTML")
    for start, kind in SIGNATURES:
        if head.startswith(start):
            return _no_workbook(kind)
    return None


def refuse_ole(content: bytes) -> ReaderFinding | None:
    """Return why an OLE file must not go to the workbook reader, or None.

    A workbook can embed a Word document and a Word document can embed a workbook. Only a Word
    document that embeds something has an "ObjectPool".
    """
    if _has(content, "EncryptedPackage"):
        return ReaderFinding("FILE-04")
    is_book = any(name in content for name in _BOOKS)
    is_word = _has(content, "WordDocument")
    if is_word and (not is_book or _has(content, "ObjectPool")):
        return _no_workbook(WORD)
    if is_book:
        return None
    if _has(content, "PowerPoint Document"):
        return _no_workbook(SLIDES)
    if _has(content, "__substg1.0_"):
        return _no_workbook(_OUTLOOK_MAIL)
    return None


def refuse_package(package: zipfile.ZipFile, max_unpacked_bytes: int) -> ReaderFinding | None:
    """Return why a zip must not go to the workbook reader, or None.

    Raises:
        zipfile.BadZipFile: and the other errors of `zipfile` for a damaged package.
    """
    members = package.infolist()
    names = {member.filename for member in members}
    kind = _kind_by_names(names)
    if kind is not None:
        return _no_workbook(kind)
    unpacked_bytes = sum(member.file_size for member in members)
    if unpacked_bytes > max_unpacked_bytes:
        limit = f"{max_unpacked_bytes // 1_000_000} MB sau khi giải nén"
        return ReaderFinding("FILE-05", values={"limit": limit})
    if "mimetype" in names:
        # A spreadsheet and a text of OpenDocument have the same members; only this one differs.
        kind = _OPEN_TEXTS.get(_open_document(package))
        if kind is not None:
            return _no_workbook(kind)
    return None


def _kind_by_names(names: set[str]) -> str | None:
    """Return the kind of a package that has no workbook's members, None for one that has them."""
    if any(name.startswith("word/") for name in names):
        return WORD
    if any(name.startswith("ppt/") for name in names):
        return SLIDES
    if any(name.startswith("xl/") or name == "content.xml" for name in names):
        return None
    if any(name.lower().endswith(_WORKBOOKS) for name in names):
        return "tệp nén zip, bảng tính nằm bên trong"
    return "tệp nén zip không chứa bảng tính"


def unpacked(package: zipfile.ZipFile, name: str) -> bytes:
    """Return a member of a package, at most one byte longer than the package's list says.

    `ZipFile.read` unpacks everything before it compares the length with the list.

    Raises:
        zipfile.BadZipFile: and the other errors of `zipfile` for a damaged member.
    """
    info = package.getinfo(name)
    with package.open(info) as member:
        return member.read(info.file_size + 1)


def has_macros(package: zipfile.ZipFile) -> bool:
    """Return whether a workbook's package holds macros: Excel's, old or new, or LibreOffice's."""
    for name in package.namelist():
        folded = name.lower()
        if folded.endswith("vbaproject.bin") or folded.startswith(_MACRO_FOLDERS):
            return True
    return False


def has_ole_macros(content: bytes) -> bool:
    """Return whether a workbook in an OLE file holds macros."""
    return _VBA in content


def _has(content: bytes, name: str) -> bool:
    return _utf16(name) in content


def _open_document(package: zipfile.ZipFile) -> str:
    """Return the kind in a media type: "text" for application/vnd.oasis.opendocument.text."""
    with package.open("mimetype") as member:
        media_type = member.read(200).decode("ascii", "replace").strip()
    return media_type.rpartition(".")[2].removesuffix("-template")


def _no_workbook(kind: str) -> ReaderFinding:
    return ReaderFinding("FILE-02", values={"kind": kind})
