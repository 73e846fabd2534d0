"""Submissions: what a delivery says about one reporting unit, form and period; and the verdict on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from program.delivery import Delivery
from program.finding import Finding, Severity
from program.period import Period
from program.qualifier import Qualifier
from program.stage import Stage


class Verdict(StrEnum):
    """What becomes of a submission. Quarantine is a status, never a moved file."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_WARNINGS = "accepted_with_warnings"
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"

    @property
    def loads(self) -> bool:
        """Tell whether the submission's facts enter the warehouse."""
        return self in (Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS)


class Fact(NamedTuple):
    """One value of one data element for one unit and period.

    `line` is 0 for a matrix element and the sheet's row number for a line of a list. Exactly one of `value`
    (in the element's kept unit, money in whole đồng) and `text` is given. `qualifier` is the word before the figure:
    "trên 1.200" is 1200 and more. `cell` is a range ("H9:H20") where a list's lines were counted or summed.
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
    """A checked submission: identity, verdict, findings and, where it loads, facts.

    `form_code`, `unit_code` and `period` are None where the workbook does not let them be known. A delivery may be several
    submissions: `part` counts them from 1.
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
    part: int = 1
    values_read: int | None = None
    """How many values it held, loaded or not; None where nobody counted."""


def verdict_of(findings: Iterable[Finding], *, lines_out: int = 0) -> Verdict:
    """Return the verdict that `findings` lead to. A broken FILE rule means that nothing could be read.

    `lines_out`: so many lines of a form that loads in part are kept out, which its sender must hear of.
    """
    known = list(findings)
    severities = {f.severity for f in known}
    if any(f.rule.startswith("FILE-") and f.severity is Severity.CRITICAL for f in known):
        return Verdict.UNREADABLE
    if Severity.CRITICAL in severities:
        return Verdict.QUARANTINED
    if Severity.WARNING in severities or lines_out:
        return Verdict.ACCEPTED_WITH_WARNINGS
    return Verdict.ACCEPTED
