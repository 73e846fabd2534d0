"""Submissions: what a delivery reports for one unit, form and period, and the verdict on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.delivery import Delivery
from program.finding import Finding, Severity
from program.forms.qualifier import Qualifier


class Verdict(StrEnum):
    """The result of a check. Quarantine is a status: no file is moved."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_WARNINGS = "accepted_with_warnings"
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"

    @property
    def loads(self) -> bool:
        """Tell whether the submission's facts are loaded into the warehouse."""
        return self in (Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS)

    @property
    def label(self) -> str:
        """The verdict as a Vietnamese office writes it."""
        return _LABELS[self]


_LABELS = {
    Verdict.ACCEPTED: "đạt",
    Verdict.ACCEPTED_WITH_WARNINGS: "đạt, có lưu ý",
    Verdict.QUARANTINED: "cần sửa",
    Verdict.UNREADABLE: "không đọc được",
}


class Fact(NamedTuple):
    """One value of one data element for one unit and period.

    `line` is 0 for an element of a matrix and for a summary. For a line of a list it is the row
    number on the sheet. Exactly one of `value` and `text` is given; a `value` of money is in whole
    đồng. `qualifier` is the word before the figure: "trên 1.200" is 1200 or more. `cell` is a range
    ("H9:H20") where lines of a list were counted or summed.
    """

    element: str
    line: int
    value: float | None
    text: str | None
    sheet: str
    cell: str
    qualifier: Qualifier | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A checked submission: what it is about, verdict, findings and, where it loads, facts.

    `form_code`, `unit_code` and `period` are None where the workbook does not show them. A delivery
    may hold several submissions: `report_no` counts them from 1.
    """

    delivery: Delivery
    verdict: Verdict
    findings: tuple[Finding, ...]
    form_code: str | None = None
    form_version: str | None = None
    unit_code: str | None = None
    period: Period | None = None
    stage: Stage = Stage.FINAL
    facts: tuple[Fact, ...] = ()
    report_no: int = 1
    values_read: int | None = None
    """How many values the reader found, loaded or not; None if they were not counted."""


def verdict_of(
    findings: Iterable[Finding],
    *,
    is_read: bool = True,
    lines_out: int = 0,
) -> Verdict:
    """Return the verdict that findings lead to.

    `is_read` is False where nothing of the file could be read. `lines_out` is the number of lines
    that were left out of a report that is loaded in part.
    """
    if not is_read:
        return Verdict.UNREADABLE
    severities = {finding.severity for finding in findings}
    if Severity.CRITICAL in severities:
        return Verdict.QUARANTINED
    # The sender must hear of lines that were left out.
    if Severity.WARNING in severities or lines_out:
        return Verdict.ACCEPTED_WITH_WARNINGS
    return Verdict.ACCEPTED
