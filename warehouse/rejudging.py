"""Judging a delivery again: which ones, putting it back, what its new judgement does to the earlier one."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session

from program.correction import Correction, Match
from program.finding import Finding, Severity
from program.submission import Submission, Verdict
from program.vietnamese import vietnam_day
from warehouse.believed import was_taken_out
from warehouse.findings import findings_of_judging, newest_of
from warehouse.ledger import PROCESSED, RECEIVED, UNPACKED, WITHDRAWN
from warehouse.tables import DeliveryRow, OutboxRow, SubmissionRow
from warehouse.turns import Turn, VersionHistory, report_key


def put_back(engine: Engine, numbers: Sequence[int]) -> tuple[list[int], dict[int, str | None]]:
    """Have processed deliveries judged anew by the next night; all or, where one of `numbers` cannot be, none.

    Of a zip that was unpacked, what was in it. Return which deliveries wait now, and the others of `numbers` with their
    state, None where there is no such delivery. Idempotent: one that waits already stays as it is.
    """
    with Session(engine) as session, session.begin():
        asked = {number: session.get(DeliveryRow, number) for number in numbers}
        states = {number: row.state if row else None for number, row in asked.items()}
        refused = {number: state for number, state in states.items() if state not in (PROCESSED, RECEIVED, UNPACKED)}
        if refused:
            return [], refused
        chosen = or_(DeliveryRow.id.in_(numbers), DeliveryRow.packed_in_id.in_(numbers))
        waiting = select(DeliveryRow.id).where(chosen, DeliveryRow.state.in_((PROCESSED, RECEIVED))).order_by(DeliveryRow.id)
        rows = list(session.scalars(waiting))
        _judge_anew(session, rows)
        return rows, {}


def _judge_anew(session: Session, numbers: Collection[int]) -> None:
    """Have the next night judge these deliveries once more; those that wait for it already stay as they are."""
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(numbers), DeliveryRow.state == PROCESSED)
        .values(state=RECEIVED, judgement=DeliveryRow.judgement + 1)
        .execution_options(synchronize_session=False)
    )


def overruled_since(engine: Engine, corrections: Iterable[Correction]) -> list[int]:
    """Return the deliveries of reports whose newest judgement has a finding that a correction takes back, and did not yet."""
    with Session(engine) as session:
        waiting = {_judged_without(session, correction) for correction in corrections}
    return sorted(number for number in waiting if number is not None)


def _judged_without(session: Session, correction: Correction) -> int | None:
    newest = newest_of(session, *correction.report)
    if newest is None:
        return None
    delivery = session.get_one(DeliveryRow, newest.delivery_id)
    if delivery.state != PROCESSED or not correction.is_for(vietnam_day(delivery.received_at)):
        return None
    standing = (f for f in findings_of_judging(session, newest.id) if f.severity is not Severity.INFO)
    return delivery.id if any(correction.match(finding) is Match.EXACT for finding in standing) else None


def take_out(session: Session, row: SubmissionRow, now: datetime) -> None:
    """Believe a submission no longer, since it is bad; what it had replaced is judged again by the next night, and comes back."""
    row.verdict = Verdict.QUARANTINED.value
    believe_no_longer(session, row, now)


def believe_no_longer(session: Session, row: SubmissionRow, now: datetime) -> set[int]:
    """Close a submission; return the deliveries, now put back, of what it had replaced."""
    # Never before it was believed, whatever the machine's clock says.
    row.known_to = max(now, row.known_from or now)
    replaced = _replaced_by(session, row.id, row.delivery_id)
    _judge_anew(session, replaced)
    return replaced


def hear_again(session: Session, cleared: Collection[int]) -> None:
    """Have the next night judge again those of the submissions `cleared` that a comparison had taken out.

    One that a later delivery stands in for stays as it is.
    """
    query = (
        select(SubmissionRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(was_taken_out(), SubmissionRow.id.in_(cleared), DeliveryRow.judgement == SubmissionRow.judgement)
    )
    taken_out = [
        (report_key(row.form_code, row.unit_code, row.period, row.stage), Turn(delivery.received_at, delivery.id))
        for row, delivery in session.execute(query)
    ]
    history = VersionHistory.read(session, {report for report, _ in taken_out})
    _judge_anew(session, [turn.delivery_id for report, turn in taken_out if not history.current_of_later(report, turn)])


def _replaced_by(session: Session, submission: int, delivery: int) -> set[int]:
    """Return the deliveries of what a submission replaced.

    Where that was an earlier judgement of the same delivery, or was withdrawn since, of what it had replaced itself.
    """
    query = (
        select(SubmissionRow.id, DeliveryRow.id, DeliveryRow.state)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(SubmissionRow.superseded_by_id == submission)
    )
    found: set[int] = set()
    for earlier, number, state in session.execute(query).all():
        passes_on = number == delivery or state == WITHDRAWN
        found |= _replaced_by(session, earlier, delivery) if passes_on else {number}
    return found


def was_mailed(session: Session, delivery: int, judgement: int, submission: Submission) -> bool:
    """Tell whether a notice of the same verdict and findings was written for this delivery before a judgement of it."""
    if judgement == 1:
        return False
    told = select(SubmissionRow).where(
        SubmissionRow.delivery_id == delivery,
        SubmissionRow.judgement < judgement,
        SubmissionRow.verdict == submission.verdict.value,
        SubmissionRow.id.in_(select(OutboxRow.submission_id)),
    )
    asked = _asked(submission.findings)
    return any(_asked(findings_of_judging(session, earlier.id)) == asked for earlier in session.scalars(told))


def _asked(findings: Iterable[Finding]) -> set[tuple[str, str | None, str | None, str | None]]:
    """Return what its sender is asked to look at; notes are never mailed."""
    return {(f.rule, f.sheet, f.cell, f.value) for f in findings if f.severity is not Severity.INFO}
