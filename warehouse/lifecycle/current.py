"""SQL conditions: which submissions count now. Marts use the view `current_submissions`."""

from sqlalchemy import ColumnElement, select

from program.finding import Severity
from program.submission import Verdict
from warehouse.tables import FindingRow, SubmissionRow


def is_current() -> ColumnElement[bool]:
    """SQL condition: the submission is current (`known_from` is set, `known_to` is null)."""
    return SubmissionRow.known_from.is_not(None) & SubmissionRow.known_to.is_(None)


def is_rejected_by_cross_check() -> ColumnElement[bool]:
    """SQL condition: a cross-check rejected the submission, and its critical finding is open."""
    critical_by_cross_check = select(FindingRow.submission_id).where(
        FindingRow.cross_check_found_at.is_not(None),
        FindingRow.closed_at.is_(None),
        FindingRow.severity == Severity.CRITICAL.value,
    )
    # A submission that its own check quarantined has no finding of a cross-check: those are made
    # between current submissions only.
    is_quarantined = SubmissionRow.verdict == Verdict.QUARANTINED.value
    return is_quarantined & SubmissionRow.id.in_(critical_by_cross_check)


def takes_part_in_cross_checks() -> ColumnElement[bool]:
    """SQL condition: the submission takes part in cross-checks.

    It is current, or an earlier cross-check rejected it.
    """
    return is_current() | is_rejected_by_cross_check()
