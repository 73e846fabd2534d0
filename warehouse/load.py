"""Taking a delivery's checked submissions in: verdicts, findings, facts, history and notices change together or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.orm import Session

from program.submission import Fact, Submission
from warehouse.believed import is_believed
from warehouse.bulk import insert_rows
from warehouse.ledger import PROCESSED, RECEIVED
from warehouse.rejudging import close_earlier, was_mailed
from warehouse.tables import DeliveryRow, FactRow, FindingRow, OutboxRow, SubmissionRow
from warehouse.turns import Same, current_of_later, has_waited, make_room, versions_of

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
    (`known_to`); a bad one never replaces a good one. A delivery that is judged again, or that an earlier night had to leave,
    replaces its own earlier judgement, never what a later delivery said; what its sender was told already is not told twice.
    `numbers`: those that the submissions had in the warehouse that is made anew, by part; none for all others.
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
    row = _row(submission, delivery.judgement, run_id, rule_set_version, now)
    same = versions_of(row.form_code, row.unit_code, row.period, row.stage)
    is_again, is_late = delivery.judgement > 1, has_waited(session, delivery, run_id)
    row.version, moment = _next(session, same, now) if same else (None, now)
    if same and is_late and not is_again:
        row.version = make_room(session, delivery, same) or row.version
    if number is not None:
        row.id = number
    later = current_of_later(session, delivery, same) if same and (is_again or is_late) and submission.verdict.loads else None
    if later is not None:
        row.known_to, row.superseded_by_id = now, later
    elif submission.verdict.loads:
        row.known_from = moment
    session.add(row)
    session.flush()
    if submission.verdict.loads and later is None and row.version is not None and row.version > 1:
        _supersede(session, same, row)
    _insert_findings(session, row.id, submission)
    _insert_facts(session, row.id, submission)
    if recipient is not None and not (is_again and was_mailed(session, row, submission)):
        session.add(_notice(row.id, recipient, submission, now))
    return row


def _row(submission: Submission, judgement: int, run_id: int, rule_set_version: str, now: datetime) -> SubmissionRow:
    return SubmissionRow(
        delivery_id=submission.delivery.id,
        judgement=judgement,
        part=submission.part,
        run_id=run_id,
        form_code=submission.form_code,
        form_version=submission.form_version,
        unit_code=submission.unit_code,
        period=submission.period.code if submission.period else None,
        period_end=submission.period.end if submission.period else None,
        stage=submission.stage.value,
        verdict=submission.verdict.value,
        rule_set_version=rule_set_version,
        loaded_at=now,
        known_from=now if submission.verdict.loads else None,
        known_to=None,
        values_read=len(submission.facts) if submission.values_read is None else submission.values_read,
    )


def _next(session: Session, same: Same, now: datetime) -> tuple[int, datetime]:
    """Return a report's next version, and since when it is believed.

    That is now, but never before an earlier one was believed, whatever the machine's clock says.
    """
    newest = select(func.max(SubmissionRow.version), func.max(SubmissionRow.known_from), func.max(SubmissionRow.known_to))
    version, begun, ended = session.execute(newest.where(*same)).one()
    return (version or 0) + 1, max(now, begun or now, ended or now)


def _supersede(session: Session, same: Same, row: SubmissionRow) -> None:
    session.execute(
        update(SubmissionRow)
        .where(*same, is_believed(), SubmissionRow.id != row.id)
        .values(known_to=row.known_from, superseded_by_id=row.id)
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
