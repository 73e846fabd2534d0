"""Documents: for each run, what the warehouse holds and the archived bytes do not.

That is who sent what, when it was checked, and what was mailed. A document is plain JSON. With all
documents and the bytes, the warehouse can be rebuilt (`flows.recovery.rebuild`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from graphlib import TopologicalSorter
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Engine,
    Select,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session

from program.delivery import Delivery
from warehouse.catalogue import CATALOGUE
from warehouse.database.portions import portions
from warehouse.ledger import delivery_of
from warehouse.maintenance.retention import (
    REMOVED_FROM_DELIVERY,
    REMOVED_FROM_EXPLANATION,
    REMOVED_FROM_MAIL,
)
from warehouse.states import CHECKED_STATES, DELIVERY_TRANSITIONS, DeliveryState
from warehouse.tables import (
    AuditRow,
    DecisionRow,
    DeliveryRow,
    ExplainedReportRow,
    ExplanationRow,
    FindingRow,
    HoldRow,
    Instant,
    MailRow,
    OutboxRow,
    RunRow,
    SourceCursorRow,
    SubmissionRow,
    WarehouseTable,
)

Row = dict[str, Any]
Document = dict[str, Any]

_NUMBERED_TABLES = (
    "runs",
    "deliveries",
    "submissions",
    "outbox",
    "capital",
    "targets",
    "explanations",
    "decisions",
    "audit",
)
"""The tables whose ids PostgreSQL counts."""
_KEYS_AT_ONCE = 1000
"""Keys in one `IN`: SQLite takes 32,766 values, and a key has up to five."""


def runs_of(engine: Engine) -> dict[int, datetime]:
    """Return when each run began, by number, in order."""
    query = select(RunRow.id, RunRow.started_at).order_by(RunRow.id)
    with Session(engine) as session:
        return dict(session.execute(query).tuples().all())


def run_document(engine: Engine, number: int) -> Document:
    """Return the document of a run: all that it added to the ledger, as it is now.

    Decision 21 explains its keys. `since` is the start of the run before: what was changed by hand
    between the two runs is in the document too.
    """
    with Session(engine) as session:
        run = session.get_one(RunRow, number)
        earlier_starts = select(func.max(RunRow.started_at)).where(RunRow.id < number)
        since = session.scalar(earlier_starts)
        checks = list(_checks(session, number))
        checked = [check["delivery"] for check in checks]
        deliveries = _touched(number, checked, since)
        touched = [row.id for row in session.scalars(deliveries)]
        waiting = session.scalars(_in_state(DeliveryState.RECEIVED))
        source_cursors = select(SourceCursorRow).order_by(SourceCursorRow.source)
        return {
            "run": _plain(run),
            "deliveries": _plain_rows(session, deliveries),
            "mails": list(_rows_about(session, MailRow, touched)),
            "holds": list(_rows_about(session, HoldRow, touched)),
            "checked": checks,
            "cross_checked_at": _cross_checked_at(session, run),
            "waiting": {str(row.id): row.attempt for row in waiting},
            "withdrawn": list(_withdrawn(session, since)),
            "explanations": _plain_rows(session, _explanations(number)),
            "explained_reports": _plain_rows(session, _explained_reports(number)),
            "decisions": _plain_rows(session, _decisions(since)),
            "audit": _plain_rows(session, _acts(since)),
            "outbox": _plain_rows(session, _changed_notices(run, since)),
            "catalogue": _changed_catalogue(session, since),
            "source_cursors": _plain_rows(session, source_cursors),
        }


def _checks(session: Session, number: int) -> Iterator[Row]:
    """Yield each check of a run in order, with the submissions' ids by `report_no`."""

    def check_of(row: SubmissionRow) -> tuple[int, int]:
        return row.delivery_id, row.attempt

    query = select(SubmissionRow).where(SubmissionRow.run_id == number).order_by(SubmissionRow.id)
    rows = session.scalars(query)
    for (delivery, attempt), of_check in groupby(rows, key=check_of):
        submissions = list(of_check)
        # All reports of a delivery are loaded at the same moment.
        loaded_at = submissions[0].loaded_at
        # The keys of a JSON object are texts.
        ids = {str(row.report_no): row.id for row in submissions}
        yield {
            "delivery": delivery,
            "attempt": attempt,
            "at": loaded_at.isoformat(),
            "submissions": ids,
        }


def _touched(number: int, checked: list[int], since: datetime | None) -> Select[Any]:
    """Query the deliveries that arrived, were unpacked, checked or released in a run.

    Those that the office decided about after the run before began, too.
    """
    unpacked = select(DeliveryRow.archive_delivery_id).where(
        DeliveryRow.run_id == number, DeliveryRow.archive_delivery_id.is_not(None)
    )
    # A mail may have had no file.
    unpacked_mails = select(MailRow.delivery_id).where(MailRow.extracted_run_id == number)
    decided = select(HoldRow.delivery_id).where(HoldRow.decided_at.is_not(None))
    if since is not None:
        decided = decided.where(HoldRow.decided_at >= since)
    is_touched = or_(
        DeliveryRow.run_id == number,
        DeliveryRow.id.in_(checked),
        DeliveryRow.id.in_(unpacked),
        DeliveryRow.id.in_(unpacked_mails),
        DeliveryRow.id.in_(decided),
    )
    return select(DeliveryRow).where(is_touched).order_by(DeliveryRow.id)


def _rows_about(
    session: Session, table: type[MailRow] | type[HoldRow], deliveries: Sequence[int]
) -> Iterator[Row]:
    """Yield the rows of a table about some deliveries, in their order."""
    for portion in portions(deliveries):
        query = select(table).where(table.delivery_id.in_(portion)).order_by(table.delivery_id)
        for row in session.scalars(query):
            yield _plain(row)


def _withdrawn(session: Session, since: datetime | None) -> Iterator[Row]:
    """Yield the deliveries that were withdrawn after the run before began."""
    query = select(DeliveryRow).where(DeliveryRow.withdrawn_at.is_not(None))
    if since is not None:
        query = query.where(DeliveryRow.withdrawn_at >= since)
    ordered = query.order_by(DeliveryRow.withdrawn_at, DeliveryRow.id)
    for row in session.scalars(ordered):
        # The query has none without it, which the types do not show.
        withdrawn_at = row.withdrawn_at and row.withdrawn_at.isoformat()
        yield {
            "delivery": row.id,
            "at": withdrawn_at,
            "reason": row.withdrawn_reason,
        }


def _explanations(number: int) -> Select[Any]:
    query = select(ExplanationRow).where(ExplanationRow.run_id == number)
    return query.order_by(ExplanationRow.id)


def _explained_reports(number: int) -> Select[Any]:
    query = (
        select(ExplainedReportRow)
        .join(ExplanationRow, ExplanationRow.id == ExplainedReportRow.explanation_id)
        .where(ExplanationRow.run_id == number)
    )
    return query.order_by(ExplainedReportRow.explanation_id, ExplainedReportRow.position)


def _decisions(since: datetime | None) -> Select[Any]:
    """Query the decisions that were made after the run before began."""
    query = select(DecisionRow).order_by(DecisionRow.id)
    if since is None:
        return query
    return query.where(DecisionRow.decided_at >= since)


def _acts(since: datetime | None) -> Select[Any]:
    """Query what persons did after the run before began."""
    query = select(AuditRow).order_by(AuditRow.id)
    if since is None:
        return query
    return query.where(AuditRow.at >= since)


def _in_state(state: DeliveryState) -> Select[tuple[DeliveryRow]]:
    return select(DeliveryRow).where(DeliveryRow.state == state).order_by(DeliveryRow.id)


def _changed_notices(run: RunRow, since: datetime | None) -> Select[Any]:
    """Query the notices that changed after the run before began. More of them do no harm."""
    query = select(OutboxRow).order_by(OutboxRow.id)
    if since is None:
        return query
    is_changed = or_(
        # The clock may have been set back between the two runs.
        OutboxRow.created_at >= min(since, run.started_at),
        OutboxRow.sent_at >= since,
        OutboxRow.sent_at.is_(None),
    )
    return query.where(is_changed)


def _changed_catalogue(session: Session, since: datetime | None) -> dict[str, list[Row]]:
    """Return the catalogue's rows that began or ended after the run before began, by table.

    A run's own changes come just before the run has a number.
    """
    found = {}
    for table in CATALOGUE:
        any_table: Any = table
        query = select(any_table)
        # Before the first run there is nothing: all rows are new.
        if since is not None:
            has_begun = any_table.known_from >= since
            has_ended = any_table.known_to >= since
            query = query.where(or_(has_begun, has_ended))
        found[table.__tablename__] = _plain_rows(session, query)
    return found


def _cross_checked_at(session: Session, run: RunRow) -> str | None:
    """Return when a run recorded its cross-checks, None where nothing was due for one."""
    later_starts = select(func.min(RunRow.started_at)).where(RunRow.id > run.id)
    next_start = session.scalar(later_starts)
    # A run that was killed did not end: what came before the next one is its own.
    end = run.finished_at or next_start
    columns = (
        SubmissionRow.compared_at,
        FindingRow.cross_check_found_at,
        FindingRow.closed_at,
    )
    moments: list[datetime] = []
    for column in columns:
        query = select(func.max(column)).where(column >= run.started_at)
        # The newest run may still go on.
        if end is not None:
            query = query.where(column <= end)
        moment = session.scalar(query)
        if moment is not None:
            moments.append(moment)
    if not moments:
        return None
    return max(moments).isoformat()


def _plain_rows(session: Session, query: Select[Any]) -> list[Row]:
    return [_plain(row) for row in session.scalars(query)]


def _plain(row: WarehouseTable) -> Row:
    """Return a row as JSON can hold it."""
    values: Row = {}
    for column in row.__table__.columns:
        value = getattr(row, column.name)
        # A `datetime` is a `date` too.
        if isinstance(value, date):
            value = value.isoformat()
        values[column.name] = value
    return values


def _typed(table: type[WarehouseTable], row: Mapping[str, Any]) -> Row:
    """Return a plain row with the types of its table's columns.

    Columns that the table has no longer are left out.
    """
    typed: Row = {}
    for column in table.__table__.columns:
        name = column.name
        if name in row:
            typed[name] = _typed_value(column, row[name])
    return typed


def _typed_value(column: ColumnElement[Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    return value


def remove_words_of(document: Document, deliveries: Collection[int]) -> bool:
    """Remove from a document what persons wrote in these mails; tell whether it had any of them."""
    removals = (
        ("deliveries", "id", REMOVED_FROM_DELIVERY),
        ("mails", "delivery_id", REMOVED_FROM_MAIL),
        ("explanations", "delivery_id", REMOVED_FROM_EXPLANATION),
    )
    found = False
    for table, column, removed in removals:
        # An older release wrote no mails.
        for row in document.get(table, ()):
            if row[column] in deliveries:
                row.update(removed)
                found = True
    return found


def documented_deliveries(document: Document) -> Iterator[Delivery]:
    """Yield the deliveries of a document, as the ledger has them once the run is replayed."""
    for row in document["deliveries"]:
        yield delivery_of(DeliveryRow(**_typed(DeliveryRow, row)))


def replay_run(engine: Engine, document: Document) -> None:
    """Record a run, and the deliveries and the catalogue of its document, in one transaction.

    They keep their numbers. Deliveries that were checked wait to be checked again. Idempotent.
    """
    checked = {check["delivery"] for check in document["checked"]}
    with Session(engine) as session, session.begin():
        session.merge(RunRow(**_typed(RunRow, document["run"])))
        for row in _in_order_of_references(document["deliveries"]):
            _replay_delivery(session, _typed(DeliveryRow, row), checked)
        # Documents of older releases have none of these.
        for row in document.get("mails", ()):
            session.merge(MailRow(**_typed(MailRow, row)))
        for row in document.get("holds", ()):
            session.merge(HoldRow(**_typed(HoldRow, row)))
        for table in CATALOGUE:
            _replay_catalogue(session, table, document["catalogue"][table.__tablename__])


def _replay_catalogue(session: Session, table: type[WarehouseTable], rows: Sequence[Row]) -> None:
    """Record the catalogue's rows of a document in place of those that an earlier one has."""
    key_columns = list(inspect(table).primary_key)
    typed_rows = [_typed(table, row) for row in rows]
    keys = [tuple(row[column.name] for column in key_columns) for row in typed_rows]
    # Nothing refers to the catalogue, so that a row may go and come again.
    for portion in portions(keys, _KEYS_AT_ONCE):
        session.execute(delete(table).where(tuple_(*key_columns).in_(portion)))
    if typed_rows:
        session.execute(insert(table), typed_rows)


def _replay_delivery(session: Session, values: Row, checked: Collection[int]) -> None:
    """Record a delivery of a document; `checked` are the numbers of those that its run checked."""
    stored = session.get(DeliveryRow, values["id"])
    if values["state"] in CHECKED_STATES:
        # The rebuild checks it again, and withdraws it again at the recorded moment.
        values |= _UNCHECKED
        # It did both already, for an earlier document that has the delivery too.
        if stored and stored.state in CHECKED_STATES and stored.id not in checked:
            values = {name: values[name] for name in values if name not in _UNCHECKED}
    elif stored and stored.state is DeliveryState.HELD:
        _leave_hold(session, stored, values)
    session.merge(DeliveryRow(**values))
    # A later row may point to this one (`duplicate_of_id`, `archive_delivery_id`).
    session.flush()


_UNCHECKED: Row = {
    "state": DeliveryState.RECEIVED,
    "withdrawn_at": None,
    "withdrawn_reason": None,
}
"""What a delivery has that waits to be checked."""


def _leave_hold(session: Session, stored: DeliveryRow, values: Row) -> None:
    """Have a delivery that an earlier document has as held wait as it did once it was released."""
    if values["state"] not in DELIVERY_TRANSITIONS[DeliveryState.HELD] | {DeliveryState.HELD}:
        stored.state = session.get_one(HoldRow, stored.id).waits_as
        session.flush()


def _in_order_of_references(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield deliveries so that each comes after those of the same document that it points to.

    An original may have been recorded after its duplicate, and a file may be the duplicate of a
    member of a zip: no order by number or by kind does.
    """
    by_id = {row["id"]: row for row in rows}
    references: dict[int, set[int]] = {}
    for number, row in by_id.items():
        named = {row["duplicate_of_id"], row["archive_delivery_id"]}
        references[number] = {each for each in named if each in by_id}
    for number in TopologicalSorter(references).static_order():
        yield by_id[number]


def set_attempt(engine: Engine, attempts: Mapping[int, int]) -> None:
    """Requeue deliveries, each with the given number of its next check. One transaction."""
    with Session(engine) as session, session.begin():
        for number, attempt in attempts.items():
            delivery = session.get_one(DeliveryRow, number)
            delivery.state = DeliveryState.RECEIVED
            delivery.attempt = attempt


def replay_outbox(engine: Engine, documents: Iterable[Document]) -> list[Row]:
    """Record notices and cursors as the last documents have them; new rows are numbered after.

    Also records explanations, decisions and acts, and requeues the deliveries that waited at the
    end of the last document.

    Returns:
        The notices that could not be recorded: their submissions could not be rebuilt.
    """
    notices: dict[int, Row] = {}
    replies = _Replies()
    last: Document = {}
    for document in documents:
        replies.add(document)
        for notice in document["outbox"]:
            # A notice is in several documents; the last one has its newest state.
            notices[notice["id"]] = notice
        last = document
    source_cursors = last.get("source_cursors", [])
    with Session(engine) as session, session.begin():
        possible, impossible = _split_by_submission(session, notices.values())
        replies.insert(session)
        _insert(session, OutboxRow, possible)
        _insert(session, SourceCursorRow, source_cursors)
        _continue_numbers(session)
    waiting = last.get("waiting", {})
    # The keys of a JSON object are texts.
    attempts = {int(number): attempt for number, attempt in waiting.items()}
    set_attempt(engine, attempts)
    return impossible


class _Replies:
    """Explanations, decisions and acts of all documents. A row may be in several of them."""

    def __init__(self) -> None:
        self._explanations: dict[int, Row] = {}
        self._reports: dict[tuple[int, int], Row] = {}
        self._decisions: dict[int, Row] = {}
        self._acts: dict[int, Row] = {}

    def add(self, document: Document) -> None:
        # An older release wrote none.
        for row in document.get("explanations", ()):
            self._explanations[row["id"]] = row
        for row in document.get("explained_reports", ()):
            self._reports[row["explanation_id"], row["position"]] = row
        for row in document.get("decisions", ()):
            self._decisions[row["id"]] = row
        for row in document.get("audit", ()):
            self._acts[row["id"]] = row

    def insert(self, session: Session) -> None:
        """Record them, without those about a submission that could not be rebuilt."""
        _insert(session, ExplanationRow, self._explanations.values())
        reports, _ = _split_by_submission(session, self._reports.values())
        _insert(session, ExplainedReportRow, reports)
        decisions, _ = _split_by_submission(session, self._decisions.values())
        _insert(session, DecisionRow, decisions)
        _insert(session, AuditRow, self._acts.values())


def _split_by_submission(session: Session, rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Split rows into those whose submission is on record, or that have none, and the others."""
    submissions = session.scalars(select(SubmissionRow.id))
    # A reminder is about no submission.
    on_record: set[int | None] = {None, *submissions}
    possible: list[Row] = []
    impossible: list[Row] = []
    for row in rows:
        if row["submission_id"] in on_record:
            possible.append(row)
        else:
            impossible.append(row)
    return possible, impossible


def _insert(session: Session, table: type[WarehouseTable], rows: Iterable[Row]) -> None:
    # A document of an older release lacks columns, and all rows of an insert need the same.
    optional = {column.name: None for column in table.__table__.columns if column.nullable}
    typed_rows = [optional | _typed(table, row) for row in rows]
    if typed_rows:
        session.execute(insert(table), typed_rows)


def _continue_numbers(session: Session) -> None:
    """Have PostgreSQL number new rows after those that were inserted with their numbers."""
    if session.get_bind().dialect.name != "postgresql":
        return
    # The statement has only our own names in it.
    for name in _NUMBERED_TABLES:
        statement = (
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), newest) "  # noqa: S608
            f"FROM (SELECT max(id) AS newest FROM {name}) AS numbers WHERE newest IS NOT NULL"
        )
        session.execute(text(statement))
