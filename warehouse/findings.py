"""Reading findings back."""

from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from program.finding import Finding, Severity
from program.stage import Stage
from warehouse.tables import FindingRow, SubmissionRow


def findings_of(session: Session, submission_id: int, compared_at: datetime | None = None) -> tuple[Finding, ...]:
    """Return the findings that stand at a submission, in the order in which they were found.

    With `compared_at` only those that the comparison of that moment brought.
    """
    rows = session.scalars(
        select(FindingRow)
        .where(FindingRow.submission_id == submission_id, FindingRow.closed_at.is_(None))
        .order_by(FindingRow.position)
    )
    return tuple(finding_of(row) for row in rows if compared_at is None or row.compared_at == compared_at)


def last_findings(engine: Engine, form: str, unit: str, period: str, stage: Stage) -> list[Finding] | None:
    """Return the findings that stand at a report's newest submission, whatever its verdict; None where none came."""
    report = (
        SubmissionRow.form_code == form,
        SubmissionRow.unit_code == unit,
        SubmissionRow.period == period,
        SubmissionRow.stage == stage.value,
    )
    with Session(engine) as session:
        newest = session.scalar(select(SubmissionRow.id).where(*report).order_by(SubmissionRow.version.desc()).limit(1))
        return None if newest is None else list(findings_of(session, newest))


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
