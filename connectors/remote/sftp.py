"""SFTP through sshfs and asyncssh. Host keys are checked against known_hosts.

fsspec's own `sftp://` (paramiko) accepts any host key, and sshfs does so without `known_hosts`.
"""

import errno
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from connectors.remote.files import Opened, RemoteProtocol, make_folders, meaning
from connectors.remote.optional_packages import needs
from program.errors import ConfigurationError

_DEFAULT_KNOWN_HOSTS = "~/.ssh/known_hosts"
_CONNECT_SECONDS = 20
_KEEPALIVE_SECONDS = 15
"""asyncssh gives a connection up after three questions without an answer."""
_AWAY = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ETIMEDOUT}
)


def open_sftp(url: str, options: Mapping[str, JsonValue]) -> Opened:
    """Connect to a server. Raises OSError for a host key that known_hosts does not have.

    Options are those of `asyncssh.connect`; `known_hosts` is the path of a file.
    """
    with needs("sshfs", "sftp"):
        from sshfs import SSHFileSystem  # noqa: PLC0415

    place = SSHFileSystem._get_kwargs_from_urls(url)
    defaults = {
        # An empty tuple is the file of the user, or of ~/.ssh/config. None would check nothing.
        "known_hosts": (),
        "connect_timeout": _CONNECT_SECONDS,
        "login_timeout": _CONNECT_SECONDS,
        "keepalive_interval": _KEEPALIVE_SECONDS,
        # As on this machine: a name that is not UTF-8 must not hide the others.
        "sftp_client_kwargs": {"path_errors": "surrogateescape"},
    }
    arguments = {**defaults, **place, **options}
    if "known_hosts" in options:
        arguments["known_hosts"] = _known_hosts(str(options["known_hosts"]))
    try:
        files = SSHFileSystem(**arguments, skip_instance_cache=True)
    except PermissionError as error:
        raise PermissionError(f"{error}; check username and password, or client_keys") from error
    except Exception as error:
        if _is_about_host_key(error):
            raise PermissionError(_about_host_key(arguments)) from error
        raise
    return Opened(files, SSHFileSystem._strip_protocol(url) or ".")


def error_of_sftp(error: Exception) -> OSError:
    """Return the OSError that an error of asyncssh stands for."""
    import asyncssh  # noqa: PLC0415

    if isinstance(error, socket.gaierror) or getattr(error, "errno", None) in _AWAY:
        return ConnectionError(str(error))
    lost = (
        asyncssh.ConnectionLost,
        asyncssh.ServiceNotAvailable,
        asyncssh.SFTPConnectionLost,
        asyncssh.SFTPNoConnection,
        asyncssh.ChannelOpenError,
    )
    return meaning(
        error,
        (lost, ConnectionError),
        (asyncssh.SFTPPermissionDenied, PermissionError),
        ((asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath), FileNotFoundError),
    )


def write_sftp(files: Any, path: str, unfinished: str, content: bytes) -> None:
    """Write under another name, then rename over an earlier file in one step.

    `mv` of sshfs copies and deletes where a server cannot do that, which is not one step.
    """
    make_folders(files, path, unfinished)
    files.pipe_file(unfinished, content)
    _rename(files, unfinished, path)


def _rename(files: Any, unfinished: str, path: str) -> None:
    from asyncssh import SFTPOpUnsupported  # noqa: PLC0415
    from fsspec.asyn import sync  # noqa: PLC0415

    async def rename() -> None:
        async with files._pool.get() as channel:
            await channel.posix_rename(unfinished, path)

    try:
        sync(files.loop, rename)
    except SFTPOpUnsupported as error:
        files.rm_file(unfinished)
        raise OSError(
            "the server cannot replace a file in one step: an archive needs the extension "
            "posix-rename@openssh.com, which OpenSSH has"
        ) from error


def _known_hosts(path: str) -> str:
    """Return the path of a file of host keys. Raises ConfigurationError if there is none."""
    file = Path(path).expanduser()
    if not file.is_file():
        raise ConfigurationError(f"known_hosts: there is no file {path} on this machine")
    return str(file)


def _is_about_host_key(error: Exception) -> bool:
    import asyncssh  # noqa: PLC0415

    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return True
    # A server whose new key is of another type than the known ones offers nothing that we take.
    return isinstance(error, asyncssh.KeyExchangeFailed) and "host key" in str(error)


def _about_host_key(arguments: Mapping[str, Any]) -> str:
    """Return what is wrong with a host key, and what to do about it."""
    host = arguments["host"]
    port = int(arguments.get("port") or 22)
    file = arguments["known_hosts"] or _DEFAULT_KNOWN_HOSTS
    scan = f"ssh-keyscan -p {port} {host}"
    if _knows(Path(file).expanduser(), host, port):
        return (
            f"the host key of {host} port {port} is not the one in {file}: the server has a new "
            "key, or another machine answers in its place. Nothing was read or sent. Ask the "
            f"server's operator; if the key is new, put the lines of `{scan}` into {file} in place "
            "of the old ones"
        )
    return (
        f"the host key of {host} port {port} is not in {file}. Compare the fingerprint of "
        f"`{scan} | ssh-keygen -lf -` with the one that the server's operator names, then add "
        f"the lines of `{scan}` to {file}"
    )


def _knows(file: Path, host: str, port: int) -> bool:
    import asyncssh  # noqa: PLC0415

    if not file.is_file():
        return False
    known = asyncssh.read_known_hosts(str(file))
    keys, authorities, *_ = known.match(host, "", None if port == 22 else port)
    return bool(keys or authorities)


SFTP = RemoteProtocol(open_sftp, error_of_sftp, write_sftp)
