"""The page of an indicator: trend with target, map, and the table of units that make the sum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from program.calendar.period import Period, PeriodKind
from program.calendar.stage import Stage
from program.pack.boundaries import Boundaries
from program.pack.catalogue import Indicator, IndicatorKind
from program.records.query_rows import ProgressRow
from program.records.report_state import is_past_due
from program.units.register import Unit, UnitKind
from program.vietnamese import format_number
from publish.site.charts.trend import Observation, Trend, trend
from publish.site.charts.unit_map import UnitMap, UnitValue, unit_map
from publish.site.pages import SitePages, indicator_path, unit_path
from publish.site.site_data import SiteData
from publish.site.tables.grids import IndicatorTable, PageColumn, ReportingGrid, indicator_tables
from publish.site.tables.target_summary import TargetLine

_TEMPLATE = "site/indicator.html.j2"
_MOST_NAMES = 12
"""Missing units that are named; of more, their number is said."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The units of which an indicator's report of a period is due, and that have no figure."""

    period: str
    stage: Stage
    units: tuple[Unit, ...]
    more: int


@dataclass(frozen=True, slots=True)
class MapView:
    """A map of the units of one level in one period."""

    period: str
    stage: Stage
    level: str
    drawn: UnitMap


@dataclass(frozen=True, slots=True)
class IndicatorPage:
    """What the page of an indicator shows.

    `sources` gives the submission of each unit's own figure, by unit code, period and stage.
    """

    table: IndicatorTable
    line: TargetLine | None
    chart: Trend | None
    maps: tuple[MapView, ...]
    gaps: tuple[Gaps, ...]
    sources: Mapping[tuple[str, str], int]


def write_indicator_pages(
    pages: SitePages,
    data: SiteData,
    boundaries: Boundaries | None,
    common: Mapping[str, object],
) -> list[IndicatorPage]:
    """Write a page for each indicator of the pack; return what they show, in the pack's order."""
    lines = {line.indicator.code: line for line in data.targets}
    shown = []
    for table in indicator_tables(data.figures, data.sums, data.stages, data.pack):
        page = _page_of(table, lines.get(table.indicator.code), data, boundaries)
        shown.append(page)
        pages.write(
            indicator_path(table.indicator.code),
            _TEMPLATE,
            page,
            lambda page=page: {**common, "page": page},  # type: ignore[misc]
        )
    return shown


def _page_of(
    table: IndicatorTable,
    line: TargetLine | None,
    data: SiteData,
    boundaries: Boundaries | None,
) -> IndicatorPage:
    indicator = table.indicator
    rows = data.figures_by_indicator.get(indicator.code, [])
    sources = {}
    for row in rows:
        number = data.source_of_figure(indicator, row)
        if number is not None:
            sources[row.unit_code, row.period] = number
    maps = tuple(_map_of(grid, indicator, boundaries) for grid in table.grids)
    return IndicatorPage(
        table=table,
        line=line,
        chart=_chart_of(indicator, line, data),
        maps=tuple(view for view in maps if view is not None),
        gaps=_gaps_of(indicator, data),
        sources=sources,
    )


def _chart_of(indicator: Indicator, line: TargetLine | None, data: SiteData) -> Trend | None:
    """Return the province's figures over time, in the printed unit, beside the target."""
    rows = [row for row in data.provincial if row.indicator_code == indicator.code]
    if not rows or not _is_drawable(indicator):
        return None
    observations = []
    for row in _most_frequent(rows):
        value = row.measured if row.measured is not None else row.actual
        if value is not None:
            period = Period.parse(row.period)
            is_estimate = row.stage is Stage.ESTIMATE
            printed = indicator.printed(value)
            observations.append(Observation(period.end, period.short_label, printed, is_estimate))
    target = line.row.target if line and line.row else None
    return trend(observations, None if target is None else indicator.printed(target))


def _most_frequent(rows: Sequence[ProgressRow]) -> list[ProgressRow]:
    """Return the figures of the kind of period that has most of them, in the order of time.

    One kind only: a year and its last quarter would be two points of one day.
    """
    by_kind: dict[PeriodKind, dict[str, ProgressRow]] = {}
    for row in rows:
        of_kind = by_kind.setdefault(Period.parse(row.period).kind, {})
        # The unit's own report comes before a sum of the units below it.
        if row.period not in of_kind or row.basis == "reported":
            of_kind[row.period] = row
    longest = max(by_kind.values(), key=len)
    in_order = sorted(longest, key=lambda code: Period.parse(code).end_order)
    return [longest[code] for code in in_order]


def _is_drawable(indicator: Indicator) -> bool:
    # Yes and no have no height and no order.
    return indicator.kind is not IndicatorKind.YES_NO


def _map_of(
    grid: ReportingGrid[ProgressRow],
    indicator: Indicator,
    boundaries: Boundaries | None,
) -> MapView | None:
    """Return the map of a level in the latest period in which most of its units have a figure."""
    column = _fullest_late(grid)
    if column is None or not _is_drawable(indicator):
        return None
    position = grid.columns.index(column)
    values = []
    for unit, cells in grid.lines:
        # The province itself is no map, and a unit of another time is not on this one.
        if unit.kind is UnitKind.PROVINCE or not unit.is_valid_on(Period.parse(column.period).end):
            continue
        cell = cells[position]
        value = None
        text = "chưa có"
        if cell is not None and cell.actual is not None:
            value = indicator.printed(cell.actual)
            text = format_number(value, decimals=1)
        values.append(UnitValue(unit, value, text, unit_path(unit.code)))
    drawn = unit_map(values, boundaries)
    return None if drawn is None else MapView(column.period, column.stage, grid.level, drawn)


def _fullest_late(grid: ReportingGrid[ProgressRow]) -> PageColumn | None:
    best: tuple[int, PageColumn] | None = None
    for position, column in enumerate(grid.columns):
        filled = 0
        for _, cells in grid.lines:
            cell = cells[position]
            if cell is not None and cell.actual is not None:
                filled += 1
        # Of columns that are equally full the latest counts, and columns come in order of time.
        if filled and (best is None or filled >= best[0]):
            best = (filled, column)
    return best[1] if best else None


def _gaps_of(indicator: Indicator, data: SiteData) -> tuple[Gaps, ...]:
    """Return for each period that is due which units have not sent an accepted report."""
    missing: dict[tuple[str, Stage], list[Unit]] = {}
    for row in data.reports_by_form.get(indicator.form or "", []):
        is_given = row.verdict is not None and row.verdict.loads
        if not is_past_due(row, data.day) or is_given:
            continue
        unit = data.pack.unit_on(row.unit_code, row.period)
        if unit is not None:
            missing.setdefault((row.period, row.stage), []).append(unit)
    gaps = []
    for period, stage in sorted(missing, key=lambda key: (Period.parse(key[0]).end_order, key[1])):
        units = missing[period, stage]
        named = tuple(units[:_MOST_NAMES])
        gaps.append(Gaps(period, stage, named, len(units) - len(named)))
    return tuple(reversed(gaps))


def rank_of(unit_code: str, rows: Sequence[ProgressRow], *, is_up: bool) -> tuple[int, int] | None:
    """Return a unit's place among `rows`, which are of one period, and how many there are.

    Equal figures have the same place. None if the unit has no figure.
    """
    figures = {row.unit_code: row.actual for row in rows if row.actual is not None}
    own = figures.get(unit_code)
    if own is None:
        return None
    better = [value for value in figures.values() if (value > own if is_up else value < own)]
    return len(better) + 1, len(figures)
