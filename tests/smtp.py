"""A mail server on loopback, for tests: it takes what it is given and keeps it."""

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


@contextmanager
def mail_server() -> Iterator[Inbox]:
    """Run a server without TLS until the end of the block."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    inbox.url = f"smtp://127.0.0.1:{controller.port}?starttls=never"
    try:
        yield inbox
    finally:
        controller.stop()


def free_port(host: str = "127.0.0.1") -> int:
    """A port of loopback on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
