"""Which notices need not be sent any more: what they say was settled before they were sent."""

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from program.records.letter import NoticeKind
from program.submission import Verdict
from warehouse.lifecycle.decisions import decision_stands
from warehouse.lifecycle.stored_findings import findings_of_cross_check
from warehouse.tables import DecisionRow, DeliveryRow, OutboxRow, SubmissionRow

_LOADED = (Verdict.ACCEPTED.value, Verdict.ACCEPTED_WITH_WARNINGS.value)


def is_obsolete(session: Session, row: OutboxRow) -> bool:
    """Tell whether what a notice says was settled before the notice was sent.

    A reminder: the missing report came, or a later reminder is on record. That an explanation was
    received: the office decided about it. A notice about a submission: its file was withdrawn, a
    newer version replaces it, or the notice itself no longer holds. A newer version replaces it if
    it was accepted or has a notice of its own: then nothing is lost. A morning notice: a later one
    reports all that it would. An alarm never.
    """
    if row.kind is NoticeKind.ALARM:
        return False
    if row.explanation_id is not None:
        return _is_answered_otherwise(session, row)
    if row.submission_id is None:
        return _is_reminder_settled(session, row)
    if row.kind is NoticeKind.MORNING:
        return _is_told_later(session, row)
    return _is_settled(session, row, row.submission_id)


def _is_settled(session: Session, row: OutboxRow, submission_id: int) -> bool:
    """Tell whether what a notice says of a submission was settled.

    A newer version replaces it if it was accepted or has a notice of its own: then nothing is lost.
    """
    if _is_untrue(session, row, submission_id):
        return True
    submission = select(SubmissionRow.id).where(SubmissionRow.id == submission_id)
    is_withdrawn = session.scalar(not_withdrawn(submission)) is None
    if is_withdrawn:
        return True
    return session.scalar(_newer(submission_id, row.recipient)) is not None


def _is_answered_otherwise(session: Session, row: OutboxRow) -> bool:
    """Tell whether a notice about an explanation says what no longer holds.

    It says that the explanation waits, and the office decided; or the decision was undone.
    """
    if row.kind is NoticeKind.EXPLANATION_ACCEPTED:
        return _is_undone(session, row)
    decision = select(DecisionRow.id).where(DecisionRow.explanation_id == row.explanation_id)
    return session.scalar(decision.where(decision_stands()).limit(1)) is not None


def _is_undone(session: Session, row: OutboxRow) -> bool:
    """Tell whether the decision that a notice is about was undone."""
    decision = select(DecisionRow.id).where(DecisionRow.id == row.step, decision_stands())
    return session.scalar(decision) is None


def not_withdrawn(query: Select[tuple[int]]) -> Select[tuple[int]]:
    """Narrow a query of submissions to those whose delivery was not withdrawn."""
    is_delivery = DeliveryRow.id == SubmissionRow.delivery_id
    return query.join(DeliveryRow, and_(is_delivery, DeliveryRow.withdrawn_at.is_(None)))


def _is_reminder_settled(session: Session, row: OutboxRow) -> bool:
    report_came = not_withdrawn(select(SubmissionRow.id).where(same_report(SubmissionRow, row)))
    if session.scalar(report_came.limit(1)) is not None:
        return True
    # The later reminder takes the place of this one.
    later_reminder = select(OutboxRow.id).where(
        same_report(OutboxRow, row),
        OutboxRow.recipient == row.recipient,
        OutboxRow.id > row.id,
    )
    return session.scalar(later_reminder.limit(1)) is not None


def _is_told_later(session: Session, row: OutboxRow) -> bool:
    later = select(OutboxRow.id).where(
        OutboxRow.kind == NoticeKind.MORNING,
        OutboxRow.recipient == row.recipient,
        OutboxRow.id > row.id,
    )
    return session.scalar(later.limit(1)) is not None


def _is_untrue(session: Session, row: OutboxRow, submission_id: int) -> bool:
    """Tell whether a notice says what no longer holds.

    The findings of its cross-check were closed; or a decision was undone; or it says that all is
    clear and a new question arose.
    """
    if row.kind is NoticeKind.CROSS_CHECKED:
        # A later cross-check closes what no longer holds, and leaves the notice.
        open_findings = findings_of_cross_check(session, submission_id, row.created_at)
        return not open_findings
    if row.kind is NoticeKind.NOT_ACCEPTED:
        return _is_undone(session, row)
    if row.kind is NoticeKind.ALL_CLEAR:
        # A later cross-check may have raised a new warning.
        verdict = session.get_one(SubmissionRow, submission_id).verdict
        return verdict != Verdict.ACCEPTED.value
    return False


def _newer(number: int, recipient: str) -> Select[tuple[int]]:
    """Query a newer version that replaces a submission, as a recipient sees it."""
    newer = aliased(SubmissionRow)
    # A rejected version without a notice to this recipient replaces nothing: the recipient would
    # hear nothing at all.
    notice = select(OutboxRow.id).where(
        OutboxRow.submission_id == newer.id,
        OutboxRow.recipient == recipient,
        OutboxRow.kind != NoticeKind.MORNING,
    )
    is_accepted = newer.verdict.in_(_LOADED)
    return (
        select(newer.id)
        .join(SubmissionRow, same_report(SubmissionRow, newer))
        .where(SubmissionRow.id == number, newer.version > SubmissionRow.version)
        .where(or_(is_accepted, notice.exists()))
        .limit(1)
    )


def same_report(
    one: type[SubmissionRow] | type[OutboxRow],
    other: type[SubmissionRow] | OutboxRow,
) -> ColumnElement[bool]:
    """SQL condition: two submissions or notices are about the same report.

    That is the same form, unit, period and stage.
    """
    return and_(
        one.form_code == other.form_code,
        one.unit_code == other.unit_code,
        one.period == other.period,
        one.stage == other.stage,
    )
