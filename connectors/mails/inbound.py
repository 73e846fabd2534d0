"""What a mail says: its headers, its sender's own text, and the links in it.

Anybody may have written the mail. Nothing here raises, whatever it holds.
"""

from dataclasses import replace
from email.message import Message

from connectors.mails.authentication import authentication_of
from connectors.mails.headers import (
    addresses_of,
    claimed_at,
    display_name_of,
    header_block,
    message_ids,
    parsed_mail,
    raw_value,
    readable_value,
    thread_ids,
)
from connectors.mails.own_text import links_of, own_text_of
from connectors.mails.parts import bodies_of, opened_mail
from program.mail import InboundMail

_NOTHING = InboundMail(None, (), "", "")
_DAEMONS = ("mailer-daemon", "postmaster")
_OF_LISTS = ("bulk", "list", "junk", "auto_reply", "auto-reply")
_AUTOMATIC_HEADERS = ("List-Id", "X-Autoreply", "X-Autorespond", "X-Failed-Recipients")


def mail_headers(content: bytes, server: str | None) -> InboundMail:
    """Return what the headers of a mail say, of which more may follow.

    `server` is the one whose results of authentication count, None for no server. Raises nothing:
    headers that break the library are as good as none.
    """
    try:
        return _said_by(parsed_mail(header_block(content)), server)
    except Exception:
        # A header that breaks the library is as good as none: the office sees the mail.
        return _NOTHING


def read_mail(content: bytes, server: str | None) -> InboundMail:
    """Return what a whole mail says, with its sender's own text and links.

    Raises nothing: of a mail that breaks a library only the headers are returned, or nothing.
    """
    mail = mail_headers(content, server)
    try:
        bodies = bodies_of(opened_mail(content))
        return replace(mail, own_text=own_text_of(bodies), links=links_of(bodies))
    except Exception:
        # Mails that are too complex, nested a thousand deep, or that break the library: they are
        # refused when they are extracted.
        return mail


def _said_by(message: Message, server: str | None) -> InboundMail:
    addresses = addresses_of(message, "From")
    numbers = message_ids(message, "Message-ID")
    return InboundMail(
        message_id=next(iter(numbers), None),
        from_addresses=addresses,
        from_name=display_name_of(message, "From"),
        subject=readable_value(message, "Subject"),
        claimed_at=claimed_at(message),
        thread_ids=thread_ids(message),
        authentication=authentication_of(message, server, addresses),
        is_automatic=_is_automatic(message, addresses),
    )


def _is_automatic(message: Message, addresses: tuple[str, ...]) -> bool:
    """Tell whether a program or a list sent a mail, so that an answer could begin a loop.

    RFC 3834 has Auto-Submitted; older programs say it in other ways.
    """
    submitted = raw_value(message, "Auto-Submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    if raw_value(message, "Precedence").lower() in _OF_LISTS:
        return True
    if raw_value(message, "Return-Path") == "<>":
        return True
    # A bounce, or a receipt that a mail was read.
    if message.get_content_type() == "multipart/report":
        return True
    if any(raw_value(message, name) for name in _AUTOMATIC_HEADERS):
        return True
    return any(address.partition("@")[0] in _DAEMONS for address in addresses)
