"""An intake beside nightly runs: what it takes in is answered at once, and the nightly run publishes it as new."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows import lost_runs
from flows.night import steps
from flows.night.run_context import RunContext, open_run
from program.calendar.schedule import Calendar, IntakeHours
from program.errors import RunActiveError
from program.pack.load import load_calendar, load_pack
from program.records.letter import NoticeKind
from program.settings import ROOT, Settings
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load
from warehouse.database.run_lock import exclusive_briefly, exclusive_run
from warehouse.queries.published_runs import run_counts
from warehouse.states import RunKind
from warehouse.tables import OutboxRow, RunRow, SubmissionRow

pytestmark = pytest.mark.usefixtures("reads_here")

BAD = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}


def put(settings: Settings, unit: str, content: bytes) -> None:
    folder = Path(settings.inbox_url) / f"{unit}-huyen"
    folder.mkdir(exist_ok=True)
    path = folder / "báo cáo.xlsx"
    path.write_bytes(content)
    os.utime(path, (1_750_000_000, 1_750_000_000))


def intake(settings: Settings) -> RunContext:
    run = open_run(settings, None, RunKind.INTAKE)
    collect(run)
    load(run)
    steps.alert(run)
    assert run.finish()["errors"] == []
    return run


def nightly(settings: Settings) -> RunContext:
    run = open_run(settings, None)
    collect(run)
    load(run)
    steps.compare(run)
    steps.publish(run)
    steps.export(run)
    steps.remind(run)
    steps.alert(run)
    assert run.finish()["errors"] == []
    return run


def letters(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.outbox.glob("*.eml"))


def kinds(run: RunContext) -> set[NoticeKind]:
    with Session(run.warehouse) as session:
        return set(session.scalars(select(OutboxRow.kind)))


def test_an_intake_answers_at_once_and_the_nightly_run_publishes_what_it_loaded(
    settings: Settings, fill: Fill
) -> None:
    nightly(settings)
    put(settings, "942", fill("942", "2024-Q4"))
    put(settings, "943", fill("943", "2024-Q4", levels=BAD))
    page = (settings.site / "index.html").read_text(encoding="utf-8")
    run = intake(settings)
    assert (run.summary.received, run.summary.verdicts.total(), run.summary.mails_written) == (
        2,
        2,
        1,
    )
    # The morning mail, reminders and the page are the nightly run's.
    assert kinds(run) == {NoticeKind.CHECKED}
    assert (settings.site / "index.html").read_text(encoding="utf-8") == page
    with Session(run.warehouse) as session:
        assert set(session.scalars(select(SubmissionRow.compared_at))) == {None}

    answered = letters(settings)
    after = nightly(settings)
    assert after.summary.received == 0
    assert after.summary.by_intakes["received"] == 2
    assert after.summary.by_intakes["mails written"] == 1
    page = (settings.site / "index.html").read_text(encoding="utf-8")
    assert "Đã xem 2 báo cáo" in page
    assert NoticeKind.MORNING in kinds(after)
    with Session(after.warehouse) as session:
        compared = select(SubmissionRow.verdict).where(SubmissionRow.compared_at.is_not(None))
        assert list(session.scalars(compared)) == ["accepted"]
    # One mail more: the office's. The letter to the unit is not sent again.
    assert len(letters(settings)) == len(answered) + 1
    (newest,) = run_counts(after.warehouse, 5)
    assert (newest.run_id, newest.runs) == (3, (2, 3))


def test_what_a_nightly_run_published_is_not_new_for_the_next_one(
    settings: Settings, fill: Fill
) -> None:
    put(settings, "942", fill("942", "2024-Q4"))
    intake(settings)
    nightly(settings)
    put(settings, "943", fill("943", "2024-Q4"))
    intake(settings)
    last = nightly(settings)
    assert last.summary.by_intakes["received"] == 1
    assert [run.runs for run in run_counts(last.warehouse, 5)] == [(3, 4), (1, 2)]


def test_an_idle_intake_leaves_no_run_unless_it_ends_a_failure(settings: Settings) -> None:
    nightly(settings)
    run = intake(settings)
    assert not run.is_on_record
    failed = open_run(settings, None, RunKind.INTAKE)
    failed.fail("source portal: down")
    failed.finish()
    assert intake(settings).is_on_record
    assert not intake(settings).is_on_record
    with Session(run.warehouse) as session:
        assert list(session.scalars(select(RunRow.state).order_by(RunRow.id))) == [
            "completed",
            "failed",
            "completed",
        ]


def test_the_data_docs_of_an_intake_are_linked_by_the_nightly_run_and_pruned_with_it(
    settings: Settings, fill: Fill
) -> None:
    few = settings.model_copy(update={"keep_data_docs": 1})
    put(few, "942", fill("942", "2024-Q4"))
    run = open_run(few, None, RunKind.INTAKE)
    collect(run)
    load(run)
    steps.write_data_docs(run)
    run.finish()
    nightly(few)
    linked = re.findall(r"data-docs/(run-\d+)/", (few.site / "index.html").read_text("utf-8"))
    assert set(linked) == {"run-000001"}
    put(few, "943", fill("943", "2024-Q4"))
    nightly(few)
    assert [each.name for each in (few.site / "data-docs").iterdir()] == ["run-000003"]


def test_a_nightly_run_waits_for_an_intake_and_an_intake_for_nobody(settings: Settings) -> None:
    url = settings.warehouse_url
    settings.var.mkdir(exist_ok=True)
    intake_began, intake_may_end, nightly_began = (threading.Event() for _ in range(3))

    def hold_intake() -> None:
        with exclusive_briefly(url):
            intake_began.set()
            intake_may_end.wait(30)

    def hold_nightly() -> None:
        with exclusive_run(url, wait_seconds=30):
            nightly_began.set()

    holder = threading.Thread(target=hold_intake)
    holder.start()
    assert intake_began.wait(30)
    with (
        pytest.raises(RunActiveError, match="an intake or a command is at work"),
        exclusive_run(url),
    ):
        pass
    waiter = threading.Thread(target=hold_nightly)
    waiter.start()
    assert not nightly_began.wait(1)
    intake_may_end.set()
    assert nightly_began.wait(30)
    for thread in (holder, waiter):
        thread.join(30)
    with exclusive_run(url):
        with pytest.raises(RunActiveError, match="another run"), exclusive_briefly(url):
            pass
        # It does not wait: who holds the lock is no intake.
        with pytest.raises(RunActiveError, match="another run"), exclusive_run(url, 600):
            pass
    with exclusive_briefly(url):
        pass


def test_a_nightly_run_that_begins_while_lost_runs_are_looked_for_waits_and_is_not_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.var.mkdir(exist_ok=True)
    nightly_began = threading.Event()
    refusals: list[RunActiveError] = []

    def begin_nightly() -> None:
        try:
            with exclusive_run(settings.warehouse_url, wait_seconds=30):
                nightly_began.set()
        except RunActiveError as refused:
            refusals.append(refused)

    nightly_run = threading.Thread(target=begin_nightly)

    @contextmanager
    def client_of_a_slow_server(**_: object) -> Iterator[object]:
        nightly_run.start()
        assert not nightly_began.wait(1)
        yield SimpleNamespace(read_deployment_by_name=lambda name: SimpleNamespace(id=name))

    monkeypatch.setattr(lost_runs, "load_settings", lambda: settings)
    monkeypatch.setattr(lost_runs, "get_client", client_of_a_slow_server)
    monkeypatch.setattr(lost_runs, "mark_lost_runs", lambda *_: ["abandoned"])
    assert lost_runs.lost_runs.fn("nightly/nightly") == ["abandoned"]
    assert nightly_began.wait(30)
    nightly_run.join(30)
    assert refusals == []


def test_an_intake_begins_no_chunk_after_its_time(settings: Settings, fill: Fill) -> None:
    put(settings, "942", fill("942", "2024-Q4"))
    run = open_run(settings, None, RunKind.INTAKE)
    collect(run)
    run.load_for(-1)
    load(run)
    assert run.summary.verdicts.total() == 0
    assert run.summary.left_to_next_run == ["1 deliveries wait for the next run"]
    run.finish()
    assert intake(settings).summary.verdicts.total() == 1


@pytest.mark.parametrize(
    ("instant", "reason"),
    [
        ("2026-11-30 08:59", ""),  # a Monday, 15:59 in Vietnam
        ("2026-11-30 00:00", ""),
        ("2026-11-30 10:00", "outside office hours"),  # 17:00
        ("2026-11-29 23:59", "outside office hours"),  # Monday, 06:59
        ("2026-11-29 04:00", "closed day"),  # a Sunday
        ("2026-01-10 04:00", ""),  # a Saturday worked for a bridge day
    ],
)
def test_an_intake_works_in_the_pack_s_hours_of_working_days(instant: str, reason: str) -> None:
    calendar = load_pack(ROOT / "config" / "soc-trang").calendar
    assert calendar.no_intake_at(datetime.fromisoformat(instant).replace(tzinfo=UTC)) == reason


def test_a_pack_without_hours_has_no_intake() -> None:
    calendar = load_pack(ROOT / "config" / "soc-trang").calendar
    without = Calendar(working_days=calendar.working_days, duties=calendar.duties)
    assert without.no_intake_at(datetime(2026, 11, 30, 4, tzinfo=UTC))


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match="from_hour 17 is not before until_hour 7"):
        IntakeHours(from_hour=17, until_hour=7, source="test")


def test_prefect_begins_an_intake_in_each_of_the_pack_s_hours() -> None:
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    (deployment,) = [each for each in declared["deployments"] if each["name"] == "intake"]
    (schedule,) = deployment["schedules"]
    minutes, hours, *days = schedule["cron"].split()
    first, last = (int(hour) for hour in hours.split("-"))
    intake_hours = load_calendar(ROOT / "config" / "soc-trang").intake
    assert intake_hours is not None
    assert (minutes, days, schedule["timezone"]) == ("*/20", ["*"] * 3, "Asia/Ho_Chi_Minh")
    assert (first, last) == (intake_hours.from_hour, intake_hours.until_hour - 1)
