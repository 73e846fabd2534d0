"""What waits for the office: explanations, and replacements that are held. Nothing here writes.

Held mails are in `warehouse.lifecycle.holds`.
"""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, Engine, and_, or_, select
from sqlalchemy.orm import Session, aliased

from program.calendar.stage import Stage
from program.finding import Finding, Severity
from program.records.letter import ReportName
from program.records.office_inbox import Explanation, HeldReplacement, UnansweredFinding
from program.submission import Verdict
from warehouse.lifecycle.current import is_current
from warehouse.lifecycle.decisions import decision_of, decision_stands
from warehouse.lifecycle.stored_findings import finding_of, newest_of
from warehouse.outbox.obsolete import same_report
from warehouse.tables import (
    DecisionRow,
    DeliveryRow,
    ExplainedReportRow,
    ExplanationRow,
    FindingRow,
    SubmissionRow,
)

_Identity = tuple[str, str | None, str | None, str | None]
"""Rule, sheet, cell and value: what makes two findings the same question."""


def explanations(engine: Engine) -> list[Explanation]:
    """Return all explanations with what is still open of each, in order of arrival."""
    with Session(engine) as session:
        return list(_explanations(session))


def open_explanations(engine: Engine) -> list[Explanation]:
    """Return the explanations that wait for the office, in order of arrival."""
    with Session(engine) as session:
        undecided = DecisionRow.id.is_(None)
        found = _explanations(session, undecided, _may_be_open())
        return [each for each in found if each.is_open]


def _may_be_open() -> ColumnElement[bool]:
    """SQL condition: a report of the explanation has not come, or its newest version has findings.

    It passes over the explanations of years that a later version settled, and nobody decided.
    """
    explained, newest, newer = (aliased(SubmissionRow) for _ in range(3))
    is_of_explanation = ExplainedReportRow.explanation_id == ExplanationRow.id
    newer_version = select(newer.id).where(
        same_report(newer, newest), newer.version > newest.version
    )
    finding = select(FindingRow.id).where(
        FindingRow.closed_at.is_(None), FindingRow.severity != Severity.INFO.value
    )
    of_newest = (
        select(newest.id)
        .join(explained, same_report(newest, explained))
        .join(ExplainedReportRow, ExplainedReportRow.submission_id == explained.id)
        .where(
            is_of_explanation,
            ~newer_version.exists(),
            finding.where(FindingRow.submission_id == newest.id).exists(),
        )
    )
    # A file of which nobody knows the report has no other version.
    of_unknown = (
        select(explained.id)
        .join(ExplainedReportRow, ExplainedReportRow.submission_id == explained.id)
        .where(is_of_explanation, explained.version.is_(None))
    )
    missing = select(ExplainedReportRow.position).where(
        is_of_explanation, ExplainedReportRow.submission_id.is_(None)
    )
    return or_(of_newest.exists(), of_unknown.exists(), missing.exists())


def explanation_numbered(engine: Engine, number: int) -> Explanation | None:
    """Return the explanation with a number, None if there is none."""
    with Session(engine) as session:
        return next(_explanations(session, ExplanationRow.id == number), None)


def mail_files(engine: Engine, delivery: int) -> list[str]:
    """Return the names of the files that a mail brought, in their order."""
    query = select(DeliveryRow.name).where(DeliveryRow.archive_delivery_id == delivery)
    with Session(engine) as session:
        return list(session.scalars(query.order_by(DeliveryRow.id)))


def _explanations(session: Session, *conditions: ColumnElement[bool]) -> Iterator[Explanation]:
    query = (
        select(ExplanationRow, DecisionRow)
        .outerjoin(
            DecisionRow,
            and_(DecisionRow.explanation_id == ExplanationRow.id, decision_stands()),
        )
        .where(*conditions)
        .order_by(ExplanationRow.received_at, ExplanationRow.id)
    )
    for row, decision in session.execute(query).tuples().all():
        about = select(ExplainedReportRow).where(ExplainedReportRow.explanation_id == row.id)
        reports = session.scalars(about.order_by(ExplainedReportRow.position)).all()
        numbers: list[int] = []
        findings: list[UnansweredFinding] = []
        missing: list[ReportName] = []
        for report in reports:
            if report.submission_id is None:
                missing += _still_missing(session, report)
                continue
            numbers.append(report.submission_id)
            if decision is None:
                findings += _still_open(session, report.submission_id)
        yield Explanation(
            id=row.id,
            delivery_id=row.delivery_id,
            unit_code=row.unit_code,
            recipient=row.recipient,
            text=row.text,
            received_at=row.received_at,
            submission_ids=tuple(numbers),
            findings=tuple(findings),
            missing=tuple(missing),
            # An outer join gives None for a row that does not exist.
            decision=decision_of(decision) if decision else None,
        )


def _still_missing(session: Session, report: ExplainedReportRow) -> list[ReportName]:
    """Return the report that had not come, if it has not come since."""
    name = ReportName(
        report.form_code or "",
        report.unit_code or "",
        report.period or "",
        Stage(report.stage or Stage.FINAL),
    )
    newest = newest_of(session, name.form_code, name.unit_code, name.period, name.stage)
    return [] if newest else [name]


def _still_open(session: Session, explained: int) -> list[UnansweredFinding]:
    """Return the findings of a submission that its report still has.

    Where a newer version came, these are the findings that it has with the same value: the sender
    explained no others.
    """
    submission = session.get_one(SubmissionRow, explained)
    newest = _newest(session, submission)
    delivery = session.get_one(DeliveryRow, newest.delivery_id)
    if delivery.withdrawn_at is not None:
        return []
    found = open_findings(session, newest)
    if newest.id == submission.id:
        return found
    asked = {_identity(finding_of(row)) for row in _findings(session, explained)}
    return [each for each in found if _identity(each.finding) in asked]


def _newest(session: Session, submission: SubmissionRow) -> SubmissionRow:
    if not (submission.form_code and submission.unit_code and submission.period):
        return submission
    newest = newest_of(
        session,
        submission.form_code,
        submission.unit_code,
        submission.period,
        Stage(submission.stage),
    )
    return newest or submission


def open_findings(session: Session, submission: SubmissionRow) -> list[UnansweredFinding]:
    """Return the findings of a submission that ask something, the critical ones first."""
    report = _name(submission)
    found = []
    for row in _findings(session, submission.id):
        if row.closed_at is None and row.severity != Severity.INFO.value:
            is_of_cross_check = row.cross_check_found_at is not None
            found.append(
                UnansweredFinding(submission.id, report, finding_of(row), is_of_cross_check)
            )
    return sorted(found, key=lambda each: each.finding.severity is not Severity.CRITICAL)


def _findings(session: Session, submission: int) -> Sequence[FindingRow]:
    query = select(FindingRow).where(FindingRow.submission_id == submission)
    return session.scalars(query.order_by(FindingRow.position)).all()


def _identity(finding: Finding) -> _Identity:
    return finding.rule, finding.sheet, finding.cell, finding.value


def _name(submission: SubmissionRow) -> ReportName | None:
    if not (submission.form_code and submission.unit_code and submission.period):
        return None
    return ReportName(
        submission.form_code,
        submission.unit_code,
        submission.period,
        Stage(submission.stage),
    )


def held_replacements(engine: Engine, confirmable: Collection[str]) -> list[HeldReplacement]:
    """Return the versions that wait for a decision of the office, in order of arrival.

    Each is the newest version of its report and is kept out only by rules of `confirmable`, while
    an earlier version counts, and nobody decided about it.
    """
    newer, current = aliased(SubmissionRow), aliased(SubmissionRow)
    newer_version = select(newer.id).where(
        same_report(newer, SubmissionRow), newer.version > SubmissionRow.version
    )
    counts = select(current.id).where(
        same_report(current, SubmissionRow),
        current.known_from.is_not(None),
        current.known_to.is_(None),
    )
    decided = select(DecisionRow.id).where(
        DecisionRow.submission_id == SubmissionRow.id, decision_stands()
    )
    query = (
        select(SubmissionRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(
            SubmissionRow.verdict == Verdict.QUARANTINED.value,
            ~is_current(),
            DeliveryRow.withdrawn_at.is_(None),
            counts.exists(),
            ~newer_version.exists(),
            ~decided.exists(),
        )
        .order_by(DeliveryRow.received_at, SubmissionRow.id)
    )
    held: list[HeldReplacement] = []
    with Session(engine) as session:
        for submission, delivery in session.execute(query).tuples().all():
            replacement = _held(session, submission, delivery, confirmable)
            if replacement is not None:
                held.append(replacement)
    return held


def _held(
    session: Session,
    submission: SubmissionRow,
    delivery: DeliveryRow,
    confirmable: Collection[str],
) -> HeldReplacement | None:
    report = _name(submission)
    found = open_findings(session, submission)
    critical = [each for each in found if each.finding.severity is Severity.CRITICAL]
    is_confirmable = all(each.finding.rule in confirmable for each in critical)
    if report is None or not critical or not is_confirmable:
        return None
    return HeldReplacement(
        submission_id=submission.id,
        delivery_id=delivery.id,
        delivery_name=delivery.name,
        report=report,
        sender_unit=delivery.sender_unit,
        received_at=delivery.received_at,
        findings=tuple(critical),
    )
