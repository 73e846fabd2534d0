"""The first page: what a leader reads on a phone in half a minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from program.pack.catalogue import Indicator
from program.pack.pack import Pack
from program.records.came_reports import CameReport, came_reports, verdict_counts
from program.records.query_rows import RunSubmissionRow
from program.records.report_state import ReportState
from program.records.reporting_rates import Rates, rates_of
from program.records.target_status import URGENT, TargetStatus
from program.submission import Verdict
from program.units.unit import Unit, UnitKind
from program.vietnamese import vietnam_day
from publish.reports.awaited import AwaitedReport, AwaitedUnit, OpenReports, open_reports
from publish.site.area_pages import AreaPage
from publish.site.indicator_pages import IndicatorPage
from publish.site.project_pages import ProjectPage
from publish.site.quality_page import QualityPage
from publish.site.reporting_pages import FormReports
from publish.site.site_data import SiteData
from publish.site.tables.money import MoneyPanel, money_panel
from publish.site.tables.plans import PlanPanel
from publish.site.tables.target_summary import TargetLine, status_counts, target_summary
from publish.site.tables.training import TrainingAnswer, training_answer
from publish.site.unit_pages import UnitPage
from warehouse.database.engine import Warehouse
from warehouse.queries.reports import progress_of

_MOST_BEHIND = 8
_MOST_NEEDING = 5
_GOOD = (TargetStatus.ACHIEVED, TargetStatus.ON_TRACK)
"""The statuses of the targets that ask for nothing."""
_MOST_UNITS = 60
"""Units of a level that the page lists; of more, it leads to the pages of their parents."""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A target whose status is not what it was a month ago."""

    indicator: Indicator
    before: TargetStatus
    now: TargetStatus


@dataclass(frozen=True, slots=True)
class WaitingReports:
    """The reports that units which still exist must correct: how many, of how many units.

    `longest` is the unit that has waited since the first day, for `days` working days; None where
    nobody waits.
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
    from where they should be. `late` are the units that most is awaited from. `came` are the
    reports of the last publication, which came `times` times. `changes` is None if nothing is known
    of the month before. `areas` are the parents above all others, with the number of their units.
    """

    lines: Sequence[TargetLine]
    statuses: Mapping[TargetStatus, int]
    good: int
    unverified: int
    needing: Sequence[TargetLine]
    money: MoneyPanel | None
    training: TrainingAnswer
    rates: Rates
    forms: Sequence[FormReports]
    awaited: OpenReports
    late: Sequence[AwaitedUnit]
    waiting: WaitingReports
    came: Sequence[CameReport]
    times: int
    last_run: Mapping[Verdict, int]
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
    awaited = open_reports(data.reports, data.pack, data.day)
    came = came_reports(run_rows)
    return FirstPage(
        lines=lines,
        statuses=status_counts(lines),
        good=sum(line.status in _GOOD for line in lines),
        unverified=sum(not line.is_verified for line in lines),
        needing=_needing_attention(lines),
        money=money_panel(data),
        training=training_answer(data.figure_rows.training, shown.plans, data.pack, data.day),
        rates=rates_of(data.reports, data.day),
        forms=shown.forms,
        awaited=awaited,
        late=awaited.units[:_MOST_BEHIND],
        waiting=_waiting(awaited.units, data),
        came=came,
        times=sum(report.times for report in came),
        last_run=verdict_counts(came),
        changes=None if earlier is None else _changes(lines, earlier, data.pack),
        levels=_levels(shown.units),
        areas=_top_areas(shown.areas),
        indicators=shown.indicators,
    )


def _needing_attention(lines: Sequence[TargetLine]) -> tuple[TargetLine, ...]:
    needing = [line for line in lines if line.row and line.status in URGENT]
    needing.sort(key=lambda line: URGENT.index(line.status))
    return tuple(needing[:_MOST_NEEDING])


def _waiting(units: Sequence[AwaitedUnit], data: SiteData) -> WaitingReports:
    count = 0
    waiting: list[tuple[int, Unit]] = []
    for unit in units:
        to_fix = [report for report in unit.reports if report.state is ReportState.TO_FIX]
        if to_fix:
            count += len(to_fix)
            waiting.append((max(_days_since(report, data) for report in to_fix), unit.unit))
    if not waiting:
        return WaitingReports(count, 0, None, 0)
    days_of_longest, longest = max(waiting, key=lambda each: each[0])
    return WaitingReports(count, len(waiting), longest, days_of_longest)


def _days_since(report: AwaitedReport, data: SiteData) -> int:
    received = report.row.received_at
    if received is None:
        return 0
    return data.pack.calendar.working_days.between(vietnam_day(received), data.day)


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
