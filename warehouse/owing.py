"""What is owed besides the verdict: all clear, overruled; reminders are `warehouse.reminding`. Each function is a transaction.

All of it follows from what is on record, and saying it twice changes nothing: a night that died before it is made up for by
the next.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Select, String, and_, cast, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from program.submission import Verdict
from warehouse.believed import is_believed
from warehouse.load import COMPARED, PENDING
from warehouse.outbox import SENT
from warehouse.overtaken import FIXED, OVERTAKEN, same_report
from warehouse.tables import DeliveryRow, FindingRow, OutboxRow, SubmissionRow

OVERRULED, OPEN = "overruled", "open"


def owe_overruled(engine: Engine, now: datetime) -> int:
    """Owe word to whoever was asked about a finding that a person has overruled since; return how many notices are new."""
    overruled = select(FindingRow.id).where(FindingRow.submission_id == SubmissionRow.id, FindingRow.overruled != "")
    asked = aliased(SubmissionRow)
    told = (
        select(SubmissionRow.id, OutboxRow.recipient)
        .join(asked, and_(asked.delivery_id == SubmissionRow.delivery_id, asked.judgement < SubmissionRow.judgement))
        .join(OutboxRow, OutboxRow.submission_id == asked.id)
        .where(asked.part == SubmissionRow.part, _was_told(), _asks(), overruled.exists(), _unsaid(OVERRULED))
    )
    return _owe(engine, told.add_columns(literal(OVERRULED)), now)


def owe_all_clear(engine: Engine, now: datetime) -> int:
    """Owe word to whoever was asked about a report of which a later version is good; return how many notices are new.

    Whoever is owed word that it was accepted, hears the one instead of the other. A file of before that comes back since the
    one asked about was taken out clears nothing, and what had settled itself is not said again.
    """
    asked, about = aliased(SubmissionRow), aliased(SubmissionRow)
    good_file, asked_file = aliased(DeliveryRow), aliased(DeliveryRow)
    told, later = OutboxRow, aliased(OutboxRow)
    said_since = (
        select(later.id)
        .join(about, about.id == later.submission_id)
        .where(same_report(about, SubmissionRow), about.version > asked.version, later.recipient == told.recipient)
        .where(later.state != OVERTAKEN, later.kind != Verdict.ACCEPTED.value)
    )
    clear = (
        select(SubmissionRow.id, told.recipient)
        .join(asked, same_report(asked, SubmissionRow))
        .join(told, told.submission_id == asked.id)
        .join(good_file, good_file.id == SubmissionRow.delivery_id)
        .join(asked_file, asked_file.id == asked.delivery_id)
        .where(good_file.received_at >= asked_file.received_at)
        .where(is_believed(), SubmissionRow.verdict == Verdict.ACCEPTED.value, SubmissionRow.version > asked.version)
        .where(_was_told(), _asks(), ~said_since.exists(), ~_settled_since(told).exists())
    )
    return _owe(engine, clear.add_columns(literal(FIXED)), now)


def owe_settled(engine: Engine, now: datetime) -> int:
    """Owe word to whoever was asked about a report that others' corrections put right; return how many notices are new.

    Its own sender did nothing: a comparison had brought the question, and it ended when the other side sent a new version.
    """
    last = func.max(OutboxRow.id)
    settled = (
        select(SubmissionRow.id, OutboxRow.recipient, literal(f"{FIXED}-").concat(cast(last, String)))
        .join(OutboxRow, OutboxRow.submission_id == SubmissionRow.id)
        .where(is_believed(), SubmissionRow.verdict == Verdict.ACCEPTED.value)
        .where(_was_told(), OutboxRow.kind.startswith(COMPARED), ~_settled_since(OutboxRow).exists())
        .group_by(SubmissionRow.id, OutboxRow.recipient)
    )
    return _owe(engine, settled, now)


def _settled_since(told: type[OutboxRow]) -> Select[tuple[int]]:
    said = aliased(OutboxRow)
    same = (said.submission_id == told.submission_id, said.recipient == told.recipient, said.id > told.id)
    return select(said.id).where(*same, said.kind.startswith(FIXED), said.state != OVERTAKEN)


def _was_told() -> ColumnElement[bool]:
    """A letter about it was sent, or may have left and will come again."""
    may_have_left = or_(OutboxRow.attempts > 0, OutboxRow.claimed_by.is_not(None))
    return or_(OutboxRow.state == SENT, and_(OutboxRow.state == PENDING, OutboxRow.message_id.is_not(None), may_have_left))


def _asks() -> ColumnElement[bool]:
    verdicts = [verdict.value for verdict in Verdict if verdict is not Verdict.ACCEPTED]
    return or_(OutboxRow.kind.in_(verdicts), OutboxRow.kind.like(f"{COMPARED}-%"), OutboxRow.kind.like(f"{OPEN}-%"))


def _unsaid(kind: str) -> ColumnElement[bool]:
    said = aliased(OutboxRow)
    same = select(said.id).where(said.submission_id == SubmissionRow.id, said.recipient == OutboxRow.recipient, said.kind == kind)
    return ~same.exists()


def _owe(engine: Engine, query: Select[tuple[int, str, str]], now: datetime) -> int:
    """Put notices on record: submission, recipient and kind. One that was overtaken, and holds again, is owed again."""
    with Session(engine) as session, session.begin():
        owed = list(session.execute(query.distinct()))
        for number, recipient, kind in owed:
            about = (OutboxRow.submission_id == number, OutboxRow.recipient == recipient)
            waiting = (OutboxRow.kind == Verdict.ACCEPTED.value, OutboxRow.message_id.is_(None))
            session.execute(update(OutboxRow).where(*about, *waiting).values(state=OVERTAKEN))
            again = session.scalar(select(OutboxRow).where(*about, OutboxRow.kind == kind))
            if again is None:
                again = OutboxRow(submission_id=number, recipient=recipient, kind=kind, attempts=0)
                session.add(again)
            again.state, again.created_at, again.message_id, again.dated = PENDING, now, None, None
        return len(owed)
