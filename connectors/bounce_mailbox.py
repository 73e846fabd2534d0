"""The mailbox for bounces: IMAP or a Maildir.

No mail is deleted. A bounce of one of our letters is marked as read.
"""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from connectors.bounces import may_be_bounce
from program.errors import ConfigurationError, SourceError

_TIMEOUT_SECONDS = 30
_MAX_MAIL_BYTES = 128 * 1024
"""How much of a mail is read.

A bounce begins with what matters and ends with the workbooks that we sent.
"""
_HEADERS = "HEADER.FIELDS (CONTENT-TYPE FROM RETURN-PATH)"
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
    try:
        parts = urlsplit(url)
        is_server = _is_server(parts)
    except ValueError:
        raise _not_a_mailbox() from None
    if parts.scheme == "maildir" and parts.path:
        return Maildir(Path(parts.path))
    if not is_server:
        raise _not_a_mailbox()
    if parts.scheme == "imap" and not _is_this_machine(str(parts.hostname)):
        raise ConfigurationError(
            "MTQG_BOUNCES_URL: imap:// sends the password in the clear: only to localhost; "
            "expected imaps://"
        )
    return Imap(parts)


def _is_server(parts: SplitResult) -> bool:
    """Tell whether a URL names an IMAP server and a user. Raises ValueError for a wrong port."""
    if parts.scheme not in ("imap", "imaps") or not parts.hostname:
        return False
    return bool(parts.username) and parts.port != 0


def _not_a_mailbox() -> ConfigurationError:
    # It shows neither the URL nor what the parser says about it: both may hold the password.
    return ConfigurationError(
        "MTQG_BOUNCES_URL: expected imaps://user:password@host[:port]/INBOX or maildir:/path"
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Maildir:
    """A folder with `new` and `cur`.

    The standard library's class reads each mail whole and writes it again to mark it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the mails of `new`, and those of `cur` without the flag S (seen)."""
        with _reported(f"maildir {self._folder}"):
            for path in self._recent(since):
                with path.open("rb") as mail:
                    yield str(path.relative_to(self._folder)), mail.read(_MAX_MAIL_BYTES)

    def _recent(self, since: datetime) -> list[Path]:
        """Return the newest unread mails, oldest first."""
        oldest = since.timestamp()
        times: dict[Path, float] = {}
        for folder in (self._folder / "new", self._folder / "cur"):
            for path in folder.iterdir():
                is_read = "S" in _flags(path.name)
                if path.is_file() and not is_read:
                    times[path] = path.stat().st_mtime
        recent = [path for path, time in times.items() if time >= oldest]
        recent.sort(key=lambda path: times[path])
        return recent[-_MAX_MAILS:]

    def mark_read(self, name: str) -> None:
        """Move a mail to `cur` and add the flag S."""
        base, _, flags = Path(name).name.partition(":2,")
        # The flags of a Maildir are sorted letters.
        new_flags = "".join(sorted({*flags, "S"}))
        with _reported(f"maildir {self._folder}"):
            (self._folder / name).rename(self._folder / "cur" / f"{base}:2,{new_flags}")

    def close(self) -> None:
        """Do nothing: a folder needs no connection."""


def _flags(name: str) -> str:
    """Return the flags in the name of a Maildir's file."""
    _, _, flags = name.partition(":2,")
    return flags


class Imap:
    """A folder of an IMAP server. The connection is verified as `SmtpTransport` does it."""

    def __init__(self, parts: SplitResult) -> None:
        self._name = f"imap server {parts.hostname}"
        user = unquote(parts.username or "")
        password = unquote(parts.password or "")
        folder = unquote(parts.path.strip("/")) or "INBOX"
        with _reported(self._name):
            self._server = _connect(parts)
            try:
                # The library quotes the password, but neither the user nor the folder.
                self._server.login(_quoted(user), password)
                self._checked(*self._server.select(_quoted(folder)))
            except BaseException:
                # Nobody gets this object, so nobody would close the connection.
                self._server.shutdown()
                raise

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the unseen mails that may be bounces. Of others only three headers are fetched."""
        day = f"{since:%d-%b-%Y}"
        found = self._ask("SEARCH", "UNSEEN", "SINCE", day)
        # imaplib gives None where the server names no mail.
        listed = found[0] or b""
        uids = listed.decode().split()
        for uid in uids[-_MAX_MAILS:]:
            # A mailbox may hold large mails that are no bounces.
            if may_be_bounce(self._fetch(uid, _HEADERS)):
                yield uid, self._fetch(uid, "", f"<0.{_MAX_MAIL_BYTES}>")

    def mark_read(self, name: str) -> None:
        """Set the flag that a mail program sets for a mail that was opened."""
        self._ask("STORE", name, "+FLAGS.SILENT", "(\\Seen)")

    def close(self) -> None:
        """Log out. It does not matter whether the server answers."""
        with suppress(imaplib.IMAP4.error, OSError):
            self._server.logout()
        with suppress(OSError):
            self._server.shutdown()

    def _fetch(self, uid: str, section: str, part: str = "") -> bytes:
        """Return a section of a mail, or its range `part`. PEEK: the mail stays unread."""
        answer = self._ask("FETCH", uid, f"(BODY.PEEK[{section}]{part})")
        # The library gives a literal as a tuple of its announcement and its bytes.
        return next((item[1] for item in answer if isinstance(item, tuple)), b"")

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        with _reported(self._name):
            return self._checked(*self._server.uid(command, *arguments))

    def _checked(self, state: str, answer: list[Any]) -> list[Any]:
        if state != "OK":
            raise imaplib.IMAP4.error(answer[0])
        return answer


def _connect(parts: SplitResult) -> imaplib.IMAP4:
    host = str(parts.hostname)
    if parts.scheme == "imap":
        return imaplib.IMAP4(host, parts.port or 143, timeout=_TIMEOUT_SECONDS)
    tls = ssl.create_default_context()
    return imaplib.IMAP4_SSL(
        host,
        parts.port or 993,
        ssl_context=tls,
        timeout=_TIMEOUT_SECONDS,
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def _reported(name: str) -> Iterator[None]:
    """Raise SourceError for any failure of the mailbox itself."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError, ValueError) as wrong:
        reason: object = wrong
        # The library passes on a server's answer as bytes.
        if wrong.args and isinstance(wrong.args[0], bytes):
            reason = wrong.args[0].decode("utf-8", "replace")
        raise SourceError(f"{name}: {type(wrong).__name__}: {reason}") from wrong
