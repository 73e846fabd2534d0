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
    and_,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from program.records.letter import NoticeKind
from program.submission import Verdict
from warehouse.lifecycle.current import is_current
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.outbox.obsolete import same_report
from warehouse.states import OutboxState
from warehouse.tables import DeliveryRow, FindingRow, OutboxRow, SubmissionRow

ASKING_KINDS = (NoticeKind.CROSS_CHECKED, NoticeKind.STILL_OPEN, NoticeKind.NOT_ACCEPTED)
"""The kinds that ask their recipient for something, whatever the verdict."""


def enqueue_waiver_notices(engine: Engine, now: datetime) -> int:
    """Notify each recipient who was asked about a finding that was waived since.

    Returns:
        How many notices are new.
    """
    waived = select(FindingRow.id).where(
        FindingRow.submission_id == SubmissionRow.id, FindingRow.waived_by != ""
    )
    # The notice was about an earlier check of the same file.
    earlier = aliased(SubmissionRow)
    is_earlier_check = and_(
        earlier.delivery_id == SubmissionRow.delivery_id,
        earlier.attempt < SubmissionRow.attempt,
    )
    query = (
        select(SubmissionRow.id, OutboxRow.recipient, null())
        .join(earlier, is_earlier_check)
        .join(OutboxRow, OutboxRow.submission_id == earlier.id)
        .where(
            earlier.report_no == SubmissionRow.report_no,
            _may_have_been_sent(),
            is_question(),
            waived.exists(),
            ~_notices_of_waivers().exists(),
        )
        .distinct()
    )
    return _enqueue(engine, NoticeKind.WAIVED, query, now)


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
        select(SubmissionRow.id, OutboxRow.recipient, func.max(OutboxRow.id))
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
            is_question(),
            ~_notices_of_later_versions(earlier).exists(),
            ~_later_all_clear().exists(),
        )
        .group_by(SubmissionRow.id, OutboxRow.recipient)
    )
    return _enqueue(engine, NoticeKind.ALL_CLEAR, query, now)


def enqueue_settled(engine: Engine, now: datetime) -> int:
    """Notify each recipient whose question was settled by another unit's correction.

    The report itself did not change: a cross-check brought the question, which ended when the other
    unit sent a new version.

    Returns:
        How many notices are new.
    """
    query = (
        select(SubmissionRow.id, OutboxRow.recipient, func.max(OutboxRow.id))
        .join(OutboxRow, OutboxRow.submission_id == SubmissionRow.id)
        .where(is_current(), SubmissionRow.verdict == Verdict.ACCEPTED.value)
        .where(
            _may_have_been_sent(),
            OutboxRow.kind == NoticeKind.CROSS_CHECKED,
            ~_later_all_clear().exists(),
        )
        .group_by(SubmissionRow.id, OutboxRow.recipient)
    )
    return _enqueue(engine, NoticeKind.ALL_CLEAR, query, now)


def _notices_of_waivers() -> Select[tuple[int]]:
    """Query the notices of the submission to the recipient that say its finding was waived."""
    notice = aliased(OutboxRow)
    return select(notice.id).where(
        notice.submission_id == SubmissionRow.id,
        notice.recipient == OutboxRow.recipient,
        notice.kind == NoticeKind.WAIVED,
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
            notice.kind != NoticeKind.MORNING,
        )
        .where(notice.state != OutboxState.OBSOLETE, ~_says_accepted(notice))
    )


def _later_all_clear() -> Select[tuple[int]]:
    """Query the notices of all clear that came after the question, to the same recipient."""
    notice = aliased(OutboxRow)
    return select(notice.id).where(
        notice.submission_id == OutboxRow.submission_id,
        notice.recipient == OutboxRow.recipient,
        notice.id > OutboxRow.id,
        notice.kind == NoticeKind.ALL_CLEAR,
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


def is_question() -> ColumnElement[bool]:
    """SQL condition: the notice asks its recipient for something."""
    asks_by_itself = OutboxRow.kind.in_(ASKING_KINDS)
    is_of_check = OutboxRow.kind == NoticeKind.CHECKED
    return or_(asks_by_itself, is_of_check & ~_says_accepted(OutboxRow))


def _says_accepted(notice: type[OutboxRow]) -> ColumnElement[bool]:
    """SQL condition: the notice says that a check accepted the submission without warnings."""
    is_of_check = notice.kind == NoticeKind.CHECKED
    return is_of_check & (notice.verdict == Verdict.ACCEPTED.value)


def _enqueue(
    engine: Engine,
    kind: NoticeKind,
    query: Select[Any],
    now: datetime,
) -> int:
    """Put notices into the outbox: submission, recipient, and the question that is answered.

    Returns:
        How many are new, or pending again.
    """
    with Session(engine) as session, session.begin():
        notices = []
        for submission_id, recipient, answers_id in session.execute(query).tuples().all():
            notices.append(
                NewNotice(
                    kind,
                    recipient,
                    now,
                    submission_id,
                    answers_id=answers_id,
                )
            )
            # The new notice says more than "accepted": one of them is enough.
            _drop_unsent_acceptance(session, submission_id, recipient)
        return enqueue(session, notices)


def _drop_unsent_acceptance(
    session: Session,
    submission_id: int,
    recipient: str,
) -> None:
    """Mark the notice of acceptance as obsolete if it is in no letter yet."""
    session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.submission_id == submission_id,
            OutboxRow.recipient == recipient,
            _says_accepted(OutboxRow),
            OutboxRow.message_id.is_(None),
        )
        .values(state=OutboxState.OBSOLETE)
    )
