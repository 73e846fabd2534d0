"""Handing mails over: to an SMTP server, or to a folder of `.eml` files that any mail program opens."""

import smtplib
import ssl
from contextlib import suppress
from email.message import Message
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from program.errors import ConfigurationError, DeliveryFailed, DeliveryRefused, MailServerDown
from program.settings import Settings
from publish.whole import write_whole

_TIMEOUT_SECONDS = 30
_FOR_GOOD = range(500, 600)


class Post(Protocol):
    """Where mails go."""

    def send(self, message: Message) -> None:
        """Hand `message` over; sending it again is safe. Raises DeliveryFailed, or one of its kinds, where that failed."""
        ...

    def close(self) -> None:
        """End the connection, if there is one; the next mail begins another."""
        ...


def open_post(settings: Settings) -> Post:
    """Return the mail server of `MTQG_SMTP_URL`, or the outbox folder where none is set."""
    url = settings.smtp_url.get_secret_value()
    return SmtpPost(url) if url else FolderPost(settings.outbox)


class FolderPost:
    """Writes each mail as `<message id>.eml`: the same mail again is the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> None:
        """Write the mail, whole or not at all."""
        name = message["Message-ID"].strip("<>").partition("@")[0]
        path = self._folder / f"{name}.eml"
        try:
            write_whole(path, message.as_bytes(policy=message.policy.clone(linesep=SMTP.linesep)))
        except OSError as wrong:
            raise MailServerDown(f"outbox: cannot write {path}: {wrong}") from wrong

    def close(self) -> None:
        """Do nothing: a folder needs no connection."""


class SmtpPost:
    """Sends by `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`; `?starttls=never` for a loopback server.

    One connection carries all mails. Certificates are verified against the machine's authorities (or `SSL_CERT_FILE`).
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ConfigurationError("MTQG_SMTP_URL: expected smtp://user:password@host:587 or smtps://user:password@host:465")
        self._parts: SplitResult = parts
        self._starttls = parse_qs(parts.query).get("starttls", ["always"])[0] != "never"
        self._server: smtplib.SMTP | None = None

    def send(self, message: Message) -> None:
        """Send the mail over a verified connection, the one of the mail before if it still stands."""
        server = self._server = self._standing() or self._connected()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as wrong:
            code, reason = next(iter(wrong.recipients.values()))
            raise self._refusal(code, reason) from wrong
        except smtplib.SMTPSenderRefused as wrong:
            raise MailServerDown(self._said(f"does not let us send as {wrong.sender}: {_text(wrong.smtp_error)}")) from wrong
        except smtplib.SMTPResponseException as wrong:
            raise self._refusal(wrong.smtp_code, wrong.smtp_error) from wrong
        except (smtplib.SMTPNotSupportedError, UnicodeError) as wrong:
            raise DeliveryRefused(self._said(f"does not take this address: {wrong}")) from wrong
        except (smtplib.SMTPException, OSError) as wrong:
            self.close()
            raise DeliveryFailed(self._said(f"{type(wrong).__name__}: {wrong}")) from wrong

    def close(self) -> None:
        """End the connection; whether the server says goodbye is of no matter."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _standing(self) -> smtplib.SMTP | None:
        """Return the connection of the mail before. Having taken a pause, a server may have ended it: it is asked."""
        if self._server is None:
            return None
        try:
            if self._server.noop()[0] not in _FOR_GOOD and self._server.sock is not None:
                return self._server
        except (smtplib.SMTPException, OSError):
            pass
        self.close()
        return None

    def _connected(self) -> smtplib.SMTP:
        """Return a new connection, logged in. Raises MailServerDown."""
        try:
            server = self._connect()
            try:
                if self._parts.username:
                    server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
            except BaseException:
                server.close()
                raise
        except (smtplib.SMTPException, OSError) as wrong:
            # Never the URL: it holds the password.
            raise MailServerDown(self._said(f"{type(wrong).__name__}: {wrong}")) from wrong
        return server

    def _connect(self) -> smtplib.SMTP:
        host, port = str(self._parts.hostname), self._parts.port
        tls = ssl.create_default_context()
        if self._parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=_TIMEOUT_SECONDS, context=tls)
        server = smtplib.SMTP(host, port or 587, timeout=_TIMEOUT_SECONDS)
        try:
            if self._starttls:
                server.starttls(context=tls)
        except BaseException:
            server.close()
            raise
        return server

    def _refusal(self, code: int, reason: bytes | str) -> DeliveryFailed:
        """Return what a server's answer means: 5xx for good, anything else for now."""
        kind = DeliveryRefused if code in _FOR_GOOD else DeliveryFailed
        return kind(self._said(f"{code} {_text(reason)}"))

    def _said(self, what: str) -> str:
        return f"mail server {self._parts.hostname}: {what}"


def _text(reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return " ".join(text.split())[:300]
