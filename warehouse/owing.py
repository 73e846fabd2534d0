"""What is owed besides the verdict: all clear, overruled, still to be mended, not yet received. Each function is a transaction.

All of it follows from what is on record, and saying it twice changes nothing: a night that died before it is made up for by
the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, Select, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from program.letter import ReportName
from program.stage import Stage
from program.submission import Verdict
from warehouse.load import COMPARED, PENDING
from warehouse.outbox import SENT
from warehouse.overtaken import OVERTAKEN, same_report, stands
from warehouse.tables import FindingRow, ObligationRow, OutboxRow, SubmissionRow

FIXED, OVERRULED, OPEN = "fixed", "overruled", "open"


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


def owe_overruled(engine: Engine, now: datetime) -> int:
    """Owe word to whoever was asked about a finding that a person has overruled since; return how many notices are new."""
    overruled = select(FindingRow.id).where(FindingRow.submission_id == SubmissionRow.id, FindingRow.overruled != "")
    asked = aliased(SubmissionRow)
    told = (
        select(SubmissionRow.id, OutboxRow.recipient)
        .join(asked, and_(asked.delivery_id == SubmissionRow.delivery_id, asked.judgement < SubmissionRow.judgement))
        .join(OutboxRow, OutboxRow.submission_id == asked.id)
        .where(asked.part == SubmissionRow.part, _was_told(), _asks(), overruled.exists(), _unsaid(OVERRULED))
    )
    return _owe(engine, told, OVERRULED, now)


def owe_all_clear(engine: Engine, now: datetime) -> int:
    """Owe word to whoever was asked about a report of which a later version is good; return how many notices are new.

    Whoever is owed word that it was accepted, hears the one instead of the other.
    """
    asked, about = aliased(SubmissionRow), aliased(SubmissionRow)
    told, later = OutboxRow, aliased(OutboxRow)
    said_since = (
        select(later.id)
        .join(about, about.id == later.submission_id)
        .where(same_report(about, SubmissionRow), about.version > asked.version, later.recipient == told.recipient)
        .where(later.state != OVERTAKEN, later.kind != Verdict.ACCEPTED.value)
    )
    clear = (
        select(SubmissionRow.id, told.recipient)
        .join(asked, same_report(asked, SubmissionRow))
        .join(told, told.submission_id == asked.id)
        .where(SubmissionRow.verdict == Verdict.ACCEPTED.value, SubmissionRow.known_from.is_not(None))
        .where(SubmissionRow.known_to.is_(None), SubmissionRow.version > asked.version)
        .where(_was_told(), _asks(), ~said_since.exists())
    )
    return _owe(engine, clear, FIXED, now)


def open_issues(engine: Engine) -> list[OpenIssue]:
    """Return what senders were asked to mend, and did not yet."""
    newer = aliased(SubmissionRow)
    answered = select(newer.id).where(same_report(newer, SubmissionRow), newer.version > SubmissionRow.version)
    query = (
        select(SubmissionRow.id, OutboxRow.recipient, OutboxRow.sent_at)
        .join(OutboxRow, OutboxRow.submission_id == SubmissionRow.id)
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


def _was_told() -> ColumnElement[bool]:
    """A letter about it was sent, or may have left and will come again."""
    may_have_left = or_(OutboxRow.attempts > 0, OutboxRow.claimed_by.is_not(None))
    return or_(OutboxRow.state == SENT, and_(OutboxRow.state == PENDING, OutboxRow.message_id.is_not(None), may_have_left))


def _asks() -> ColumnElement[bool]:
    verdicts = [verdict.value for verdict in Verdict if verdict is not Verdict.ACCEPTED]
    return or_(OutboxRow.kind.in_(verdicts), OutboxRow.kind.like(f"{COMPARED}-%"), OutboxRow.kind.like(f"{OPEN}-%"))


def _unsaid(kind: str) -> ColumnElement[bool]:
    said = aliased(OutboxRow)
    same = select(said.id).where(said.submission_id == SubmissionRow.id, said.recipient == OutboxRow.recipient, said.kind == kind)
    return ~same.exists()


def _owe(engine: Engine, query: Select[int, str], kind: str, now: datetime) -> int:
    with Session(engine) as session, session.begin():
        owed = list(session.execute(query.distinct()))
        for number, recipient in owed:
            accepted = and_(OutboxRow.submission_id == number, OutboxRow.kind == Verdict.ACCEPTED.value)
            waiting = (accepted, OutboxRow.recipient == recipient, OutboxRow.message_id.is_(None))
            session.execute(update(OutboxRow).where(*waiting).values(state=OVERTAKEN))
            session.add(
                OutboxRow(submission_id=number, recipient=recipient, kind=kind, state=PENDING, created_at=now, attempts=0)
            )
        return len(owed)


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
