"""Reading findings back."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from program.finding import Finding, Severity
from program.stage import Stage
from warehouse.tables import FindingRow, SubmissionRow
from warehouse.turns import versions_of


def findings_of(session: Session, submission_id: int) -> tuple[Finding, ...]:
    """Return the findings that stand at a submission, in the order in which they were found."""
    return tuple(finding_of(row) for row in _standing(session, submission_id))


def findings_of_judging(session: Session, submission_id: int) -> tuple[Finding, ...]:
    """Return the findings of a submission alone, without those that comparing it with others brought."""
    return tuple(finding_of(row) for row in _standing(session, submission_id) if row.compared_at is None)


def findings_of_comparing(session: Session, submission_id: int, moment: datetime) -> tuple[Finding, ...]:
    """Return the findings that still stand of those that the comparison of a moment brought."""
    return tuple(finding_of(row) for row in _standing(session, submission_id) if row.compared_at == moment)


def _standing(session: Session, submission_id: int) -> Iterator[FindingRow]:
    query = select(FindingRow).where(FindingRow.submission_id == submission_id, FindingRow.closed_at.is_(None))
    yield from session.scalars(query.order_by(FindingRow.position))


def newest_of(session: Session, form: str, unit: str, period: str, stage: Stage) -> SubmissionRow | None:
    """Return a report's newest submission, whatever its verdict; None where none came."""
    report = versions_of(form, unit, period, stage.value)
    return session.scalar(select(SubmissionRow).where(*report).order_by(SubmissionRow.version.desc()).limit(1))


def last_findings(engine: Engine, form: str, unit: str, period: str, stage: Stage) -> list[Finding] | None:
    """Return the findings that stand at a report's newest submission, whatever its verdict; None where none came."""
    with Session(engine) as session:
        newest = newest_of(session, form, unit, period, stage)
        return None if newest is None else list(findings_of(session, newest.id))


def finding_of(row: FindingRow) -> Finding:
    """Return a row as the finding that it keeps."""
    return Finding(
        rule=row.rule,
        severity=Severity(row.severity),
        message=row.message,
        fix=row.fix,
        expected=row.expected,
        sheet=row.sheet,
        cell=row.cell,
        value=row.value,
        overruled=row.overruled,
    )
