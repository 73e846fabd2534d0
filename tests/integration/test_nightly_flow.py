"""The nightly run as a Prefect flow: what it does when a part of it fails, and that a second one changes nothing."""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect import task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import Artifact, State
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from flows import intake as intake_flow
from flows.night import collecting, steps
from flows.night.run_context import RunContext
from flows.night.runtime import as_opaque
from flows.night.tasks import collect
from flows.nightly import nightly
from flows.recovery.heartbeat import alarm_of
from program.delivery import Delivery
from program.errors import MtqgError, SourceError, TransientError, UsageError
from program.pack.source import Source
from program.parsed_report import ParsedReport
from program.settings import load_settings
from program.submission import Submission
from tests.conftest import Fill
from tests.prefect_server import PrefectServer
from tests.waiting import wait_for
from warehouse.database import backends
from warehouse.database.engine import open_warehouse
from warehouse.database.run_lock import exclusive_run
from warehouse.ledger import last_summary
from warehouse.queries.reports import reporting

# a Prefect server, and whole runs
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here_unless_readers")]


@pytest.fixture(scope="module", autouse=True)
def in_prefect(prefect: PrefectServer) -> Iterator[None]:
    """Flows of this module report to the tests' Prefect server."""
    own = {PREFECT_API_URL: prefect.url, PREFECT_API_AUTH_STRING: prefect.password}
    with temporary_settings(own):
        yield


class Province:
    """An inbox, and what the runs make of it."""

    def __init__(self, home: Path, fill: Fill) -> None:
        self.inbox, self.var = home / "inbox", home / "var"
        self.inbox.mkdir()
        self._fill = fill

    def sends(self, unit: str, period: str, levels: dict[str, Any] | None = None) -> None:
        """Put a report of a unit into the inbox, where it has been lying for a while."""
        path = self.inbox / f"{unit}-huyen" / f"{period}.xlsx"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self._fill(unit, period, levels))
        os.utime(path, (1_750_000_000, 1_750_000_000))

    def summary(self) -> dict[str, Any]:
        """What the ledger keeps of the last run."""
        warehouse = open_warehouse(f"sqlite:///{self.var / 'warehouse.sqlite'}")
        try:
            return last_summary(warehouse) or {}
        finally:
            warehouse.dispose()

    def accepted(self) -> set[tuple[str, str]]:
        """Which units' reports, of which period, are current now."""
        warehouse = open_warehouse(f"sqlite:///{self.var / 'warehouse.sqlite'}")
        try:
            return {
                (row.unit_code, row.period)
                for row in reporting(warehouse)
                if row.verdict and row.verdict.loads
            }
        finally:
            warehouse.dispose()

    def mails(self) -> set[str]:
        return {path.name for path in (self.var / "outbox").glob("*.eml")}


@pytest.fixture
def province(tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> Province:
    """A province whose inbox holds one good report and one without figures."""
    province = Province(tmp_path, fill)
    province.sends("942", "2024-Q4")
    province.sends("943", "2024-Q4", {"district": {}, "commune": {}, "total": {}})
    monkeypatch.setenv("MTQG_VAR", str(province.var))
    monkeypatch.setenv("MTQG_INBOX_URL", str(province.inbox))
    return province


def alive() -> list[ParsedReport | Submission]:
    """The readings and submissions that anybody still holds."""
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, ParsedReport | Submission)]


def holders(held: list[ParsedReport | Submission]) -> str:
    """Return what refers to some objects, and what refers to that: for the message of a test that fails."""
    ours = [held, sys._getframe()]

    def referrers(of: object) -> list[object]:
        found = gc.get_referrers(of)
        return [each for each in found if not any(each is other for other in (*ours, found))]

    lines = []
    for each in held:
        for first in referrers(each):
            second = [f"{type(other).__name__} {other!r:.200}" for other in referrers(first)]
            lines.append(f"{type(first).__name__} {first!r:.200} <- {second}")
    return "\n".join(lines)


def run_night(**parameters: Any) -> State[Any]:
    return nightly(**parameters, return_state=True)


def artifacts(state: State[Any]) -> dict[str, Artifact]:
    with get_client(sync_client=True) as client:
        kept = client.request("POST", "/artifacts/filter", json={}).json()
    return {
        a["key"]: Artifact(**a)
        for a in kept
        if a["flow_run_id"] == str(state.state_details.flow_run_id)
    }


def test_a_second_run_loads_and_mails_nothing(province: Province) -> None:
    first = nightly()
    mails = province.mails()
    second = nightly()

    assert (first["received"], first["known"]) == (2, 0)
    assert (second["received"], second["known"]) == (0, 2)
    # A bad submission is no failure: the flow would raise.
    assert first["verdicts"]["quarantined"] == 1
    assert first["facts_loaded"] > 0
    assert second["facts_loaded"] == second["mails_written"] == 0
    assert province.mails() == mails
    # One to the sender, one to the office.
    assert len(mails) == first["mails_written"] == 2
    assert province.accepted() == {("942", "2024-Q4")}


def test_a_source_that_fails_stops_no_other_and_fails_the_run_at_its_end(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_PORTAL_URL", "ftp://portal.example")
    state = run_night()

    assert state.is_failed()
    assert state.message
    assert "source portal: " in state.message
    with pytest.raises(MtqgError, match=r"source portal: .*MTQG_PORTAL_URL"):
        state.result()
    assert (province.var / "site" / "index.html").exists()
    assert "source portal: " in str(artifacts(state)["summary"].data)
    assert "submissions" in artifacts(state)
    assert [e.partition(":")[0] for e in province.summary()["errors"]] == ["source portal"]
    assert province.accepted() == {("942", "2024-Q4")}
    assert len(province.mails()) == 2


def _no_larger(set_up: Callable[..., None]) -> Callable[..., None]:
    """Open databases that may not grow: SQLite then says that the disk is full, as on one."""

    def set_up_small(connection: Any, record: object, **options: Any) -> None:
        set_up(connection, record, **options)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {max(pages, 1)}")

    return set_up_small


def test_a_full_disk_ends_the_run_with_a_sentence_and_the_next_one_takes_all(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly()
    for quarter in ("2024-Q1", "2024-Q2", "2024-Q3"):
        province.sends("942", quarter)
    settings = load_settings()
    with monkeypatch.context() as full:
        full.setattr(backends, "_set_up_sqlite", _no_larger(backends._set_up_sqlite))
        state = run_night()
    assert state.is_failed()
    assert "database or disk is full" in str(state.message)
    # What the automation *mtqg run failed* mails, with its parameter.
    assert alarm_of(settings, 0, datetime.now(UTC)).text

    assert run_night().is_completed()
    quarters = {("942", f"2024-Q{number}") for number in (1, 2, 3, 4)}
    assert province.accepted() == quarters


def test_mails_go_out_although_the_page_cannot_be_written(province: Province) -> None:
    (province.var / "site" / "index.html").mkdir(parents=True)
    state = run_night()

    assert state.is_failed()
    assert province.summary()["errors"][0].startswith("publish: IsADirectoryError")
    assert len(province.mails()) == 2
    assert "publish: IsADirectoryError" in str(artifacts(state)["summary"].data)


def test_a_step_that_breaks_off_in_the_middle_is_finished_by_the_next_run(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(steps, "read", _break)
        assert run_night().is_failed()
    assert province.accepted() == set()

    assert nightly()["verdicts"]["accepted"] == 1
    assert province.accepted() == {("942", "2024-Q4")}


def _break(*_: Any) -> None:
    raise RuntimeError("out of order")


@pytest.mark.parametrize(
    ("error", "attempts"), [(TransientError("time-out"), 3), (SourceError("wrong password"), 1)]
)
def test_only_what_a_retry_can_cure_is_tried_again(
    province: Province, monkeypatch: pytest.MonkeyPatch, error: SourceError, attempts: int
) -> None:
    asked: list[str] = []

    def fail(_night: RunContext, source: Source) -> int:
        asked.append(source.name)
        raise error

    monkeypatch.setattr(collecting, "collect", fail)
    monkeypatch.setattr("flows.night.tasks.collect", collect.with_options(retry_delay_seconds=0))
    assert run_night(source="inbox").is_failed()
    assert asked == ["inbox"] * attempts


def test_who_asks_for_a_source_that_the_pack_does_not_have_reads_which_it_has(
    province: Province,
) -> None:
    with pytest.raises(
        UsageError, match=r"no source is called 'fax'; .* declares: inbox, portal, mailbox"
    ):
        nightly(source="fax")


def test_a_run_that_hangs_is_ended(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect sets one alarm for the run's time.

    It is put off for long, and brought forward once the run hangs.

    An alarm that came before would meet Prefect's own work, which may take it for its own; then
    nothing ends the run.
    """

    def hang(*_: Any) -> None:
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        for _second in range(60):
            time.sleep(1)
        raise AssertionError("nothing ended a night that hung for a minute after its time")

    monkeypatch.setattr(collecting, "collect", hang)
    assert nightly.with_options(timeout_seconds=3600)(return_state=True).name == "TimedOut"


def test_lists_reach_a_task_as_they_are() -> None:
    given = [{"a": 1}, {"b": 2}]

    @task
    def look(value: list[dict[str, int]]) -> bool:
        return value is given

    assert look(as_opaque(given))


@pytest.mark.usefixtures("readers")
def test_nothing_of_a_chunk_is_held_when_the_next_one_is_read(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    for unit in ("944", "945", "946"):
        province.sends(unit, "2024-Q4")
    monkeypatch.setenv("MTQG_CHUNK_DELIVERIES", "2")
    # Those of earlier tests. Held here, so that none of them goes meanwhile and is counted as ours.
    before, sizes = alive(), []

    known = {id(each) for each in before}

    def ours() -> list[ParsedReport | Submission]:
        return [each for each in alive() if id(each) not in known]

    read, load = steps.read, steps.load

    def wait_until_left(count: int, what: str) -> None:
        """Prefect's threads may hold what they report on for a moment; nobody holds it for long."""
        try:
            wait_for(lambda: len(ours()) == count, what)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{holders(ours())}") from None

    def watched_read(night: RunContext, deliveries: list[Delivery]) -> list[ParsedReport]:
        wait_until_left(0, "the chunk before is let go")
        return read(night, deliveries)

    def watched_load(night: RunContext, submissions: list[Submission]) -> None:
        count = len(submissions)
        load(night, submissions)
        # The submissions are held by the caller.
        wait_until_left(count, "the readings of the chunk are let go")
        sizes.append(count)

    monkeypatch.setattr(steps, "read", watched_read)
    monkeypatch.setattr(steps, "load", watched_load)
    state = run_night()
    assert state.is_completed(), state.message
    assert sizes == [2, 2, 1]
    wait_until_left(0, "the last chunk is let go")


def test_an_intake_answers_at_once_and_does_nothing_when_it_need_not_or_may_not(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = intake_flow.intake(at_any_hour=True)
    assert (first["received"], first["mails_written"], first["page"]) == (2, 1, "")
    answered = province.mails()
    second = intake_flow.intake(at_any_hour=True)
    assert (second["received"], province.mails()) == (0, answered)
    with exclusive_run(load_settings().warehouse_url):
        assert "another run is at work" in intake_flow.intake(at_any_hour=True)["nothing"]
    with monkeypatch.context() as on_sunday:
        sunday = staticmethod(lambda: datetime(2026, 11, 29, 4, tzinfo=UTC))
        on_sunday.setattr(RunContext, "now", sunday)
        province.sends("944", "2024-Q4")
        assert intake_flow.intake() == {"nothing": "closed day"}
    nightly()
    summary = province.summary()
    assert (summary["received"], summary["by_intakes"]["received"]) == (1, 2)
    assert province.accepted() == {("942", "2024-Q4"), ("944", "2024-Q4")}
