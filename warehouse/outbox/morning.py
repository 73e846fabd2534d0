"""The notice of the office's morning mail: one for all that was checked since the last of them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from program.records.letter import News, NoticeKind
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.states import OutboxState
from warehouse.tables import ExplanationRow, HoldRow, OutboxRow, SubmissionRow


def enqueue_morning(engine: Engine, recipients: Collection[str], now: datetime) -> int:
    """Queue a morning notice to each recipient if there is anything new since the last ones.

    Returns how many are new. New is what was checked, what was held, and what a sender explained.
    It follows from what is on record: if a run died before this, the next run makes up for it.
    Before the first report there is no morning notice.
    """
    newest_checked = select(func.max(SubmissionRow.id))
    last = (
        select(OutboxRow.submission_id, OutboxRow.step)
        .where(OutboxRow.kind == NoticeKind.MORNING)
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    with Session(engine) as session, session.begin():
        newest = session.scalar(newest_checked)
        if newest is None:
            return 0
        step = _count_for_office(session) + 1
        mailed = session.execute(last).first()
        if mailed is not None and (newest, step) == tuple(mailed):
            return 0
        notices = [
            NewNotice(NoticeKind.MORNING, recipient, now, newest, step=step)
            for recipient in recipients
        ]
        return enqueue(session, notices)


def _count_for_office(session: Session) -> int:
    """Return how many explanations and held deliveries ever came."""
    explanations = session.scalar(select(func.count(ExplanationRow.id))) or 0
    holds = session.scalar(select(func.count(HoldRow.delivery_id))) or 0
    return explanations + holds


def news_of(session: Session, row: OutboxRow) -> News:
    """Return what a morning notice reports: all that no earlier one to its recipient reported.

    A recipient who never had one gets to know what is new since one was sent to anybody, not all.
    """
    newest = row.submission_id or 0
    before = select(func.max(OutboxRow.submission_id)).where(OutboxRow.kind == NoticeKind.MORNING)
    sent_before = before.where(OutboxRow.recipient == row.recipient, OutboxRow.id < row.id)
    if session.scalar(sent_before) is None:
        # The others of the same moment tell of the same submissions.
        sent_before = before.where(OutboxRow.submission_id < newest)
    is_sent = OutboxRow.state == OutboxState.SENT
    return News(session.scalar(sent_before.where(is_sent)) or 0, newest)
