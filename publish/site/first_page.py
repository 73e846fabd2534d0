"""The first page: what a leader reads on a phone in half a minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from program.pack.catalogue import Indicator
from program.pack.load import Pack
from program.records.query_rows import RunSubmissionRow
from program.records.report_state import ReportState
from program.records.target_status import URGENT, TargetStatus
from program.units.register import Unit
from publish.site.indicator_pages import IndicatorPage
from publish.site.reporting_pages import FormReports
from publish.site.site_data import SiteData
from publish.site.tables.money import MoneyPanel, money_panel
from publish.site.tables.target_summary import TargetLine, status_counts, target_summary
from publish.site.unit_pages import UnitPage
from warehouse.database.engine import Warehouse
from warehouse.queries.reports import progress_of

_MOST_BEHIND = 8
_MOST_NEEDING = 6


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
class FirstPage:
    """What the first page shows.

    `needing` are the targets that are farthest from where they should be. `changes` is None if
    nothing is known of the month before.
    """

    lines: Sequence[TargetLine]
    statuses: Mapping[TargetStatus, int]
    unverified: int
    needing: Sequence[TargetLine]
    money: MoneyPanel | None
    states: Mapping[ReportState, int]
    forms: Sequence[FormReports]
    late: Sequence[LateUnit]
    last_run: Mapping[str, int]
    changes: Sequence[StatusChange] | None
    units: Sequence[Unit]
    indicators: Sequence[IndicatorPage]


def first_page(
    data: SiteData,
    forms: Sequence[FormReports],
    units: Sequence[UnitPage],
    indicators: Sequence[IndicatorPage],
    run_rows: Sequence[RunSubmissionRow],
    earlier: Warehouse | None,
) -> FirstPage:
    """Return what the first page shows. `earlier` is the warehouse as it was a month ago."""
    lines = data.targets
    return FirstPage(
        lines=lines,
        statuses=status_counts(lines),
        unverified=sum(not line.is_verified for line in lines),
        needing=_needing_attention(lines),
        money=money_panel(data),
        states=data.state_counts(data.reports),
        forms=forms,
        late=_late_units(units),
        last_run=_by_verdict(run_rows),
        changes=None if earlier is None else _changes(lines, earlier, data.pack),
        units=tuple(page.unit for page in units),
        indicators=indicators,
    )


def _needing_attention(lines: Sequence[TargetLine]) -> tuple[TargetLine, ...]:
    needing = [line for line in lines if line.row and line.status in URGENT]
    needing.sort(key=lambda line: URGENT.index(line.status))
    return tuple(needing[:_MOST_NEEDING])


def _late_units(units: Sequence[UnitPage]) -> tuple[LateUnit, ...]:
    late = []
    for page in units:
        missing = page.states[ReportState.MISSING]
        to_fix = page.states[ReportState.TO_FIX]
        if missing or to_fix:
            days = [row.days_late or 0 for row in page.reports if row.verdict is None]
            late.append(LateUnit(page.unit, missing, to_fix, max(days, default=0)))
    late.sort(key=lambda unit: (-(unit.missing + unit.to_fix), -unit.days_late, unit.unit.code))
    return tuple(late[:_MOST_BEHIND])


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
