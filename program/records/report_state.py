"""What became of a report that is due, in the five states that an office knows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from program.records.query_rows import PartReports, ReportingRow
from program.submission import Verdict


class ReportState(StrEnum):
    """The state of a report on a day."""

    NOT_YET_DUE = "not_yet_due"
    """Nothing came, and its due date is still to come, or nobody asked for it."""
    MISSING = "missing"
    """Nothing came, and its due date has passed."""
    TO_FIX = "to_fix"
    """It came, and no version of it is accepted."""
    ACCEPTED = "accepted"
    WITH_WARNINGS = "with_warnings"

    @property
    def label(self) -> str:
        """The state as a Vietnamese office writes it."""
        return _LABELS[self]

    @property
    def is_accepted(self) -> bool:
        """Tell whether the figures of the report count."""
        return self in (ReportState.ACCEPTED, ReportState.WITH_WARNINGS)

    @property
    def is_waited_for(self) -> bool:
        """Tell whether the office waits for the unit to send something."""
        return self in (ReportState.MISSING, ReportState.TO_FIX)


_LABELS = {
    ReportState.NOT_YET_DUE: "chưa đến hạn",
    ReportState.MISSING: "chưa gửi",
    ReportState.TO_FIX: "đã gửi – chờ sửa",
    ReportState.ACCEPTED: "đạt",
    ReportState.WITH_WARNINGS: "đạt, có lưu ý",
}


def state_of(row: ReportingRow, day: date) -> ReportState:
    """Return the state of a report on a day; on its due date it is not late yet."""
    if row.verdict is Verdict.ACCEPTED:
        return ReportState.ACCEPTED
    if row.verdict is Verdict.ACCEPTED_WITH_WARNINGS:
        return ReportState.WITH_WARNINGS
    if row.verdict is not None:
        return ReportState.TO_FIX
    return ReportState.MISSING if is_past_due(row, day) else ReportState.NOT_YET_DUE


def is_past_due(row: ReportingRow, day: date) -> bool:
    """Tell whether a report's due date is before `day`: `is_due` of `mart_reporting` on any day."""
    return row.due_date is not None and row.due_date < day


def state_counts(rows: Iterable[ReportingRow], day: date) -> Mapping[ReportState, int]:
    """Return how many reports are in each state, zeros included.

    Those that are asked for, and those that must be corrected: their senders have a mail about it.
    """
    counted: Counter[ReportState] = Counter()
    for row in rows:
        if row.parts is not None:
            counted += _states_of_parts(row.parts)
        else:
            state = state_of(row, day)
            if row.due_date is not None or state is ReportState.TO_FIX:
                counted[state] += 1
    return {state: counted[state] for state in ReportState}


def _states_of_parts(parts: PartReports) -> Counter[ReportState]:
    return Counter(
        {
            ReportState.NOT_YET_DUE: parts.not_due,
            ReportState.MISSING: parts.missing,
            ReportState.TO_FIX: parts.to_fix,
            ReportState.ACCEPTED: parts.accepted - parts.with_warnings,
            ReportState.WITH_WARNINGS: parts.with_warnings,
        }
    )
