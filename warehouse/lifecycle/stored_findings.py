"""Read findings from the warehouse."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.finding import Finding, Severity
from warehouse.database.portions import portions
from warehouse.lifecycle.versions import versions_of
from warehouse.tables import FindingRow, SubmissionRow


def findings_of(session: Session, submission_id: int) -> tuple[Finding, ...]:
    """Return the open findings of a submission, in the order in which they were found."""
    return tuple(finding_of(row) for row in _open_rows(session, submission_id))


def findings_of_check(session: Session, submission_id: int) -> tuple[Finding, ...]:
    """Return the findings of a submission's own check, without those of cross-checks."""
    rows = _open_rows(session, submission_id)
    return tuple(finding_of(row) for row in rows if row.cross_check_found_at is None)


def findings_of_cross_check(
    session: Session,
    submission_id: int,
    moment: datetime,
) -> tuple[Finding, ...]:
    """Return the open findings that the cross-check at `moment` brought."""
    rows = _open_rows(session, submission_id)
    return tuple(finding_of(row) for row in rows if row.cross_check_found_at == moment)


def findings_by_submission(
    session: Session, submission_ids: Sequence[int]
) -> dict[int, tuple[Finding, ...]]:
    """Return the open findings of submissions by their number, as `findings_of` does for one."""
    found: dict[int, list[Finding]] = {number: [] for number in submission_ids}
    for portion in portions(submission_ids):
        for row in _open_rows(session, *portion):
            found[row.submission_id].append(finding_of(row))
    return {number: tuple(findings) for number, findings in found.items()}


def _open_rows(session: Session, *submission_ids: int) -> Iterator[FindingRow]:
    query = select(FindingRow).where(
        FindingRow.submission_id.in_(submission_ids), FindingRow.closed_at.is_(None)
    )
    # The positions are those of the check, then those of each cross-check.
    yield from session.scalars(query.order_by(FindingRow.position))


def newest_of(
    session: Session,
    form: str,
    unit: str,
    period: str,
    stage: Stage,
) -> SubmissionRow | None:
    """Return the newest submission of a report, whatever its verdict; None if none came."""
    is_of_report = versions_of(form, unit, period, stage.value)
    query = select(SubmissionRow).where(*is_of_report).order_by(SubmissionRow.version.desc())
    return session.scalar(query.limit(1))


def last_findings(
    engine: Engine,
    form: str,
    unit: str,
    period: str,
    stage: Stage,
) -> list[Finding] | None:
    """Return the open findings of the newest submission of a report; None if none came."""
    with Session(engine) as session:
        newest = newest_of(session, form, unit, period, stage)
        if newest is None:
            return None
        return list(findings_of(session, newest.id))


def finding_of(row: FindingRow) -> Finding:
    """Return the finding that a row holds."""
    return Finding(
        rule=row.rule,
        severity=Severity(row.severity),
        message=row.message,
        fix=row.fix,
        expected=row.expected,
        sheet=row.sheet,
        cell=row.cell,
        value=row.value,
        waived_by=row.waived_by,
    )
