"""Loopback servers for folders on other machines: SFTP, S3, WebDAV, and two that never finish an answer.

Each ends with its `with`.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import moto
import pytest
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server as WsgiServer
from fsspec import AbstractFileSystem
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem
from wsgidav.wsgidav_app import WsgiDAVApp

USER = "mtqg"
PASSWORD = "p:w/d@1"
DROPS = b"these bytes break the connection"


@dataclass(frozen=True)
class Keys:
    """The keys of an SFTP server."""

    host: asyncssh.SSHKey
    port: int

    @property
    def known_hosts(self) -> str:
        """The line that known_hosts needs."""
        return f"[127.0.0.1]:{self.port} {self.host.export_public_key().decode()}"


class _Login(asyncssh.SSHServer):
    def __init__(self, connections: list[asyncssh.SSHServerConnection]) -> None:
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class _Sftp(asyncssh.SFTPServer):
    """A server that shows one folder. What is in the folders `hangs`, `locked` and `drops` is not listed.

    A file that is called `*.part` and gets `DROPS` breaks the connection. `renames` False: as servers that
    cannot rename over a file.
    """

    root: Path
    renames: bool

    def __init__(self, channel: asyncssh.SSHServerChannel) -> None:
        self._connection = channel.get_connection()
        super().__init__(channel, chroot=str(self.root))

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        name = path.rpartition(b"/")[2]
        if name == b"hangs":
            await asyncio.sleep(3600)
        if name == b"locked":
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        if name == b"drops":
            self._connection.abort()
        async for entry in super().scandir(path):
            yield entry

    async def write(self, file: object, offset: int, data: bytes) -> int:
        if data == DROPS:
            super().write(file, offset, data[:5])
            self._connection.abort()
        return super().write(file, offset, data)

    def posix_rename(self, old: bytes, new: bytes) -> None:
        if not self.renames:
            raise asyncssh.SFTPOpUnsupported("not here")
        super().posix_rename(old, new)


@contextmanager
def sftp_server(
    folder: Path, port: int = 0, algorithm: str = "ssh-ed25519", renames: bool = True
) -> Iterator[Keys]:
    """Serve a folder by SFTP, with a host key of its own."""
    key = asyncssh.generate_private_key(algorithm)
    ready: Future[Keys] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    connections: list[asyncssh.SSHServerConnection] = []

    async def serve() -> None:
        server = await asyncssh.listen(
            "127.0.0.1",
            port,
            server_factory=lambda: _Login(connections),
            server_host_keys=[key],
            sftp_factory=type("Sftp", (_Sftp,), {"root": folder, "renames": renames}),
            encryption_algs=["aes128-gcm@openssh.com"],
        )
        ready.set_result(Keys(key, server.get_port()))
        await stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        for connection in connections:
            connection.abort()
            await connection.wait_closed()
        await server.wait_closed()
        # The loop closes the sockets in its next turn.
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        yield ready.result(timeout=30)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
        loop.close()


@contextmanager
def s3_server() -> Iterator[tuple[str, AbstractFileSystem]]:
    """Serve an empty bucket `reports` by S3; its address, and the bucket as its senders see it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    files = S3FileSystem(
        key=USER,
        secret=PASSWORD,
        endpoint_url=address,
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    try:
        files.mkdir("reports")
        yield address, files
    finally:
        files.rm("reports", recursive=True)
        server.stop()


@contextmanager
def s3_knows_nobody() -> Iterator[None]:
    """The S3 server refuses every key."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        yield


@contextmanager
def webdav_server(folder: Path, certificate: tuple[Path, Path] | None = None) -> Iterator[int]:
    """Serve a folder by WebDAV below /remote.php/dav/files/mtqg, as Nextcloud does; its port.

    By TLS with a certificate and its key.
    """
    share = "/remote.php/dav/files/mtqg"
    app = WsgiDAVApp(
        {
            "provider_mapping": {share: str(folder)},
            "simple_dc": {"user_mapping": {share: {USER: {"password": PASSWORD}}}},
            "http_authenticator": {"accept_digest": False, "default_to_digest": False},
            "verbose": 0,
            "logging": {"enable": False},
            "dir_browser": {"enable": False},
        }
    )
    server = WsgiServer(("127.0.0.1", 0), app, numthreads=2)
    if certificate:
        server.ssl_adapter = BuiltinSSLAdapter(*map(str, certificate))
        # The reason of a failed handshake is the client's to say.
        server.error_log = lambda *_, **__: None
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server.bind_addr[1]
    finally:
        server.stop()
        thread.join(timeout=30)


@contextmanager
def endless_server(answer: bytes) -> Iterator[int]:
    """Answer every connection with the bytes, then with one byte each tenth of a second; its port.

    No bytes at all: accept connections, and be silent.
    """
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    # So that the thread sees `stop`.
    listener.settimeout(0.1)
    connections: list[socket.socket] = []

    def serve() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                connections.append(connection)
                connection.sendall(answer)
            for each in connections if answer else ():
                with suppress(OSError):
                    each.sendall(b"x")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join(timeout=30)
        for each in [*connections, listener]:
            each.close()


def closed_port() -> int:
    """A port of this machine at which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
