"""Taking a checked submission in: verdict, findings, facts, history and notice change together or not at all."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.orm import Session

from program.submission import Submission
from warehouse.ledger import PROCESSED, RECEIVED
from warehouse.tables import DeliveryRow, FactRow, FindingRow, OutboxRow, SubmissionRow

PENDING = "pending"
COMPARED = "compared"
"""How the kind of a notice begins that is owed for a comparison; the night's number follows."""


def load_submission(
    engine: Engine, submission: Submission, *, run_id: int, rule_set_version: str, recipient: str | None, now: datetime
) -> int | None:
    """Record `submission` in one transaction and return how many facts were loaded; None where it was recorded before.

    An accepted version closes the facts of the one before it of its stage (`known_to`); a bad one never replaces a good one.
    `recipient` gets one notice, None none.
    """
    with Session(engine) as session, session.begin():
        delivery = session.get(DeliveryRow, submission.delivery.id, with_for_update=True)
        if delivery is None or delivery.state != RECEIVED:
            return None
        row = _row(session, submission, run_id, rule_set_version, now)
        session.add(row)
        session.flush()
        if submission.verdict.loads:
            _supersede(session, row, now)
        _insert_findings(session, row.id, submission)
        _insert_facts(session, row.id, submission)
        if recipient is not None:
            session.add(_notice(row.id, recipient, submission, now))
        delivery.state = PROCESSED
        return len(submission.facts)


def _row(session: Session, submission: Submission, run_id: int, rule_set_version: str, now: datetime) -> SubmissionRow:
    period = submission.period.code if submission.period else None
    return SubmissionRow(
        delivery_id=submission.delivery.id,
        run_id=run_id,
        form_code=submission.form_code,
        form_version=submission.form_version,
        unit_code=submission.unit_code,
        period=period,
        period_end=submission.period.end if submission.period else None,
        stage=submission.stage.value,
        version=_next_version(session, submission, period),
        verdict=submission.verdict.value,
        rule_set_version=rule_set_version,
        loaded_at=now,
        known_from=now if submission.verdict.loads else None,
        known_to=None,
    )


def _next_version(session: Session, submission: Submission, period: str | None) -> int | None:
    """Return the next version of a report, None where it is not known which report it is."""
    if submission.form_code is None or submission.unit_code is None or period is None:
        return None
    same = (
        SubmissionRow.form_code == submission.form_code,
        SubmissionRow.unit_code == submission.unit_code,
        SubmissionRow.period == period,
        SubmissionRow.stage == submission.stage.value,
    )
    return (session.scalar(select(func.max(SubmissionRow.version)).where(*same)) or 0) + 1


def _supersede(session: Session, row: SubmissionRow, now: datetime) -> None:
    session.execute(
        update(SubmissionRow)
        .where(
            SubmissionRow.form_code == row.form_code,
            SubmissionRow.unit_code == row.unit_code,
            SubmissionRow.period == row.period,
            SubmissionRow.stage == row.stage,
            SubmissionRow.id != row.id,
            SubmissionRow.known_from.is_not(None),
            SubmissionRow.known_to.is_(None),
        )
        .values(known_to=now, superseded_by_id=row.id)
        .execution_options(synchronize_session=False)
    )


def _insert_findings(session: Session, submission_id: int, submission: Submission) -> None:
    rows = [
        {"submission_id": submission_id, "position": position, **asdict(finding), "severity": finding.severity.value}
        for position, finding in enumerate(submission.findings)
    ]
    if rows:
        session.execute(insert(FindingRow), rows)


def _insert_facts(session: Session, submission_id: int, submission: Submission) -> None:
    rows = [{"submission_id": submission_id, **asdict(fact)} for fact in submission.facts]
    if rows:
        session.execute(insert(FactRow), rows)


def _notice(submission_id: int, recipient: str, submission: Submission, now: datetime) -> OutboxRow:
    return OutboxRow(
        submission_id=submission_id,
        recipient=recipient,
        kind=submission.verdict.value,
        state=PENDING,
        created_at=now,
        attempts=0,
    )
