"""Many deliveries in one transaction come to what they come to one by one.

Where one cannot be recorded, none is.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import psycopg
import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session

from program.calendar.period import Period
from program.delivery import Arrival, Delivery, Offer
from program.finding import Finding
from program.settings import Settings
from program.submission import Fact, Submission, verdict_of
from tests.arriving import CRITICAL, NOON, WARNING
from warehouse import load as load_module
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import pending_deliveries, record_deliveries, start_run
from warehouse.lifecycle.reprocess import requeue
from warehouse.load import CheckedDelivery, load_deliveries
from warehouse.states import DeliveryState
from warehouse.tables import (
    DeliveryRow,
    FactRow,
    FindingRow,
    OutboxRow,
    SubmissionRow,
    WarehouseTable,
)

LOADED = (SubmissionRow, FindingRow, FactRow, OutboxRow)
Load = Callable[[Engine, Sequence[CheckedDelivery], int], None]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    engine = prepare_warehouse(settings.warehouse_url)
    start_run(engine, date(2025, 1, 20), "rules-1", NOON)
    return engine


def together(engine: Engine, checked: Sequence[CheckedDelivery], run: int = 1) -> list[int | None]:
    return load_deliveries(engine, checked, run_id=run, rule_set_version="rules-1")


def one_by_one(
    engine: Engine, checked: Sequence[CheckedDelivery], run: int = 1
) -> list[int | None]:
    return [facts for each in checked for facts in together(engine, [each], run)]


def arrived(
    engine: Engine,
    numbers: Sequence[int],
    run: int = 1,
    packed_in: int | None = None,
    state: DeliveryState = DeliveryState.RECEIVED,
) -> list[Delivery]:
    """Put deliveries on record that came a minute after each other, or with their zip."""
    known = {
        "source": "inbox",
        "channel": "folder",
        "external_version": "1",
        "is_synthetic": False,
        "sender_unit": "942",
    }
    known |= {
        "recorded_at": NOON,
        "state": state,
        "run_id": run,
        "archive_delivery_id": packed_in,
    }
    came = [NOON + timedelta(minutes=packed_in or number) for number in numbers]
    rows = [
        {
            **known,
            "id": number,
            "external_id": f"{number}",
            "name": f"{number}.xlsx",
            "received_at": moment,
            "sha256": f"{number}",
        }
        for number, moment in zip(numbers, came, strict=True)
    ]
    with engine.begin() as connection:
        connection.execute(insert(DeliveryRow), rows)
    return [
        Delivery(n, "inbox", "folder", f"{n}.xlsx", at, f"{n}", "942")
        for n, at in zip(numbers, came, strict=True)
    ]


def submission(
    delivery: Delivery,
    people: float,
    *findings: Finding,
    unit: str | None = "942",
    period: str = "2024-Q4",
    report_no: int = 1,
) -> Submission:
    verdict = verdict_of(findings)
    facts = (
        Fact("participants_total", 0, people, None, "Tổng hợp", "C12"),
        Fact("note", 1, None, "a", "Tổng hợp", "D12"),
    )
    kept = facts if verdict.loads else ()
    return Submission(
        delivery,
        verdict,
        findings,
        "training",
        "v1",
        unit,
        Period.parse(period),
        facts=kept,
        report_no=report_no,
    )


def checked(*parts: Submission, minute: int = 100) -> CheckedDelivery:
    owed = [(part, "a@b.example" if part.findings else None) for part in parts]
    return CheckedDelivery(owed, NOON + timedelta(minutes=minute))


def versions(
    engine: Engine,
) -> list[tuple[int, int | None, datetime | None, datetime | None, int | None]]:
    """Delivery, version, when it counted and what came after it."""
    columns = (
        SubmissionRow.delivery_id,
        SubmissionRow.version,
        SubmissionRow.known_from,
        SubmissionRow.known_to,
    )
    query = select(*columns, SubmissionRow.superseded_by_id).order_by(SubmissionRow.version)
    with Session(engine) as session:
        return [tuple(row) for row in session.execute(query)]


def content(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All that loading writes."""
    with Session(engine) as session:
        tables = [table.__table__ for table in (*LOADED, DeliveryRow)]
        return {
            table.name: sorted(map(repr, map(tuple, session.execute(select(table)))))
            for table in tables
        }


def count(engine: Engine, table: type[WarehouseTable]) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.both_databases
def test_all_versions_of_a_report_in_one_transaction_follow_each_other(engine: Engine) -> None:
    good, better, bad, best = arrived(engine, [1, 2, 3, 4])
    loaded = together(
        engine,
        [
            checked(submission(good, 10), minute=101),
            checked(submission(better, 20, WARNING), minute=102),
            checked(submission(bad, 30, CRITICAL), minute=103),
            checked(submission(best, 40), minute=104),
        ],
    )
    assert loaded == [2, 2, 0, 2]
    at = {minute: NOON + timedelta(minutes=minute) for minute in (101, 102, 104)}
    first, second, third, last = versions(engine)
    numbers = {row[0]: None for row in (first, second, third, last)}
    assert list(numbers) == [1, 2, 3, 4]
    assert first[1:4] == (1, at[101], at[102])
    assert second[1:4] == (2, at[102], at[104])
    assert third[1:] == (3, None, None, None)
    assert last[1:] == (4, at[104], None, None)
    with Session(engine) as session:
        successors = session.scalars(
            select(SubmissionRow.delivery_id).where(SubmissionRow.id.in_([first[4], second[4]]))
        )
        assert sorted(successors) == [2, 4]
    assert count(engine, OutboxRow) == 2
    assert pending_deliveries(engine, 9) == []


@pytest.mark.both_databases
def test_what_cannot_be_recorded_takes_its_transaction_down_and_nothing_else(
    engine: Engine,
) -> None:
    deliveries = arrived(engine, [1, 2, 3])
    good, wrong, other = (submission(each, 10, WARNING, unit=f"94{each.id}") for each in deliveries)
    # The database itself refuses one figure given twice.
    twice = replace(wrong, facts=(*wrong.facts, *wrong.facts))
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
        together(engine, [checked(good), checked(twice), checked(other)])
    assert [count(engine, table) for table in LOADED] == [0, 0, 0, 0]
    assert [each.id for each in pending_deliveries(engine, 9)] == [1, 2, 3]
    assert together(engine, [checked(good), checked(wrong), checked(other)]) == [2, 2, 2]
    assert together(engine, [checked(good), checked(other)]) == [None, None]


@pytest.mark.both_databases
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
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_within_a_transaction_leaves_nothing_of_any_delivery(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    first, second, third = arrived(engine, [1, 2, 3])
    together(engine, [checked(submission(first, 10))])
    before = content(engine)
    whole = getattr(load_module, step)

    def crash(*args: object) -> None:
        if when == "after":
            whole(*args)
        raise KeyboardInterrupt

    waiting = [checked(submission(second, 20, WARNING)), checked(submission(third, 30, WARNING))]
    with monkeypatch.context() as broken:
        broken.setattr(load_module, step, crash)
        with pytest.raises(KeyboardInterrupt):
            together(engine, waiting)
    assert content(engine) == before
    assert together(engine, waiting) == [2, 2]
    assert [row[0] for row in versions(engine) if row[3] is None] == [3]


def lived(engine: Engine, load: Load, seed: int) -> None:
    """Some runs of an invented province.

    Reports sent again, bad ones, some in zips, some left for later or checked again.
    """
    random = Random(seed)
    left: list[Delivery] = []
    number = 0
    for run in range(1, 5):
        if run > 1:
            start_run(engine, date(2025, 1, 20), "rules-1", NOON + timedelta(days=run))
        again: list[int] = []
        if run > 1:
            with Session(engine) as session:
                done = session.scalars(
                    select(DeliveryRow.id)
                    .where(DeliveryRow.state == "processed")
                    .order_by(DeliveryRow.id)
                )
                again = [each for each in done if random.random() < 0.2]
            requeue(engine, again)
        new: list[Delivery] = []
        for _ in range(random.randint(2, 9)):
            number += 1
            if random.random() < 0.2:
                arrived(engine, [number], run, state=DeliveryState.ZIP_EXTRACTED)
                new += arrived(engine, [number + 1, number + 2], run, packed_in=number)
                number += 2
            else:
                new += arrived(engine, [number], run)
        waiting = pending_deliveries(engine, 99)
        left = [each for each in waiting if random.random() < 0.2 and run < 4]
        due = [each for each in waiting if each not in left]
        load(engine, [_checked_at_random(each, random, run) for each in due], run)


def _checked_at_random(delivery: Delivery, random: Random, run: int) -> CheckedDelivery:
    periods = random.sample(["2024-Q2", "2024-Q3", "2024-Q4"], random.choice([1, 1, 1, 2]))
    parts = []
    for report_no, period in enumerate(periods, start=1):
        findings = random.choice([(), (), (WARNING,), (CRITICAL,), (WARNING, CRITICAL)])
        unit = random.choice(["942", "943", "943", None])
        parts.append(
            submission(
                delivery,
                random.random(),
                *(findings if unit else (CRITICAL,)),
                unit=unit,
                period=period,
                report_no=report_no,
            )
        )
    # A clock that is set back now and then.
    return checked(*parts, minute=1440 * run + delivery.id + random.choice([0, 0, 0, -2000]))


@pytest.mark.parametrize("seed", range(12))
def test_together_comes_to_the_same_as_one_by_one(tmp_path, seed: int) -> None:
    contents = []
    for way in (together, one_by_one):
        engine = prepare_warehouse(f"sqlite:///{tmp_path / way.__name__}.sqlite")
        start_run(engine, date(2025, 1, 20), "rules-1", NOON)
        lived(engine, way, seed)
        contents.append(content(engine))
        engine.dispose()
    assert contents[0] == contents[1]
    assert len(contents[0]["submissions"]) > 8


@pytest.mark.both_databases
def test_arrivals_of_one_transaction_know_each_other(engine: Engine) -> None:
    def arrival(name: str, sha256: str | None, sender: str, **more: bool) -> Arrival:
        return Arrival(
            Offer(name, "1", name, NOON, sender, 10), "inbox", "folder", sha256, NOON, **more
        )

    arrivals = [
        arrival("a.xlsx", "a" * 64, "942"),
        arrival("a (1).xlsx", "a" * 64, "942"),
        arrival("b.xlsx", "a" * 64, "943"),
        arrival("a.xlsx", "a" * 64, "942"),
        arrival("z.zip", "c" * 64, "942", is_zip=True),
        arrival("big.xlsx", None, "942"),
        arrival("bigger.xlsx", None, "942"),
    ]
    # Whether "a (1).xlsx" is a duplicate is known once "a.xlsx" is on record.
    states = ["received", "received", "received", None, "zip_pending", "received", "received"]
    assert record_deliveries(engine, arrivals, run_id=1, now=NOON) == states
    assert record_deliveries(engine, arrivals[:2], run_id=1, now=NOON) == [None, None]
    later = [arrival("c.xlsx", "a" * 64, "942")]
    assert record_deliveries(engine, later, run_id=1, now=NOON) == ["received"]
    with Session(engine) as session:
        repeats = session.execute(
            select(DeliveryRow.name, DeliveryRow.duplicate_of_id).where(
                DeliveryRow.duplicate_of_id.is_not(None)
            )
        )
        assert sorted(map(tuple, repeats)) == [("a (1).xlsx", 1), ("c.xlsx", 2)]
    # PostgreSQL numbers on by itself behind what was numbered here.
    with Session(engine) as session, session.begin():
        row = {
            "source": "x",
            "channel": "folder",
            "external_id": "x",
            "external_version": "1",
            "name": "x",
            "run_id": 1,
        }
        row |= {
            "received_at": NOON,
            "recorded_at": NOON,
            "is_synthetic": False,
            "state": "received",
        }
        session.add(DeliveryRow(**row))
        session.flush()
