"""The audit trail: a person's act is signed, a program's is not, and a rebuild has the same rows."""

import getpass
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from flows.night.run_context import RunContext, open_run
from mtqg.cli import app
from program.records.audit import AuditAction, Signature
from program.settings import Settings
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load
from warehouse.audit import audit_trail
from warehouse.lifecycle.reprocess import requeue
from warehouse.lifecycle.withdraw import withdraw
from warehouse.maintenance.replay_log import run_document

pytestmark = pytest.mark.usefixtures("reads_here")
AT = datetime(2025, 2, 3, 8, 30, tzinfo=UTC)


@pytest.fixture
def loaded(settings: Settings, fill: Fill) -> RunContext:
    from pathlib import Path

    folder = Path(settings.inbox_url) / "949-thanh-tri"
    folder.mkdir()
    (folder / "báo cáo.xlsx").write_bytes(fill("949", "2024-Q4", GOOD_LEVELS))
    run = open_run(settings, None)
    collect(run)
    load(run)
    run.finish()
    return run


def test_an_act_of_a_person_is_signed_with_its_reason(loaded: RunContext) -> None:
    requeue(loaded.warehouse, [1], Signature("Nguyễn Văn A", AT, "quy tắc đã sửa"))
    (entry,) = audit_trail(loaded.warehouse, 10)
    assert entry.at == AT
    assert (entry.by, entry.reason) == ("Nguyễn Văn A", "quy tắc đã sửa")
    assert (entry.action, entry.subject) == (AuditAction.REREAD, "delivery 1")


def test_a_program_signs_nothing(loaded: RunContext) -> None:
    assert requeue(loaded.warehouse, [1]) == ([1], {})
    assert withdraw(loaded.warehouse, 1, Signature("", AT, "rejected in the tool")).is_done
    assert audit_trail(loaded.warehouse, 10) == []


def test_an_act_that_was_refused_is_not_on_the_trail(loaded: RunContext) -> None:
    assert not withdraw(loaded.warehouse, 99, Signature("Nguyễn Văn A", AT, "wrong file")).is_done
    waiting, refused = requeue(loaded.warehouse, [1, 99], Signature("Nguyễn Văn A", AT))
    assert (waiting, refused) == ([], {99: None})
    assert audit_trail(loaded.warehouse, 10) == []


def test_the_trail_is_in_the_document_of_the_run_which_a_rebuild_reads(loaded: RunContext) -> None:
    withdraw(loaded.warehouse, 1, Signature("Nguyễn Văn A", datetime.now(UTC), "wrong file"))
    document = run_document(loaded.warehouse, loaded.run_id)
    (row,) = document["audit"]
    assert (row["signed_by"], row["action"], row["subject"]) == (
        "Nguyễn Văn A",
        "withdraw",
        "delivery 1",
    )


def test_the_command_shows_the_newest_first_and_names_the_user_of_the_machine(
    loaded: RunContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("VAR", settings.var), ("WAREHOUSE_URL", settings.warehouse_url)):
        monkeypatch.setenv(f"MTQG_{name}", str(value))
    monkeypatch.setenv("MTQG_ARCHIVE_URL", settings.archive_url)
    runner = CliRunner()
    empty = runner.invoke(app, ["audit"])
    assert "Nobody has done any of these acts yet." in empty.output
    signed = ["reread", "1", "--by", "Trần Thị B", "--reason", "[lần 2]"]
    assert runner.invoke(app, signed).exit_code == 0
    assert runner.invoke(app, ["withdraw", "1", "--reason", "wrong file"]).exit_code == 0
    # The console reads COLUMNS when it is imported, which an earlier test may have done.
    monkeypatch.setattr("mtqg.console.out.width", 200)
    lines = runner.invoke(app, ["audit"]).output.splitlines()
    newest, oldest = (line for line in lines if "delivery 1" in line)
    assert getpass.getuser() in newest
    assert "withdraw" in newest
    assert "Trần Thị B" in oldest
    assert "[lần 2]" in oldest
    assert loaded.run_id == 1
