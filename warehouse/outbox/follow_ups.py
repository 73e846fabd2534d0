"""Put into the outbox what follows a check: all clear, waived, settled by others.

Reminders are in `warehouse.outbox.reminders`. Each function is one transaction. Notices
follow from what is on record, so that each function is idempotent: if a
run died before it, the next run makes up for it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    String,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from program.records.letter import NoticeKind
from program.submission import Verdict
from warehouse.lifecycle.current import is_current
from warehouse.outbox.obsolete import same_report
from warehouse.states import OutboxState
from warehouse.tables import DeliveryRow, FindingRow, OutboxRow, SubmissionRow

_ALL_CLEAR = literal(NoticeKind.FIXED.value)
_OVERRULED = literal(NoticeKind.OVERRULED.value)


def enqueue_waiver_notices(engine: Engine, now: datetime) -> int:
    """Notify each recipient who was asked about a finding that was waived since.

    Returns:
        How many notices are new.
    """
    waived = select(FindingRow.id).where(
        FindingRow.submission_id == SubmissionRow.id, FindingRow.overruled != ""
    )
    # The notice was about an earlier check of the same file.
    earlier = aliased(SubmissionRow)
    is_earlier_check = and_(
        earlier.delivery_id == SubmissionRow.delivery_id,
        earlier.attempt < SubmissionRow.attempt,
    )
    query = (
        select(SubmissionRow.id, OutboxRow.recipient, _OVERRULED)
        .join(earlier, is_earlier_check)
        .join(OutboxRow, OutboxRow.submission_id == earlier.id)
        .where(
            earlier.report_no == SubmissionRow.report_no,
            _may_have_been_sent(),
            _is_question(),
            waived.exists(),
            ~_notices_of_waivers().exists(),
        )
    )
    return _enqueue(engine, query, now)


def enqueue_all_clear(engine: Engine, now: datetime) -> int:
    """Notify each recipient who was asked about a report with an accepted later version.

    The notice takes the place of the one that says "accepted". None is sent where an earlier notice
    says the same, or where the question was settled without a new version.

    Returns:
        How many notices are new.
    """
    earlier = aliased(SubmissionRow)
    later_file, earlier_file = aliased(DeliveryRow), aliased(DeliveryRow)
    query = (
        select(SubmissionRow.id, OutboxRow.recipient, _ALL_CLEAR)
        .join(earlier, same_report(earlier, SubmissionRow))
        .join(OutboxRow, OutboxRow.submission_id == earlier.id)
        .join(later_file, later_file.id == SubmissionRow.delivery_id)
        .join(earlier_file, earlier_file.id == earlier.delivery_id)
        # A cross-check may reject the file with the question, and an older file is current again.
        # The older file settles nothing.
        .where(later_file.received_at >= earlier_file.received_at)
        .where(
            is_current(),
            SubmissionRow.verdict == Verdict.ACCEPTED.value,
            SubmissionRow.version > earlier.version,
        )
        .where(
            _may_have_been_sent(),
            _is_question(),
            ~_notices_of_later_versions(earlier).exists(),
            ~_later_all_clear().exists(),
        )
    )
    return _enqueue(engine, query, now)


def enqueue_settled(engine: Engine, now: datetime) -> int:
    """Notify each recipient whose question was settled by another unit's correction.

    The report itself did not change: a cross-check brought the question, which ended when the other
    unit sent a new version.

    Returns:
        How many notices are new.
    """
    # The kind has the number of the question, so that a later question can be settled too.
    last_question = cast(func.max(OutboxRow.id), String)
    kind = literal(f"{NoticeKind.FIXED}-").concat(last_question)
    query = (
        select(SubmissionRow.id, OutboxRow.recipient, kind)
        .join(OutboxRow, OutboxRow.submission_id == SubmissionRow.id)
        .where(is_current(), SubmissionRow.verdict == Verdict.ACCEPTED.value)
        .where(
            _may_have_been_sent(),
            OutboxRow.kind.startswith(NoticeKind.COMPARED),
            ~_later_all_clear().exists(),
        )
        .group_by(SubmissionRow.id, OutboxRow.recipient)
    )
    return _enqueue(engine, query, now)


def _notices_of_waivers() -> Select[tuple[int]]:
    """Query the notices of the submission to the recipient that say its finding was waived."""
    notice = aliased(OutboxRow)
    return select(notice.id).where(
        notice.submission_id == SubmissionRow.id,
        notice.recipient == OutboxRow.recipient,
        notice.kind == NoticeKind.OVERRULED,
    )


def _notices_of_later_versions(earlier: Any) -> Select[tuple[int]]:
    """Query the notices to the recipient about versions of the report after `earlier`.

    The notice that a version was accepted does not count: all clear replaces it.
    """
    later_version = aliased(SubmissionRow)
    notice = aliased(OutboxRow)
    return (
        select(notice.id)
        .join(later_version, later_version.id == notice.submission_id)
        .where(
            same_report(later_version, SubmissionRow),
            later_version.version > earlier.version,
            notice.recipient == OutboxRow.recipient,
        )
        .where(notice.state != OutboxState.OBSOLETE, notice.kind != Verdict.ACCEPTED.value)
    )


def _later_all_clear() -> Select[tuple[int]]:
    """Query the notices of all clear that came after the question, to the same recipient."""
    notice = aliased(OutboxRow)
    return select(notice.id).where(
        notice.submission_id == OutboxRow.submission_id,
        notice.recipient == OutboxRow.recipient,
        notice.id > OutboxRow.id,
        notice.kind.startswith(NoticeKind.FIXED),
        notice.state != OutboxState.OBSOLETE,
    )


def _may_have_been_sent() -> ColumnElement[bool]:
    """SQL condition: the notice's letter was sent, or may have left and is sent again."""
    was_tried = or_(OutboxRow.attempts > 0, OutboxRow.claimed_by.is_not(None))
    may_have_left = and_(
        OutboxRow.state == OutboxState.PENDING,
        OutboxRow.message_id.is_not(None),
        was_tried,
    )
    return or_(OutboxRow.state == OutboxState.SENT, may_have_left)


def _is_question() -> ColumnElement[bool]:
    """SQL condition: the notice asks its recipient for something."""
    verdicts = [verdict.value for verdict in Verdict if verdict is not Verdict.ACCEPTED]
    return or_(
        OutboxRow.kind.in_(verdicts),
        OutboxRow.kind.like(f"{NoticeKind.COMPARED}-%"),
        OutboxRow.kind.like(f"{NoticeKind.OPEN}-%"),
    )


def _enqueue(engine: Engine, query: Select[tuple[int, str, str]], now: datetime) -> int:
    """Put notices into the outbox: submission, recipient and kind. Return how many.

    A notice of the same kind that is on record becomes pending again.
    """
    with Session(engine) as session, session.begin():
        notices = list(session.execute(query.distinct()))
        for submission_id, recipient, kind in notices:
            is_same = and_(
                OutboxRow.submission_id == submission_id, OutboxRow.recipient == recipient
            )
            # The new notice says more than "accepted": one of them is enough.
            _drop_unsent_acceptance(session, is_same)
            notice = session.scalar(select(OutboxRow).where(is_same, OutboxRow.kind == kind))
            if notice is None:
                notice = OutboxRow(
                    submission_id=submission_id, recipient=recipient, kind=kind, attempts=0
                )
                session.add(notice)
            notice.state = OutboxState.PENDING
            notice.created_at = now
            notice.message_id = None
            notice.letter_date = None
        return len(notices)


def _drop_unsent_acceptance(session: Session, is_same: ColumnElement[bool]) -> None:
    """Mark the notice of acceptance as overtaken if it is in no letter yet."""
    session.execute(
        update(OutboxRow)
        .where(
            is_same,
            OutboxRow.kind == Verdict.ACCEPTED.value,
            OutboxRow.message_id.is_(None),
        )
        .values(state=OutboxState.OBSOLETE)
    )
