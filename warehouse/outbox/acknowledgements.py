"""Put into the outbox that an explanation was received: its sender hears it once."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from program.records.letter import NoticeKind
from program.records.office_inbox import Explanation
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.states import OutboxState
from warehouse.tables import OutboxRow


def enqueue_acknowledgements(engine: Engine, waiting: Iterable[Explanation], now: datetime) -> int:
    """Notify the senders of the explanations that wait for the office; return how many are new.

    One transaction, idempotent. Words beside a file are acknowledged by the letter about the file.
    """
    with Session(engine) as session, session.begin():
        notices = [
            NewNotice(
                NoticeKind.EXPLAINED,
                explanation.recipient,
                now,
                step=0,
                explanation_id=explanation.id,
            )
            for explanation in waiting
            if not _is_in_letter_about_file(session, explanation)
        ]
        return enqueue(session, notices)


def _is_in_letter_about_file(session: Session, explanation: Explanation) -> bool:
    """Tell whether the notice about the file that came with an explanation mentions it.

    `warehouse.outbox.letters` has the same condition.
    """
    notice = select(OutboxRow.id).where(
        OutboxRow.kind == NoticeKind.CHECKED,
        OutboxRow.submission_id.in_(explanation.submission_ids),
        OutboxRow.recipient == explanation.recipient,
        OutboxRow.created_at >= explanation.received_at,
        OutboxRow.state != OutboxState.OBSOLETE,
    )
    return session.scalar(notice.limit(1)) is not None
