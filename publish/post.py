"""Handing a mail over: to an SMTP server, or to a folder of `.eml` files that any mail program opens."""

import smtplib
import ssl
from email.message import Message
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from program.errors import ConfigurationError, DeliveryFailed
from program.settings import Settings

_TIMEOUT_SECONDS = 30


class Post(Protocol):
    """Where mails go."""

    def send(self, message: Message) -> None:
        """Hand `message` over. Raises DeliveryFailed where that did not succeed; sending it again is safe."""
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
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(message.as_bytes(policy=message.policy.clone(linesep=SMTP.linesep)))
            unfinished.replace(path)
        except OSError as wrong:
            raise DeliveryFailed(f"outbox: cannot write {path}: {wrong}") from wrong


class SmtpPost:
    """Sends by `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`; `?starttls=never` for a loopback server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ConfigurationError("MTQG_SMTP_URL: expected smtp://user:password@host:587 or smtps://user:password@host:465")
        self._parts: SplitResult = parts
        self._starttls = parse_qs(parts.query).get("starttls", ["always"])[0] != "never"

    def send(self, message: Message) -> None:
        """Send the mail over a verified connection."""
        try:
            with self._connect() as server:
                if self._parts.username:
                    server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
                server.send_message(message)
        except (smtplib.SMTPException, OSError) as wrong:
            # Never the URL: it holds the password.
            raise DeliveryFailed(f"mail server {self._parts.hostname}: {type(wrong).__name__}: {wrong}") from wrong

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
