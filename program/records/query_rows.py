"""The rows that the warehouse's queries return, for commands, the page and the mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from program.calendar.stage import Stage
from program.finding import Finding, Severity
from program.forms.qualifier import Qualifier
from program.pack.catalogue import Tag
from program.records.target_status import TargetStatus
from program.submission import Verdict


@dataclass(frozen=True, slots=True)
class PartReports:
    """The reports of a province's units: how many are due, and not yet; what became of those due.

    `accepted` includes those `with_warnings`.
    """

    due: int
    not_due: int
    received: int
    accepted: int
    with_warnings: int
    timely: int
    to_fix: int
    missing: int


@dataclass(frozen=True, slots=True)
class ReportingRow:
    """One report that is due or was sent.

    `verdict` is None if nothing came. `is_open`: the latest version must still be corrected.
    `submission_id` is the current submission, else the latest one. `first_at` is when the first
    file came (UTC); `program.pack.lateness` counts the delay from it.

    On the country's pages a row stands for the reports of a province's units, `parts`: its verdict
    is that of the worst of them.
    """

    form_code: str
    unit_code: str
    period: str
    stage: Stage
    due_date: date | None
    verdict: Verdict | None
    version: int | None
    versions: int
    is_open: bool
    received_at: datetime | None
    delivery_name: str | None
    is_synthetic: bool
    submission_id: int | None = None
    first_at: datetime | None = None
    is_timely: bool = False
    parts: PartReports | None = None


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """One indicator's figure for a unit and period, in the indicator's unit (`mart_progress.sql`).

    `basis` says whether the figure is from the unit's own report or is a sum over the units below.
    In a sum, `reported` of `expected` units have reported. `is_headline`: it is the newest figure
    that is final, of a period that has ended, and from enough units. `measured` is what is compared
    with the target: a flow since January, else `actual`. `projection_at` is the end of a year as
    the number of the next. Of the country, whose units are provinces, `parts_reported` of
    `parts_of` of their units are in the figure.
    """

    indicator_code: str
    unit_code: str
    period: str
    stage: Stage
    actual: float | None
    qualifier: Qualifier | None
    target: float | None
    percent: float | None
    status: TargetStatus
    is_synthetic: bool
    is_flagged: bool
    required_pace: float | None = None
    actual_pace: float | None = None
    projection: float | None = None
    projection_at: float | None = None
    comparison: str | None = None
    basis: str = "reported"
    reported: int = 1
    expected: int = 1
    units: int = 1
    is_headline: bool = True
    measured: float | None = None
    over_time: str = "stock"
    is_enough: bool = True
    parts_reported: int | None = None
    parts_of: int | None = None
    doubtful: int = 0
    target_scope: str | None = None
    target_tag: Tag | None = None


@dataclass(frozen=True, slots=True)
class StageRow:
    """A year's estimate and its final figure, in the indicator's unit (`mart_stages.sql`)."""

    indicator_code: str
    unit_code: str
    period: str
    estimate: float
    final: float
    difference: float
    percent: float | None
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class TerritorySumRow:
    """A figure for the land of a former district, or for a province (`mart_rollups.sql`).

    It is the sum over `reported` of its `whole` units, of which `expected` had to report or did.
    The `shared` communes also took land of another district, and are in no sum. `doubtful` reports
    have a figure in it that is in doubt. Of the country, whose units are provinces,
    `parts_reported` of `parts_of` of their units are in the figure.
    """

    indicator_code: str
    unit_code: str
    period: str
    stage: Stage
    actual: float | None
    reported: int
    whole: int
    shared: int
    is_synthetic: bool
    expected: int | None = None
    doubtful: int = 0
    parts_reported: int | None = None
    parts_of: int | None = None


@dataclass(frozen=True, slots=True)
class TracedFact:
    """A fact and where it came from, back to the cell. Times are UTC.

    `known_to` None: the fact is current.
    """

    element: str
    value: float | None
    text: str | None
    qualifier: Qualifier | None
    stage: Stage
    sheet: str
    cell: str
    submission_id: int
    version: int
    verdict: Verdict
    rule_set_version: str
    loaded_at: datetime
    known_from: datetime
    known_to: datetime | None
    delivery_id: int
    sha256: str
    source: str
    channel: str
    name: str
    sender_unit: str | None
    received_at: datetime
    is_synthetic: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RunSubmissionRow:
    """A submission of one run, for a table of that run."""

    delivery_name: str
    received_at: datetime
    sender_unit: str | None
    form_code: str | None
    unit_code: str | None
    period: str | None
    verdict: Verdict
    criticals: int
    warnings: int
    is_synthetic: bool
    submission_id: int = 0
    stage: Stage = Stage.FINAL
    delivery_id: int = 0


@dataclass(frozen=True, slots=True)
class QualityRow:
    """The findings of one rule in one run about one report (`mart_findings.sql`).

    Form, unit and period are None if unknown.
    """

    run_id: int
    form_code: str | None
    unit_code: str | None
    period: str | None
    rule: str
    severity: Severity
    findings: int
    submissions: int


@dataclass(frozen=True, slots=True)
class FirstSubmissionRow:
    """How many versions one report needed to be accepted (`mart_first_submission.sql`).

    `accepted_at` is None if no version was accepted yet.
    """

    form_code: str
    unit_code: str
    period: str
    versions: int
    is_first_pass: bool
    is_accepted: bool
    first_at: datetime | None
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunCount:
    """A publication: its newest run, and how many of its submissions got each verdict.

    `runs` are the numbers of all its runs (`warehouse.queries.published_runs`).
    """

    run_id: int
    as_of: date
    started_at: datetime
    verdicts: Mapping[Verdict, int]
    runs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RuleExample:
    """The words of a rule's last finding that a district got."""

    message: str
    expected: str
    fix: str
