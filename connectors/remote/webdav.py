"""WebDAV, such as Nextcloud's, through webdav4 and httpx."""

import re
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import JsonValue

from connectors.remote.files import Opened, RemoteProtocol, make_folders, meaning
from connectors.remote.optional_packages import needs
from program.errors import ConfigurationError

_SECONDS = 60
"""How long httpx waits for a connection, and for each part of an answer."""
_PASSES = frozenset({408, 423, 429, *range(500, 507), 509})


def open_webdav(url: str, options: Mapping[str, JsonValue]) -> Opened:
    """Return a folder. It connects with the first call.

    Options are `username`, `password` and those of `httpx.Client`. Raises ConfigurationError
    where a password would be sent without encryption to another machine.
    """
    with needs("webdav4", "webdav"):
        from webdav4.client import Client  # noqa: PLC0415
        from webdav4.fsspec import WebdavFileSystem  # noqa: PLC0415

    class QuotingClient(Client):  # type: ignore[misc]
        """A client that knows names with `?`, `#` or `%`: webdav4 0.11 puts them as they are."""

        def join_url(self, path: str, add_trailing_slash: bool = False) -> Any:  # noqa: FBT001, FBT002
            whole = f"/{self.base_url.path.strip('/')}/{path.strip('/')}".rstrip("/")
            if add_trailing_slash or not whole:
                whole += "/"
            return self.base_url.copy_with(raw_path=quote(whole).encode())

    parts = urlsplit(url)
    given = dict(options)
    username = given.pop("username", parts.username)
    password = given.pop("password", None)
    if parts.scheme == "webdav+http" and password and not _is_this_machine(parts.hostname):
        raise ConfigurationError(
            f"a password is not sent to {parts.hostname} without encryption: "
            "begin the address with webdav+https://"
        )
    arguments: dict[str, Any] = {"timeout": _SECONDS} | given
    if isinstance(authority := given.get("verify"), str):
        arguments["verify"] = _trusting(authority)
    auth = (str(username), str(password)) if password is not None else None
    # All paths are below the folder itself: the parts of the address above it are the server's.
    address = _address(parts)
    client = QuotingClient(address, auth=auth, **arguments)
    return Opened(WebdavFileSystem(address, client=client), "")


def _trusting(authority: str) -> ssl.SSLContext:
    """Return what httpx needs to trust the certificates of a file; it no longer takes a path."""
    if not Path(authority).expanduser().is_file():
        raise ConfigurationError(f"verify: there is no file {authority} on this machine")
    return ssl.create_default_context(cafile=Path(authority).expanduser())


def _address(parts: SplitResult) -> str:
    """Return the address for HTTP, without a user."""
    _, _, host = parts.netloc.rpartition("@")
    scheme = parts.scheme.removeprefix("webdav+")
    return f"{scheme}://{host}{parts.path.rstrip('/')}/"


def _is_this_machine(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def error_of_webdav(error: Exception) -> OSError:
    """Return the OSError that an error of webdav4 or httpx stands for."""
    import httpx  # noqa: PLC0415
    from webdav4 import client as webdav  # noqa: PLC0415

    text = str(error) or type(error).__name__
    if isinstance(error, httpx.TransportError) and re.search("CERTIFICATE_VERIFY_FAILED", text):
        return OSError(f"no trusted TLS connection; check the certificate, or verify: {text}")
    if isinstance(error, webdav.HTTPError):
        return _error_of_status(error.status_code, text)
    away = (httpx.TransportError, webdav.BadGatewayError, webdav.ResourceLocked)
    return meaning(
        error,
        (away, ConnectionError),
        (webdav.ResourceNotFound, FileNotFoundError),
        (webdav.ForbiddenOperation, PermissionError),
    )


def _error_of_status(status: int, text: str) -> OSError:
    if status in _PASSES:
        return ConnectionError(text)
    if status == HTTPStatus.UNAUTHORIZED:
        return PermissionError(f"{text}: username or password is wrong")
    if status == HTTPStatus.FORBIDDEN:
        return PermissionError(text)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return OSError(f"{text}: the server sends on to another address; name that one")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return OSError(f"{text}: the address is no WebDAV folder")
    return OSError(text)


def write_webdav(files: Any, path: str, unfinished: str, content: bytes) -> None:
    """Write under another name, then have the server move it over an earlier file.

    `mv` of fsspec copies and deletes.
    """
    make_folders(files, path, unfinished)
    files.pipe_file(unfinished, content)
    files.client.move(unfinished, path, overwrite=True)


WEBDAV = RemoteProtocol(open_webdav, error_of_webdav, write_webdav)
