"""Read mails that came back: delivery status notifications (RFC 3464) about one of our letters."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

_ORIGINALS = ("message/rfc822", "text/rfc822-headers")
_STATUS = "message/delivery-status"
_LONGEST_TEXT = 300
_MOST_SEMICOLONS = 5000
"""The library splits a header with 130,000 semicolons in 21 s (Python 3.11, 2026-11-26).

No mail of `mtqg mail preview` has more than 105.
"""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter whose delivery failed permanently.

    `message_id` is the number in the letter's Message-ID; `reason` are the server's words.
    """

    message_id: str
    recipient: str
    reason: str


def bounce_of(mail: bytes) -> Bounce | None:
    """Return the permanent failure that a mail reports; None for any other mail. Never raises.

    A letter has one recipient, so a notification of several failures is not about ours. A delay
    (4.x) is not a failure. The end of the mail may be missing: the original is its last part, and
    only its headers are needed.
    """
    if mail.count(b";") > _MOST_SEMICOLONS:
        return None
    try:
        return _read(mail)
    except Exception:
        # Anybody can write to a mailbox: mails nested a thousand deep, headers that break parsers.
        return None


def _read(mail: bytes) -> Bounce | None:
    message = message_from_bytes(mail)
    if not _is_notification(message):
        return None
    failures = list(_failures(message))
    if len(failures) != 1:
        return None
    recipient, reason = failures[0]
    return Bounce(_original_id(message), recipient, reason)


def _is_notification(message: Message) -> bool:
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return False
    report_type = str(message.get_param("report-type", ""))
    return report_type.lower() == "delivery-status"


def _failures(message: Message) -> Iterator[tuple[str, str]]:
    """Yield recipient and reason of each permanent failure.

    Only the mail's own parts count: a forwarded bounce is not ours.
    """
    for block in _status_blocks(message):
        status = _header(block, "Status")
        is_failure = _header(block, "Action").lower() == "failed"
        if is_failure and status.startswith("5."):
            # Both values begin with a type: "rfc822; name@host", "smtp; 550 no such user".
            recipient = _header(block, "Final-Recipient").partition(";")[2]
            reason = _header(block, "Diagnostic-Code").partition(";")[2]
            yield recipient.strip(" <>"), reason.strip() or f"status {status}"


def _status_blocks(message: Message) -> Iterator[Message]:
    for part in _parts(message, _STATUS):
        blocks: Any = part.get_payload()
        for block in blocks:
            if isinstance(block, Message):
                yield block


def _original_id(message: Message) -> str:
    original = next(_parts(message, *_ORIGINALS))
    if original.is_multipart():
        inner: Any = original.get_payload(0)
    else:
        inner = original.get_payload(decode=True)
    headers = inner if isinstance(inner, Message) else message_from_bytes(inner)
    return _header(headers, "Message-ID").strip("<>").partition("@")[0]


def _parts(message: Message, *kinds: str) -> Iterator[Message]:
    parts: Any = message.get_payload()
    return (part for part in parts if part.get_content_type() in kinds)


def _header(message: Message, name: str) -> str:
    """Return a header on one line, without characters that control a terminal."""
    signs = (sign if sign.isprintable() else " " for sign in str(message.get(name, "")))
    return " ".join("".join(signs).split())[:_LONGEST_TEXT]
