"""What "believed now" means, for whoever asks in SQL; the marts ask `believed.sql`."""

from sqlalchemy import ColumnElement, select

from program.finding import Severity
from program.submission import Verdict
from warehouse.tables import FindingRow, SubmissionRow


def is_believed() -> ColumnElement[bool]:
    """Return the condition that a submission is believed now."""
    return SubmissionRow.known_from.is_not(None) & SubmissionRow.known_to.is_(None)


def was_taken_out() -> ColumnElement[bool]:
    """Return the condition that a submission is believed no longer because a comparison found it critically wrong."""
    by_comparison = select(FindingRow.submission_id).where(
        FindingRow.compared_at.is_not(None), FindingRow.closed_at.is_(None), FindingRow.severity == Severity.CRITICAL.value
    )
    return (SubmissionRow.verdict == Verdict.QUARANTINED.value) & SubmissionRow.id.in_(by_comparison)


def is_heard() -> ColumnElement[bool]:
    """Return the condition that a submission is held against others: it is believed, or a comparison took it out."""
    return is_believed() | was_taken_out()
