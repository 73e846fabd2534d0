"""The parts of a mail: bodies, and files that somebody attached.

Pictures within a text, signatures and invitations are neither. What a mail has that somebody
forwards as an attachment counts as attached to the mail itself.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import PurePosixPath
from typing import Any

from connectors.file_names import display_name
from connectors.mails.headers import parsed_mail, readable

_MOST_LINES = 1_000_000
"""A mail of 50 MB has 700,000. The library takes 7 s for a million of them that are headers."""
_MOST_LINE_CHECKS = 20_000_000
"""Lines times boundaries: the library compares each line with every boundary that is open.

It takes 5 s for so many (Python 3.11, 2026-11-30).
"""
_BOUNDARY = re.compile(rb"boundary[\s*\d]*=")
_MOST_PARTS = 2000
_DEEPEST = 20
_PASSED_OVER_TYPES = (
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/pgp-keys",
    "application/ics",
    "application/applefile",
    "text/calendar",
    "text/vcard",
    "text/x-vcard",
    "message/external-body",
)
_PASSED_OVER_SUFFIXES = (".p7s", ".ics", ".vcf", ".asc")
_BODY_TYPES = ("text/plain", "text/html")
_UNNAMED = "tệp không tên"


class TooComplexError(Exception):
    """A mail has so many lines and parts that nobody wrote it by hand."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that somebody attached: its name for people, its type as declared, its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a mail. `is_related`: it belongs to a text, as a picture in it does."""

    message: Message
    depth: int
    is_related: bool = False
    is_forwarded: bool = False


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A part without parts: what its headers say about it. `name` is empty where it has none."""

    message: Message
    media_type: str
    name: str
    is_attachment: bool
    is_in_text: bool
    is_forwarded: bool

    @property
    def main_type(self) -> str:
        """The first part of its type: text, image, application."""
        return self.media_type.partition("/")[0]

    @property
    def is_body(self) -> bool:
        """Tell whether it is a text of the mail itself, not a file."""
        return self.media_type in _BODY_TYPES and not self.is_attachment and not self.name

    @property
    def is_passed_over(self) -> bool:
        """Tell whether it is no file that its sender means to send."""
        if self.media_type in _PASSED_OVER_TYPES:
            return True
        if self.name.lower().endswith(_PASSED_OVER_SUFFIXES):
            return True
        if self.is_attachment:
            return False
        # The other form of a text, or what a bounce says.
        if self.main_type in ("text", "message"):
            return not self.name
        # A picture in a text, or a logo in a signature. A scan that is attached is neither.
        return self.main_type == "image" and self.is_in_text


def opened_mail(content: bytes) -> Message:
    """Return a mail as the library parses it.

    Raises TooComplexError before the library is asked where it would take too long, and
    RecursionError for a mail that is too deep.
    """
    lines = content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")
    boundaries = 1 + len(_BOUNDARY.findall(content.lower()))
    if lines > _MOST_LINES or lines * boundaries > _MOST_LINE_CHECKS:
        raise TooComplexError
    return parsed_mail(content)


def bodies_of(message: Message) -> list[Message]:
    """Return the texts that the sender of a mail wrote, the first one first."""
    leaves = _leaves(message)
    return [leaf.message for leaf in leaves if leaf.is_body and not leaf.is_forwarded]


def attached_files(message: Message) -> Iterator[AttachedFile]:
    """Yield the files that are attached to a mail, or to a mail that is attached to it."""
    for leaf in _leaves(message):
        if not leaf.is_body and not leaf.is_passed_over:
            yield _file_of(leaf)


def _leaves(message: Message) -> Iterator[_Leaf]:
    """Yield the parts that have no parts, in their order. What is too deep is passed over.

    Raises TooComplexError after 2,000 parts.
    """
    waiting = [_Part(message, 0)]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        children = _children(part)
        if children is None:
            yield _leaf_of(part)
        elif part.depth < _DEEPEST:
            # The stack gives the last one first.
            waiting += reversed(children)
    raise TooComplexError


def _leaf_of(part: _Part) -> _Leaf:
    message = part.message
    return _Leaf(
        message,
        media_type=message.get_content_type(),
        name=_file_name(message),
        is_attachment=message.get_content_disposition() == "attachment",
        is_in_text=part.is_related or message.get("Content-ID") is not None,
        is_forwarded=part.is_forwarded,
    )


def _children(part: _Part) -> list[_Part] | None:
    """Return the parts of a part; None for one that has a content of its own."""
    message = part.message
    content_type = message.get_content_type()
    inner = _mail_in(message) if content_type == "message/rfc822" else None
    if inner is not None:
        return [_Part(inner, part.depth + 1, is_forwarded=True)]
    payload = message.get_payload()
    if not isinstance(payload, list):
        return None
    is_related = part.is_related or content_type == "multipart/related"
    return [
        _Part(child, part.depth + 1, is_related, part.is_forwarded)
        for child in payload
        if isinstance(child, Message)
    ]


def _mail_in(message: Message) -> Message | None:
    """Return the mail that an attached mail is, also where a mail program encoded it in base64.

    The library takes the encoded text for the mail (RFC 2046 forbids the encoding).
    """
    payload = message.get_payload()
    if not isinstance(payload, list) or not payload:
        return None
    inner = payload[0]
    if not isinstance(inner, Message):
        return None
    encoding = str(message.get("Content-Transfer-Encoding", "")).strip().lower()
    text = inner.get_payload()
    if encoding != "base64" or inner.keys() or not isinstance(text, str):
        return inner
    try:
        return opened_mail(base64.b64decode(text))
    except ValueError:
        return inner


def _file_of(leaf: _Leaf) -> AttachedFile:
    # Some mail programs give the whole path on the sender's machine.
    last = PurePosixPath(leaf.name.replace("\\", "/")).name
    content = leaf.message.get_payload(decode=True)
    return AttachedFile(
        display_name(last) if last else _UNNAMED,
        leaf.media_type,
        content if isinstance(content, bytes) else b"",
    )


def _file_name(message: Message) -> str:
    """Return the name of a file for people, empty where a part has none."""
    try:
        names = [*_names(message, "Content-Disposition", "filename")]
        names += _names(message, "Content-Type", "name")
        # Mail programs write a name twice: in letters that old programs know, and as it is.
        written = [name for name in names if isinstance(name, tuple)] or names
        return readable(collapse_rfc2231_value(written[0])) if written else ""
    except (ValueError, LookupError, TypeError):
        # A name in pieces (RFC 2231) that do not fit.
        return ""


def _names(message: Message, header: str, parameter: str) -> list[str | tuple[Any, ...]]:
    """Return the values of a parameter; one in the encoding of RFC 2231 is a tuple."""
    parameters: Any = message.get_params(failobj=[], header=header)
    return [value for name, value in parameters if name.lower() == parameter]
