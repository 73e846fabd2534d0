"""What the outbox holds once: one notice of a kind for each occasion, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.records.letter import MissingReport, NoticeKind, ReportName
from program.settings import Settings
from program.submission import Verdict
from warehouse.database.backends import OpenMode
from warehouse.database.engine import open_warehouse
from warehouse.ledger import start_run
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.outbox.letters import assemble_letters
from warehouse.states import DeliveryState, OutboxState
from warehouse.tables import DeliveryRow, OutboxRow, SubmissionRow

pytestmark = pytest.mark.both_databases

NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
LATER = datetime(2025, 1, 21, 5, tzinfo=UTC)
TO = "a@b.example"
MISSING = MissingReport(ReportName("training", "943", "2024-Q4", Stage.FINAL), date(2025, 1, 15))

CHECKED = NewNotice(NoticeKind.CHECKED, TO, NOON, 1, verdict=Verdict.QUARANTINED)
CROSS_CHECKED = NewNotice(NoticeKind.CROSS_CHECKED, TO, NOON, 1, run_id=1)
ALL_CLEAR = NewNotice(NoticeKind.ALL_CLEAR, TO, NOON, 1, answers_id=1)
WAIVED = NewNotice(NoticeKind.WAIVED, TO, NOON, 1)
MORNING = NewNotice(NoticeKind.MORNING, TO, NOON, 1, step=1)
STILL_OPEN = NewNotice(NoticeKind.STILL_OPEN, TO, NOON, 1, step=1)
NOT_ACCEPTED = NewNotice(NoticeKind.NOT_ACCEPTED, TO, NOON, 1, step=1)
EXPLAINED = NewNotice(NoticeKind.EXPLAINED, TO, NOON, step=0, explanation_id=1)
EXPLANATION_ACCEPTED = NewNotice(
    NoticeKind.EXPLANATION_ACCEPTED, TO, NOON, step=1, explanation_id=1
)
DUE_SOON = NewNotice(NoticeKind.DUE_SOON, TO, NOON, missing=MISSING, step=3)
OVERDUE = NewNotice(NoticeKind.OVERDUE, TO, NOON, missing=MISSING, step=3)
ALARM = NewNotice(NoticeKind.ALARM, TO, NOON, run_id=1, step=0)
ONE_OF_EACH = (
    CHECKED,
    CROSS_CHECKED,
    ALL_CLEAR,
    WAIVED,
    MORNING,
    STILL_OPEN,
    NOT_ACCEPTED,
    EXPLAINED,
    EXPLANATION_ACCEPTED,
    DUE_SOON,
    OVERDUE,
    ALARM,
)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """A warehouse with two runs and a submission."""
    engine = open_warehouse_for(settings)
    for _ in range(2):
        start_run(engine, NOON.date(), "r", NOON)
    with Session(engine) as session, session.begin():
        delivery = DeliveryRow(
            source="inbox",
            channel="folder",
            external_id="a",
            external_version="1",
            name="a.xlsx",
            received_at=NOON,
            recorded_at=NOON,
            is_synthetic=False,
            state=DeliveryState.PROCESSED,
            run_id=1,
        )
        session.add(delivery)
        session.flush()
        submission = SubmissionRow(
            delivery_id=delivery.id,
            run_id=1,
            verdict=Verdict.QUARANTINED.value,
            rule_set_version="r",
            loaded_at=NOON,
        )
        session.add(submission)
    return engine


def open_warehouse_for(settings: Settings) -> Engine:
    return open_warehouse(settings.warehouse_url, OpenMode.WRITING)


def put(engine: Engine, *notices: NewNotice, now: datetime = NOON) -> int:
    with Session(engine) as session, session.begin():
        return enqueue(session, [replace(notice, created_at=now) for notice in notices])


def in_outbox(engine: Engine) -> list[OutboxRow]:
    with Session(engine) as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def test_each_kind_is_put_in_once(engine: Engine) -> None:
    assert {notice.kind for notice in ONE_OF_EACH} == set(NoticeKind)
    assert put(engine, *ONE_OF_EACH, *ONE_OF_EACH) == len(NoticeKind)
    assert put(engine, *ONE_OF_EACH, now=LATER) == 0
    rows = in_outbox(engine)
    assert [row.kind for row in rows] == [notice.kind for notice in ONE_OF_EACH]
    assert {(row.state, row.created_at) for row in rows} == {(OutboxState.PENDING, NOON)}


@pytest.mark.parametrize(
    "other",
    [
        replace(CROSS_CHECKED, run_id=2),
        replace(ALL_CLEAR, answers_id=2),
        replace(STILL_OPEN, step=2),
        replace(NOT_ACCEPTED, step=2),
        replace(EXPLAINED, explanation_id=2),
        replace(EXPLANATION_ACCEPTED, step=2),
        replace(DUE_SOON, step=1),
        replace(OVERDUE, step=7),
        replace(ALARM, run_id=2),
        replace(CHECKED, recipient="c@d.example"),
    ],
    ids=lambda notice: notice.kind,
)
def test_another_occasion_is_another_notice(engine: Engine, other: NewNotice) -> None:
    put(engine, *ONE_OF_EACH)
    assert put(engine, other) == 1


@pytest.mark.parametrize("position", range(len(ONE_OF_EACH)), ids=[n.kind for n in ONE_OF_EACH])
def test_the_database_itself_refuses_a_second_one(engine: Engine, position: int) -> None:
    """Two runs at a time may both find that a notice is not on record yet."""
    put(engine, *ONE_OF_EACH)
    row = in_outbox(engine)[position]
    copy = {column.name: getattr(row, column.name) for column in OutboxRow.__table__.columns}
    del copy["id"]
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(OutboxRow), copy)


def test_an_obsolete_all_clear_is_pending_again_and_nothing_else_is(engine: Engine) -> None:
    put(engine, *ONE_OF_EACH)
    with engine.begin() as connection:
        connection.execute(update(OutboxRow).values(state=OutboxState.OBSOLETE))
    assert put(engine, *ONE_OF_EACH, now=LATER) == 1
    pending = [row for row in in_outbox(engine) if row.state is OutboxState.PENDING]
    assert [(row.kind, row.created_at) for row in pending] == [(NoticeKind.ALL_CLEAR, LATER)]


def test_a_letter_keeps_its_id_and_another_notice_gives_another(engine: Engine) -> None:
    def letter_id() -> str | None:
        assemble_letters(engine, NOON.date())
        (pending,) = [row for row in in_outbox(engine) if row.state is OutboxState.PENDING]
        return pending.message_id

    put(engine, replace(STILL_OPEN, step=1))
    first = letter_id()
    assert first is not None
    assert letter_id() == first
    with engine.begin() as connection:
        connection.execute(update(OutboxRow).values(state=OutboxState.SENT))
    put(engine, replace(STILL_OPEN, step=2))
    assert letter_id() != first


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_notice_about_nothing_cannot_be_made(kind: NoticeKind) -> None:
    with pytest.raises(ValueError, match=f"a notice {kind} without what it is about"):
        NewNotice(kind, TO, NOON)
