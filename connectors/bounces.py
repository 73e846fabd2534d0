"""Mails that came back: what a delivery status notification (RFC 3464) says of the one letter it is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

_ORIGINALS = ("message/rfc822", "text/rfc822-headers")
_LONGEST_REASON = 300
_MOST_SEMICOLONS = 5000
"""The library takes 21 s to part a header of 130,000 (Python 3.11, 2026-11-26); no mail of `mtqg mail preview` has over 105."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter that was not delivered for good: the number in its Message-ID, its recipient, the server's words."""

    message_id: str
    recipient: str
    reason: str


def bounce_of(mail: bytes) -> Bounce | None:
    """Return what a mail says of a letter that failed for good; None where it is no such mail, however it is broken.

    A letter goes to one recipient: a notification of several failures is of none of ours. What is delayed (4.x) may still arrive.
    The end of a mail may be missing: the original, of which only the headers are looked at, is its last part.
    """
    if mail.count(b";") > _MOST_SEMICOLONS:
        return None
    try:
        message = message_from_bytes(mail)
        failures = list(_failures(message)) if _is_notification(message) else []
        return Bounce(_original_id(message), *failures[0]) if len(failures) == 1 else None
    except Exception:  # anybody can write to a mailbox: mails nested a thousand deep, headers that no parser survives
        return None


def _is_notification(message: Message) -> bool:
    kind = str(message.get_param("report-type", "")).lower()
    return message.get_content_type() == "multipart/report" and kind == "delivery-status" and message.is_multipart()


def _failures(message: Message) -> Iterator[tuple[str, str]]:
    """Yield recipient and reason of each that failed for good, in the mail's own parts: a bounce that is forwarded is none."""
    for block in (b for part in _parts(message, "message/delivery-status") for b in part.get_payload() if isinstance(b, Message)):
        status = _text(block, "Status")
        if _text(block, "Action").lower() == "failed" and status.startswith("5."):
            said = _text(block, "Diagnostic-Code").partition(";")[2].strip()
            yield _text(block, "Final-Recipient").partition(";")[2].strip(" <>"), said or f"status {status}"


def _original_id(message: Message) -> str:
    original = next(_parts(message, *_ORIGINALS))
    inner: Any = original.get_payload(0) if original.is_multipart() else original.get_payload(decode=True)
    headers = inner if isinstance(inner, Message) else message_from_bytes(inner)
    return _text(headers, "Message-ID").strip("<>").partition("@")[0]


def _parts(message: Message, *kinds: str) -> Iterator[Message]:
    parts: Any = message.get_payload()
    return (part for part in parts if part.get_content_type() in kinds)


def _text(message: Message, name: str) -> str:
    """Return a header on one line, without what would steer a terminal."""
    plain = "".join(sign if sign.isprintable() else " " for sign in str(message.get(name, "")))
    return " ".join(plain.split())[:_LONGEST_REASON]
