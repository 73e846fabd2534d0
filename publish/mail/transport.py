"""Mail transport: to an SMTP server, or to a folder of `.eml` files that any mail program opens."""

import smtplib
import ssl
from contextlib import suppress
from email.message import Message
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from program.errors import (
    ConfigurationError,
    MailDeferredError,
    MailRejectedError,
    MailServerSilentError,
    MailServerUnavailableError,
)
from program.machine.atomic_write import write_atomic
from program.settings import Settings

_TIMEOUT_SECONDS = 30
_SMTPS_PORT = 465
_SUBMISSION_PORT = 587
_PERMANENT = range(500, 600)
"""SMTP answers that a later try does not change."""
_LONGEST_REASON = 300


class MailTransport(Protocol):
    """Where mails go."""

    def send(self, message: Message) -> None:
        """Hand `message` over. Sending the same message again does no harm.

        Raises MailDeferredError, or a subclass that says more.
        """
        ...

    def close(self) -> None:
        """Close the connection, if there is one. The next mail opens another."""
        ...


def open_transport(settings: Settings) -> MailTransport:
    """Return the mail server of `MTQG_SMTP_URL`, or the outbox folder where none is set."""
    url = settings.smtp_url.get_secret_value()
    return SmtpTransport(url) if url else FolderTransport(settings.outbox)


class FolderTransport:
    """Writes each mail as `<message id>.eml`. The same mail again replaces its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> None:
        """Write the mail's file in one move. Raises MailServerUnavailableError if it cannot."""
        path = self._path(message)
        policy = message.policy.clone(linesep=SMTP.linesep)
        try:
            write_atomic(path, message.as_bytes(policy=policy))
        except OSError as error:
            raise MailServerUnavailableError(f"outbox: cannot write {path}: {error}") from error

    def holds(self, message: Message) -> bool:
        """Tell whether the mail is in the folder: one with its Message-ID.

        False too where the folder cannot be looked into.
        """
        try:
            return self._path(message).exists()
        except OSError:
            return False

    def close(self) -> None:
        """Do nothing: a folder needs no connection."""

    def _path(self, message: Message) -> Path:
        name = message["Message-ID"].strip("<>").partition("@")[0]
        return self._folder / f"{name}.eml"


class SmtpTransport:
    """Sends mails to an SMTP server; one connection carries all of them.

    The URL is `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465` (TLS).
    `?starttls=never` is for a server on loopback. Certificates are verified against the machine's
    authorities, or those of `SSL_CERT_FILE`.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ConfigurationError(
                "MTQG_SMTP_URL: expected smtp://user:password@host:587"
                " or smtps://user:password@host:465"
            )
        self._parts: SplitResult = parts
        # Without the parameter, a server that offers no STARTTLS is an error: the password would
        # be readable on the way.
        starttls = parse_qs(parts.query).get("starttls", ["always"])
        self._starttls = starttls[0] != "never"
        is_encrypted = self._starttls or parts.scheme == "smtps"
        if parts.username and not is_encrypted and not is_loopback(parts.hostname):
            raise ConfigurationError(
                "MTQG_SMTP_URL: starttls=never would send the password readable to "
                f"{parts.hostname}; remove it, or use smtps://"
            )
        self._server: smtplib.SMTP | None = None

    def send(self, message: Message) -> None:
        """Send the mail, over the last mail's connection where it is still open.

        Raises:
            MailRejectedError: The server will never take this mail.
            MailServerSilentError: The server did not answer; the mail may have gone out.
            MailServerUnavailableError: The server takes no mail now.
            MailDeferredError: The server does not take this mail now.
        """
        server = self._server = self._open_connection() or self._connect()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            # A mail has one recipient.
            code, reason = next(iter(error.recipients.values()))
            raise self._refusal(code, reason) from error
        except smtplib.SMTPSenderRefused as error:
            refused = f"does not let us send as {error.sender}: {_one_line(error.smtp_error)}"
            raise MailServerUnavailableError(self._sentence(refused)) from error
        except smtplib.SMTPResponseException as error:
            raise self._refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
            # The server takes ASCII addresses only, and this one is not.
            raise MailRejectedError(
                self._sentence(f"does not take this address: {error}")
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            # The connection is broken, or its state is unknown: the next mail opens another.
            self.close()
            # smtplib wraps the time-out. The next mail would wait as long.
            if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
                waited = f"no answer to a mail in {_TIMEOUT_SECONDS} s"
                raise MailServerSilentError(self._sentence(waited)) from error
            raise MailDeferredError(self._sentence(_describe(error))) from error

    def close(self) -> None:
        """Close the connection. Errors of a server that does not say goodbye are ignored."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _open_connection(self) -> smtplib.SMTP | None:
        """Return the connection of the last mail where the server still answers on it."""
        if self._server is None:
            return None
        # A server may have closed it during a pause between two mails.
        try:
            code, _ = self._server.noop()
            if code not in _PERMANENT and self._server.sock is not None:
                return self._server
        except (smtplib.SMTPException, OSError):
            pass
        self.close()
        return None

    def _connect(self) -> smtplib.SMTP:
        """Return a new connection, logged in. Raises MailServerUnavailableError."""
        try:
            server = self._connect_with_tls()
            try:
                if self._parts.username:
                    user = unquote(self._parts.username)
                    server.login(user, unquote(self._parts.password or ""))
            except BaseException:
                server.close()
                raise
        except (smtplib.SMTPException, OSError) as error:
            # The message never holds the URL: the password is in it.
            raise MailServerUnavailableError(self._sentence(_describe(error))) from error
        return server

    def _connect_with_tls(self) -> smtplib.SMTP:
        host = str(self._parts.hostname)
        port = self._parts.port
        tls = ssl.create_default_context()
        if self._parts.scheme == "smtps":
            return smtplib.SMTP_SSL(
                host, port or _SMTPS_PORT, timeout=_TIMEOUT_SECONDS, context=tls
            )
        server = smtplib.SMTP(host, port or _SUBMISSION_PORT, timeout=_TIMEOUT_SECONDS)
        try:
            if self._starttls:
                server.starttls(context=tls)
        except BaseException:
            server.close()
            raise
        return server

    def _refusal(self, code: int, reason: bytes | str) -> MailDeferredError:
        """Return the error that a server's answer means: 5xx is permanent, all else is not."""
        kind = MailRejectedError if code in _PERMANENT else MailDeferredError
        return kind(self._sentence(f"{code} {_one_line(reason)}"))

    def _sentence(self, what: str) -> str:
        return f"mail server {self._parts.hostname}: {what}"


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its name or its address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # A name, which may lead anywhere.
        return False


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _one_line(reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return " ".join(text.split())[:_LONGEST_REASON]
