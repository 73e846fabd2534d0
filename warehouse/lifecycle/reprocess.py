"""Check a delivery again: which ones, how they are requeued, what becomes of the earlier check."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from program.finding import Finding, Severity
from program.pack.waiver import WaiverEntry, WaiverMatch
from program.records.audit import AuditAction, Signature
from program.records.letter import NoticeKind
from program.submission import Submission, Verdict
from program.vietnamese import vietnam_day
from warehouse.audit import record_act
from warehouse.lifecycle.current import is_rejected_by_cross_check
from warehouse.lifecycle.stored_findings import findings_of_check, newest_of
from warehouse.lifecycle.versions import ReportKey, Turn, VersionHistory, report_key
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, OutboxRow, SubmissionRow

_MAY_WAIT = (DeliveryState.PROCESSED, DeliveryState.RECEIVED)
_MAY_BE_REQUESTED = (*_MAY_WAIT, DeliveryState.ZIP_EXTRACTED, DeliveryState.MAIL_EXTRACTED)


def requeue(
    engine: Engine,
    numbers: Sequence[int],
    signature: Signature | None = None,
) -> tuple[list[int], dict[int, DeliveryState | None]]:
    """Requeue processed deliveries for the next run: all of `numbers`, or none.

    Of a zip or mail that was extracted, its files are requeued. One transaction, idempotent: a
    delivery that waits already is unchanged. The audit trail gets each of `numbers` where a person
    signs.

    Returns:
        The deliveries that wait now; and those of `numbers` that cannot be requeued, with their
        state, or None if there is no such delivery.
    """
    with Session(engine) as session, session.begin():
        refused = _not_requestable(session, numbers)
        if refused:
            return [], refused
        is_chosen = DeliveryRow.id.in_(numbers)
        is_member = DeliveryRow.archive_delivery_id.in_(numbers)
        query = (
            select(DeliveryRow.id)
            .where(is_chosen | is_member, DeliveryRow.state.in_(_MAY_WAIT))
            .order_by(DeliveryRow.id)
        )
        requeued = list(session.scalars(query))
        _requeue(session, requeued)
        for number in numbers:
            record_act(session, AuditAction.REREAD, f"delivery {number}", signature)
        return requeued, {}


def _not_requestable(session: Session, numbers: Sequence[int]) -> dict[int, DeliveryState | None]:
    """Return those of the deliveries that cannot be requeued, with their state; None: unknown."""
    refused: dict[int, DeliveryState | None] = {}
    for number in numbers:
        delivery = session.get(DeliveryRow, number)
        state = delivery.state if delivery else None
        if state not in _MAY_BE_REQUESTED:
            refused[number] = state
    return refused


def _requeue(session: Session, numbers: Collection[int]) -> None:
    """Have the next run check these deliveries once more. Those that wait are unchanged."""
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(numbers), DeliveryRow.state == DeliveryState.PROCESSED)
        .values(state=DeliveryState.RECEIVED, attempt=DeliveryRow.attempt + 1)
        .execution_options(synchronize_session=False)
    )


def newly_waived(engine: Engine, corrections: Iterable[WaiverEntry]) -> list[int]:
    """Return the deliveries to check again because of waivers that came after their last check.

    The newest submission of the report has an open finding that a waiver of `corrections` matches.
    """
    with Session(engine) as session:
        found = {_newly_waived(session, correction) for correction in corrections}
    return sorted(number for number in found if number is not None)


def _newly_waived(session: Session, correction: WaiverEntry) -> int | None:
    """Return the delivery that a waiver is for, None if it has no open finding to waive."""
    newest = newest_of(session, *correction.report)
    if newest is None:
        return None
    delivery = session.get_one(DeliveryRow, newest.delivery_id)
    if delivery.state != DeliveryState.PROCESSED:
        return None
    if not correction.is_for(vietnam_day(delivery.received_at)):
        return None
    for finding in findings_of_check(session, newest.id):
        # A waived finding is a note (`info`): the waiver is in force already.
        is_open = finding.severity is not Severity.INFO
        if is_open and correction.match(finding) is WaiverMatch.EXACT:
            return delivery.id
    return None


def waived_deliveries(session: Session, waivers: Iterable[WaiverEntry]) -> set[int]:
    """Return the deliveries of which the newest check waived a finding by one of `waivers`."""
    found: set[int] = set()
    for waiver in waivers:
        newest = newest_of(session, *waiver.report)
        if newest is None:
            continue
        waived = [each for each in findings_of_check(session, newest.id) if each.waived_by]
        if any(waiver.match(finding) is WaiverMatch.EXACT for finding in waived):
            found.add(newest.delivery_id)
    return found


def requeue_waived(session: Session, waivers: Iterable[WaiverEntry]) -> list[int]:
    """Requeue what `waived_deliveries` returns, in the caller's transaction; return it.

    For waivers that are in force no longer.
    """
    processed = select(DeliveryRow.id).where(
        DeliveryRow.id.in_(waived_deliveries(session, waivers)),
        DeliveryRow.state == DeliveryState.PROCESSED,
    )
    requeued = sorted(session.scalars(processed))
    _requeue(session, requeued)
    return requeued


def reject(session: Session, row: SubmissionRow, now: datetime) -> None:
    """Reject a current submission. What it had replaced is requeued, and becomes current again.

    In the caller's transaction.
    """
    row.verdict = Verdict.QUARANTINED.value
    close_version(session, row, now)


def close_version(session: Session, row: SubmissionRow, now: datetime) -> set[int]:
    """Close a submission and requeue the deliveries of what it had replaced; return these.

    In the caller's transaction.
    """
    # The clock may have been set back: a submission does not end before it began.
    row.known_to = max(now, row.known_from or now)
    return requeue_replaced(session, row.id, row.delivery_id)


def requeue_replaced(session: Session, submission: int, delivery: int) -> set[int]:
    """Requeue the deliveries of what a submission had replaced; return these.

    In the caller's transaction.
    """
    replaced = _replaced_by(session, submission, delivery)
    _requeue(session, replaced)
    return replaced


def requeue_cleared(session: Session, cleared: Collection[int]) -> None:
    """Requeue those of the submissions `cleared` that a cross-check had rejected.

    One whose report has a current version from a later delivery is unchanged. In the caller's
    transaction.
    """
    query = (
        select(SubmissionRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(
            is_rejected_by_cross_check(),
            SubmissionRow.id.in_(cleared),
            # Only the last check of a delivery counts.
            DeliveryRow.attempt == SubmissionRow.attempt,
        )
    )
    rejected: list[tuple[ReportKey | None, Turn]] = []
    for row, delivery in session.execute(query):
        report = report_key(row.form_code, row.unit_code, row.period, row.stage)
        turn = Turn(delivery.received_at, delivery.id)
        rejected.append((report, turn))
    reports = {report for report, _ in rejected}
    history = VersionHistory.read(session, reports)
    deliveries: list[int] = []
    for report, turn in rejected:
        newer = history.newer_current(report, turn)
        if newer is None:
            deliveries.append(turn.delivery_id)
    _requeue(session, deliveries)


def _replaced_by(session: Session, submission: int, delivery: int) -> set[int]:
    """Return the deliveries of what a submission replaced.

    If that was an earlier check of the same `delivery`, or was withdrawn since, it cannot come
    back: then the deliveries of what it had replaced itself.
    """
    query = (
        select(SubmissionRow.id, DeliveryRow.id, DeliveryRow.withdrawn_at)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(SubmissionRow.superseded_by_id == submission)
    )
    found: set[int] = set()
    for earlier, number, withdrawn_at in session.execute(query).all():
        if number == delivery or withdrawn_at is not None:
            found |= _replaced_by(session, earlier, delivery)
        else:
            found.add(number)
    return found


def was_mailed(
    session: Session,
    delivery: int,
    attempt: int,
    submission: Submission,
) -> bool:
    """Tell whether an earlier check of this delivery led to a notice with the same content.

    That is the same verdict and the same findings, notes left out. A check before the sender heard
    that its findings were waived does not count: where they are waived no longer, it is news.
    """
    if attempt == 1:
        return False
    with_notice = select(OutboxRow.submission_id)
    waived_at = (
        select(func.max(SubmissionRow.attempt))
        .join(OutboxRow, OutboxRow.submission_id == SubmissionRow.id)
        .where(SubmissionRow.delivery_id == delivery, OutboxRow.kind == NoticeKind.WAIVED)
    )
    query = select(SubmissionRow.id).where(
        SubmissionRow.delivery_id == delivery,
        SubmissionRow.attempt.between((session.scalar(waived_at) or 0) + 1, attempt - 1),
        SubmissionRow.verdict == submission.verdict.value,
        SubmissionRow.id.in_(with_notice),
    )
    questions = _questions(submission.findings)
    for earlier in session.scalars(query).all():
        if _questions(findings_of_check(session, earlier)) == questions:
            return True
    return False


def _questions(
    findings: Iterable[Finding],
) -> set[tuple[str, str | None, str | None, str | None]]:
    """Return what a sender is to look at: rule, sheet, cell and value. Notes are never mailed."""
    return {
        (finding.rule, finding.sheet, finding.cell, finding.value)
        for finding in findings
        if finding.severity is not Severity.INFO
    }
