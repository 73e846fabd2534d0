"""Reminders: files that were not corrected, and reports that have not come.

Each function is one transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, and_, select
from sqlalchemy.orm import Session, aliased

from program.calendar.stage import Stage
from program.records.letter import MissingReport, NoticeKind, ReportName
from program.submission import Verdict
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.outbox.obsolete import not_withdrawn, same_report
from warehouse.states import OutboxState
from warehouse.tables import DeliveryRow, ObligationRow, OutboxRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """A file whose sender was asked to correct it, and of whose report no newer version came.

    Attributes:
        submission_id: the check of the file that the sender has a notice of.
        asked_at: when the notice was sent.
    """

    submission_id: int
    recipient: str
    asked_at: datetime


def open_issues(engine: Engine) -> list[OpenIssue]:
    """Return the files that senders were asked to correct, and did neither correct nor withdraw.

    A later check of the same file with the same findings has no notice, because the sender has one
    already. It leaves the issue open, and the reminders count from that notice.
    """
    newer = aliased(SubmissionRow)
    newer_version = select(newer.id).where(
        same_report(newer, SubmissionRow),
        newer.version > SubmissionRow.version,
        ~_repeats_without_notice(newer),
    )
    query = (
        select(SubmissionRow.id, OutboxRow.recipient, OutboxRow.sent_at)
        .join(OutboxRow, OutboxRow.submission_id == SubmissionRow.id)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(
            DeliveryRow.withdrawn_at.is_(None),
            OutboxRow.kind == NoticeKind.CHECKED,
            OutboxRow.verdict == Verdict.QUARANTINED.value,
            OutboxRow.state == OutboxState.SENT,
            # A report that is unknown can have no newer version: the reminders would never end.
            SubmissionRow.period.is_not(None),
            SubmissionRow.verdict == Verdict.QUARANTINED.value,
            SubmissionRow.version.is_not(None),
            ~newer_version.exists(),
        )
        .order_by(SubmissionRow.id)
    )
    with Session(engine) as session:
        return [
            OpenIssue(submission_id, recipient, sent_at)
            for submission_id, recipient, sent_at in session.execute(query).tuples()
            if sent_at is not None
        ]


def _repeats_without_notice(newer: type[SubmissionRow]) -> ColumnElement[bool]:
    """SQL condition: `newer` is a later check of the file that refuses it again, without a notice.

    A check with other findings has a notice, and replaces the earlier one.
    """
    notice = aliased(OutboxRow)
    of_newer = select(notice.id).where(
        notice.submission_id == newer.id, notice.kind == NoticeKind.CHECKED
    )
    return and_(
        newer.delivery_id == SubmissionRow.delivery_id,
        newer.verdict == Verdict.QUARANTINED.value,
        ~of_newer.exists(),
    )


def missing_reports(engine: Engine, first: date, last: date) -> list[MissingReport]:
    """Return the reports due from `first` to `last` of which nothing came.

    A file that was withdrawn counts as never sent.
    """
    came = not_withdrawn(select(SubmissionRow.id)).where(
        SubmissionRow.form_code == ObligationRow.form_code,
        SubmissionRow.unit_code == ObligationRow.unit_code,
        SubmissionRow.period == ObligationRow.period,
        SubmissionRow.stage == ObligationRow.stage,
    )
    query = (
        select(ObligationRow)
        .where(
            ObligationRow.known_to.is_(None),
            ObligationRow.due_date.between(first, last),
            ~came.exists(),
        )
        .order_by(
            ObligationRow.due_date,
            ObligationRow.unit_code,
            ObligationRow.form_code,
            ObligationRow.period,
        )
    )
    with Session(engine) as session:
        return [_missing(row) for row in session.scalars(query)]


def _missing(row: ObligationRow) -> MissingReport:
    report = ReportName(row.form_code, row.unit_code, row.period, Stage(row.stage))
    return MissingReport(report, row.due_date)


def enqueue_reminders(engine: Engine, reminders: Iterable[NewNotice]) -> int:
    """Put reminders into the outbox; return how many are new. Idempotent."""
    with Session(engine) as session, session.begin():
        return enqueue(session, reminders)
