"""A mail server on loopback, for tests: it takes what it is given and keeps it."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope


class Inbox:
    """What a mail server took in. `url` is what `MTQG_SMTP_URL` would say."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.url = ""

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as a mail program shows them."""
        return [message_from_bytes(e.content, policy=policy.default) for e in self.envelopes]  # type: ignore[arg-type,misc]


class Loopback(Controller):
    """Runs a mail server on a port that the system chooses.

    `port` says which, once it has started.
    """

    async def _create_server(self) -> asyncio.AbstractServer:
        server = await super()._create_server()
        self.port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        return server


@contextmanager
def mail_server() -> Iterator[Inbox]:
    """Run a server without TLS until the end of the block."""
    inbox = Inbox()
    controller = Loopback(inbox, hostname="127.0.0.1", port=0)
    controller.start()
    inbox.url = f"smtp://127.0.0.1:{controller.port}?starttls=never"
    try:
        yield inbox
    finally:
        controller.stop()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of loopback that refuses connections until a server of the block listens there.

    No other program gets it.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
