"""A delivery of several submissions, and one that is checked again: all or nothing, and nothing later is undone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from program.calendar.period import Period
from program.delivery import Delivery
from program.finding import Finding
from program.settings import Settings
from program.submission import Fact, Submission, verdict_of
from tests.arriving import CRITICAL, NOON, WARNING, arrive
from warehouse import load as load_module
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import pending_deliveries, start_run
from warehouse.lifecycle.reprocess import requeue
from warehouse.load import load_delivery
from warehouse.outbox.letters import assemble_letters
from warehouse.outbox.queue import claim_letter
from warehouse.queries.reports import reporting
from warehouse.queries.tracing import trace
from warehouse.tables import (
    DeliveryRow,
    FactRow,
    FindingRow,
    OutboxRow,
    SubmissionRow,
    WarehouseTable,
)

Deliver = Callable[[int], Delivery]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    engine = prepare_warehouse(settings.warehouse_url)
    start_run(engine, date(2025, 1, 20), "rules-1", NOON)
    return engine


def deliver(engine: Engine, minute: int) -> Delivery:
    """Return a delivery that came at that minute."""
    return arrive(engine, 1, minute, "942", NOON + timedelta(minutes=minute))


def part(
    delivery: Delivery, people: float, *findings: Finding, number: int = 1, period: str = "2024-Q4"
) -> Submission:
    verdict = verdict_of(findings)
    facts = (
        (Fact("participants_total", 0, people, None, "Tổng hợp", "C12"),) if verdict.loads else ()
    )
    return Submission(
        delivery,
        verdict,
        findings,
        "training",
        "v1",
        "942",
        Period.parse(period),
        facts=facts,
        report_no=number,
    )


def load(
    engine: Engine,
    parts: Sequence[Submission],
    minute: int = 100,
    recipient: str | None = "a@b.example",
) -> int | None:
    owed = [(each, recipient) for each in parts]
    return load_delivery(
        engine, owed, run_id=1, rule_set_version="r", now=NOON + timedelta(minutes=minute)
    )


def believed(engine: Engine, period: str = "2024-Q4") -> list[float | None]:
    facts = trace(
        engine, form="training", unit="942", period=period, elements=["participants_total"]
    )
    return [fact.value for fact in facts if fact.known_to is None]


def count(engine: Engine, table: type[WarehouseTable]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def again(engine: Engine, delivery: Delivery) -> Delivery:
    assert requeue(engine, [delivery.id]) == ([delivery.id], {})
    return next(d for d in pending_deliveries(engine, 99) if d.id == delivery.id)


def test_the_parts_of_a_delivery_are_submissions_of_their_own(engine: Engine) -> None:
    one = deliver(engine, 1)
    assert (
        load(
            engine,
            [
                part(one, 10, period="2024-Q3"),
                part(one, 20, number=2),
                part(one, 0, CRITICAL, number=3, period="2024-Q2"),
            ],
        )
        == 2
    )
    assert (believed(engine, "2024-Q3"), believed(engine), believed(engine, "2024-Q2")) == (
        [10],
        [20],
        [],
    )
    assert pending_deliveries(engine, 9) == []


def test_one_letter_speaks_of_each_part_and_says_that_it_is_one(engine: Engine) -> None:
    one = deliver(engine, 1)
    load(engine, [part(one, 10, WARNING, period="2024-Q3"), part(one, 20, CRITICAL, number=2)])
    assemble_letters(engine, NOON.date())
    letter = claim_letter(engine, NOON)
    assert letter is not None
    assert [(n.period, n.verdict.value, n.is_one_of_several) for n in letter.notices] == [
        ("2024-Q3", "accepted_with_warnings", True),
        ("2024-Q4", "quarantined", True),
    ]


@pytest.mark.parametrize(
    ("step", "at"),
    [
        ("_place", 1),
        ("_place", 2),
        ("_insert_submissions", 1),
        ("_insert_findings", 1),
        ("_insert_facts", 1),
        ("_enqueue_notices", 1),
        ("_mark_processed", 1),
    ],
)
def test_a_crash_within_any_part_leaves_nothing_of_any(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, step: str, at: int
) -> None:
    one, calls = deliver(engine, 1), 0
    whole = getattr(load_module, step)

    def crash(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == at:
            raise RuntimeError("power cut")
        return whole(*args, **kwargs)

    parts = [part(one, 10, WARNING, period="2024-Q3"), part(one, 20, WARNING, number=2)]
    with monkeypatch.context() as broken:
        broken.setattr(load_module, step, crash)
        with pytest.raises(RuntimeError):
            load(engine, parts)
    assert [count(engine, t) for t in (SubmissionRow, FindingRow, FactRow, OutboxRow)] == [
        0,
        0,
        0,
        0,
    ]
    assert load(engine, parts) == 2
    assert load(engine, parts) is None


def test_a_new_attempt_supersedes_the_earlier_one(engine: Engine) -> None:
    one = deliver(engine, 1)
    load(engine, [part(one, 10)])
    load(engine, [part(again(engine, one), 11)], minute=200)
    assert believed(engine) == [11]
    with Session(engine) as session:
        rows = session.execute(
            select(SubmissionRow.attempt, SubmissionRow.version, SubmissionRow.known_to.is_(None))
        ).all()
    assert [tuple(row) for row in rows] == [(1, 1, False), (2, 2, True)]


def test_a_bad_attempt_replaces_no_good_one(engine: Engine) -> None:
    one = deliver(engine, 1)
    load(engine, [part(one, 10)])
    load(engine, [part(again(engine, one), 10, CRITICAL)], minute=200)
    assert believed(engine) == [10]


def test_an_earlier_delivery_read_again_never_supersedes_a_later_one(engine: Engine) -> None:
    first, second = deliver(engine, 1), deliver(engine, 2)
    load(engine, [part(first, 10, CRITICAL)])
    load(engine, [part(second, 20)], minute=101)
    load(engine, [part(again(engine, first), 10)], minute=200)
    assert believed(engine) == [20]
    with Session(engine) as session:
        closed = session.scalars(select(SubmissionRow).where(SubmissionRow.attempt == 2)).one()
        assert closed.known_from == closed.known_to
        assert closed.superseded_by_id == 2
    assert [r.is_open for r in reporting(engine, "2024-Q4") if r.form_code == "training"] == [False]


def test_an_earlier_delivery_read_again_and_still_bad_opens_nothing(engine: Engine) -> None:
    first, second = deliver(engine, 1), deliver(engine, 2)
    load(engine, [part(first, 10, CRITICAL)])
    load(engine, [part(second, 20)], minute=101)
    load(engine, [part(again(engine, first), 10, CRITICAL)], minute=200)
    (row,) = [r for r in reporting(engine, "2024-Q4") if r.form_code == "training"]
    assert (row.is_open, row.delivery_name) == (False, "2.xlsx")


def test_the_latest_delivery_read_again_supersedes_what_came_before(engine: Engine) -> None:
    first, second = deliver(engine, 1), deliver(engine, 2)
    load(engine, [part(first, 10)])
    load(engine, [part(second, 20, CRITICAL)], minute=101)
    load(engine, [part(again(engine, second), 20)], minute=200)
    assert believed(engine) == [20]


def test_what_a_new_attempt_no_longer_finds_is_closed(engine: Engine) -> None:
    one = deliver(engine, 1)
    load(engine, [part(one, 10, period="2024-Q3"), part(one, 20, number=2)])
    load(engine, [part(again(engine, one), 20)], minute=200)
    assert (believed(engine, "2024-Q3"), believed(engine)) == ([], [20])


@pytest.mark.parametrize(
    ("findings", "mails"),
    [((CRITICAL,), 1), ((replace(CRITICAL, value="8"),), 2), ((CRITICAL, WARNING), 2)],
    ids=["the same", "another value", "one more"],
)
def test_nothing_about_a_delivery_is_mailed_twice(
    engine: Engine, findings: tuple[Finding, ...], mails: int
) -> None:
    one = deliver(engine, 1)
    load(engine, [part(one, 10, CRITICAL)])
    load(engine, [part(again(engine, one), 10, *findings)], minute=200)
    assert count(engine, OutboxRow) == mails


def test_putting_back_is_all_or_nothing_and_idempotent(engine: Engine) -> None:
    one = deliver(engine, 1)
    load(engine, [part(one, 10)])
    assert requeue(engine, [one.id, 77]) == ([], {77: None})
    assert pending_deliveries(engine, 9) == []
    for _ in range(2):
        assert requeue(engine, [one.id]) == ([one.id], {})
    with Session(engine) as session:
        assert session.get_one(DeliveryRow, one.id).attempt == 2
