"""Recognise bytes that are not a workbook, by their first bytes and by the members of a package."""

import re
import zipfile
from enum import StrEnum

from program.finding import ReaderFinding

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD, SLIDES = "văn bản Word", "bản trình chiếu PowerPoint"
_HEIC_IMAGE, _OUTLOOK_MAIL, MAIL = "tệp ảnh HEIC", "thư Outlook", "thư điện tử (.eml)"
WEB_PAGE, WEB_ARCHIVE = "trang web HTML", "trang web lưu thành một tệp (MHTML)"
SIGNED = "tệp ký số (.p7m)"
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
    (b"L\0\0\0\x01\x14\x02\0", "lối tắt của Windows (.lnk)"),
    (b"[InternetShortcut]", "lối tắt đến một trang web (.url)"),
    (b"-----BEGIN PKCS7", SIGNED),
    (b"-----BEGIN CMS", SIGNED),
)
_HEIC = (b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1")
_PAGE_TAGS = (b"<!doctype", b"<html", b"<table", b"<head", b"<meta", b"<style")
# The object identifier of signed or encrypted data, in bytes and in base64.
_SIGNED_DATA, _SIGNED_TEXT = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", b"BgkqhkiG9w0BBw"
_SIGNED_BYTES = 32
"""Where the identifier stands in a signed file at the latest."""
_HEADER = re.compile(rb"(?im)^([a-z][a-z-]+):")
_MAIL_HEADERS = {b"received", b"return-path", b"message-id", b"delivered-to", b"to", b"subject"}
_FEWEST_HEADERS = 2
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv")
_OPEN_TEXTS = {"text": "văn bản OpenDocument", "presentation": "bản trình chiếu OpenDocument"}
_DOCUMENT_KINDS = {
    kind for _, kind in SIGNATURES if kind.startswith(("tệp PDF", "tệp ảnh", "văn bản"))
}
ATTACHMENTS = frozenset(
    {
        WORD,
        SLIDES,
        _HEIC_IMAGE,
        _OUTLOOK_MAIL,
        MAIL,
        SIGNED,
        *_OPEN_TEXTS.values(),
        *_DOCUMENT_KINDS,
    }
)
"""Kinds that may stand beside tables in a zip: a signed scan, pictures, a narrative report."""
_HEAD_BYTES = 1024
_MACRO_FOLDERS = ("xl/macrosheets/", "basic/", "scripts/")


class NextStep(StrEnum):
    """What a sender has to do about another kind of file: the cases of FILE-02."""

    TAKE_OUT = "take_out"
    """The report is attached to the file or packed in it."""
    FIND = "find"
    """The file only says where the report is."""
    SAVE_AS = "save_as"
    """Excel opens the file and can save it as a workbook."""
    COPY = "copy"
    """The figures stand in a text or on a picture."""


_NEXT_STEPS = (
    (("thư ", "tệp nén", "tệp ký số"), NextStep.TAKE_OUT),
    (("lối tắt",), NextStep.FIND),
    (("trang web", "tệp XML"), NextStep.SAVE_AS),
    (("văn bản", "bản trình chiếu", "tệp ảnh", "tệp PDF"), NextStep.COPY),
)
"""The next step for the kinds that begin with certain words."""


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
    kind = _kind_by_content(content)
    if kind is None:
        return None
    return _no_workbook(kind)


def is_mail(content: bytes) -> bool:
    """Tell whether bytes are a mail, as mail programs export one (.eml)."""
    return _kind_by_content(content) == MAIL


def _kind_by_content(content: bytes) -> str | None:
    """Return the kind of file that the first bytes show, None for a kind that is not known."""
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return _HEIC_IMAGE
    if _is_signed(content):
        return SIGNED
    head = content[:_HEAD_BYTES].lstrip()
    markup = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if markup.startswith(_PAGE_TAGS):
        return WEB_PAGE
    for start, kind in SIGNATURES:
        if head.startswith(start):
            return kind
    return _kind_of_mail(content[: 4 * _HEAD_BYTES])


def _is_signed(content: bytes) -> bool:
    """Return whether bytes are a file that was signed as a whole (PKCS #7)."""
    if content.startswith(b"0"):
        return _SIGNED_DATA in content[:_SIGNED_BYTES]
    return content.startswith(b"MI") and _SIGNED_TEXT in content[: 2 * _SIGNED_BYTES]


def _kind_of_mail(head: bytes) -> str | None:
    """Return the kind of a text that begins with the headers of a mail; None for any other text.

    A web page in one file has such headers too, but nobody sent it.
    """
    lines = re.split(rb"\r?\n\r?\n", head.lstrip(), maxsplit=1)[0]
    first = _HEADER.match(lines)
    if first is None:
        return None
    names = {match[1].lower() for match in _HEADER.finditer(lines)}
    is_sent = bool(names & {b"received", b"return-path", b"message-id", b"delivered-to", b"to"})
    if b"multipart/related" in lines.lower() and not is_sent:
        return WEB_ARCHIVE
    is_mail = b"from" in names or b"mime-version" in names
    # A table may have one column that is called "Subject".
    header_count = len(names & _MAIL_HEADERS)
    if is_mail and header_count >= _FEWEST_HEADERS:
        return MAIL
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
    _, _, kind = media_type.rpartition(".")
    # A template of a text is a text.
    return kind.removesuffix("-template")


def _no_workbook(kind: str) -> ReaderFinding:
    return ReaderFinding("FILE-02", values={"kind": kind}, case=_next_step(kind))


def _next_step(kind: str) -> str:
    """Return the case of FILE-02 for a kind of file; "" for one that needs no further words."""
    for beginnings, step in _NEXT_STEPS:
        if kind.startswith(beginnings):
            return step
    return ""
