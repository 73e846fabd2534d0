"""The first page: what a leader reads on a phone in half a minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from program.pack.catalogue import Indicator
from program.pack.load import Pack
from program.records.query_rows import RunSubmissionRow
from program.records.report_state import ReportState
from program.records.target_status import URGENT, TargetStatus
from program.units.register import Unit, UnitKind
from program.vietnamese import vietnam_day
from publish.site.area_pages import AreaPage
from publish.site.indicator_pages import IndicatorPage
from publish.site.project_pages import ProjectPage
from publish.site.quality_page import QualityPage
from publish.site.reporting_pages import FormReports
from publish.site.site_data import SiteData
from publish.site.tables.money import MoneyPanel, money_panel
from publish.site.tables.plans import PlanGroup, PlanPanel
from publish.site.tables.target_summary import TargetLine, status_counts, target_summary
from publish.site.unit_pages import UnitPage
from warehouse.database.engine import Warehouse
from warehouse.queries.reports import progress_of

_MOST_BEHIND = 8
_MOST_NEEDING = 6
_GOOD = (TargetStatus.ACHIEVED, TargetStatus.ON_TRACK)
"""The statuses of the targets that ask for nothing."""
_TRAINING = "training"
"""The form whose plan and result leaders ask for first."""
_MOST_UNITS = 60
"""Units of a level that the page lists; of more, it leads to the pages of their parents."""


@dataclass(frozen=True, slots=True)
class LateUnit:
    """A unit with reports that are missing or wait to be corrected, and the most days late."""

    unit: Unit
    missing: int
    to_fix: int
    days_late: int


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A target whose status is not what it was a month ago."""

    indicator: Indicator
    before: TargetStatus
    now: TargetStatus


@dataclass(frozen=True, slots=True)
class WaitingReports:
    """The reports that units which still exist must correct: how many, of how many units.

    `longest` is the unit that has waited since the first day, for `days` days; None where nobody
    waits.
    """

    reports: int
    units: int
    longest: Unit | None
    days: int


@dataclass(frozen=True, slots=True)
class UnitsOfLevel:
    """The units of a level, or only their number where they are too many for the page."""

    kind: UnitKind
    count: int
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What the first page shows.

    `good` counts the targets that are reached or on track; `needing` are those that are farthest
    from where they should be. `late` and `waiting.longest` are units that still exist; `of_ended`
    counts what is missing or to be corrected of units that do not. `training` is its plan and
    result. `changes` is None if nothing is known of the month before. `areas` are the parents above
    all others, with the number of their units.
    """

    lines: Sequence[TargetLine]
    statuses: Mapping[TargetStatus, int]
    good: int
    unverified: int
    needing: Sequence[TargetLine]
    money: MoneyPanel | None
    training: PlanGroup | None
    states: Mapping[ReportState, int]
    forms: Sequence[FormReports]
    late: Sequence[LateUnit]
    of_ended: int
    waiting: WaitingReports
    last_run: Mapping[str, int]
    changes: Sequence[StatusChange] | None
    levels: Sequence[UnitsOfLevel]
    areas: Sequence[tuple[Unit, int]]
    indicators: Sequence[IndicatorPage]


@dataclass(frozen=True, slots=True)
class ShownPages:
    """What the other pages show that the first page sums up. `areas` are by the parent's code."""

    indicators: Sequence[IndicatorPage]
    projects: Sequence[ProjectPage]
    forms: Sequence[FormReports]
    units: Sequence[UnitPage]
    areas: Mapping[str, AreaPage]
    plans: PlanPanel
    quality: QualityPage


def first_page(
    data: SiteData,
    shown: ShownPages,
    run_rows: Sequence[RunSubmissionRow],
    earlier: Warehouse | None,
) -> FirstPage:
    """Return what the first page shows. `earlier` is the warehouse as it was a month ago."""
    lines = data.targets
    # Nobody can be asked for the reports of a unit that does not exist any more.
    open_units = [page for page in shown.units if page.unit.is_valid_on(data.day)]
    awaited = sum(_awaited(page) for page in shown.units)
    return FirstPage(
        lines=lines,
        statuses=status_counts(lines),
        good=sum(line.status in _GOOD for line in lines),
        unverified=sum(not line.is_verified for line in lines),
        needing=_needing_attention(lines),
        money=money_panel(data),
        training=_training(shown.plans),
        states=data.state_counts(data.reports),
        forms=shown.forms,
        late=_late_units(open_units, data.day),
        of_ended=awaited - sum(_awaited(page) for page in open_units),
        waiting=_waiting(open_units, data.day),
        last_run=_by_verdict(run_rows),
        changes=None if earlier is None else _changes(lines, earlier, data.pack),
        levels=_levels(shown.units),
        areas=_top_areas(shown.areas),
        indicators=shown.indicators,
    )


def _needing_attention(lines: Sequence[TargetLine]) -> tuple[TargetLine, ...]:
    needing = [line for line in lines if line.row and line.status in URGENT]
    needing.sort(key=lambda line: URGENT.index(line.status))
    return tuple(needing[:_MOST_NEEDING])


def _awaited(page: UnitPage) -> int:
    return page.states[ReportState.MISSING] + page.states[ReportState.TO_FIX]


def _late_units(units: Sequence[UnitPage], day: date) -> tuple[LateUnit, ...]:
    late = []
    for page in units:
        missing = page.states[ReportState.MISSING]
        to_fix = page.states[ReportState.TO_FIX]
        if missing or to_fix:
            due = [row.due_date for row in page.reports if row.verdict is None]
            days = [(day - deadline).days for deadline in due if deadline is not None]
            late.append(LateUnit(page.unit, missing, to_fix, max([0, *days])))
    late.sort(key=lambda unit: (-(unit.missing + unit.to_fix), -unit.days_late, unit.unit.code))
    return tuple(late[:_MOST_BEHIND])


def _training(plans: PlanPanel) -> PlanGroup | None:
    """Return the plan and result of training: of what the unit reported itself before a sum."""
    groups = [group for group in plans.groups if group.lines[0].row.form_code == _TRAINING]
    groups.sort(key=lambda group: (group.basis != "reported", -group.reported))
    return groups[0] if groups else None


def _waiting(units: Sequence[UnitPage], day: date) -> WaitingReports:
    count = 0
    waiting: list[tuple[int, Unit]] = []
    for page in units:
        since = [row.received_at for row in page.reports if row.verdict is not None and row.is_open]
        count += page.states[ReportState.TO_FIX]
        days = [(day - vietnam_day(received)).days for received in since if received is not None]
        if page.states[ReportState.TO_FIX]:
            waiting.append((max(days, default=0), page.unit))
    if not waiting:
        return WaitingReports(count, 0, None, 0)
    days_of_longest, longest = max(waiting, key=lambda each: each[0])
    return WaitingReports(count, len(waiting), longest, days_of_longest)


def _levels(units: Sequence[UnitPage]) -> tuple[UnitsOfLevel, ...]:
    levels = []
    for kind in UnitKind:
        of_kind = tuple(page.unit for page in units if page.unit.kind is kind)
        if of_kind:
            shown = of_kind if len(of_kind) <= _MOST_UNITS else ()
            levels.append(UnitsOfLevel(kind, len(of_kind), shown))
    return tuple(levels)


def _top_areas(areas: Mapping[str, AreaPage]) -> tuple[tuple[Unit, int], ...]:
    """Return the parents that are below no other parent, and how many units each has."""
    top = [page for page in areas.values() if page.parent.parent not in areas]
    return tuple((page.parent, len(page.lines)) for page in top)


def _by_verdict(rows: Sequence[RunSubmissionRow]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for row in rows:
        counted[row.verdict.value] = counted.get(row.verdict.value, 0) + 1
    return counted


def _changes(
    lines: Sequence[TargetLine], earlier: Warehouse, pack: Pack
) -> tuple[StatusChange, ...]:
    before = {
        line.indicator.code: line
        for line in target_summary(progress_of(earlier, pack.province.code), pack)
    }
    changes = []
    for line in lines:
        then = before[line.indicator.code].status
        if then != line.status:
            changes.append(StatusChange(line.indicator, then, line.status))
    return tuple(changes)
