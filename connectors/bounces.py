"""Bounced mails: what they say about a letter.

A delivery status notification (RFC 3464, 6533) is read as the RFC says. Some servers write a bounce
in words only; those are left to flufl.bounce, the reader of Mailman.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from typing import Any

from flufl.bounce import all_failures

# The names with "global" are those for addresses beyond ASCII (RFC 6533).
_STATUS = "message/delivery-status"
_GLOBAL_STATUS = "message/global-delivery-status"
_BLANK_LINE = re.compile(rb"\n[ \t]*\n")
_ORIGINALS = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
)
_MAX_REASON_CHARACTERS = 300
_MAX_SEMICOLONS = 5000
"""More of them make a mail hostile.

The email library takes 21 s to split a header with 130,000 (Python 3.11, 2026-11-26). No mail of
`mtqg mail preview` has more than 105.
"""
_DAEMONS = ("mailer-daemon", "postmaster")
_WORDS_BYTES = 16 * 1024
"""How much of a bounce in words is read: its words, and the headers of the letter after them.

flufl.bounce has patterns whose time grows with the square of a line, and anybody can write a mail.
"""
_MAX_LINE = 2000
"""A longer line makes a mail hostile: RFC 5322 allows 998 characters."""
_NUMBER = re.compile(r"(?im)^[ \t>]*message-id:\s*<([^@<>\s]+)@")
_NUMBER_IN_HEADER = re.compile(r"<([^@<>\s]+)@")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter that was refused for good.

    `message_id` is the number in its Message-ID, `reason` what the server wrote.
    """

    message_id: str
    recipient: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Failure:
    """A recipient that a server refused for good."""

    recipient: str
    reason: str


def bounce_of(mail: bytes) -> Bounce | None:
    """Return the letter that a mail reports as refused for good, or None for any other mail.

    Raises nothing, whatever the mail holds. Its end may be missing: the original letter is the
    last part, and only its headers are read. A letter that is only delayed may still arrive and
    is no bounce; one that a server gave up after days is, whatever its status.
    """
    if mail.count(b";") > _MAX_SEMICOLONS:
        return None
    try:
        message = message_from_bytes(mail)
        if _is_report(message):
            return _from_notification(message)
        return _from_words(mail) if _is_from_server(message) else None
    except Exception:
        # Anybody can write to a mailbox: mails nested a thousand deep, headers that break
        # every parser.
        return None


def may_be_bounce(headers: bytes) -> bool:
    """Tell by Content-Type, From and Return-Path whether a mail is worth reading."""
    try:
        message = message_from_bytes(headers)
        return _is_report(message) or _is_from_server(message)
    except Exception:
        return False


def _is_report(message: Message) -> bool:
    """Tell whether a mail is a report of any kind: what it says stands where the RFC has it."""
    return message.get_content_type() == "multipart/report"


def _is_from_server(message: Message) -> bool:
    """Tell whether a mail says that a mail server wrote it, and nobody can answer it."""
    _, sender = parseaddr(_text(message, "From"))
    name, _, _ = sender.partition("@")
    return name.lower() in _DAEMONS or _text(message, "Return-Path") == "<>"


def _from_words(mail: bytes) -> Bounce | None:
    """Return what a bounce says that has words only; None if it is none of a letter of ours."""
    beginning = mail[:_WORDS_BYTES]
    if max(map(len, beginning.splitlines())) > _MAX_LINE:
        return None
    message = message_from_bytes(beginning)
    # It logs the mails that break it, with a traceback.
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    temporary, permanent = all_failures(message)
    # A letter has one recipient, so a notice of several failures is not about ours.
    if temporary or len(permanent) != 1:
        return None
    (address,) = permanent
    recipient = address.decode()
    return Bounce(_number_in(message, beginning), recipient, _reason_in(message, recipient))


def _number_in(message: Message, beginning: bytes) -> str:
    """Return the number in the Message-ID of the letter that is sent back or answered."""
    _, _, body = beginning.replace(b"\r\n", b"\n").partition(b"\n\n")
    found = _NUMBER.search(body.decode("utf-8", "replace"))
    if found is None:
        # Exchange sends no letter back.
        found = _NUMBER_IN_HEADER.search(_text(message, "In-Reply-To"))
    return found[1] if found else ""


def _reason_in(message: Message, recipient: str) -> str:
    """Return what follows the recipient at the beginning of a line, up to a blank line."""
    text = next(part for part in message.walk() if part.get_content_maintype() == "text")
    payload: Any = text.get_payload(decode=True)
    words = payload.decode("utf-8", "replace").replace("\r\n", "\n")
    about = re.search(rf"(?im)^[ \t<]*{re.escape(recipient)}[>:]*(.*(?:\n.+)*)", words)
    said = _one_line(about[1]) if about else ""
    return said or "no reason given"


def _from_notification(message: Message) -> Bounce | None:
    if not _is_notification(message):
        return None
    failures = list(_failures(message))
    # A letter has one recipient, so a notice of several failures is not about ours.
    if len(failures) != 1:
        return None
    failure = failures[0]
    return Bounce(_original_id(message), failure.recipient, failure.reason)


def _is_notification(message: Message) -> bool:
    if not message.is_multipart():
        return False
    kind = str(message.get_param("report-type", ""))
    return kind.lower() == "delivery-status"


def _failures(message: Message) -> Iterator[_Failure]:
    """Yield the recipients that were refused for good."""
    for block in _status_blocks(message):
        # The action decides: a status of 4.x stands here too, where a server gave up waiting.
        if _text(block, "Action").lower() != "failed":
            continue
        recipient = _address(block, "Final-Recipient") or _address(block, "Original-Recipient")
        diagnostic = _after_type(_text(block, "Diagnostic-Code")).strip()
        status = _text(block, "Status") or "unknown"
        yield _Failure(recipient, diagnostic or f"status {status}")


def _address(block: Message, name: str) -> str:
    return _after_type(_text(block, name)).strip(" <>")


def _status_blocks(message: Message) -> Iterator[Message]:
    """Yield the blocks of the status part: one about the server, one for each recipient.

    Only the mail's own parts count: a bounce that somebody forwards is none.
    """
    for part in _parts(message, _STATUS):
        payload: Any = part.get_payload()
        for block in payload:
            if isinstance(block, Message):
                yield block
    for part in _parts(message, _GLOBAL_STATUS):
        # Python 3.11 takes it for one mail, whose headers are the first block.
        inner: Any = part.get_payload()
        for block_bytes in _BLANK_LINE.split(inner[0].as_bytes()):
            yield message_from_bytes(block_bytes)


def _after_type(value: str) -> str:
    """Return a value like `rfc822; a@b.example` without the type before the semicolon."""
    _, _, text = value.partition(";")
    return text


def _original_id(message: Message) -> str:
    """Return the number in the Message-ID of the letter that is sent back."""
    original = next(_parts(message, *_ORIGINALS))
    inner: Any
    if original.is_multipart():
        inner = original.get_payload(0)
    else:
        inner = original.get_payload(decode=True)
    headers = inner if isinstance(inner, Message) else message_from_bytes(inner)
    number, _, _ = _text(headers, "Message-ID").strip("<>").partition("@")
    return number


def _parts(message: Message, *kinds: str) -> Iterator[Message]:
    parts: Any = message.get_payload()
    return (part for part in parts if part.get_content_type() in kinds)


def _text(message: Message, name: str) -> str:
    """Return a header on one line, without characters that control a terminal."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    # The library keeps bytes beyond ASCII as surrogates.
    return _one_line(str(raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _one_line(text: str) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(printable.split())[:_MAX_REASON_CHARACTERS]
