"""Letters that come back as mail: from a Maildir in whole runs, and from an IMAP server on this machine."""

import ssl
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from flows.mail.bounces import take_bounces
from flows.mail.digest import send_digest
from flows.night import steps
from flows.night.run_context import RunContext, open_run
from mtqg.cli import app
from program.pack.pack import Pack
from program.settings import Settings
from tests.bounces import dsn, dsn_of
from tests.imap import Folder, serving
from tests.integration.test_sending import certificate, trusted  # noqa: F401  (fixtures)
from tests.mailroom import CRITICAL, Collected, Office, at
from warehouse.maintenance.replay_log import run_document
from warehouse.states import OutboxState
from warehouse.tables import OutboxRow

DAY = date(2025, 1, 21)
SAID = "it came back: 550 5.1.1 <{who}>: Recipient address rejected: User unknown in virtual mailbox table"


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    folder = tmp_path / "mail"
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    return folder


@pytest.fixture
def office(pack: Pack, settings: Settings) -> Office:
    """An office whose letters to two districts were sent."""
    office = Office(pack, settings, datetime.now(UTC))
    for unit in ("942", "943"):
        office.receive(unit, CRITICAL)
    assert office.send(Collected()).sent == 2
    return office


def reading(settings: Settings, url: object) -> Settings:
    return settings.model_copy(update={"bounces_url": SecretStr(str(url))})


def letters(office: Office) -> dict[str, tuple[str, str]]:
    """By recipient: number and state."""
    with Session(office.warehouse) as session:
        return {
            row.recipient: (str(row.message_id), row.state)
            for row in session.scalars(select(OutboxRow))
        }


def take(office: Office, settings: Settings) -> list[str]:
    return take_bounces(office.warehouse, settings, office.now)


def night(settings: Settings) -> tuple[RunContext, str]:
    """What the end of a run does; with its digest."""
    night = open_run(settings, DAY)
    steps.alert(night)
    send_digest(night, "")
    night.finish()
    (path,) = settings.digests.glob(f"run-{night.run_id}-*.eml")
    return night, str(message_from_bytes(path.read_bytes(), policy=policy.default).get_content())


@pytest.mark.both_databases
def test_a_letter_that_comes_back_is_the_operator_s_until_it_is_tried_again(
    settings: Settings, maildir: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = reading(settings, f"maildir:{maildir}")
    office = Office(pack, settings, datetime.now(UTC))
    office.receive("942", CRITICAL)
    first, _ = night(settings)
    assert (first.summary.mails_written, first.summary.errors) == (1, [])
    night(settings)
    (letter,) = settings.outbox.glob("*.eml")
    (maildir / "new" / "1.mail").write_bytes(dsn_of("postfix", letter))
    (maildir / "new" / "2.mail").write_bytes(b"Subject: a question\n\nWhen is it due?\n")

    second, digest = night(settings)
    who, said = "dan-toc@chau-thanh.example", SAID.format(who="dan-toc@chau-thanh.example")
    assert second.summary.errors == [f"mail to {who} refused for good: {said}"]
    assert f"- {who} (quarantined), since " in digest
    assert f"refused for good. {said}" in digest
    told = run_document(second.warehouse, second.run_id)["outbox"]
    assert [(row["state"], row["last_error"], row["attempts"]) for row in told] == [
        (OutboxState.FAILED, said, 1)
    ]
    assert sorted(path.name for path in maildir.rglob("*.mail*")) == ["1.mail:2,S", "2.mail"]

    third, digest = night(settings)
    assert third.summary.errors == []
    assert f"refused for good. {said}" in digest
    letter.unlink()
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    monkeypatch.setenv("MTQG_WAREHOUSE_URL", settings.warehouse_url)
    monkeypatch.setenv("MTQG_BOUNCES_URL", f"maildir:{maildir}")
    assert "1 to be tried again" in CliRunner().invoke(app, ["mail", "retry"]).output
    assert CliRunner().invoke(app, ["mail", "send"]).output == "1 sent, 0 waiting\n"
    assert letter.exists()


def test_a_mailbox_that_cannot_be_read_is_an_error_of_the_run_and_mails_go_out(
    settings: Settings, tmp_path: Path, pack: Pack
) -> None:
    settings = reading(settings, f"maildir:{tmp_path / 'nowhere'}")
    Office(pack, settings, datetime.now(UTC)).receive("942", CRITICAL)
    ended, digest = night(settings)
    assert ended.summary.mails_written == 1
    (error,) = ended.summary.errors
    assert error.startswith(f"mailbox: maildir {tmp_path / 'nowhere'}: FileNotFoundError: ")
    assert f"- {error}" in digest


@pytest.fixture
def folder(office: Office) -> Folder:
    """An IMAP folder: a bounce of each kind, one that is forged, one of somebody else's letter, one that is delayed, a question."""
    (one, (first, _)), (other, (second, _)) = letters(office).items()
    return Folder(
        {
            1: b"Subject: a question\n\nWhen is it due?\n",
            2: dsn("postfix", first, one),
            3: dsn("exchange", second, "somebody@else.example"),
            4: dsn("exchange", "f" * 32, other),
            5: dsn("postfix", second, other).replace(b"Action: failed", b"Action: delayed"),
            6: dsn("postfix", second, other.upper()) + b"x" * 500_000,
        }
    )


def imap(port: int, scheme: str = "imap", host: str = "127.0.0.1") -> str:
    return f"{scheme}://mtqg%40soctrang.example:p%22w%2Fd@{host}:{port}/INBOX"


def test_of_an_imap_folder_only_bounces_of_ours_are_marked_and_nothing_else_is_touched(
    office: Office, folder: Folder
) -> None:
    with serving(folder) as port:
        told, again = (take(office, reading(office.settings, imap(port))) for _ in range(2))
    assert [
        sentence.partition(" refused for good: it came back: 550 5.1.1 ")[0].lower()
        for sentence in told
    ] == [f"mail to {who}" for who in letters(office)]
    assert again == []
    assert folder.seen == {2, 6}
    assert {state for _, state in letters(office).values()} == {OutboxState.FAILED}
    assert not any(command.startswith("UID FETCH 1 (BODY.PEEK[]") for command in folder.commands)
    assert folder.commands[-1] == "LOGOUT"


def test_a_bounce_in_words_is_found_in_an_imap_folder_and_an_answer_that_quotes_it_is_not_read(
    office: Office,
) -> None:
    (one, (first, _)), (other, (second, _)) = letters(office).items()
    answer = dsn("qmail", second, other).replace(b"MAILER-DAEMON@", b"van-phong@")
    folder = Folder({1: dsn("qmail", first, one), 2: answer.replace(b"Return-Path: <>\n", b"")})
    with serving(folder) as port:
        (told,) = take(office, reading(office.settings, imap(port)))
    assert told.startswith(f"mail to {one} refused for good: it came back: 192.0.2.25 does not")
    assert folder.seen == {1}
    assert letters(office)[other] == (second, OutboxState.SENT)
    assert not any(command.startswith("UID FETCH 2 (BODY.PEEK[]") for command in folder.commands)


def test_bounces_are_read_in_quiet_hours_too(office: Office, folder: Folder) -> None:
    office.receive("944", CRITICAL)
    office.now = at(DAY, 1)
    with serving(folder) as port:
        office.settings = reading(office.settings, imap(port)).model_copy(
            update={"smtp_url": SecretStr("smtp://localhost")}
        )
        outcome = office.send(Collected())
    assert (outcome.held, outcome.waiting, len(outcome.returned)) == ("quiet hours", 1, 2)


def test_a_bounce_that_could_not_be_marked_read_is_reported_once(
    office: Office, folder: Folder
) -> None:
    folder.mails, folder.refused = {2: folder.mails[2]}, "UID STORE"
    with serving(folder) as port:
        first, second = (take(office, reading(office.settings, imap(port))) for _ in range(2))
        folder.refused = "-"
        third = take(office, reading(office.settings, imap(port)))
    assert [len(first), len(second), len(third)] == [2, 1, 0]
    assert second == ["mailbox: imap server 127.0.0.1: error: read-only"]
    assert folder.seen == {2}


def test_the_bounce_of_a_letter_that_is_about_to_go_again_stays_unread(
    office: Office, folder: Folder
) -> None:
    with Session(office.warehouse) as session, session.begin():
        for state in (OutboxState.FAILED, OutboxState.PENDING):
            session.query(OutboxRow).update({"state": state})
    with serving(folder) as port:
        assert take(office, reading(office.settings, imap(port))) == []
    assert folder.seen == set()


def test_imap_over_tls_asks_for_a_certificate_that_is_vouched_for(
    office: Office,
    folder: Folder,
    trusted: ssl.SSLContext,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder.tls = trusted
    with serving(folder) as port:
        vouched = take(office, reading(office.settings, imap(port, "imaps", "localhost")))
        monkeypatch.delenv("SSL_CERT_FILE")
        (unknown,) = take(office, reading(office.settings, imap(port, "imaps", "localhost")))
    assert len(vouched) == 2
    assert "CERTIFICATE_VERIFY_FAILED" in unknown
    assert len([command for command in folder.commands if command.startswith("LOGIN")]) == 1


@pytest.mark.parametrize(
    "url",
    [
        "imap://mtqg:wrong@127.0.0.1:{}/INBOX",
        "imap://mtqg%40soctrang.example:p%22w%2Fd@127.0.0.1:{}/Other",
    ],
)
def test_a_wrong_password_or_folder_is_a_sentence_without_the_password(
    office: Office, folder: Folder, url: str
) -> None:
    with serving(folder) as port:
        (told,) = take(office, reading(office.settings, url.format(port)))
    assert told.startswith("mailbox: imap server 127.0.0.1: error: not so")
    (told,) = take(office, reading(office.settings, imap(port)))
    assert "ConnectionRefusedError" in told
    assert {state for _, state in letters(office).values()} == {OutboxState.SENT}
