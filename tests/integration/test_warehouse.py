"""The warehouse on both databases: schema and migrations, versions and history, verdict and notice in one transaction."""

import socket
import subprocess
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.delivery import Delivery, Offer, SourcePosition, WaitingFile
from program.errors import ConfigurationError, WarehouseError
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.records.letter import Letter, MissingReport, NoticeKind, ReportName
from program.settings import Settings
from program.submission import Fact, Submission, Verdict, verdict_of
from tests.arriving import CRITICAL, NOON, WARNING, arrive, catalogued, record_delivery
from warehouse import load as load_module
from warehouse.database.engine import open_warehouse, prepare_warehouse
from warehouse.database.run_lock import exclusive_run
from warehouse.ledger import (
    known_versions,
    pending_deliveries,
    start_run,
)
from warehouse.load import load_delivery
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.outbox.letters import assemble_letters
from warehouse.outbox.queue import (
    claim_letter,
    defer,
    mark_failed,
    mark_sent,
    next_attempt,
    renew_lease,
    retry_failed,
)
from warehouse.queries.reports import progress, reporting, unplaced
from warehouse.queries.tracing import trace
from warehouse.source_positions import keep_position, read_position
from warehouse.tables import (
    DeliveryRow,
    FactRow,
    FindingRow,
    OutboxRow,
    SubmissionRow,
    TargetRow,
    WarehouseTable,
)

Send = Callable[..., int | None]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NOON)


@pytest.fixture
def send(engine: Engine) -> Send:
    """send(people, verdict, unit, ...): a submission of 2024-Q4 comes in, one minute after the one before."""
    run, minutes = start_run(engine, date(2025, 1, 20), "rules-1", NOON), 0

    def send(
        people: float,
        *findings: Finding,
        unit: str | None = "942",
        sender: str = "942",
        recipient: str | None = "a@b.example",
        minutes_back: int = 0,
    ) -> int | None:
        nonlocal minutes
        minutes += 1
        now = NOON + timedelta(minutes=minutes - minutes_back)
        delivery = arrive(engine, run, minutes, sender, now)
        verdict = verdict_of(findings)
        facts = (
            Fact("participants_total", 0, people, None, "Tổng hợp", "C12"),
            Fact("women_total", 0, 3.0, None, "Tổng hợp", "D12"),
        )
        submission = Submission(
            delivery=delivery,
            verdict=verdict,
            findings=findings,
            form_code="training",
            form_version="v1",
            unit_code=unit,
            period=Period.parse("2024-Q4"),
            facts=facts if verdict.loads else (),
        )
        return load_delivery(
            engine, [(submission, recipient)], run_id=run, rule_set_version="rules-1", now=now
        )

    return send


def figures(engine: Engine, unit: str = "942") -> list[float | None]:
    """Every version of the figure, the one current now first."""
    return [
        f.value
        for f in trace(
            engine, form="training", unit=unit, period="2024-Q4", elements=["participants_total"]
        )
    ]


def count(engine: Engine, table: type[WarehouseTable]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_preparing_again_changes_nothing(engine: Engine, send: Send, settings: Settings) -> None:
    send(100)
    prepare_warehouse(settings.warehouse_url)
    assert figures(engine) == [100]


def test_an_empty_warehouse_says_that_there_was_no_run(tmp_path) -> None:
    with pytest.raises(WarehouseError, match="mtqg run"):
        open_warehouse(f"sqlite:///{tmp_path / 'none.sqlite'}")


def test_a_wrong_url_is_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="MTQG_WAREHOUSE_URL"):
        prepare_warehouse("no such thing")


def test_a_good_version_supersedes_the_one_before_which_stays(engine: Engine, send: Send) -> None:
    send(100)
    send(110)
    facts = trace(
        engine, form="training", unit="942", period="2024-Q4", elements=["participants_total"]
    )
    assert [(f.value, f.version) for f in facts] == [(110, 2), (100, 1)]
    assert facts[0].known_to is None
    assert facts[1].known_to == facts[0].known_from


def test_a_clock_set_back_ends_nothing_before_it_began(engine: Engine, send: Send) -> None:
    send(100)
    send(110, minutes_back=60)
    send(120, CRITICAL, minutes_back=90)
    assert figures(engine) == [110, 100]
    with Session(engine) as session:
        rows = session.scalars(select(SubmissionRow).order_by(SubmissionRow.version)).all()
    assert rows[0].known_from == rows[0].known_to == rows[1].known_from
    assert (rows[1].known_to, rows[2].known_from) == (None, None)


def test_a_bad_version_never_replaces_a_good_one(engine: Engine, send: Send) -> None:
    send(100)
    assert send(90, CRITICAL) == 0
    assert figures(engine) == [100]
    row = next(
        r for r in reporting(engine, "2024-Q4") if (r.unit_code, r.form_code) == ("942", "training")
    )
    assert (row.verdict, row.version, row.versions, row.is_open) == (Verdict.ACCEPTED, 1, 2, True)


def test_a_corrected_version_closes_the_matter(engine: Engine, send: Send) -> None:
    send(90, CRITICAL)
    send(100)
    row = next(
        r for r in reporting(engine, "2024-Q4") if (r.unit_code, r.form_code) == ("942", "training")
    )
    assert (row.verdict, row.version, row.is_open) == (Verdict.ACCEPTED, 2, False)


def test_units_do_not_touch_each_other(engine: Engine, send: Send) -> None:
    send(100)
    send(200, unit="943", sender="943")
    assert (figures(engine), figures(engine, "943")) == ([100], [200])


def test_what_was_recorded_before_is_not_recorded_again(engine: Engine, send: Send) -> None:
    send(100)
    with Session(engine) as session:
        delivery = session.scalars(select(DeliveryRow)).one()
    again = Submission(
        Delivery(delivery.id, "inbox", "folder", "1.xlsx", NOON, "x"), Verdict.ACCEPTED, ()
    )
    assert (
        load_delivery(engine, [(again, "a@b.example")], run_id=1, rule_set_version="r", now=NOON)
        is None
    )
    assert (count(engine, SubmissionRow), count(engine, OutboxRow)) == (1, 1)


@pytest.mark.parametrize(
    "step",
    [
        "_insert_submissions",
        "_insert_findings",
        "_insert_facts",
        "_enqueue_notices",
        "_mark_processed",
    ],
)
def test_a_crash_in_the_middle_of_a_load_leaves_nothing_of_it(
    engine: Engine, send: Send, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    send(100)
    before = [count(engine, t) for t in (SubmissionRow, FindingRow, FactRow, OutboxRow)]

    def crash(*args: object, **kwargs: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(load_module, step, crash)
        with pytest.raises(RuntimeError):
            send(110, WARNING)
    assert [count(engine, t) for t in (SubmissionRow, FindingRow, FactRow, OutboxRow)] == before
    assert figures(engine) == [100]
    assert [d.name for d in pending_deliveries(engine, 10)] == ["2.xlsx"]


def test_a_range_of_far_cells_and_a_character_that_is_none_are_kept(
    engine: Engine, send: Send
) -> None:
    send(
        100,
        Finding(
            "CELL-16",
            Severity.WARNING,
            "Tổng\0lệch",
            "Sửa",
            sheet="S",
            cell="XFD1048500:XFD1048576",
            value="1\0",
        ),
    )
    with Session(engine) as session:
        row = session.scalars(select(FindingRow)).one()
    assert (row.cell, row.value in ("1\0", "1\ufffd")) == ("XFD1048500:XFD1048576", True)


def test_a_file_of_more_than_two_gigabytes_is_refused_and_recorded(engine: Engine) -> None:
    run = start_run(engine, date(2025, 1, 20), "r", NOON)
    offer = Offer("big.xlsx", "1", "big.xlsx", NOON, "942", 3_000_000_000)
    kept = {
        "source": "inbox",
        "channel": "folder",
        "sha256": None,
        "is_synthetic": False,
        "run_id": run,
        "now": NOON,
    }
    assert record_delivery(engine, offer, **kept) == "received"


def test_a_second_run_is_turned_away_until_the_first_has_ended(
    engine: Engine, settings: Settings
) -> None:
    with exclusive_run(settings.warehouse_url):
        with (
            pytest.raises(WarehouseError, match="another run is at work on .*Run again"),
            exclusive_run(settings.warehouse_url),
        ):
            pass
        assert start_run(engine, date(2025, 1, 20), "r", NOON) == 1, (
            "its own transactions are not held up"
        )
    with exclusive_run(settings.warehouse_url):
        pass


def test_the_same_bytes_wait_as_long_as_the_first_are_not_on_record(engine: Engine) -> None:
    run = start_run(engine, date(2025, 1, 20), "r", NOON)

    def receive(name: str, sender: str) -> str:
        offer = Offer(name, "1", name, NOON, sender)
        return record_delivery(
            engine,
            offer,
            source="inbox",
            channel="folder",
            sha256="a" * 64,
            is_synthetic=False,
            run_id=run,
            now=NOON,
        )

    arrivals = [("a.xlsx", "942"), ("a (1).xlsx", "942"), ("b.xlsx", "943")]
    assert [receive(*arrival) for arrival in arrivals] == ["received", "received", "received"]
    names = [delivery.name for delivery in pending_deliveries(engine, 10)]
    assert names == ["a.xlsx", "a (1).xlsx", "b.xlsx"]
    assert ("a (1).xlsx", "1") in known_versions(engine, "inbox")


def test_a_file_refused_for_its_size_is_recorded_each_time(engine: Engine) -> None:
    run = start_run(engine, date(2025, 1, 20), "r", NOON)
    for name in ("big.xlsx", "bigger.xlsx"):
        offer = Offer(name, "1", name, NOON, "942")
        state = record_delivery(
            engine,
            offer,
            source="inbox",
            channel="folder",
            sha256=None,
            is_synthetic=False,
            run_id=run,
            now=NOON,
        )
        assert state == "received"


def test_one_offer_is_recorded_once_even_by_two_runs_at_a_time(engine: Engine) -> None:
    run = start_run(engine, date(2025, 1, 20), "r", NOON)
    offer = Offer("a.xlsx", "1", "a.xlsx", NOON, "942")
    kwargs = {
        "source": "inbox",
        "channel": "folder",
        "sha256": "a" * 64,
        "is_synthetic": False,
        "run_id": run,
        "now": NOON,
    }
    assert [record_delivery(engine, offer, **kwargs) for _ in range(2)] == ["received", None]
    assert count(engine, DeliveryRow) == 1
    with engine.connect() as connection:
        # No refusal is null, not the JSON text "null": `IS NULL` finds it.
        without = text("SELECT COUNT(*) FROM deliveries WHERE refusal IS NULL")
        assert connection.scalar(without) == 1


def test_how_far_it_was_read_is_kept_per_source(engine: Engine) -> None:
    assert read_position(engine, "portal") == SourcePosition()
    waiting = {
        "942/a.csv": WaitingFile("10-1", NOON - timedelta(hours=1), NOON - timedelta(days=1))
    }
    second = SourcePosition("c2", NOON, waiting)
    for position in (SourcePosition("c1"), second):
        keep_position(engine, "portal", position, NOON)
    assert read_position(engine, "portal") == second
    assert read_position(engine, "other") == SourcePosition()


def letters(
    engine: Engine, now: datetime = NOON, day: date = date(2025, 1, 20), **more: object
) -> list[Letter]:
    """Put together what is to be mailed, and claim all that may be tried."""
    assemble_letters(engine, day, **more)
    found: list[Letter] = []
    while (
        letter := claim_letter(engine, now, passed_over=[each.message_id for each in found])
    ) is not None:
        found.append(letter)
    return found


def test_notices_of_one_recipient_are_one_letter_and_go_once(engine: Engine, send: Send) -> None:
    send(90, CRITICAL)
    send(100, WARNING, unit="945", sender="942")
    send(100, WARNING, unit="943", sender="943", recipient="c@d.example")
    send(100, unit="944", sender="944", recipient=None)
    first, second = letters(engine)
    assert [(letter.recipient, len(letter.notices)) for letter in (first, second)] == [
        ("a@b.example", 2),
        ("c@d.example", 1),
    ]
    assert first.notices[0].findings == (CRITICAL,)
    mark_sent(engine, first.message_id, NOON)
    assert [letter.recipient for letter in letters(engine)] == ["c@d.example"]


def test_a_letter_that_was_not_sent_comes_again_with_the_same_id_and_content(
    engine: Engine, send: Send
) -> None:
    send(90, CRITICAL)
    (first,) = letters(engine)
    defer(engine, first.message_id, "server down", NOON)
    assert letters(engine) == []
    send(95, CRITICAL, unit="943")
    again, other = letters(engine, NOON + timedelta(minutes=1))
    assert (again, len(other.notices)) == (first, 1)


def test_a_letter_that_is_put_off_again_and_again_is_tried_more_and_more_rarely(
    engine: Engine, send: Send
) -> None:
    send(90, CRITICAL)
    now, waits = NOON, []
    for _ in range(7):
        (letter,) = letters(engine, now)
        defer(engine, letter.message_id, "busy", now)
        wait = next_attempt(engine) - now
        waits.append(wait.total_seconds() / 60)
        now += wait
    assert waits == [1, 5, 30, 120, 360, 360, 360]


def test_a_letter_refused_for_good_waits_for_the_operator(engine: Engine, send: Send) -> None:
    send(90, CRITICAL)
    (letter,) = letters(engine)
    mark_failed(engine, letter.message_id, "550 no such user")
    assert letters(engine, NOON + timedelta(days=30)) == []
    assert (retry_failed(engine, "x@y.example"), retry_failed(engine)) == (0, 1)
    assert letters(engine) == [letter]


def test_a_claimed_letter_is_nobody_else_s_until_its_lease_ends_or_its_process_is_gone(
    engine: Engine, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(90, CRITICAL)
    monkeypatch.setattr("warehouse.outbox.queue.this_sender", lambda: "elsewhere/7")
    (letter,) = letters(engine)
    monkeypatch.undo()
    assert letters(engine, NOON + timedelta(minutes=14)) == []
    assert not renew_lease(engine, letter.message_id, NOON)
    assert letters(engine, NOON + timedelta(minutes=15)) == [letter]
    assert renew_lease(engine, letter.message_id, NOON)
    gone = subprocess.Popen(["true"])
    gone.wait()
    monkeypatch.setattr(
        "warehouse.outbox.queue.this_sender", lambda: f"{socket.gethostname()}/{gone.pid}"
    )
    assert letters(engine, NOON + timedelta(hours=1)) == [letter]
    monkeypatch.undo()
    assert letters(engine, NOON + timedelta(hours=1)) == [letter]


def test_what_was_settled_before_it_was_mailed_is_not_mailed(engine: Engine, send: Send) -> None:
    send(90, CRITICAL)
    send(95, CRITICAL)
    (letter,) = letters(engine)
    assert [notice.received_at for notice in letter.notices] == [NOON + timedelta(minutes=2)]
    send(90, CRITICAL, unit="943")
    send(100, unit="943", recipient=None)
    assert letters(engine) == [letter]
    with Session(engine) as session:
        assert session.scalars(select(OutboxRow.state).order_by(OutboxRow.id)).all() == [
            "obsolete",
            "pending",
            "obsolete",
        ]


_MISSING = tuple(
    MissingReport(ReportName("training", unit, "2024-Q4", Stage.FINAL), date(2025, 1, 15))
    for unit in ("943", "944")
)


def _reminder(missing: MissingReport) -> NewNotice:
    return NewNotice(NoticeKind.OVERDUE, "a@b.example", NOON, missing=missing, step=3)


def test_a_recipient_gets_so_many_letters_a_day_and_the_rest_on_the_next(
    engine: Engine, send: Send
) -> None:
    send(90, CRITICAL)
    (first,) = letters(engine, daily_limit=1)
    with Session(engine) as session, session.begin():
        enqueue(session, [_reminder(each) for each in _MISSING])
    assert letters(engine, daily_limit=1) == [first]
    _, second = letters(engine, day=NOON.date() + timedelta(days=1), daily_limit=1)
    assert second.reminders == _MISSING


def test_the_answer_to_a_file_is_beyond_the_limit_and_that_to_its_second_check_is_not(
    engine: Engine, send: Send
) -> None:
    send(90, CRITICAL)
    (first,) = letters(engine, daily_limit=1)
    send(90, CRITICAL, unit="943")
    second = letters(engine, daily_limit=1)[-1]
    assert [notice.unit_code for notice in second.notices] == ["943"]
    send(90, CRITICAL, unit="944")
    with Session(engine) as session, session.begin():
        is_third = SubmissionRow.unit_code == "944"
        session.execute(update(SubmissionRow).where(is_third).values(attempt=2))
    assert letters(engine, daily_limit=1) == [first, second]


def test_a_letter_names_the_earlier_ones_about_the_same_report_and_what_of_theirs_is_accepted(
    engine: Engine, send: Send
) -> None:
    send(50, unit="943", recipient=None)
    send(90, CRITICAL)
    (first,) = letters(engine)
    mark_sent(engine, first.message_id, NOON)
    send(95, CRITICAL)
    send(80, WARNING, unit="943", sender="943", recipient="c@d.example")
    second, other = letters(engine)
    assert (first.references, second.references, other.references) == ((), (first.message_id,), ())
    assert (second.accepted, other.accepted) == ((), ())
    assert letters(engine)[0] == second


def test_progress_is_a_sum_of_what_is_current_now(engine: Engine, send: Send) -> None:
    send(100)
    send(120, WARNING)
    rows = {r.indicator_code: r for r in progress(engine)}
    people, women = rows["TRN-PARTICIPANTS"], rows["TRN-WOMEN"]
    assert (people.actual, people.target, people.status, people.is_flagged) == (
        120,
        None,
        "no_target",
        True,
    )
    assert women.actual == pytest.approx(100 * 3 / 120)


def test_reporting_names_who_has_sent_nothing(engine: Engine, send: Send) -> None:
    send(100)
    rows = [r for r in reporting(engine, "2024-Q4") if r.form_code == "training"]
    assert len(rows) == 11
    assert {r.unit_code for r in rows if r.verdict is None} == {
        str(code) for code in range(941, 952)
    } - {"942"}


def test_what_could_not_be_placed_is_not_lost(engine: Engine, send: Send) -> None:
    send(90, CRITICAL, unit=None, sender="945")
    assert [(s.sender_unit, s.delivery_name) for s in unplaced(engine)] == [("945", "1.xlsx")]


@pytest.mark.parametrize(
    ("spent", "percent", "status"),
    [(50e6, 50.0, "not_reached"), (100e6, 100.0, "achieved"), (0.0, 0.0, "not_reached")],
)
def test_a_share_is_compared_with_its_target(
    engine: Engine, send: Send, spent: float, percent: float, status: str
) -> None:
    send(100)
    with Session(engine) as session, session.begin():
        submission = session.scalars(select(SubmissionRow.id)).one()
        target = {
            "scope": "province",
            "period": "2024-Q4",
            "value": 100,
            "comparison": "at_least",
            "tag": "D",
            "source": "test",
        }
        session.add(TargetRow(indicator_code="TRN-SPENT", **target, known_from=NOON))
        for element, value in (
            ("budget_spent_vnd_total", spent),
            ("budget_planned_vnd_total", 100e6),
        ):
            session.add(
                FactRow(
                    submission_id=submission,
                    element=element,
                    line=0,
                    value=value,
                    sheet="S",
                    cell="J12",
                )
            )
    row = next(r for r in progress(engine) if r.indicator_code == "TRN-SPENT")
    assert (row.actual, row.target, row.percent, row.status) == (percent, 100, percent, status)


def test_a_share_without_a_denominator_is_no_figure(engine: Engine, send: Send) -> None:
    send(0)
    assert next(r for r in progress(engine) if r.indicator_code == "TRN-WOMEN").status == "no_data"
