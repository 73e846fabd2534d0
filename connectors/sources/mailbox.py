"""A folder of a mailbox as a source: each mail is an offer. No mail is changed or deleted.

What was taken is in the ledger, so that it does not matter who opened, moved or deleted a mail.
"""

import re
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from connectors.mailbox.address import mailbox_address
from connectors.mailbox.imap import FetchedMail, ImapFolder
from connectors.mailbox.maildir import MaildirFolder
from connectors.mails.identity import mail_identity
from connectors.mails.inbound import mail_headers
from program.delivery import Offer, UnusableOffer
from program.errors import SourceError, TransientError
from program.pack.pack import Pack
from program.pack.senders import sender_of
from program.pack.source import MailboxSource
from program.vietnamese import vietnam_day

_SETTING = "MTQG_MAILBOX_URL"
_MAILS_AT_ONCE = 200
"""Mails whose headers are fetched by one command."""
_HEADER_BYTES = 65_536
"""How much of the headers of a mail is fetched."""
_HEADERS = (
    "Authentication-Results",
    "Auto-Submitted",
    "Content-Type",
    "Date",
    "From",
    "In-Reply-To",
    "List-Id",
    "Message-ID",
    "Precedence",
    "Received",
    "References",
    "Return-Path",
    "Subject",
    "To",
    "X-Autoreply",
    "X-Autorespond",
    "X-Failed-Recipients",
)
_ITEMS = (
    f"UID RFC822.SIZE INTERNALDATE "
    f"BODY.PEEK[HEADER.FIELDS ({' '.join(_HEADERS).upper()})]<0.{_HEADER_BYTES}>"
)
_MORE_SECONDS = 300
"""How long the last mail of a source whose seconds are over may still take."""
_NO_SUBJECT = "thư không có tiêu đề"


@dataclass(frozen=True, slots=True)
class _ListedMail:
    """A mail in a folder. `name` is what the folder calls it, `cursor` the one after it."""

    name: str
    headers: bytes
    size: int | None
    arrived_at: datetime | None
    cursor: str | None


class _Mails(Protocol):
    """A folder of mails, as `MailFolder` reads it."""

    def listed(self, cursor: str | None) -> Iterator[_ListedMail]:
        """Yield the mails that came after `cursor`, oldest first."""
        ...

    def content(self, name: str, max_bytes: int) -> bytes | None:
        """Return a mail, or None if it is larger than `max_bytes`."""
        ...

    def close(self) -> None:
        """End the connection, if there is one."""
        ...


class MailFolder:
    """A folder of a mailbox, as a `Connector`.

    `fetch` knows the offers that `offers` of the same instance has yielded.
    """

    def __init__(self, source: MailboxSource, url: str, pack: Pack) -> None:
        self._source = source
        self._pack = pack
        self._names: dict[tuple[str, str], str] = {}
        self._mails = _open(source, url)
        # A Connector has no `close`, so nobody calls it.
        self._finalizer = weakref.finalize(self, self._mails.close)

    def close(self) -> None:
        """End the connection. May be called more than once."""
        self._finalizer()

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer | UnusableOffer, str | None]]:
        """Yield the mails that came after `cursor`, oldest first, each with the cursor after it.

        A Maildir has no cursor, and a server that has renumbered its mails makes an earlier
        one void: then every mail is offered, and the ledger knows those that were taken.
        Raises SourceError, or TransientError if a retry is likely to help.
        """
        for mail in self._mails.listed(cursor):
            offer = self._offer(mail)
            self._names[offer.external_id, offer.external_version] = mail.name
            yield offer, mail.cursor

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return a mail, or None if it is larger than `max_bytes`.

        Raises TransientError if somebody deleted or moved it since it was listed.
        """
        name = self._names.get((offer.external_id, offer.external_version))
        if name is None:
            raise SourceError(f"{self._source.name}: {offer.name} was not listed in this run")
        if offer.size is not None and offer.size > max_bytes:
            return None
        return self._mails.content(name, max_bytes)

    def _offer(self, mail: _ListedMail) -> Offer:
        external_id, external_version = mail_identity(mail.headers)
        headers = mail_headers(mail.headers, self._source.authentication_server)
        day = vietnam_day(mail.arrived_at or datetime.now(UTC))
        required = self._source.require_authentication
        sender = sender_of(headers, self._pack, day, requires_authentication=required)
        return Offer(
            external_id=external_id,
            external_version=external_version,
            name=headers.subject or _NO_SUBJECT,
            offered_at=mail.arrived_at,
            sender_unit=sender.unit_code,
            size=mail.size,
            mail=headers,
        )


def _open(source: MailboxSource, url: str) -> _Mails:
    address = mailbox_address(url, _SETTING)
    if isinstance(address, Path):
        return _MaildirMails(address)
    folder = address.folder or source.folder
    seconds = source.budget.seconds + _MORE_SECONDS
    return _ImapMails(ImapFolder(address, folder=folder, seconds=seconds, is_readonly=True))


class _MaildirMails:
    """The mails of a Maildir. It has no cursor: mail programs rename its files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mails = MaildirFolder(folder)

    def listed(self, cursor: str | None) -> Iterator[_ListedMail]:
        del cursor
        for arrived_at, path in self._mails.mails():
            try:
                headers = self._mails.read(path, _HEADER_BYTES)
                size = path.stat().st_size
            except (TransientError, FileNotFoundError):
                # It was deleted, or is listed under another name next time.
                continue
            name = str(path.relative_to(self._folder))
            yield _ListedMail(name, headers, size, arrived_at, None)

    def content(self, name: str, max_bytes: int) -> bytes | None:
        content = self._mails.read(self._folder / name, max_bytes + 1)
        return content if len(content) <= max_bytes else None

    def close(self) -> None:
        """Do nothing: a folder needs no connection."""


class _ImapMails:
    """The mails of an IMAP folder. Its cursor is the UID of the last mail, with UIDVALIDITY.

    A mail that is moved into the folder gets a new UID, so it is listed.
    """

    def __init__(self, folder: ImapFolder) -> None:
        self._folder = folder

    def listed(self, cursor: str | None) -> Iterator[_ListedMail]:
        validity = self._folder.uid_validity
        last = _last_uid(cursor, validity)
        # A range ends at the newest mail, also where that one is not new.
        found = self._folder.search("UID", f"{last + 1}:*")
        uids = [uid for uid in found if uid > last]
        for start in range(0, len(uids), _MAILS_AT_ONCE):
            yield from self._batch(uids[start : start + _MAILS_AT_ONCE], validity)

    def _batch(self, uids: Sequence[int], validity: str) -> Iterator[_ListedMail]:
        fetched: dict[int, FetchedMail] = {}
        for mail in self._folder.fetch(uids, _ITEMS):
            given = mail.value(r"\bUID (\d+)")
            if given is not None:
                fetched[int(given)] = mail
        # A server may give them in any order, and none of one that was deleted meanwhile.
        for uid in sorted(fetched):
            # Where UIDs do not hold from session to session, there is no cursor.
            cursor = f"{validity}:{uid}" if validity else None
            yield _listed(uid, fetched[uid], cursor)

    def content(self, name: str, max_bytes: int) -> bytes | None:
        section = f"UID BODY.PEEK[]<0.{max_bytes + 1}>"
        for mail in self._folder.fetch([int(name)], section):
            return mail.content if len(mail.content) <= max_bytes else None
        raise TransientError(f"{self._folder.name}: mail {name} was deleted or moved")

    def close(self) -> None:
        self._folder.close()


def _last_uid(cursor: str | None, validity: str) -> int:
    """Return the UID up to which a folder was read; 0 where the cursor is void."""
    before, _, uid = (cursor or "").rpartition(":")
    if before != validity or not uid.isdecimal():
        return 0
    return int(uid)


def _listed(uid: int, mail: FetchedMail, cursor: str | None) -> _ListedMail:
    size = mail.value(r"\bRFC822\.SIZE (\d+)")
    arrived = mail.value(r'\bINTERNALDATE "([^"]+)"')
    return _ListedMail(
        str(uid),
        mail.content,
        int(size) if size else None,
        _internal_date(arrived),
        cursor,
    )


def _internal_date(text: str | None) -> datetime | None:
    """Return when a mail came to the server; None where it gives no usable time."""
    # The day of a month may have a space before it.
    match = re.fullmatch(r" ?\d{1,2}-\w{3}-\d{4} [\d:]{8} [+-]\d{4}", text or "")
    if match is None:
        return None
    try:
        return datetime.strptime(match[0].strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
