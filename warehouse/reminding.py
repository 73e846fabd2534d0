"""Whom to remind, and of what: files that were not mended, reports that have not come. Each function is a transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, aliased

from program.letter import ReportName
from program.stage import Stage
from program.submission import Verdict
from warehouse.ledger import WITHDRAWN
from warehouse.load import PENDING
from warehouse.outbox import SENT
from warehouse.overtaken import same_report, stands
from warehouse.owing import OPEN
from warehouse.tables import DeliveryRow, ObligationRow, OutboxRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class Missing:
    """A report that is owed and of which nothing came, not even a bad file."""

    report: ReportName
    due_date: date


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """A file whose sender was asked to mend it, and of whose report nothing newer came."""

    submission_id: int
    recipient: str
    told_at: datetime


def open_issues(engine: Engine) -> list[OpenIssue]:
    """Return what senders were asked to mend, and neither did yet nor withdrew."""
    newer = aliased(SubmissionRow)
    answered = select(newer.id).where(same_report(newer, SubmissionRow), newer.version > SubmissionRow.version)
    query = (
        select(SubmissionRow.id, OutboxRow.recipient, OutboxRow.sent_at)
        .join(OutboxRow, OutboxRow.submission_id == SubmissionRow.id)
        .join(DeliveryRow, (DeliveryRow.id == SubmissionRow.delivery_id) & (DeliveryRow.state != WITHDRAWN))
        .where(OutboxRow.kind == Verdict.QUARANTINED.value, OutboxRow.state == SENT, SubmissionRow.period.is_not(None))
        .where(SubmissionRow.verdict == Verdict.QUARANTINED.value, SubmissionRow.version.is_not(None), ~answered.exists())
        .order_by(SubmissionRow.id)
    )
    with Session(engine) as session:
        return [OpenIssue(number, recipient, told) for number, recipient, told in session.execute(query) if told is not None]


def owe_open(engine: Engine, issues: Iterable[tuple[OpenIssue, int]], now: datetime) -> int:
    """Owe a reminder of each issue at its step, once a step; return how many are new."""
    rows = [
        OutboxRow(
            submission_id=issue.submission_id,
            recipient=issue.recipient,
            kind=f"{OPEN}-{step}",
            state=PENDING,
            created_at=now,
            attempts=0,
        )
        for issue, step in issues
    ]
    return _add_unsaid(engine, rows)


def missing_reports(engine: Engine, first: date, last: date) -> list[Missing]:
    """Return the reports due from `first` to `last` of which nothing came; what was withdrawn counts as never sent."""
    came = stands(select(SubmissionRow.id)).where(
        SubmissionRow.form_code == ObligationRow.form_code,
        SubmissionRow.unit_code == ObligationRow.unit_code,
        SubmissionRow.period == ObligationRow.period,
        SubmissionRow.stage == ObligationRow.stage,
    )
    query = (
        select(ObligationRow)
        .where(ObligationRow.known_to.is_(None), ObligationRow.due_date.between(first, last), ~came.exists())
        .order_by(ObligationRow.due_date, ObligationRow.unit_code, ObligationRow.form_code, ObligationRow.period)
    )
    with Session(engine) as session:
        return [
            Missing(ReportName(row.form_code, row.unit_code, row.period, Stage(row.stage)), row.due_date)
            for row in session.scalars(query)
        ]


def owe_reminders(engine: Engine, reminders: Iterable[tuple[Missing, str, str]], now: datetime) -> int:
    """Owe each reminder, a missing report with its recipient and step ("due-3", "late-7"), once; return how many are new."""
    rows = [
        OutboxRow(
            form_code=missing.report.form_code,
            unit_code=missing.report.unit_code,
            period=missing.report.period,
            stage=missing.report.stage.value,
            due_date=missing.due_date,
            recipient=recipient,
            kind=kind,
            state=PENDING,
            created_at=now,
            attempts=0,
        )
        for missing, recipient, kind in reminders
    ]
    return _add_unsaid(engine, rows)


def _add_unsaid(engine: Engine, rows: Iterable[OutboxRow]) -> int:
    """Add the rows of which there is none like them yet."""
    added = 0
    with Session(engine) as session, session.begin():
        for row in rows:
            keys = ("submission_id", "form_code", "unit_code", "period", "stage", "recipient", "kind")
            same = (getattr(OutboxRow, key).is_not_distinct_from(getattr(row, key)) for key in keys)
            if session.scalar(select(OutboxRow.id).where(*same)) is None:
                session.add(row)
                added += 1
    return added
