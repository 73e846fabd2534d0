"""The operator's own mails: a digest for each run, and the dead-man check."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from typer.testing import CliRunner

from flows.alarm import alarm
from flows.mail.digest import send_digest
from flows.morning_mails import mails
from flows.night.run_context import open_run
from flows.recovery.heartbeat import Alarm, alarm_of, mail_alarm
from mtqg.cli import app
from program.pack.pack import Pack
from program.records.digest import Counted
from program.settings import Settings
from tests.mailroom import CRITICAL, Office
from tests.smtp import Inbox, mail_server
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import finish_run, start_run
from warehouse.outbox.letters import assemble_letters
from warehouse.outbox.queue import claim_letter, mark_failed

NOW = datetime(2025, 1, 20, 18, tzinfo=UTC)
DAY = date(2025, 1, 21)


def read_mail(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def digest(settings: Settings, number: int) -> str:
    (path,) = settings.digests.glob(f"run-{number}-*.eml")
    mail = read_mail(path)
    assert "ky-su-du-lieu@soctrang.example" in mail["To"]
    return f"{mail['Subject']}\n{mail.get_content()}"


def test_a_run_s_digest_says_what_ran_against_what_is_usual(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for received in (10, 14, 30):
        earlier = open_run(settings, DAY)
        earlier.summary.received = received
        earlier.finish()
    night = open_run(settings, DAY)
    night.summary.received, night.summary.seconds = 3, {"load": 12.5}
    send_digest(night, "http://127.0.0.1:4200/runs/7")
    night.finish()
    text = digest(settings, 4)
    assert text.startswith("[mtqg] run 4 completed, as of 2025-01-21")
    lines = {line[:42].strip(): line[42:].split() for line in text.splitlines()}
    assert lines["received"] == ["3", "14", "<-", "unusual"]
    assert lines["load"] == ["12.5", "s"]
    assert "the median of the last 3 runs" in text
    assert "http://127.0.0.1:4200/runs/7" in text
    assert str(settings.var / "warehouse.sqlite") in text


@pytest.mark.both_databases
def test_a_failed_run_s_digest_names_its_errors_and_the_mails_that_did_not_get_through(
    settings: Settings,
) -> None:
    night = open_run(settings, DAY)
    office = Office(night.pack, settings, NOW)
    office.receive("942", CRITICAL)
    assemble_letters(office.warehouse, DAY)
    letter = claim_letter(office.warehouse, NOW)
    assert letter is not None
    mark_failed(office.warehouse, letter.message_id, "550 5.1.1 no such user")
    night.fail("source portal: did not answer")
    send_digest(night, "")
    night.finish()
    text = digest(settings, 1)
    assert "run 1 failed" in text
    assert "- source portal: did not answer" in text
    assert (
        "- dan-toc@chau-thanh.example (quarantined), since 21/01/2025 01:00: refused for good. 550 5.1.1 no such user"
        in text
    )
    assert "There is no earlier run to compare with." in text


@pytest.mark.parametrize(
    ("this_run", "usual", "unusual"),
    [
        (0, 140, True),
        (12, 140, True),
        (300, 140, True),
        (100, 140, False),
        (0, 4, False),
        (9, None, False),
    ],
)
def test_a_count_is_unusual_beyond_half_and_twice_and_not_by_a_handful(
    this_run: int, usual: float | None, unusual: bool
) -> None:
    assert Counted("received", this_run, usual).is_unusual is unusual


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return prepare_warehouse(settings.warehouse_url)


def run(engine: Engine, begun: datetime, state: str | None, *errors: str) -> None:
    number = start_run(engine, DAY, "rules-1", begun)
    if state is not None:
        finish_run(engine, number, state, {"errors": list(errors)}, begun + timedelta(minutes=5))


def test_a_run_that_completed_lately_is_no_alarm(settings: Settings, engine: Engine) -> None:
    run(engine, NOW - timedelta(hours=30), "failed", "a bug")
    run(engine, NOW - timedelta(hours=25), "completed")
    assert alarm_of(settings, 26, NOW).text == ""


def test_a_run_that_is_at_work_is_no_alarm(settings: Settings, engine: Engine) -> None:
    run(engine, NOW - timedelta(hours=25), "completed")
    run(engine, NOW - timedelta(minutes=1), None)
    assert alarm_of(settings, 26, NOW).text == ""


def test_each_way_of_not_completing_is_a_sentence(settings: Settings, engine: Engine) -> None:
    assert alarm_of(settings, 26, NOW).text == "No run has ever begun on this warehouse."
    run(engine, NOW - timedelta(hours=60), None)
    assert alarm_of(settings, 26, NOW).text.startswith(
        "No run has ever completed; the last one that began is run 1"
    )
    run(engine, NOW - timedelta(hours=50), "completed")
    assert (
        "No run has completed for 26 hours: the last one ended 18/01/2025 23:05"
        in alarm_of(settings, 26, NOW).text
    )
    run(engine, NOW - timedelta(hours=20), None)
    # How much of the machine's own disk is free is not this test's matter.
    assert "is still running, was killed, or met a full disk" in alarm_of(settings, 26, NOW).text
    run(engine, NOW - timedelta(hours=2), "failed", "source portal: down", "mail: down")
    assert alarm_of(settings, 26, NOW).text.endswith(
        "failed with 2 errors, the first: source portal: down"
    )


@pytest.mark.parametrize(("free", "is_named"), [(9, True), (10, False)], ids=["short", "not short"])
def test_the_alarm_of_a_run_without_an_end_says_whether_the_disk_is_short(
    settings: Settings,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    is_named: bool,
) -> None:
    usage = SimpleNamespace(total=100, used=100 - free, free=free)
    monkeypatch.setattr("flows.recovery.heartbeat.shutil.disk_usage", lambda _: usage)
    run(engine, NOW - timedelta(hours=50), "completed")
    run(engine, NOW - timedelta(hours=20), None)
    text = alarm_of(settings, 26, NOW).text
    assert ("less than a tenth of the disk of MTQG_VAR is free" in text) is is_named
    # A run that recorded its end says itself what was wrong.
    run(engine, NOW - timedelta(hours=2), "failed", "export: No space left on device")
    assert "a tenth" not in alarm_of(settings, 26, NOW).text


def test_the_alarm_is_mailed_to_the_engineer_and_the_same_one_once_a_day(
    settings: Settings,
) -> None:
    found = Alarm("No run has ever begun on this warehouse.")
    assert [mail_alarm(settings, found, NOW) for _ in range(2)] == [True, False]
    tomorrow = NOW + timedelta(days=1)
    assert mail_alarm(settings, found, tomorrow)
    first, second = map(read_mail, settings.outbox.glob("*.eml"))
    assert first["Message-ID"] != second["Message-ID"]
    assert "ky-su-du-lieu@soctrang.example" in first["To"]
    assert "No run has ever begun" in first.get_content()


def failed_night(settings: Settings, *later: str) -> None:
    """A run that failed, whose digest went to the mail server of `settings`.

    `later` errors came after that.
    """
    night = open_run(settings, DAY)
    night.fail("source portal: did not answer")
    send_digest(night, "")
    for error in later:
        night.fail(error)
    night.finish()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with mail_server() as inbox:
        yield inbox


@pytest.fixture
def served(settings: Settings, inbox: Inbox) -> Settings:
    return settings.model_copy(update={"smtp_url": SecretStr(inbox.url)})


def test_a_failed_run_whose_digest_was_mailed_is_not_mailed_again(
    served: Settings, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed_night(served)
    found = alarm_of(served, 2, datetime.now(UTC))
    assert (found.text.endswith("the first: source portal: did not answer"), found.was_mailed) == (
        True,
        True,
    )
    assert not mail_alarm(served, found, NOW)
    assert [mail["Subject"].startswith("[mtqg] run 1 failed") for mail in inbox.mails] == [True]
    monkeypatch.setenv("MTQG_VAR", str(served.var))
    monkeypatch.setenv("MTQG_SMTP_URL", served.smtp_url.get_secret_value())
    said = CliRunner().invoke(app, ["watch", "--mail"])
    assert (
        said.exit_code,
        "Not mailed again" in said.output,
        len(inbox.mails),
    ) == (1, True, 1)


def test_a_failed_run_is_mailed_where_its_digest_was_not_or_does_not_say_all(
    settings: Settings, served: Settings
) -> None:
    failed_night(settings)
    assert not alarm_of(settings, 2, datetime.now(UTC)).was_mailed
    failed_night(served, "ledger: no space left on the disk")
    found = alarm_of(served, 2, datetime.now(UTC))
    assert (found.text.startswith("The last run (run 2, "), found.was_mailed) == (True, False)


def test_runs_that_stopped_after_one_that_failed_are_an_alarm_of_their_own(
    served: Settings,
) -> None:
    open_run(served, DAY).finish()
    failed_night(served)
    later = alarm_of(served, 26, datetime.now(UTC) + timedelta(days=2))
    assert (later.text.startswith("No run has completed for 26 hours"), later.was_mailed) == (
        True,
        False,
    )


def test_the_command_exits_1_with_a_sentence_and_0_where_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(tmp_path))
    empty = CliRunner().invoke(app, ["watch", "--mail"])
    assert (empty.exit_code, "no run has begun yet" in empty.output) == (1, True)
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
    engine = prepare_warehouse(f"sqlite:///{tmp_path / 'warehouse.sqlite'}")
    run(engine, datetime.now(UTC) - timedelta(hours=1), "completed")
    assert CliRunner().invoke(app, ["watch"]).exit_code == 0


def test_the_deployed_alarm_mails_what_is_wrong_and_nothing_where_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(tmp_path))
    engine = prepare_warehouse(f"sqlite:///{tmp_path / 'warehouse.sqlite'}")
    run(engine, datetime.now(UTC) - timedelta(hours=1), "completed")
    assert alarm.fn(hours=2) == ""
    assert not (tmp_path / "outbox").exists()
    run(engine, datetime.now(UTC) - timedelta(minutes=9), "failed", "source portal: down")
    assert alarm.fn(hours=2).endswith("the first: source portal: down")
    (mail,) = (tmp_path / "outbox").glob("alarm-*.eml")
    (kept,) = (tmp_path / "digests").glob("alarm-*.eml")
    assert [file.stat().st_mode & 0o077 for file in (mail, mail.parent, kept, kept.parent)] == [
        0
    ] * 4


def test_an_alarm_goes_out_where_its_kept_mails_cannot_be_looked_at(
    settings: Settings, inbox: Inbox
) -> None:
    # No file system has names of 300 bytes: root too gets an error, as others do of a closed folder.
    nowhere = settings.var / ("a" * 300)
    served = settings.model_copy(update={"var": nowhere, "smtp_url": SecretStr(inbox.url)})
    assert [mail_alarm(served, Alarm("No run can begin."), NOW) for _ in range(2)] == [True, True]


def test_the_deployed_mails_send_what_waits(
    pack: Pack, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    Office(pack, settings, NOW).receive("942", CRITICAL)
    assert [mails.fn(), mails.fn()] == [
        {"sent": 1, "waiting": 0, "held": ""},
        {"sent": 0, "waiting": 0, "held": ""},
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [("forms/training/v2.yaml", "code: [training"), ("contacts.yaml", "engineer: nobody")],
    ids=["a form", "the addresses themselves"],
)
def test_the_alarm_of_a_wrong_pack_goes_to_the_addresses_of_the_last_good_one(
    file: str,
    text: str,
    settings: Settings,
    own_pack: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = settings.model_copy(update={"pack": own_pack})
    open_run(own, DAY).finish()
    (own_pack / file).write_text(text, encoding="utf-8")

    monkeypatch.setenv("MTQG_VAR", str(own.var))
    monkeypatch.setenv("MTQG_PACK", str(own_pack))
    assert alarm.fn(hours=2).startswith("No run can begin: the pack, or its rules, are wrong.")
    (path,) = own.outbox.glob("*.eml")
    mail = read_mail(path)
    assert "ky-su-du-lieu@soctrang.example" in mail["To"]
    assert str(own_pack / file) in mail.get_content()

    # The next intake fails too: one mail is enough.
    alarm.fn(hours=26)
    assert list(own.outbox.glob("*.eml")) == [path]


def test_the_alarm_of_a_wrong_setting_goes_out_by_those_that_it_needs(
    settings: Settings, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    monkeypatch.setenv("MTQG_SMTP_URL", inbox.url)
    monkeypatch.setenv("MTQG_READERS", "many")
    monkeypatch.setenv("MTQG_REDERS", "2")
    assert alarm.fn(hours=2) == "No run can begin: a setting is wrong."
    (mail,) = inbox.mails
    assert "ky-su-du-lieu@soctrang.example" in mail["To"]
    assert "unknown setting MTQG_REDERS" in mail.as_string()
