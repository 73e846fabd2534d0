"""The mailbox for bounces: IMAP or a Maildir.

No mail is deleted. A bounce of one of our letters is marked as read.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from connectors.bounces import may_be_bounce
from connectors.mailbox.address import ServerAddress, mailbox_address
from connectors.mailbox.imap import ImapFolder
from connectors.mailbox.maildir import SEEN, MaildirFolder, flags_of

_SECONDS = 600
"""How long all answers of the server may take."""
_MAX_MAIL_BYTES = 128 * 1024
"""How much of a mail is read.

A bounce begins with what matters and ends with the workbooks that we sent.
"""
_HEADERS = "BODY.PEEK[HEADER.FIELDS (CONTENT-TYPE FROM RETURN-PATH)]"
_MAX_MAILS = 2000
"""How many unread mails are read, the newest ones."""


class Mailbox(Protocol):
    """The mailbox for bounces. Each method raises SourceError if it does not answer."""

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the first bytes of each unread mail that arrived since `since`.

        The mails stay unread.
        """
        ...

    def mark_read(self, name: str) -> None:
        """Mark a mail as read, so that `unread` does not yield it again."""
        ...

    def close(self) -> None:
        """End the connection, if there is one."""
        ...


def open_mailbox(url: str) -> Mailbox:
    """Return the mailbox of `MTQG_BOUNCES_URL`.

    Raises ConfigurationError for a wrong URL, and SourceError if a server does not answer.
    """
    address = mailbox_address(url, "MTQG_BOUNCES_URL")
    if isinstance(address, Path):
        return Maildir(address)
    return Imap(address)


class Maildir:
    """The unread mails of a Maildir: those of `new`, and those of `cur` without the flag S."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mails = MaildirFolder(folder)

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the newest unread mails, oldest first."""
        recent = [
            path
            for arrived_at, path in self._mails.mails()
            if arrived_at >= since and SEEN not in flags_of(path)
        ]
        for path in recent[-_MAX_MAILS:]:
            name = str(path.relative_to(self._folder))
            yield name, self._mails.read(path, _MAX_MAIL_BYTES)

    def mark_read(self, name: str) -> None:
        """Move a mail to `cur` and add the flag S."""
        self._mails.mark_seen(self._folder / name)

    def close(self) -> None:
        """Do nothing: a folder needs no connection."""


class Imap:
    """The unread mails in a folder of an IMAP server."""

    def __init__(self, address: ServerAddress) -> None:
        folder = address.folder or "INBOX"
        self._mails = ImapFolder(address, folder=folder, seconds=_SECONDS, is_readonly=False)

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the unseen mails that may be bounces. Of others only three headers are fetched."""
        uids = self._mails.search("UNSEEN", "SINCE", f"{since:%d-%b-%Y}")
        for uid in uids[-_MAX_MAILS:]:
            # A mailbox may hold large mails that are no bounces.
            if may_be_bounce(self._fetch(uid, _HEADERS)):
                yield str(uid), self._fetch(uid, f"BODY.PEEK[]<0.{_MAX_MAIL_BYTES}>")

    def mark_read(self, name: str) -> None:
        """Set the flag that a mail program sets for a mail that was opened."""
        self._mails.ask("STORE", name, "+FLAGS.SILENT", "(\\Seen)")

    def close(self) -> None:
        """Log out. It does not matter whether the server answers."""
        self._mails.close()

    def _fetch(self, uid: int, section: str) -> bytes:
        """Return a section of a mail. PEEK: the mail stays unread."""
        return next((mail.content for mail in self._mails.fetch([uid], section)), b"")
