"""Taking a delivery's checked submissions in: verdicts, findings, facts, history and notices change together or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, Engine, func, insert, select, update
from sqlalchemy.orm import Session

from program.submission import Fact, Submission
from warehouse.bulk import insert_rows
from warehouse.ledger import PROCESSED, RECEIVED
from warehouse.rejudging import close_earlier, current_of_later, was_mailed
from warehouse.tables import DeliveryRow, FactRow, FindingRow, OutboxRow, SubmissionRow

PENDING = "pending"
COMPARED = "compared"
"""How the kind of a notice begins that is owed for a comparison; the night's number follows."""
Owed: TypeAlias = tuple[Submission, str | None]
"""A submission, and who gets a notice of it; None: nobody."""
_NONE: Mapping[int, int] = {}


def load_delivery(
    engine: Engine,
    submissions: Sequence[Owed],
    *,
    run_id: int,
    rule_set_version: str,
    now: datetime,
    numbers: Mapping[int, int] = _NONE,
) -> int | None:
    """Record all submissions of one delivery in one transaction and return how many facts were loaded.

    None where the delivery was recorded before. An accepted version closes the facts of the one before it of its stage
    (`known_to`); a bad one never replaces a good one. A delivery that is judged again replaces its own earlier judgement,
    never what a later delivery said, and what its sender was told already is not told twice. `numbers`: those that the
    submissions had in the warehouse that is made anew, by part; none for all others.
    """
    loads_all = all(submission.verdict.loads for submission, _ in submissions)
    with Session(engine) as session, session.begin():
        delivery = session.get(DeliveryRow, submissions[0][0].delivery.id, with_for_update=True)
        if delivery is None or delivery.state != RECEIVED:
            return None
        rows = [_load(session, delivery, each, run_id, rule_set_version, now, numbers.get(each[0].part)) for each in submissions]
        if delivery.judgement > 1 and loads_all:
            close_earlier(session, delivery, rows[0], now)
        delivery.state = PROCESSED
        return sum(len(submission.facts) for submission, _ in submissions)


def _load(  # noqa: PLR0917  (each is a column)
    session: Session, delivery: DeliveryRow, owed: Owed, run_id: int, rule_set_version: str, now: datetime, number: int | None
) -> SubmissionRow:
    submission, recipient = owed
    row = _row(session, submission, delivery.judgement, run_id, rule_set_version, now)
    if number is not None:
        row.id = number
    later = current_of_later(session, delivery, row) if submission.verdict.loads and delivery.judgement > 1 else None
    if later is not None:
        row.known_to, row.superseded_by_id = now, later
    session.add(row)
    session.flush()
    if submission.verdict.loads and later is None:
        row.known_from = _moment(session, row, now)
        _supersede(session, row, row.known_from)
    _insert_findings(session, row.id, submission)
    _insert_facts(session, row.id, submission)
    if recipient is not None and not (delivery.judgement > 1 and was_mailed(session, row, submission)):
        session.add(_notice(row.id, recipient, submission, now))
    return row


def _row(
    session: Session, submission: Submission, judgement: int, run_id: int, rule_set_version: str, now: datetime
) -> SubmissionRow:
    period = submission.period.code if submission.period else None
    return SubmissionRow(
        delivery_id=submission.delivery.id,
        judgement=judgement,
        part=submission.part,
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
        values_read=len(submission.facts) if submission.values_read is None else submission.values_read,
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


def _moment(session: Session, row: SubmissionRow, now: datetime) -> datetime:
    """Return since when a version is believed: now, but never before an earlier one was, whatever the machine's clock says."""
    ends = select(func.max(SubmissionRow.known_from), func.max(SubmissionRow.known_to)).where(*_others(row))
    begun, ended = session.execute(ends).one()
    return max(now, begun or now, ended or now)


def _supersede(session: Session, row: SubmissionRow, moment: datetime) -> None:
    session.execute(
        update(SubmissionRow)
        .where(*_others(row), SubmissionRow.known_from.is_not(None), SubmissionRow.known_to.is_(None))
        .values(known_to=moment, superseded_by_id=row.id)
        .execution_options(synchronize_session=False)
    )


def _others(row: SubmissionRow) -> tuple[ColumnElement[bool], ...]:
    """The other versions of a report."""
    return (
        SubmissionRow.form_code == row.form_code,
        SubmissionRow.unit_code == row.unit_code,
        SubmissionRow.period == row.period,
        SubmissionRow.stage == row.stage,
        SubmissionRow.id != row.id,
    )


def _insert_findings(session: Session, submission_id: int, submission: Submission) -> None:
    rows = [
        {"submission_id": submission_id, "position": position, **asdict(finding), "severity": finding.severity.value}
        for position, finding in enumerate(submission.findings)
    ]
    if rows:
        session.execute(insert(FindingRow), rows)


def _insert_facts(session: Session, submission_id: int, submission: Submission) -> None:
    rows = [(submission_id, *fact) for fact in submission.facts]
    insert_rows(session.connection(), FactRow.__tablename__, ("submission_id", *Fact._fields), rows)


def _notice(submission_id: int, recipient: str, submission: Submission, now: datetime) -> OutboxRow:
    return OutboxRow(
        submission_id=submission_id,
        recipient=recipient,
        kind=submission.verdict.value,
        state=PENDING,
        created_at=now,
        attempts=0,
    )
