"""Runs whose machine fails them: a database that starts again, a clock that was set back.

A disk that is full is in test_nightly_flow.
"""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.mail.digest import send_digest
from flows.night.run_context import RunContext, open_run
from program.settings import Settings
from tests.conftest import Fill
from tests.postgres import running_postgres
from tests.steps_by_hand import collect, load
from warehouse.database.engine import open_warehouse
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
