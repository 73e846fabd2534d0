"""Reading findings back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from program.finding import Finding, Severity
from warehouse.tables import FindingRow


def findings_of(session: Session, submission_id: int) -> tuple[Finding, ...]:
    """Return a submission's findings in the order in which they were found."""
    rows = session.scalars(select(FindingRow).where(FindingRow.submission_id == submission_id).order_by(FindingRow.position))
    return tuple(
        Finding(
            rule=row.rule,
            severity=Severity(row.severity),
            message=row.message,
            fix=row.fix,
            expected=row.expected,
            sheet=row.sheet,
            cell=row.cell,
            value=row.value,
        )
        for row in rows
    )
