"""A folder of an IMAP server. The connection is verified as `SmtpTransport` does it."""

import base64
import imaplib
import io
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from connectors.mailbox.address import ServerAddress
from connectors.mailbox.failures import reported
from connectors.timed_reader import TimedReader

_TIMEOUT_SECONDS = 30
_LONGEST_LITERAL = 200_000_000
"""A server that announces more is not read: the library asks for so much memory at once."""
_BEYOND_ASCII = re.compile(r"[^\x20-\x7e]+")


class _TimedAnswers(imaplib.IMAP4):
    """A connection on which all answers together have a deadline."""

    def __init__(self, *args: Any, seconds: float, **kwargs: Any) -> None:
        self._seconds = seconds
        super().__init__(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        super().open(*args, **kwargs)
        raw: Any = self.sock.makefile("rb", buffering=0)
        self._answers = io.BufferedReader(TimedReader(raw, self.sock, self._seconds))

    def read(self, size: int) -> bytes:
        if size > _LONGEST_LITERAL:
            raise self.abort(f"the server announces {size} bytes")
        return self._answers.read(size)

    def readline(self) -> bytes:
        line = self._answers.readline(_LONGEST_LITERAL + 1)
        if len(line) > _LONGEST_LITERAL:
            raise self.abort("the server sends a line without an end")
        return line

    def shutdown(self) -> None:
        with suppress(OSError):
            self._answers.close()
        super().shutdown()


class _EncryptedAnswers(_TimedAnswers, imaplib.IMAP4_SSL):
    pass


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """One mail of an answer to FETCH: what the server says about it, and the section's bytes."""

    about: str
    content: bytes

    def value(self, pattern: str) -> str | None:
        """Return the group of a pattern in what the server says, None where it does not say it."""
        found = re.search(pattern, self.about)
        return found[1] if found else None


class ImapFolder:
    """A folder of an IMAP server that is open until `close`.

    `seconds` is the longest time that all answers of the server may take. Each method raises
    SourceError if the server refuses, or TransientError if it does not answer. `uid_validity` is
    the number under which the server's UIDs of this folder hold; empty if it gives none.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        folder: str,
        seconds: float,
        is_readonly: bool,
    ) -> None:
        self.name = f"imap server {address.host}"
        with reported(self.name):
            self._server = _connect(address, seconds)
            try:
                self._login(address)
                name = _quoted(_modified_utf_7(folder))
                self._checked(*self._server.select(name, readonly=is_readonly))
                self.uid_validity = self._uid_validity()
            except BaseException:
                # Nobody gets this object, so nobody would close the connection.
                self._server.shutdown()
                raise

    def _login(self, address: ServerAddress) -> None:
        try:
            # The library quotes the password, but neither the user nor the folder.
            self._server.login(_quoted(address.user), address.password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as refused:
            answer = refused.args[0] if refused.args else b""
            if isinstance(answer, bytes):
                answer = answer.decode("utf-8", "replace")
            raise imaplib.IMAP4.error(
                f"{answer}; check user and password in the mailbox's URL"
            ) from refused

    def search(self, *criteria: str) -> list[int]:
        """Return the UIDs of the mails that meet some criteria, in order of arrival."""
        found = self.ask("SEARCH", *criteria)
        # imaplib gives None where the server names no mail.
        listed = b" ".join(line for line in found if line)
        return sorted(int(uid) for uid in listed.split())

    def fetch(self, uids: Sequence[int], items: str) -> Iterator[FetchedMail]:
        """Yield some items of mails, among them one section of each, as the server has them."""
        listed = ",".join(str(uid) for uid in uids)
        about = ""
        content: bytes | None = None
        for part in self.ask("FETCH", listed, f"({items})"):
            # The library gives a literal as a tuple of its announcement and its bytes. What
            # stands behind the literal is the next part, or nothing but a parenthesis.
            if isinstance(part, tuple):
                if content is not None:
                    yield FetchedMail(about, content)
                about = part[0].decode("ascii", "replace")
                content = part[1]
            elif part is not None:
                about += part.decode("ascii", "replace")
        if content is not None:
            yield FetchedMail(about, content)

    def ask(self, command: str, *arguments: str) -> list[Any]:
        """Return the answer to a command about UIDs."""
        with reported(self.name):
            return self._checked(*self._server.uid(command, *arguments))

    def close(self) -> None:
        """Log out. It does not matter whether the server answers."""
        with suppress(imaplib.IMAP4.error, OSError, ValueError):
            self._server.logout()
        with suppress(OSError):
            self._server.shutdown()

    def _uid_validity(self) -> str:
        # The library forgets an answer that was asked for once.
        _, answer = self._server.response("UIDVALIDITY")
        validity: bytes = answer[0] or b""
        return validity.decode("ascii", "replace")

    def _checked(self, state: str, answer: list[Any]) -> list[Any]:
        if state != "OK":
            raise imaplib.IMAP4.error(answer[0])
        return answer


def _connect(address: ServerAddress, seconds: float) -> imaplib.IMAP4:
    timeout = _TIMEOUT_SECONDS
    if not address.is_encrypted:
        return _TimedAnswers(address.host, address.port, timeout=timeout, seconds=seconds)
    tls = ssl.create_default_context()
    return _EncryptedAnswers(
        address.host,
        address.port,
        ssl_context=tls,
        timeout=timeout,
        seconds=seconds,
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _modified_utf_7(folder: str) -> str:
    """Return a folder's name as IMAP has it (RFC 3501, 5.1.3): "Báo" is "B&AOE-o"."""

    def encoded(match: re.Match[str]) -> str:
        letters = base64.b64encode(match[0].encode("utf-16-be")).decode("ascii")
        return "&" + letters.rstrip("=").replace("/", ",") + "-"

    return _BEYOND_ASCII.sub(encoded, folder.replace("&", "&-"))
