"""The mailbox that receives bounces: on an IMAP server, or a Maildir.

No mail is deleted. Bounces of our letters are marked as read.
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

from program.errors import ConfigurationError, SourceError

_TIMEOUT_SECONDS = 30
_MOST_BYTES = 128 * 1024
"""How much of a mail is read: a bounce begins with what matters and ends with our workbooks."""
_MOST_MAILS = 2000
"""Only so many of the newest unread mails are read."""
_INFO_MARK = ":2,"
"""Separates the name of a mail in a Maildir from its flags."""
_SEEN = "S"


class Mailbox(Protocol):
    """Where bounces arrive. Every method raises SourceError where the mailbox fails."""

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield name and beginning of each unread mail that arrived after `since`.

        The mails stay unread.
        """
        ...

    def mark_read(self, name: str) -> None:
        """Mark a mail as read; it stays where it is, and `unread` no longer yields it."""
        ...

    def close(self) -> None:
        """End the connection, if there is one."""
        ...


def open_mailbox(url: str) -> Mailbox:
    """Return the mailbox of `MTQG_BOUNCES_URL`.

    Raises:
        ConfigurationError: where the URL names no mailbox.
        SourceError: where the mailbox cannot be reached.
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
    """Return whether a URL names a server and a login. Raises ValueError for an invalid port."""
    if parts.scheme not in ("imap", "imaps"):
        return False
    return bool(parts.hostname and parts.username and parts.port != 0)


def _not_a_mailbox() -> ConfigurationError:
    # Neither the URL nor the parser's message is shown: both may hold the password.
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

    The library's own class reads each mail whole, and writes it again to mark it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the mails of `new`, and those of `cur` without the flag S, oldest first."""
        with _errors_of(f"maildir {self._folder}"):
            mails = [*(self._folder / "new").iterdir(), *(self._folder / "cur").iterdir()]
            times = {path: path.stat().st_mtime for path in mails if _is_unread(path)}
            recent = [path for path, time in times.items() if time >= since.timestamp()]
            recent.sort(key=lambda path: times[path])
            for path in recent[-_MOST_MAILS:]:
                with path.open("rb") as mail:
                    yield str(path.relative_to(self._folder)), mail.read(_MOST_BYTES)

    def mark_read(self, name: str) -> None:
        """Move a mail to `cur` and add S to its flags."""
        base, _, flags = Path(name).name.partition(_INFO_MARK)
        new_flags = "".join(sorted({*flags, _SEEN}))
        with _errors_of(f"maildir {self._folder}"):
            target = self._folder / "cur" / f"{base}{_INFO_MARK}{new_flags}"
            (self._folder / name).rename(target)

    def close(self) -> None:
        """Do nothing: a folder has no connection."""


def _is_unread(path: Path) -> bool:
    flags = path.name.partition(_INFO_MARK)[2]
    return path.is_file() and _SEEN not in flags


class Imap:
    """A folder of an IMAP server; the connection is verified as for outgoing mail."""

    def __init__(self, parts: SplitResult) -> None:
        self._name = f"imap server {parts.hostname}"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        folder = unquote(parts.path.strip("/")) or "INBOX"
        with _errors_of(self._name):
            self._server = _connect(parts)
            try:
                self._server.login(_quoted(user), password)
                self._checked(*self._server.select(_quoted(folder)))
            except BaseException:
                self._server.shutdown()
                raise

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the unseen mails that are reports; of other mails only one header is fetched."""
        found = self._ask("SEARCH", "UNSEEN", "SINCE", f"{since:%d-%b-%Y}")
        uids = (found[0] or b"").decode().split()
        for uid in uids[-_MOST_MAILS:]:
            content_type = self._fetch(uid, "HEADER.FIELDS (CONTENT-TYPE)")
            if b"multipart/report" in content_type.lower():
                yield uid, self._fetch(uid, "", f"<0.{_MOST_BYTES}>")

    def mark_read(self, name: str) -> None:
        """Set the flag that a mail program sets when it opens a mail."""
        self._ask("STORE", name, "+FLAGS.SILENT", "(\\Seen)")

    def close(self) -> None:
        """Log out; an answer of the server is not needed."""
        with suppress(imaplib.IMAP4.error, OSError):
            self._server.logout()
        with suppress(OSError):
            self._server.shutdown()

    def _fetch(self, uid: str, section: str, part: str = "") -> bytes:
        # PEEK leaves the mail unread.
        answer = self._ask("FETCH", uid, f"(BODY.PEEK[{section}]{part})")
        for item in answer:
            if isinstance(item, tuple):
                content: bytes = item[1]
                return content
        return b""

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        with _errors_of(self._name):
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
    port = parts.port or 993
    return imaplib.IMAP4_SSL(host, port, ssl_context=tls, timeout=_TIMEOUT_SECONDS)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def _errors_of(name: str) -> Iterator[None]:
    """Raise SourceError, with the mailbox's name, for every error of the mailbox."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError, ValueError) as wrong:
        raise SourceError(f"{name}: {type(wrong).__name__}: {_message_of(wrong)}") from wrong


def _message_of(wrong: Exception) -> str:
    # The library passes on a server's words as bytes.
    if wrong.args and isinstance(wrong.args[0], bytes):
        return wrong.args[0].decode("utf-8", "replace")
    return str(wrong)
