"""The mailbox that bounces come back to: IMAP, or a Maildir. It is not emptied: what was a bounce of ours is marked read."""

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
"""So much of a mail is read: a bounce begins with what matters, and ends with the workbooks that we sent."""
_MOST_MAILS = 2000
"""The newest so many unread mails are looked at."""


class Mailbox(Protocol):
    """Where bounces come to. Each function raises SourceError where the mailbox does not answer."""

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield name and beginning of mails that came since then and that nobody has read; they stay unread."""
        ...

    def mark_read(self, name: str) -> None:
        """Have a mail be yielded no more; it stays where it is."""
        ...

    def close(self) -> None:
        """End the connection, if there is one."""
        ...


def open_mailbox(url: str) -> Mailbox:
    """Return the mailbox of `MTQG_BOUNCES_URL`. Raises ConfigurationError, or SourceError where it cannot be reached."""
    try:
        parts = urlsplit(url)
        is_server = parts.scheme in ("imap", "imaps") and parts.hostname and parts.username and parts.port != 0
    except ValueError:
        raise _not_a_mailbox() from None
    if parts.scheme == "maildir" and parts.path:
        return Maildir(Path(parts.path))
    if not is_server:
        raise _not_a_mailbox()
    if parts.scheme == "imap" and not _is_this_machine(str(parts.hostname)):
        raise ConfigurationError(
            "MTQG_BOUNCES_URL: imap:// sends the password in the clear: only to localhost; expected imaps://"
        )
    return Imap(parts)


def _not_a_mailbox() -> ConfigurationError:
    # Neither the URL nor what the parser says of it: both may hold the password.
    return ConfigurationError("MTQG_BOUNCES_URL: expected imaps://user:password@host[:port]/INBOX or maildir:/path")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Maildir:
    """A folder with `new` and `cur`. The library's own class reads each mail whole, and writes it anew to mark it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the mails of `new`, and those of `cur` without the flag S."""
        with _reported(f"maildir {self._folder}"):
            found = [path for part in ("new", "cur") for path in (self._folder / part).iterdir() if path.is_file()]
            times = {path: path.stat().st_mtime for path in found if "S" not in path.name.partition(":2,")[2]}
            recent = sorted((path for path, time in times.items() if time >= since.timestamp()), key=lambda path: times[path])
            for path in recent[-_MOST_MAILS:]:
                with path.open("rb") as mail:
                    yield str(path.relative_to(self._folder)), mail.read(_MOST_BYTES)

    def mark_read(self, name: str) -> None:
        """Move a mail to `cur` with the flag S among its flags."""
        base, _, flags = Path(name).name.partition(":2,")
        with _reported(f"maildir {self._folder}"):
            (self._folder / name).rename(self._folder / "cur" / f"{base}:2,{''.join(sorted({*flags, 'S'}))}")

    def close(self) -> None:
        """Do nothing: a folder needs no connection."""


class Imap:
    """A folder of an IMAP server, over a connection that is verified as `SmtpPost` does it."""

    def __init__(self, parts: SplitResult) -> None:
        self._name = f"imap server {parts.hostname}"
        with _reported(self._name):
            self._server = _connect(parts)
            try:
                self._server.login(_quoted(unquote(parts.username or "")), unquote(parts.password or ""))
                self._checked(*self._server.select(_quoted(unquote(parts.path.strip("/")) or "INBOX")))
            except BaseException:
                self._server.shutdown()
                raise

    def unread(self, since: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield the unseen mails that are reports; of all others only one header is asked for."""
        found = self._ask("SEARCH", "UNSEEN", "SINCE", f"{since:%d-%b-%Y}")
        for uid in (found[0] or b"").decode().split()[-_MOST_MAILS:]:
            if b"multipart/report" in self._fetch(uid, "HEADER.FIELDS (CONTENT-TYPE)").lower():
                yield uid, self._fetch(uid, "", f"<0.{_MOST_BYTES}>")

    def mark_read(self, name: str) -> None:
        """Set the flag that a mail program sets for a mail that was opened."""
        self._ask("STORE", name, "+FLAGS.SILENT", "(\\Seen)")

    def close(self) -> None:
        """Say goodbye; whether the server answers is of no matter."""
        with suppress(imaplib.IMAP4.error, OSError):
            self._server.logout()
        with suppress(OSError):
            self._server.shutdown()

    def _fetch(self, uid: str, section: str, part: str = "") -> bytes:
        answer = self._ask("FETCH", uid, f"(BODY.PEEK[{section}]{part})")
        return next((each[1] for each in answer if isinstance(each, tuple)), b"")

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
    return imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=tls, timeout=_TIMEOUT_SECONDS)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def _reported(name: str) -> Iterator[None]:
    """Raise SourceError for whatever goes wrong with the mailbox itself."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError, ValueError) as wrong:
        # The library passes on what a server said as bytes.
        said = wrong.args[0].decode("utf-8", "replace") if wrong.args and isinstance(wrong.args[0], bytes) else wrong
        raise SourceError(f"{name}: {type(wrong).__name__}: {said}") from wrong
