"""Runs whose machine fails them: a disk that is full, a database that starts again, a clock that was set back."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.mail.digest import send_digest
from flows.night.run_context import RunContext, open_run
from flows.recovery.heartbeat import alarm_of
from program.settings import Settings
from tests.conftest import Fill
from tests.postgres import running_postgres
from tests.steps_by_hand import collect, load
from warehouse.database.engine import open_warehouse
from warehouse.database.run_lock import exclusive_run
from warehouse.tables import FactRow, SubmissionRow

MTQG = Path(sys.executable).parent / "mtqg"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB of its own: only root may have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield disk
    finally:
        # Lazily: what still has a file open there must not keep the test from its end.
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_on_a_full_disk_says_so_and_the_next_one_takes_all(
    small_disk: Path, tmp_path: Path, fill: Fill
) -> None:
    folder = tmp_path / "inbox" / "942"
    folder.mkdir(parents=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MTQG_", "PREFECT_"))}
    environment |= {
        "MTQG_VAR": str(small_disk / "var"),
        "MTQG_INBOX_URL": str(folder.parent),
        "PREFECT_HOME": str(tmp_path / "prefect"),
    }

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MTQG, "run"], env=environment, capture_output=True, text=True, check=False
        )

    (folder / "report.xlsx").write_bytes(fill("942", "2024-Q4"))
    ballast = small_disk / "ballast"
    with ballast.open("wb") as filling:
        free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        filling.write(bytes(free - 64 * 1024))

    full = run()
    assert full.returncode == 1
    # SQLite calls it an I/O error, or full; the system says that no space is left.
    assert re.search("disk I/O error|disk is full|No space left", full.stderr)
    assert "Traceback" not in full.stderr
    settings = Settings(_env_file=None, var=small_disk / "var")
    # What the automation *mtqg run failed* mails, with its parameter.
    assert alarm_of(settings, 2, datetime.now(UTC)).text

    ballast.unlink()
    after = run()
    assert after.returncode == 0, after.stderr
    assert accepted(settings) == ["accepted"]
    assert alarm_of(settings, 2, datetime.now(UTC)).text == ""


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
    (path,) = run.settings.digests.glob(f"night-{run.run_id}-*.eml")
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
