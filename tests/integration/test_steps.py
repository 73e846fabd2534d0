"""A run's steps joined by hand, without Prefect: sources, crashes between steps, deliveries that break the system."""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.reader.reader_pool import Readers
from examples.portal.server import ReferencePortal, running
from expectations.rules.rule_set import RuleSet
from flows.mail import send_letters
from flows.night import arrivals, collecting, run_context, steps
from flows.night.run_context import RunContext, open_run
from program.delivery import Arrival, Offer
from program.errors import ConfigurationError, SourceError, TransientError, WarehouseError
from program.parsed_report import ParsedReport
from program.records.history import History
from program.records.letter import Letter
from program.settings import Settings
from program.submission import Submission
from publish.mail import message
from publish.mail.transport import FolderTransport
from tests.conftest import GOOD_LEVELS, Fill
from tests.faults import faulty
from tests.steps_by_hand import collect, load
from warehouse.database.engine import Warehouse, prepare_warehouse
from warehouse.ledger import pending_deliveries
from warehouse.load import CheckedDelivery
from warehouse.queries.reports import progress, reporting
from warehouse.source_positions import read_position
from warehouse.tables import DeliveryRow, FactRow, OutboxRow, SubmissionRow, WarehouseTable

Put = Callable[..., Path]
# whole runs, without Prefect
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here_unless_readers")]
OTHER_LEVELS = {
    **GOOD_LEVELS,
    "district": {**GOOD_LEVELS["district"], "women": 52},
    "total": {**GOOD_LEVELS["total"], "women": 62},
}
BAD_LEVELS = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}


@pytest.fixture
def put(tmp_path: Path, fill: Fill) -> Put:
    """put("942", "2024-Q4", name="a.xlsx", ...): a district puts a filled-in form into its sub-folder."""

    def put(unit: str, period: str, name: str = "report.xlsx", **more: object) -> Path:
        path = tmp_path / "inbox" / unit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fill(unit, period, **more))
        return path

    return put


def whole_night(settings: Settings) -> RunContext:
    """A run with its site."""
    return _night(settings, (steps.publish, steps.remind, steps.alert))


def night_of_mails(settings: Settings) -> RunContext:
    """A run without its site, which takes half of a run's time: for what is loaded and mailed."""
    return _night(settings, (steps.remind, steps.alert))


def _night(settings: Settings, last_steps: Iterable[Callable[[RunContext], object]]) -> RunContext:
    night = open_run(settings, None)
    collect(night)
    load(night)
    for step in last_steps:
        step(night)
    night.finish()
    return night


def count(night: RunContext, table: type[WarehouseTable]) -> int:
    with Session(night.warehouse) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def figure(night: RunContext, unit: str, period: str = "2024-Q4") -> float | None:
    rows = {(r.indicator_code, r.unit_code, r.period): r.actual for r in progress(night.warehouse)}
    return rows.get(("TRN-PARTICIPANTS", unit, period))


@pytest.mark.both_databases
def test_a_district_that_sends_twice(settings: Settings, put: Put) -> None:
    put("942", "2024-Q4", levels=BAD_LEVELS)
    first = night_of_mails(settings)
    assert (
        first.summary.verdicts["quarantined"],
        first.summary.mails_written,
        figure(first, "942"),
    ) == (1, 1, None)
    put("942", "2024-Q4", name="sửa.xlsx")
    second = night_of_mails(settings)
    assert (
        second.summary.verdicts["accepted"],
        second.summary.mails_written,
        figure(second, "942"),
    ) == (1, 1, 150)  # all clear


def test_the_same_path_with_new_content_is_a_new_delivery(settings: Settings, put: Put) -> None:
    path = put("942", "2024-Q4", levels=BAD_LEVELS)
    night_of_mails(settings)
    put("942", "2024-Q4")
    os.utime(path, (1_900_000_000, 1_900_000_000))
    assert night_of_mails(settings).summary.verdicts["accepted"] == 1


def test_a_file_that_is_only_touched_is_recorded_and_not_processed(
    settings: Settings, put: Put
) -> None:
    path = put("942", "2024-Q4")
    night_of_mails(settings)
    os.utime(path, (1_900_000_000, 1_900_000_000))
    again = night_of_mails(settings)
    assert (again.summary.duplicates, again.summary.received, count(again, SubmissionRow)) == (
        1,
        0,
        1,
    )


def test_the_portal_is_pulled_over_http_and_only_what_is_new(
    settings: Settings, put: Put, tmp_path: Path
) -> None:
    put("942", "2024-Q4")
    shutil.move(tmp_path / "inbox", tmp_path / "portal")
    (tmp_path / "inbox").mkdir()
    with running(ReferencePortal(tmp_path / "portal", "secret")) as portal:
        with_portal = Settings(
            _env_file=None,
            var=settings.var,
            inbox_url=settings.inbox_url,
            portal_url=portal.url,
            portal_token="secret",
        )
        first = night_of_mails(with_portal)
        assert (first.summary.received, figure(first, "942")) == (1, 150)
        second = night_of_mails(with_portal)
        assert (second.summary.received, second.summary.known, second.summary.duplicates) == (
            0,
            0,
            0,
        )
        put("943", "2024-Q4")
        shutil.move(tmp_path / "inbox" / "943", tmp_path / "portal" / "943")
        third = night_of_mails(with_portal)
        assert (third.summary.received, figure(third, "943")) == (1, 150)
        with Session(third.warehouse) as session:
            assert {row.channel for row in session.scalars(select(DeliveryRow))} == {"portal"}


@pytest.mark.parametrize("died_after", ["collect", "read", "check", "load", "publish"])
def test_a_run_that_died_is_finished_by_the_next(
    settings: Settings, put: Put, died_after: str
) -> None:
    put("942", "2024-Q4")
    put("943", "2024-Q4", levels=BAD_LEVELS)
    night = open_run(settings, None)
    collect(night)
    if died_after != "collect":
        deliveries = next(night.pending())
        readings = steps.read(night, deliveries)
        if died_after != "read":
            submissions = steps.check(night, readings)
            if died_after != "check":
                steps.load(night, submissions)
                if died_after != "load":
                    steps.publish(night)
    finished = whole_night(settings)
    assert finished.summary.received == 0
    assert figure(finished, "942") == 150
    assert (count(finished, SubmissionRow), count(finished, OutboxRow)) == (2, 1)
    assert len(list(settings.outbox.glob("*.eml"))) == 1
    assert night_of_mails(settings).summary.mails_written == 0


def test_a_mail_sent_but_not_marked_is_sent_again_as_the_same_mail(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("942", "2024-Q4", levels=BAD_LEVELS)

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(send_letters, "mark_sent", die)
        with pytest.raises(KeyboardInterrupt):
            night_of_mails(settings)
    before = [p.read_bytes() for p in settings.outbox.glob("*.eml")]
    night_of_mails(settings)
    assert [p.read_bytes() for p in settings.outbox.glob("*.eml")] == before
    assert len(before) == 1


def test_a_mail_that_cannot_be_sent_stays_and_the_operator_reads_of_it(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("942", "2024-Q4", levels=BAD_LEVELS)
    down = Settings(
        _env_file=None,
        var=settings.var,
        inbox_url=settings.inbox_url,
        smtp_url="smtp://127.0.0.1:9?starttls=never",
    )
    monkeypatch.setattr(
        RunContext, "now", staticmethod(lambda: datetime(2026, 1, 20, 3, tzinfo=UTC))
    )  # office hours
    night = night_of_mails(down)
    assert (night.summary.mails_written, night.summary.mails_waiting) == (0, 1)
    (error,) = night.summary.errors
    assert "mail: mail server 127.0.0.1: ConnectionRefusedError" in error
    assert error.endswith("; 1 letters wait")
    monkeypatch.setattr(steps, "transport_of", lambda _settings: FolderTransport(settings.outbox))
    assert night_of_mails(down).summary.mails_written == 1


def test_a_letter_that_cannot_be_put_together_stops_no_other(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("942", "2024-Q4", levels=BAD_LEVELS)
    put("943", "2024-Q4", levels=BAD_LEVELS)
    compose = message.compose

    def broken(letter: Letter, *more: Any, **named: Any) -> object:
        if "chau-thanh" in letter.recipient:
            raise RuntimeError("a bug")
        return compose(letter, *more, **named)

    monkeypatch.setattr(message, "compose", broken)
    night = night_of_mails(settings)
    assert night.summary.mails_written == 1
    assert night.summary.errors == ["mail to dan-toc@chau-thanh.example: a bug"]
    monkeypatch.setattr(message, "compose", compose)
    assert night_of_mails(settings).summary.mails_written == 1


def test_a_reader_that_breaks_on_one_file_stops_no_other(
    settings: Settings, put: Put, readers: type[Readers], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("942", "2024-Q4", name="bug.xlsx")
    put("943", "2024-Q4")
    with monkeypatch.context() as broken:
        broken.setattr("connectors.reader.reader_pool.Readers", partial(readers, read=faulty))
        night = night_of_mails(settings)
    assert (figure(night, "942"), figure(night, "943")) == (None, 150)
    assert "RuntimeError: a bug" in night.summary.errors[0]
    assert figure(night_of_mails(settings), "942") == 150


def test_a_file_that_takes_its_reader_down_is_its_sender_s_to_mend_and_no_error_of_the_run(
    settings: Settings,
    put: Put,
    readers: type[Readers],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for unit, name in (("942", "segfault.xlsx"), ("943", "report.xlsx"), ("944", "hang.xlsx")):
        put(unit, "2024-Q4", name=name)
    put("945", "2024-Q4", levels=OTHER_LEVELS)  # the very figures of 943 would be asked about
    quick = Settings(
        _env_file=None, var=settings.var, inbox_url=settings.inbox_url, reading_seconds=1
    )
    monkeypatch.setattr("connectors.reader.reader_pool.Readers", partial(readers, read=faulty))
    night = whole_night(quick)
    assert night.summary.verdicts == {"unreadable": 2, "accepted": 2}
    assert (figure(night, "943"), figure(night, "945"), night.summary.errors) == (150, 150, [])
    assert (night.summary.mails_written, count(night, SubmissionRow)) == (2, 4)
    mails = "".join(
        path.read_bytes().decode("utf-8", "replace") for path in settings.outbox.glob("*.eml")
    )
    assert "FILE-08" in mails
    assert "FILE-09" in mails
    events = [record.getMessage() for record in caplog.records if record.name == "mtqg.reader"]
    assert [event.split("ended=")[1] for event in events] == [
        "SIGSEGV attempt=1",
        "SIGSEGV attempt=2",
        "time-out attempt=1",
    ]
    again = night_of_mails(quick)
    assert (again.summary.verdicts, again.summary.mails_written) == ({}, 0)


def test_a_check_that_breaks_on_one_submission_stops_no_other(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("942", "2024-Q4")
    put("943", "2024-Q4")
    night = open_run(settings, None)
    check = night.checker.check

    def broken(readings: list[ParsedReport], past: History) -> list[Submission]:
        if any(r.unit_code == "942" for r in readings):
            raise RuntimeError("a bug")
        return check(readings, past)

    monkeypatch.setattr(night.checker, "check", broken)
    collect(night)
    load(night)
    assert (figure(night, "942"), figure(night, "943")) == (None, 150)
    assert len(night.summary.errors) == 1


def test_a_load_that_breaks_on_one_submission_stops_no_other(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("942", "2024-Q4")
    put("943", "2024-Q4")
    load_deliveries = steps.load_deliveries

    def broken(
        warehouse: object, checked: list[CheckedDelivery], **kwargs: object
    ) -> list[int | None]:
        if any(
            submission.unit_code == "942" for each in checked for submission, _ in each.submissions
        ):
            raise RuntimeError("disk full")
        return load_deliveries(warehouse, checked, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(steps, "load_deliveries", broken)
        night = night_of_mails(settings)
    assert (figure(night, "942"), figure(night, "943")) == (None, 150)
    assert "RuntimeError: disk full" in night.summary.errors[0]
    assert figure(night_of_mails(settings), "942") == 150


@pytest.mark.both_databases
def test_a_report_that_the_database_refuses_waits_alone(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute, unit in enumerate(("942", "943", "944")):
        os.utime(put(unit, "2024-Q4"), (1_737_000_000 + 60 * minute,) * 2)
    night = open_run(settings, None)
    check = night.checker.check

    def with_a_figure_twice(readings: list[ParsedReport], past: History) -> list[Submission]:
        submissions = check(readings, past)
        return [
            replace(each, facts=each.facts * 2) if each.unit_code == "943" else each
            for each in submissions
        ]

    with monkeypatch.context() as broken:
        broken.setattr(night.checker, "check", with_a_figure_twice)
        collect(night)
        load(night)
    assert (sum(night.summary.verdicts.values()), len(night.summary.errors)) == (2, 1)
    assert "delivery 2 (report.xlsx)" in night.summary.errors[0]
    assert [each.id for each in pending_deliveries(night.warehouse, 9)] == [2]
    assert [figure(night, unit) for unit in ("942", "943", "944")] == [150, None, 150]
    night.finish()
    again = night_of_mails(settings)
    assert (sum(again.summary.verdicts.values()), again.summary.errors, figure(again, "943")) == (
        1,
        [],
        150,
    )


def test_an_arrival_that_the_ledger_refuses_keeps_no_other_out(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    for unit in ("942", "943", "944"):
        put(unit, "2024-Q4")
    record = arrivals.record_deliveries

    def refusing(warehouse: object, batch: list[Arrival], **kwargs: object) -> list[str]:
        if any(arrival.offer.sender_unit == "943" for arrival in batch):
            raise ValueError("value too long")
        return record(warehouse, batch, **kwargs)

    night = open_run(settings, None)
    with monkeypatch.context() as broken:
        broken.setattr(arrivals, "record_deliveries", refusing)
        collect(night)
    assert (night.summary.received, count(night, DeliveryRow)) == (2, 2)
    assert night.summary.errors == ["source inbox: report.xlsx: ValueError: value too long"]
    collect(night)
    assert count(night, DeliveryRow) == 3


def test_what_a_source_gave_before_it_failed_is_recorded(
    settings: Settings, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Flaky):
        def offers(self, cursor: str | None):
            yield from list(super().offers(cursor))[1:]
            raise SourceError("the portal went away")

    monkeypatch.setattr(collecting, "connect", lambda *_: Failing(fill("942", "2024-Q4")))
    night = open_run(settings, None)
    with pytest.raises(SourceError, match="went away"):
        collecting.collect(night, night.sources("portal")[0])
    assert (night.summary.received, count(night, DeliveryRow)) == (2, 2)
    assert read_position(night.warehouse, "portal").cursor == "after 2"


def test_a_rule_that_is_wrong_stops_the_load_with_its_name_and_loses_nothing(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("942", "2024-Q4")
    night = open_run(settings, None)
    # Rules of its own: those that tests share may have been made ready by another test.
    night.rules = RuleSet(night.pack)
    rule = night.rules.of_form("training")[0].model_copy(
        update={"expect": "expect_nothing_of_the_kind"}
    )
    monkeypatch.setattr(night.rules, "of_form", lambda _code: (rule,))
    collect(night)
    with pytest.raises(ConfigurationError, match="TRN-01: expect_nothing_of_the_kind"):
        load(night)
    assert figure(night_of_mails(settings), "942") == 150


def test_bytes_missing_in_the_archive_are_reported_and_stop_no_other(
    settings: Settings, put: Put
) -> None:
    put("942", "2024-Q4")
    put("943", "2024-Q4")
    night = open_run(settings, None)
    collect(night)
    with Session(night.warehouse) as session:
        lost = session.scalars(
            select(DeliveryRow.sha256).where(DeliveryRow.sender_unit == "942")
        ).one()
    (Path(settings.archive_url) / lost[:2] / lost).unlink()
    load(night)
    assert (figure(night, "942"), figure(night, "943")) == (None, 150)
    assert "restore it from the backup" in night.summary.errors[0]


def test_a_file_over_the_limit_is_a_verdict_and_a_mail(settings: Settings, put: Put) -> None:
    put("942", "2024-Q4")
    small = Settings(
        _env_file=None, var=settings.var, inbox_url=settings.inbox_url, max_delivery_bytes=1000
    )
    night = night_of_mails(small)
    assert (night.summary.verdicts["unreadable"], night.summary.mails_written) == (1, 1)
    assert not list(Path(settings.archive_url).rglob("*.part"))


def test_chunks_bound_what_is_read_at_once_and_change_nothing_else(
    settings: Settings, put: Put
) -> None:
    for unit in ("942", "943", "944", "945", "946"):
        put(unit, "2024-Q4")
    chunked = Settings(
        _env_file=None, var=settings.var, inbox_url=settings.inbox_url, chunk_deliveries=2
    )
    night = open_run(chunked, None)
    collect(night)
    sizes = []
    for chunk in night.pending():
        sizes.append(len(chunk))
        steps.load(night, steps.check(night, steps.read(night, chunk)))
    assert sizes == [2, 2, 1]
    assert count(night, SubmissionRow) == 5


class Flaky:
    """A source whose first file never comes right."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def offers(self, cursor: str | None):
        for number in range(3):
            yield (
                Offer(f"{number}", "1", f"{number}.xlsx", datetime(2025, 1, 20, tzinfo=UTC), "942"),
                f"after {number}",
            )

    def fetch(self, offer: Offer, max_bytes: int) -> bytes:
        if offer.external_id == "0":
            raise TransientError("the body broke off")
        return self._content + offer.external_id.encode()


def test_a_file_that_never_comes_right_keeps_no_other_out(
    settings: Settings, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "connect", lambda *_: Flaky(fill("942", "2024-Q4")))
    night = open_run(settings, None)
    source = night.sources("portal")[0]
    for received in (2, 0):
        before = night.summary.received
        with pytest.raises(TransientError, match="1 of the offered files"):
            collecting.collect(night, source)
        assert night.summary.received - before == received
    assert read_position(night.warehouse, "portal").cursor is None


def test_a_missing_folder_is_a_source_error(settings: Settings) -> None:
    nowhere = Settings(_env_file=None, var=settings.var, inbox_url=str(settings.var / "nowhere"))
    night = open_run(nowhere, None)
    with pytest.raises(SourceError, match="MTQG_INBOX_URL"):
        collect(night)


def test_names_of_districts_cannot_add_markup_to_the_page(settings: Settings, put: Put) -> None:
    put("942", "2024-Q4", name="<img src=x onerror=alert(1)>.xlsx", levels=BAD_LEVELS)
    whole_night(settings)
    (page,) = (settings.site / "submissions").glob("*.html")
    html = page.read_text(encoding="utf-8")
    assert "<img" not in html
    assert "&lt;img" in html


def test_only_the_last_runs_of_data_docs_are_kept(settings: Settings, put: Put) -> None:
    few = Settings(_env_file=None, var=settings.var, inbox_url=settings.inbox_url, keep_data_docs=2)
    for unit in ("942", "943", "944"):
        put(unit, "2024-Q4")
        whole_night(few)
    assert [p.name for p in sorted((few.site / "data-docs").iterdir())] == [
        "run-000002",
        "run-000003",
    ]


def test_what_is_due_follows_the_day_the_run_is_about(settings: Settings, put: Put) -> None:
    put("942", "2024-Q1")
    night = open_run(settings, date(2024, 4, 10))
    collect(night)
    load(night)
    owed = [r for r in reporting(night.warehouse) if r.due_date and r.form_code == "training"]
    assert (len(owed), {r.period for r in owed}) == (11, {"2024-Q1"})
    assert count(night, FactRow) > 0


def test_a_run_that_cannot_start_leaves_no_connection_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Warehouse] = []

    def watched(url: str) -> Warehouse:
        opened.append(prepare_warehouse(url))
        return opened[0]

    def refuse(*_: object) -> int:
        raise WarehouseError("no number")

    monkeypatch.setattr(run_context, "prepare_warehouse", watched)
    monkeypatch.setattr(run_context, "start_run", refuse)
    with pytest.raises(WarehouseError, match="no number"):
        open_run(settings, None)
    (warehouse,) = opened
    # `dispose` gives an engine a new pool, in which nothing was opened yet.
    assert warehouse.pool.status() == warehouse.pool.recreate().status()


@pytest.mark.usefixtures("readers")
def test_a_run_ends_its_readers_and_connections_when_it_is_left(
    settings: Settings, put: Put
) -> None:
    put("942", "2024-Q4")
    with open_run(settings, None) as night:
        collect(night)
        load(night)
        child = night.readers._pool._processes[0]._child
        assert child is not None
        assert child.popen.poll() is None
    assert child.popen.poll() is not None
