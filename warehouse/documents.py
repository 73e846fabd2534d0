"""What a warehouse knows and the archived bytes do not say, night by night: who sent what, when it was judged, what was mailed.

A night's document is plain JSON. From all of them and the bytes the warehouse can be made anew (`flows.rebuilding`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Date, Engine, func, insert, or_, select, text
from sqlalchemy.orm import Session

from warehouse.catalogue import CATALOGUE
from warehouse.states import CHECKED_STATES, DeliveryState
from warehouse.tables import (
    DeliveryRow,
    FindingRow,
    Instant,
    OutboxRow,
    RunRow,
    SubmissionRow,
    Table,
    WatermarkRow,
)

Row = dict[str, Any]
Document = dict[str, Any]


def runs_of(engine: Engine) -> dict[int, datetime]:
    """Return when each night began, by its number, in their order."""
    with Session(engine) as session:
        return dict(
            session.execute(select(RunRow.id, RunRow.started_at).order_by(RunRow.id)).tuples().all()
        )


def night_document(engine: Engine, number: int) -> Document:
    """Return a night's document: all it added to the ledger, as it stands now. Its keys are named in decision 21."""
    with Session(engine) as session:
        run = session.get_one(RunRow, number)
        judged = list(_judged(session, number))
        since = session.scalar(select(func.max(RunRow.started_at)).where(RunRow.id < number))
        return {
            "run": _plain(run),
            "deliveries": [
                _plain(row)
                for row in session.scalars(_touched(number, [each["delivery"] for each in judged]))
            ],
            "judged": judged,
            "compared_at": _compared_at(session, run),
            "waiting": {
                str(row.id): row.judgement
                for row in session.scalars(_in_state(DeliveryState.RECEIVED))
            },
            "withdrawn": list(_withdrawn(session, since)),
            "outbox": [_plain(row) for row in session.scalars(_told(run, since))],
            "catalogue": {
                t.__tablename__: [_plain(row) for row in session.scalars(_said(t, since))]
                for t in CATALOGUE
            },
            "watermarks": [
                _plain(row)
                for row in session.scalars(select(WatermarkRow).order_by(WatermarkRow.source))
            ],
        }


def _judged(session: Session, number: int) -> Iterable[Row]:
    """Yield each judgement of a night in its order, with the numbers of the submissions by their part."""
    query = select(SubmissionRow).where(SubmissionRow.run_id == number).order_by(SubmissionRow.id)
    for (delivery, judgement), rows in groupby(
        session.scalars(query), key=lambda row: (row.delivery_id, row.judgement)
    ):
        parts = list(rows)
        numbers = {str(row.part): row.id for row in parts}
        yield {
            "delivery": delivery,
            "judgement": judgement,
            "at": parts[0].loaded_at.isoformat(),
            "submissions": numbers,
        }


def _touched(number: int, judged: list[int]) -> Any:
    """The deliveries that came, were unpacked or were judged in a night."""
    unpacked = select(DeliveryRow.packed_in_id).where(
        DeliveryRow.run_id == number, DeliveryRow.packed_in_id.is_not(None)
    )
    chosen = or_(
        DeliveryRow.run_id == number, DeliveryRow.id.in_(judged), DeliveryRow.id.in_(unpacked)
    )
    return select(DeliveryRow).where(chosen).order_by(DeliveryRow.id)


def _withdrawn(session: Session, since: datetime | None) -> Iterator[Row]:
    """Yield what was taken back since the night before began, before this one or after it."""
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.withdrawn_at.is_not(None))
        .order_by(DeliveryRow.withdrawn_at, DeliveryRow.id)
    )
    for row in session.scalars(
        query if since is None else query.where(DeliveryRow.withdrawn_at >= since)
    ):
        yield {
            "delivery": row.id,
            "at": row.withdrawn_at and row.withdrawn_at.isoformat(),
            "reason": row.withdrawn_reason,
        }


def _in_state(state: str) -> Any:
    return select(DeliveryRow).where(DeliveryRow.state == state).order_by(DeliveryRow.id)


def _told(run: RunRow, since: datetime | None) -> Any:
    """The notices that changed since the night before began, by this one or by hand; more of them do no harm."""
    query = select(OutboxRow).order_by(OutboxRow.id)
    if since is None:
        return query
    return query.where(
        or_(
            OutboxRow.created_at >= min(since, run.started_at),
            OutboxRow.sent_at >= since,
            OutboxRow.sent_at.is_(None),
        )
    )


def _said(table: Any, since: datetime | None) -> Any:
    """What the pack newly said, or said no more, since the night before began; its own begins just before it has a number."""
    return (
        select(table)
        if since is None
        else select(table).where(or_(table.known_from >= since, table.known_to >= since))
    )


def _compared_at(session: Session, run: RunRow) -> str | None:
    """Return when a night compared submissions with each other, None where it found nothing to compare."""
    following = session.scalar(select(func.min(RunRow.started_at)).where(RunRow.id > run.id))
    end = run.finished_at or following
    moments = []
    for column in (SubmissionRow.compared_at, FindingRow.compared_at, FindingRow.closed_at):
        within = (column >= run.started_at, *((column <= end,) if end else ()))
        moments += [
            moment
            for moment in session.scalars(select(func.max(column)).where(*within))
            if moment is not None
        ]
    return max(moments).isoformat() if moments else None


def _plain(row: Table) -> Row:
    """Return a row as JSON can hold it."""
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


def _typed(table: type[Table], row: Mapping[str, Any]) -> Row:
    """Return a plain row with the types of its table's columns; what today's table does not have is left out."""
    return {
        column.name: _cell(column, row[column.name])
        for column in table.__table__.columns
        if column.name in row
    }


def _cell(column: ColumnElement[Any], value: Any) -> Any:
    if not isinstance(value, str) or not isinstance(column.type, Instant | Date):
        return value
    return (
        datetime.fromisoformat(value)
        if isinstance(column.type, Instant)
        else date.fromisoformat(value)
    )


def put_run(engine: Engine, document: Document) -> None:
    """Record a night and the deliveries of its document, under their own numbers; what is to be judged waits for it."""
    with Session(engine) as session, session.begin():
        session.merge(RunRow(**_typed(RunRow, document["run"])))
        for row in document["deliveries"]:
            typed = _typed(DeliveryRow, row)
            if typed["state"] in CHECKED_STATES:
                typed |= {
                    "state": DeliveryState.RECEIVED,
                    "withdrawn_at": None,
                    "withdrawn_reason": None,
                }
            session.merge(DeliveryRow(**typed))
            session.flush()
        for table in CATALOGUE:
            for row in document["catalogue"][table.__tablename__]:
                session.merge(table(**_typed(table, row)))


def have_judged(engine: Engine, judgements: Mapping[int, int]) -> None:
    """Have deliveries wait for their judgement of a number."""
    with Session(engine) as session, session.begin():
        for delivery, judgement in judgements.items():
            row = session.get_one(DeliveryRow, delivery)
            row.state, row.judgement = DeliveryState.RECEIVED, judgement


def put_rest(engine: Engine, documents: Iterable[Document]) -> list[Row]:
    """Record notices and cursors as the last documents have them, and number on from there.

    Return the notices that could not be kept: of submissions that could not be made again.
    """
    notices: dict[int, Row] = {}
    last: Document = {}
    for last in documents:
        notices |= {row["id"]: row for row in last["outbox"]}
    with Session(engine) as session, session.begin():
        known = set(session.scalars(select(SubmissionRow.id)))
        kept = [
            row
            for row in notices.values()
            if row["submission_id"] is None or row["submission_id"] in known
        ]
        for table, rows in ((OutboxRow, kept), (WatermarkRow, last.get("watermarks", []))):
            if rows:
                session.execute(insert(table), [_typed(table, row) for row in rows])
        _number_on(session)
    have_judged(
        engine, {int(number): judgement for number, judgement in last.get("waiting", {}).items()}
    )
    return [row for row in notices.values() if row not in kept]


def _number_on(session: Session) -> None:
    """PostgreSQL counts by itself only what it numbered itself."""
    if session.get_bind().dialect.name == "postgresql":
        for name in ("runs", "deliveries", "submissions", "outbox", "capital", "targets"):
            newest = f"(SELECT max(id) AS newest FROM {name}) AS numbers WHERE newest IS NOT NULL"  # noqa: S608  (our own names)
            session.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), newest) FROM {newest}")
            )
