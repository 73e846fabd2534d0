"""The URL of a mailbox: imaps://user:password@host[:port]/folder, or maildir:/path."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from program.errors import ConfigurationError

_TLS_PORT = 993
_PLAIN_PORT = 143


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A user's folder on an IMAP server. `folder` is empty where the URL names none."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    is_encrypted: bool


def mailbox_address(url: str, setting: str) -> ServerAddress | Path:
    """Return the server, or the folder of a Maildir, that a URL names.

    Raises ConfigurationError for a wrong URL. It names the setting and shows nothing of the URL.
    """
    try:
        parts = urlsplit(url)
        is_server = _is_server(parts)
    except ValueError:
        raise _not_a_mailbox(setting) from None
    if parts.scheme == "maildir" and parts.path:
        return Path(parts.path)
    if not is_server:
        raise _not_a_mailbox(setting)
    host = str(parts.hostname)
    is_encrypted = parts.scheme == "imaps"
    if not is_encrypted and not _is_this_machine(host):
        raise ConfigurationError(
            f"{setting}: imap:// sends the password in the clear: only to localhost; "
            "expected imaps://"
        )
    usual_port = _TLS_PORT if is_encrypted else _PLAIN_PORT
    return ServerAddress(
        host=host,
        port=parts.port or usual_port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")),
        is_encrypted=is_encrypted,
    )


def _is_server(parts: SplitResult) -> bool:
    """Tell whether a URL names an IMAP server and a user. Raises ValueError for a wrong port."""
    if parts.scheme not in ("imap", "imaps") or not parts.hostname:
        return False
    return bool(parts.username) and parts.port != 0


def _not_a_mailbox(setting: str) -> ConfigurationError:
    # It shows neither the URL nor what the parser says about it: both may hold the password.
    return ConfigurationError(
        f"{setting}: expected imaps://user:password@host[:port]/INBOX or maildir:/path"
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
