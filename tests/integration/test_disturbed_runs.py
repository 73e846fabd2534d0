"""Runs whose machine fails them: a database that starts again, a clock that was set back.

What a run does on a full disk is in test_nightly_flow, and its sentences are here.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.mail.digest import send_digest
from flows.night.run_context import RunContext, open_run
from flows.recovery import heartbeat
from mtqg.run import _set_up_logs
from program.errors import MailServerUnavailableError, WarehouseError
from program.settings import Settings
from tests.channel_server import webhook
from tests.conftest import Fill
from tests.full_disk import full_disk
from tests.postgres import running_postgres
from tests.smtp import mail_server
from tests.steps_by_hand import collect, load
from warehouse.database.engine import open_warehouse, prepare_warehouse
from warehouse.database.run_lock import exclusive_run
from warehouse.tables import FactRow, SubmissionRow


def accepted(settings: Settings) -> list[str]:
    """The verdict of each submission; none of them without facts."""
    warehouse = open_warehouse(settings.warehouse_url)
    with Session(warehouse) as session:
        verdicts = session.scalars(select(SubmissionRow.verdict)).all()
        with_facts = session.scalar(select(func.count(FactRow.submission_id.distinct())))
    warehouse.dispose()
    assert with_facts == len(verdicts)
    return list(verdicts)


def ended(run: RunContext) -> RunContext:
    send_digest(run, "")
    run.finish()
    return run


def digest_of(run: RunContext) -> str:
    (path,) = run.settings.digests.glob(f"run-{run.run_id}-*.eml")
    return str(message_from_bytes(path.read_bytes(), policy=policy.default).get_content())


@pytest.mark.slow
def test_a_database_that_starts_again_in_the_middle_of_a_run_loses_and_doubles_nothing(
    tmp_path: Path, fill: Fill, reads_here: None
) -> None:
    folder = tmp_path / "inbox" / "942"
    folder.mkdir(parents=True)
    (folder / "report.xlsx").write_bytes(fill("942", "2024-Q4"))
    with running_postgres() as server, server.new_database() as url:
        settings = Settings(
            _env_file=None,
            var=tmp_path / "var",
            inbox_url=str(folder.parent),
            warehouse_url=url,
        )
        with exclusive_run(url), open_run(settings, None) as run:
            collect(run)
            server.crash()
            load(run)
            ended(run)
        assert run.summary.errors == []
        assert accepted(settings) == ["accepted"]
        with exclusive_run(url), open_run(settings, None) as again:
            collect(again)
            load(again)
            ended(again)
        assert (again.summary.received, again.summary.errors) == (0, [])
        assert accepted(settings) == ["accepted"]


def test_after_the_clock_was_set_back_a_day_the_run_takes_what_came_and_the_digest_says_so(
    settings: Settings,
    tmp_path: Path,
    fill: Fill,
    reads_here: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "inbox" / "942"
    folder.mkdir(parents=True)
    (folder / "first.xlsx").write_bytes(fill("942", "2024-Q3"))
    with open_run(settings, None) as before:
        collect(before)
        load(before)
        ended(before)
    (folder / "second.xlsx").write_bytes(fill("942", "2024-Q4"))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    monkeypatch.setattr(RunContext, "now", staticmethod(lambda: yesterday))
    with open_run(settings, None) as run:
        collect(run)
        load(run)
        ended(run)
    assert (run.summary.received, run.summary.errors) == (1, [])
    assert "the clock of this machine is behind the last run" in digest_of(run)


def test_a_warehouse_on_a_full_disk_says_that_the_disk_may_be_full(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    prepare_warehouse(url).dispose()
    # SQLite's own words are "disk I/O error": its index of the WAL could not be made.
    with full_disk(), pytest.raises(WarehouseError, match="the disk is full, as `df` shows"):
        prepare_warehouse(url)
    prepare_warehouse(url).dispose()


def test_a_digest_that_a_full_disk_does_not_take_is_mailed(settings: Settings) -> None:
    with mail_server() as inbox:
        served = settings.model_copy(update={"smtp_url": SecretStr(inbox.url)})
        with open_run(served, None) as run:
            run.fail("load: database or disk is full")
            # Where the folder cannot be made, no file of it can be written.
            settings.digests.write_bytes(b"")
            with pytest.raises(MailServerUnavailableError, match="cannot write"):
                send_digest(run, "")
        (mail,) = inbox.mails
        assert "database or disk is full" in mail.get_content()


def test_an_alarm_that_a_full_disk_does_not_take_goes_to_the_channels(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise WarehouseError("warehouse: cannot write to …: database or disk is full")

    monkeypatch.setattr(heartbeat, "alarm_operator", full)
    with webhook() as hook:
        channels = SecretStr(f"{hook.url}/alarm")
        served = settings.model_copy(update={"alarm_channels": channels})
        prepare_warehouse(served.warehouse_url).dispose()
        found = heartbeat.Alarm("The last run (run 1) failed", run_id=1)
        assert heartbeat.tell_channels(served, found, datetime.now(UTC)) == []
        assert len(hook.messages) == 1


@pytest.fixture
def own_logs() -> Iterator[None]:
    """Leave the logger of the project as it was: `mtqg run` passes nothing on to the root logger."""
    logger = logging.getLogger("mtqg")
    level, propagates, handlers = logger.level, logger.propagate, logger.handlers
    yield
    for opened in set(logger.handlers) - set(handlers):
        opened.close()
    logger.setLevel(level)
    logger.propagate, logger.handlers = propagates, handlers


@pytest.mark.usefixtures("own_logs")
def test_a_log_on_a_full_disk_is_one_sentence_and_goes_on_when_there_is_space(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _set_up_logs(settings)
    events = logging.getLogger("mtqg.test")
    path.write_bytes(b"x" * 8192)
    with full_disk():
        for number in range(3):
            events.info("event %d", number)
    shown = capsys.readouterr().err
    assert shown.count("mtqg.log is not complete") == 1
    assert "Traceback" not in shown
    events.info("later")
    assert "later" in path.read_text()
