"""S3 and servers that speak it (MinIO, Ceph), through s3fs."""

import errno
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from connectors.remote.files import Opened, RemoteProtocol, meaning
from connectors.remote.optional_packages import needs

_CONNECT_SECONDS = 20
_READ_SECONDS = 60
_PASSES = frozenset({errno.EBUSY, errno.EREMOTEIO})
"""What s3fs makes of SlowDown, 500 and 503."""


def open_s3(url: str, options: Mapping[str, JsonValue]) -> Opened:
    """Return a bucket, or a folder in one. The first call of a method connects.

    Options are those of `s3fs.S3FileSystem`. Without `key` and `secret`, botocore looks for
    credentials where it always does.
    """
    with needs("s3fs", "s3"):
        from s3fs import S3FileSystem  # noqa: PLC0415

    config: dict[str, JsonValue] = {
        "connect_timeout": _CONNECT_SECONDS,
        "read_timeout": _READ_SECONDS,
        # s3fs tries again itself.
        "retries": {"total_max_attempts": 1},
    }
    given = options.get("config_kwargs")
    if isinstance(given, dict):
        config |= given
    arguments = {
        **options,
        "config_kwargs": config,
        # Others write, and one worker process lives through many runs.
        "use_listings_cache": False,
        "skip_instance_cache": True,
    }
    files = S3FileSystem(**arguments)
    # This sends nothing, but finds wrong options.
    files.connect()
    return Opened(files, S3FileSystem._strip_protocol(url))


def error_of_s3(error: Exception) -> OSError:
    """Return the OSError that an error of s3fs or botocore stands for."""
    from botocore import exceptions as boto  # noqa: PLC0415

    if isinstance(error, boto.SSLError):
        return OSError(f"no trusted TLS connection; check the certificate, or verify: {error}")
    if isinstance(error, boto.NoCredentialsError):
        return PermissionError("no credentials: set the options key and secret")
    if isinstance(error, PermissionError):
        return PermissionError(f"{error}; check key, secret and the rights of that user")
    if getattr(error, "errno", None) in _PASSES:
        return ConnectionError(str(error))
    return meaning(error, ((boto.HTTPClientError, boto.ConnectionError), ConnectionError))


def write_s3(files: Any, path: str, unfinished: str, content: bytes) -> None:
    """Write at once: an object appears when all of it has come. Folders need not be made."""
    del unfinished
    files.pipe_file(path, content)


S3 = RemoteProtocol(open_s3, error_of_s3, write_s3)
