"""The notice of the office's morning mail: one for all that was checked since the last of them."""

from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from program.records.letter import News, NoticeKind
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.states import OutboxState
from warehouse.tables import OutboxRow, SubmissionRow


def enqueue_morning(engine: Engine, recipient: str, now: datetime) -> int:
    """Queue a morning notice if anything was checked since the last one; return how many are new.

    It follows from what is on record: if a run died before this, the next run makes up for it.
    """
    newest_checked = select(func.max(SubmissionRow.id))
    newest_told = select(func.max(OutboxRow.submission_id)).where(
        OutboxRow.kind == NoticeKind.MORNING
    )
    with Session(engine) as session, session.begin():
        newest = session.scalar(newest_checked) or 0
        if newest <= (session.scalar(newest_told) or 0):
            return 0
        return enqueue(session, [NewNotice(NoticeKind.MORNING, recipient, now, newest, step=1)])


def news_of(session: Session, row: OutboxRow) -> News:
    """Return what a morning notice tells of: all that no earlier mail told of."""
    sent_before = select(func.max(OutboxRow.submission_id)).where(
        OutboxRow.kind == NoticeKind.MORNING,
        OutboxRow.state == OutboxState.SENT,
        OutboxRow.id < row.id,
    )
    return News(session.scalar(sent_before) or 0, row.submission_id or 0)
