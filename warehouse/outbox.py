"""The outbox: notices owed, put together into one letter a recipient, and marked once they are sent."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from program.answers import Letter, Notice
from program.stage import Stage
from program.submission import Verdict
from warehouse.findings import findings_of_comparing, findings_of_judging
from warehouse.load import COMPARED, PENDING
from warehouse.tables import DeliveryRow, OutboxRow, SubmissionRow

SENT = "sent"


def pending_letters(engine: Engine) -> list[Letter]:
    """Return the letters to send, one a recipient, the oldest first.

    A letter's notices and message id are fixed here, before anything is sent: after a crash the same letter comes
    again with the same id, and what has been added since becomes another letter.
    """
    with Session(engine) as session, session.begin():
        rows = list(session.scalars(select(OutboxRow).where(OutboxRow.state == PENDING).order_by(OutboxRow.id)))
        _give_ids(row for row in rows if row.message_id is None)
        session.flush()
        letters: dict[str, list[OutboxRow]] = {}
        for row in rows:
            letters.setdefault(str(row.message_id), []).append(row)
        return [_letter(session, message_id, group) for message_id, group in letters.items()]


def mark_sent(engine: Engine, message_id: str, now: datetime) -> None:
    """Mark a letter's notices as sent."""
    _update(engine, message_id, state=SENT, sent_at=now, attempts=OutboxRow.attempts + 1, last_error=None)


def mark_failed(engine: Engine, message_id: str, error: str) -> None:
    """Note why a letter could not be sent; it stays pending."""
    _update(engine, message_id, attempts=OutboxRow.attempts + 1, last_error=error)


def _update(engine: Engine, message_id: str, **values: object) -> None:
    with Session(engine) as session, session.begin():
        session.execute(update(OutboxRow).where(OutboxRow.message_id == message_id).values(values))


def _give_ids(rows: Iterable[OutboxRow]) -> None:
    by_recipient: dict[str, list[OutboxRow]] = {}
    for row in rows:
        by_recipient.setdefault(row.recipient, []).append(row)
    for recipient, group in by_recipient.items():
        about = ",".join(f"{row.submission_id}/{row.kind}" for row in group)
        # The moment keeps two warehouses, or one begun anew, from giving different mails one id.
        digest = hashlib.sha256(f"{recipient}|{about}|{group[0].created_at.isoformat()}".encode()).hexdigest()[:32]
        for row in group:
            row.message_id = digest


def _letter(session: Session, message_id: str, group: list[OutboxRow]) -> Letter:
    return Letter(message_id, group[0].recipient, group[0].created_at, tuple(_notice(session, row) for row in group))


def _notice(session: Session, row: OutboxRow) -> Notice:
    submission = session.get_one(SubmissionRow, row.submission_id)
    delivery = session.get_one(DeliveryRow, submission.delivery_id)
    return Notice(
        submission_id=submission.id,
        verdict=Verdict(submission.verdict),
        form_code=submission.form_code,
        unit_code=submission.unit_code,
        period=submission.period,
        stage=Stage(submission.stage),
        sender_unit=delivery.sender_unit,
        delivery_name=delivery.name,
        received_at=delivery.received_at,
        findings=(
            findings_of_comparing(session, submission.id, row.created_at)
            if row.kind.startswith(COMPARED)
            else findings_of_judging(session, submission.id)
        ),
        is_part=_parts(session, submission) > 1,
        part=submission.part,
        delivery_id=delivery.id,
        sha256=delivery.sha256,
    )


def _parts(session: Session, submission: SubmissionRow) -> int:
    same = (SubmissionRow.delivery_id == submission.delivery_id, SubmissionRow.judgement == submission.judgement)
    return session.scalar(select(func.count()).select_from(SubmissionRow).where(*same)) or 0
