"""What is owed besides the verdict: all clear, overruled; reminders are `warehouse.reminding`. Each function is a transaction.

All of it follows from what is on record, and saying it twice changes nothing: a night that died before it is made up for by
the next.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Select, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from program.submission import Verdict
from warehouse.load import COMPARED, PENDING
from warehouse.outbox import SENT
from warehouse.overtaken import OVERTAKEN, same_report
from warehouse.tables import DeliveryRow, FindingRow, OutboxRow, SubmissionRow

FIXED, OVERRULED, OPEN = "fixed", "overruled", "open"


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
    return _owe(engine, told, OVERRULED, now)


def owe_all_clear(engine: Engine, now: datetime) -> int:
    """Owe word to whoever was asked about a report of which a later version is good; return how many notices are new.

    Whoever is owed word that it was accepted, hears the one instead of the other. A file of before that comes back since the
    one asked about was taken out clears nothing.
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
        .where(SubmissionRow.verdict == Verdict.ACCEPTED.value, SubmissionRow.known_from.is_not(None))
        .where(SubmissionRow.known_to.is_(None), SubmissionRow.version > asked.version)
        .where(_was_told(), _asks(), ~said_since.exists())
    )
    return _owe(engine, clear, FIXED, now)


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


def _owe(engine: Engine, query: Select[tuple[int, str]], kind: str, now: datetime) -> int:
    with Session(engine) as session, session.begin():
        owed = list(session.execute(query.distinct()))
        for number, recipient in owed:
            accepted = and_(OutboxRow.submission_id == number, OutboxRow.kind == Verdict.ACCEPTED.value)
            waiting = (accepted, OutboxRow.recipient == recipient, OutboxRow.message_id.is_(None))
            session.execute(update(OutboxRow).where(*waiting).values(state=OVERTAKEN))
            session.add(
                OutboxRow(submission_id=number, recipient=recipient, kind=kind, state=PENDING, created_at=now, attempts=0)
            )
        return len(owed)
