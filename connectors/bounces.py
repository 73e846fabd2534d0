"""Bounced mails: what a delivery status notification (RFC 3464, 6533) says about a letter."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

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
        return _parse(message_from_bytes(mail))
    except Exception:
        # Anybody can write to a mailbox: mails nested a thousand deep, headers that break
        # every parser.
        return None


def _parse(message: Message) -> Bounce | None:
    if not _is_notification(message):
        return None
    failures = list(_failures(message))
    # A letter has one recipient, so a notice of several failures is not about ours.
    if len(failures) != 1:
        return None
    failure = failures[0]
    return Bounce(_original_id(message), failure.recipient, failure.reason)


def _is_notification(message: Message) -> bool:
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
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
    header = str(raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    printable = "".join(sign if sign.isprintable() else " " for sign in header)
    return " ".join(printable.split())[:_MAX_REASON_CHARACTERS]
