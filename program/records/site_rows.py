"""The rows that the warehouse's queries return for the pages of the site."""

from dataclasses import dataclass
from datetime import datetime

from program.calendar.stage import Stage
from program.finding import Finding
from program.forms.qualifier import Qualifier
from program.submission import Verdict


@dataclass(frozen=True, slots=True)
class DisbursementRow:
    """Money of a unit, cumulative since January, in đồng (`mart_disbursement.sql`).

    `project_code` and `source` are `total` in the line of the unit's own total. `rate` is the
    disbursed share of the plan in per cent, over the reports that give both. In a sum over the
    units below, `reported` of `expected` units have reported.
    """

    unit_code: str
    basis: str
    period: str
    stage: Stage
    project_code: str
    source: str
    plan_vnd: float | None
    disbursed_vnd: float | None
    rate: float | None
    reported: int
    expected: int
    plan_vnd_year_before: float | None
    disbursed_vnd_year_before: float | None
    rate_year_before: float | None
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class SubmissionLine:
    """A submission without its figures. Times are UTC.

    Unit, form, period and version are None if unknown. `is_current`: its figures count today.
    `findings` counts the findings, `closed_findings` those of them that no longer hold: both only
    grow, so that equal counts are equal findings. `open_findings` are those that still hold,
    without notes.
    """

    submission_id: int
    form_code: str | None
    unit_code: str | None
    period: str | None
    stage: Stage
    version: int | None
    verdict: Verdict
    rule_set_version: str
    is_current: bool
    loaded_at: datetime
    superseded_by_id: int | None
    name: str
    sender_unit: str | None
    channel: str
    received_at: datetime
    sha256: str
    is_withdrawn: bool
    is_synthetic: bool
    findings: int
    closed_findings: int
    open_findings: int


@dataclass(frozen=True, slots=True)
class SubmissionFact:
    """One value of a submission and the cell it was read from. Money is in đồng.

    `line` is 0 for a figure of the report as a whole, else the row of a list.
    """

    element: str
    line: int
    value: float | None
    text: str | None
    qualifier: Qualifier | None
    sheet: str
    cell: str


@dataclass(frozen=True, slots=True)
class SubmissionContent:
    """The figures of a submission, and its open findings in the words that its sender read."""

    facts: tuple[SubmissionFact, ...]
    findings: tuple[Finding, ...]
