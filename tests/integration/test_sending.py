"""Sending over real SMTP: TLS with a password, refusals, a server that is down, a sender that is killed. Never lost, never twice."""

import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, Envelope
from typer.testing import CliRunner

from mtqg.cli import app
from program.errors import MailDeferredError, MailServerUnavailableError
from program.pack.pack import Pack
from program.settings import ROOT, Settings
from publish.mail import transport
from publish.mail.transport import SmtpTransport
from tests.mailroom import CRITICAL, Office, at
from tests.postgres import connections_closed
from tests.smtp import Loopback, closed_port
from warehouse.outbox.letters import assemble_letters
from warehouse.outbox.queue import claim_letter, mark_failed

MONDAY = date(2025, 1, 20)
DISTRICTS = ("942", "943", "944")


class Server:
    """What a mail server does: takes mails, or answers as a test says.

    `peers` are the connections that mails came by.
    """

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.peers: set[Any] = set()
        self.answers: dict[str, list[str]] = {}
        self.before_answering: Any = None

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: Any, _session: object, envelope: Envelope, address: str, _options: object
    ) -> str:
        answers = self.answers.get(address, [])
        answer = answers.pop(0) if answers else "250 OK"
        if answer == "drop":
            server.transport.close()
        elif answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: object, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        self.peers.add(session.peer)
        if self.before_answering is not None:
            self.before_answering()
        return "250 OK"

    @property
    def message_ids(self) -> list[str]:
        return [message_from_bytes(envelope.content)["Message-ID"] for envelope in self.taken]

    @property
    def recipients(self) -> list[str]:
        return [address for envelope in self.taken for address in envelope.rcpt_tos]


def authenticate(
    _server: object, _session: object, _envelope: object, mechanism: str, data: Any
) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"mtqg", b"p:w/d"), handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that nobody but these tests trusts, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    command = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *names,
        *files,
    )
    subprocess.run(command, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@contextmanager
def running(server: Server, port: int = 0, **options: Any) -> Iterator[int]:
    controller = Loopback(server, hostname="localhost", port=port, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
def office(pack: Pack, settings: Settings) -> Office:
    """An office that has a letter for each of three districts, on a Monday morning."""
    office = Office(
        pack,
        settings.model_copy(update={"smtp_url": settings.smtp_url.__class__("smtp://localhost")}),
        at(MONDAY),
    )
    for unit in DISTRICTS:
        office.receive(unit, CRITICAL)
    return office


def address(office: Office, unit: str) -> str:
    return office.pack.contact_of(unit).email


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of TLS; this process trusts its certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.mark.filterwarnings(
    "ignore:Requiring AUTH"
)  # aiosmtpd does not know that it is behind TLS from the first byte
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_all_letters_go_over_one_verified_connection_with_a_password(
    office: Office, trusted: ssl.SSLContext, scheme: str
) -> None:
    tls = (
        {"ssl_context": trusted}
        if scheme == "smtps"
        else {"tls_context": trusted, "require_starttls": True}
    )
    server = Server()
    with running(
        server,
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=scheme == "smtp",
        **tls,
    ) as port:
        outcome = office.send(SmtpTransport(f"{scheme}://mtqg:p%3Aw%2Fd@localhost:{port}"))
    assert (outcome.sent, outcome.waiting, outcome.errors, len(server.peers)) == (3, 0, [], 1)
    assert sorted(server.recipients) == sorted(address(office, unit) for unit in DISTRICTS)
    assert office.send(SmtpTransport("smtp://localhost:9")).sent == 0


def test_a_certificate_that_nobody_vouches_for_gets_no_letter_and_no_password(
    office: Office, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    server = Server()
    with running(server, tls_context=trusted, require_starttls=True) as port:
        outcome = office.send(SmtpTransport(f"smtp://mtqg:secret@localhost:{port}"))
    assert (outcome.sent, outcome.waiting, server.taken) == (0, 3, [])
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.down
    assert "secret" not in outcome.down


def test_a_wrong_password_is_one_sentence_and_no_letter_s_fault(
    office: Office, trusted: ssl.SSLContext
) -> None:
    server = Server()
    with running(
        server, tls_context=trusted, authenticator=authenticate, auth_required=True
    ) as port:
        outcome = office.send(SmtpTransport(f"smtp://mtqg:wrong@localhost:{port}"))
    assert outcome.errors == [outcome.down]
    assert "SMTPAuthenticationError" in outcome.down
    assert "wrong" not in outcome.down


def plain(port: int) -> SmtpTransport:
    return SmtpTransport(f"smtp://localhost:{port}?starttls=never")


def test_an_address_that_the_server_refuses_for_good_is_the_operator_s_and_stops_no_other(
    office: Office,
) -> None:
    server = Server()
    server.answers[address(office, "943")] = ["550 5.1.1 no such user"]
    with running(server) as port:
        first, second = office.send(plain(port)), office.send(plain(port))
    assert (first.sent, second.sent, first.waiting) == (2, 0, 0)
    assert first.errors == [
        f"mail to {address(office, '943')} refused for good: mail server localhost: 550 5.1.1 no such user"
    ]
    assert second.errors == []
    assert office.pauses == []


def test_a_letter_that_is_put_off_is_tried_again_in_the_same_run(office: Office) -> None:
    server = Server()
    server.answers[address(office, "942")] = ["450 4.7.1 greylisted", "451 4.7.1 still greylisted"]
    with running(server) as port:
        outcome = office.send(plain(port))
    assert (outcome.sent, outcome.errors, office.pauses) == (3, [], [60, 300])
    assert server.recipients[-1] == address(office, "942")
    assert len(set(server.message_ids)) == 3


def test_a_letter_that_is_put_off_in_all_of_a_run_is_the_next_run_s(office: Office) -> None:
    server = Server()
    server.answers[address(office, "942")] = ["450 busy"] * 3
    with running(server) as port:
        first = office.send(plain(port))
        office.now += timedelta(days=1)
        second = office.send(plain(port))
    assert (first.sent, first.waiting, second.sent) == (2, 1, 1)
    assert first.errors == [f"mail to {address(office, '942')}: mail server localhost: 450 busy"]


def test_a_server_that_ends_the_session_gets_the_rest_in_another_and_nothing_twice(
    office: Office,
) -> None:
    server = Server()
    server.answers[address(office, "943")] = ["421 4.3.2 shutting down"]
    server.answers[address(office, "944")] = ["drop"]
    with running(server) as port:
        outcome = office.send(plain(port))
    assert (outcome.sent, outcome.errors) == (3, [])
    assert sorted(server.recipients) == sorted(address(office, unit) for unit in DISTRICTS)
    assert len(set(server.message_ids)) == 3


def test_a_server_that_hangs_after_the_data_costs_one_time_out_and_not_one_a_letter(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_TIMEOUT_SECONDS", 0.3)
    released = threading.Event()
    server = Server()
    server.before_answering = lambda: released.wait(30)
    with running(server) as port:
        outcome = office.send(plain(port))
        released.set()
    assert (outcome.sent, outcome.waiting, len(server.taken)) == (0, 3, 1)
    assert outcome.errors == [
        "mail: mail server localhost: no answer to a mail in 0.3 s; 3 letters wait"
    ]
    hung = server.message_ids[0]
    server.before_answering = None
    with running(server) as port:
        assert office.send(plain(port)).sent == 3
    # Perhaps the server hangs on this letter only: the next sending begins with the others.
    assert server.message_ids[1:].index(hung) == 2


def test_a_server_that_is_down_for_three_runs_is_tried_once_a_run_and_then_gets_each_letter_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0
    connect = SmtpTransport._connect

    def counted(post: SmtpTransport) -> Any:
        nonlocal tries
        tries += 1
        return connect(post)

    monkeypatch.setattr(SmtpTransport, "_connect", counted)
    server = Server()
    with closed_port() as port:
        for _ in range(3):
            outcome = office.send(plain(port))
            assert (outcome.sent, outcome.waiting, len(outcome.errors)) == (0, 3, 1)
            office.now += timedelta(days=1)
        assert (tries, office.pauses) == (3, [])
        with running(server, port):
            assert office.send(plain(port)).sent == 3
    assert len(set(server.message_ids)) == len(server.message_ids) == 3


SENDER = """
import sys
from datetime import UTC, date, datetime
from flows.mail.send_letters import MailContext, send_letters
from program.pack.load import load_pack
from program.settings import Settings
from publish.mail import transport
from publish.mail.transport import SmtpTransport
from warehouse.database.backends import OpenMode
from warehouse.database.engine import open_warehouse
url, var, port = sys.argv[1:]
settings = Settings(_env_file=None, var=var)
engine = open_warehouse(url, OpenMode.WRITING)
room = MailContext(engine, load_pack(settings.pack), settings, lambda _: b"", date(2025, 1, 20), lambda: datetime(2025, 1, 20, 1, tzinfo=UTC))
send_letters(room, SmtpTransport(f"smtp://localhost:{port}?starttls=never"))
"""


@pytest.mark.both_databases
def test_a_sender_killed_before_the_server_s_answer_sends_that_letter_once_more_with_the_same_id(
    office: Office,
) -> None:
    server = Server()
    with connections_closed(), running(server) as port:
        url, var = office.settings.warehouse_url, str(office.settings.var)
        sender = subprocess.Popen(
            [sys.executable, "-c", SENDER, url, var, str(port)], cwd=ROOT, stderr=subprocess.PIPE
        )
        server.before_answering = lambda: os.kill(sender.pid, signal.SIGKILL)
        _, said = sender.communicate(timeout=120)
        assert (sender.returncode, len(server.taken)) == (-signal.SIGKILL, 1), said.decode()
        server.before_answering = None
        outcome = office.send(plain(port))
    assert (outcome.sent, outcome.waiting) == (3, 0)
    assert len(server.message_ids) == 4
    assert len(set(server.message_ids)) == 3
    assert server.message_ids[0] == server.message_ids[1]


def test_no_letter_goes_out_in_quiet_hours_or_on_a_closed_day(office: Office) -> None:
    for moment in (
        at(MONDAY, 1),
        at(MONDAY, 20),
        at(date(2025, 1, 19), 9),
        at(date(2025, 1, 29), 9),
    ):
        office.now = moment
        outcome = office.send(SmtpTransport("smtp://localhost:9"))
        assert (outcome.sent, outcome.waiting, outcome.errors) == (0, 3, []), moment


def test_the_server_s_refusal_of_our_own_address_is_no_letter_s_fault(pack: Pack) -> None:
    class Unwilling(Server):
        async def handle_MAIL(self, *_: object) -> str:  # noqa: N802
            return "550 5.7.1 not yours to send from"

    message = message_from_bytes(b"From: a@b.example\r\nTo: c@d.example\r\n\r\nx")
    with running(Unwilling()) as port:
        post = plain(port)
        with pytest.raises(MailServerUnavailableError, match="does not let us send as"):
            post.send(message)
        post.close()


def test_times_of_these_tests_are_vietnam_s() -> None:
    assert at(MONDAY, 8) == datetime(2025, 1, 20, 1, tzinfo=UTC)


def test_the_command_sends_what_waits_and_puts_back_what_was_refused(
    pack: Pack, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    office = Office(pack, settings, at(MONDAY))
    office.receive("942", CRITICAL)
    assemble_letters(office.warehouse, MONDAY)
    letter = claim_letter(office.warehouse, office.now)
    assert letter is not None
    mark_failed(office.warehouse, letter.message_id, "550 5.1.1 no such user")
    said = [
        CliRunner().invoke(app, ["mail", *words]).stdout.strip()
        for words in (("send",), ("retry",), ("send",), ("send",))
    ]
    assert said == [
        "0 sent, 0 waiting",
        "1 to be tried again; `mtqg mail send` does it now",
        "1 sent, 0 waiting",
        "0 sent, 0 waiting",
    ]
    assert [path.stem for path in settings.outbox.glob("*.eml")] == [letter.message_id]


def test_the_command_says_why_a_mail_did_not_go(
    pack: Pack, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Office(pack, settings, at(MONDAY)).receive("942", CRITICAL)
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    monkeypatch.setattr("flows.mail.send_letters.present", lambda: at(MONDAY, 9))
    with closed_port() as port:
        monkeypatch.setenv("MTQG_SMTP_URL", f"smtp://127.0.0.1:{port}?starttls=never")
        result = CliRunner().invoke(app, ["mail", "send"])
    assert result.stdout.strip() == "0 sent, 1 waiting"
    assert isinstance(result.exception, MailDeferredError)
    assert "ConnectionRefusedError" in str(result.exception)
