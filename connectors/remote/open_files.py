"""Open a URL: choose the library that serves it, with its options."""

from collections.abc import Mapping
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem
from pydantic import JsonValue

from connectors.remote.files import Opened, RemoteFiles, RemoteProtocol, meaning, write_and_move
from connectors.remote.s3 import S3
from connectors.remote.sftp import SFTP
from connectors.remote.webdav import WEBDAV
from program.errors import ConfigurationError

_WEBDAV_ADDRESS = "a WebDAV folder begins with webdav+https://"
_NOT_LISTED = {
    "http": f"an HTTP server does not list its folders; {_WEBDAV_ADDRESS}",
    "https": f"an HTTP server does not list its folders; {_WEBDAV_ADDRESS}",
    "webdav": _WEBDAV_ADDRESS,
    "dav": _WEBDAV_ADDRESS,
    "ftp": "FTP sends passwords without encryption; use sftp://",
}


def open_files(
    url: str,
    options: Mapping[str, JsonValue],
    seconds: float,
) -> Opened:
    """Return the file system of a URL and the path in it.

    On another machine it is a `RemoteFiles`, with `seconds` for each call. Raises
    ConfigurationError for a URL or options that no file system takes, and OSError if the server
    cannot be reached.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or scheme == "file":
        if options:
            raise ConfigurationError("a folder of this machine takes no options")
        return Opened(*fsspec.core.url_to_fs(url))
    if scheme in _NOT_LISTED:
        raise ConfigurationError(_NOT_LISTED[scheme])
    files = RemoteFiles(_PROTOCOLS.get(scheme, _OTHER), url, options, seconds)
    return Opened(files, files.root)


def is_local(files: Any) -> bool:
    """Tell whether a file system is one of this machine."""
    return isinstance(files, LocalFileSystem)


def _open_other(url: str, options: Mapping[str, JsonValue]) -> Opened:
    return Opened(*fsspec.core.url_to_fs(url, **options))


_OTHER = RemoteProtocol(_open_other, meaning, write_and_move)
"""Any other protocol of fsspec. Its errors last, unless they are connection errors of Python."""
_PROTOCOLS = {
    "sftp": SFTP,
    "ssh": SFTP,
    "s3": S3,
    "s3a": S3,
    "webdav+https": WEBDAV,
    "webdav+http": WEBDAV,
}
