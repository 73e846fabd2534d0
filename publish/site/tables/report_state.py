"""What became of a report, as a leader reads it: five states, in the order of the work left."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from program.records.query_rows import ReportingRow
from program.submission import Verdict


class ReportState(StrEnum):
    """What became of one report of a unit."""

    NOT_DUE = "not_due"
    """Nothing came, and the deadline has not passed."""
    MISSING = "missing"
    """Nothing came, and the deadline has passed."""
    TO_FIX = "to_fix"
    """It came, and no version of it was accepted."""
    WARNED = "warned"
    """It was accepted, and its sender is asked to look at some figures."""
    ACCEPTED = "accepted"


def state_of(row: ReportingRow) -> ReportState:
    """Return the state of a report that is due or was sent."""
    # Only a report that came has a verdict.
    if row.verdict is None:
        return ReportState.MISSING if row.is_due else ReportState.NOT_DUE
    if not row.verdict.loads:
        return ReportState.TO_FIX
    if row.verdict is Verdict.ACCEPTED_WITH_WARNINGS:
        return ReportState.WARNED
    return ReportState.ACCEPTED


def state_counts(rows: Iterable[ReportingRow]) -> Mapping[ReportState, int]:
    """Return how many of the reports that are asked for are in each state, zeros included."""
    counted = Counter(state_of(row) for row in rows if row.due_date is not None)
    return {state: counted[state] for state in ReportState}
