"""The page of an indicator: trend with target, map, and the table of units that make the sum."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from program.calendar.period import Period, PeriodKind
from program.calendar.stage import Stage
from program.pack.boundaries import Boundaries
from program.pack.catalogue import Direction, Indicator, IndicatorKind
from program.pack.pack import Program
from program.records.query_rows import ProgressRow, StageRow, TerritorySumRow
from program.records.report_state import is_past_due
from program.units.unit import Unit
from program.vietnamese import format_number
from publish.site.charts.trend import Observation, Trend, trend
from publish.site.charts.unit_map import UnitMap, UnitValue, unit_map
from publish.site.pages import SitePages, indicator_path, part_path, unit_path
from publish.site.site_data import SiteData
from publish.site.tables.grids import IndicatorTable, PageColumn, ReportingGrid, indicator_tables
from publish.site.tables.parts import PartLink, parts_of
from publish.site.tables.ranks import Ranks
from publish.site.tables.target_summary import TargetLine

Row = TypeVar("Row", ProgressRow, TerritorySumRow)

_TEMPLATE = "site/indicator.html.j2"
_PART_TEMPLATE = "site/indicator_part.html.j2"
_LINE_BYTES, _CELL_BYTES = 210, 450
"""About how long a line of a table is in HTML, and each figure of it."""
_MOST_DIFFERENCES = 100
"""Estimates far from the final figure that a page lists; of more, their number is said."""
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
class FigureTable(Generic[Row]):
    """The figures of units of one level.

    `sources` gives the submission of each unit's own figure, by unit code and period, and `ranks`
    the place of a unit's latest figure among its peers. A table that is too long for one page has
    no lines and leads to its `parts`.
    """

    grid: ReportingGrid[Row]
    sources: Mapping[tuple[str, str], int]
    ranks: Mapping[tuple[str, str], tuple[int, int]]
    parts: tuple[PartLink, ...]


@dataclass(frozen=True, slots=True)
class IndicatorPart:
    """What the page of a part of an indicator's table shows: some units of one level."""

    indicator: Indicator
    title: str
    table: FigureTable[ProgressRow] | FigureTable[TerritorySumRow]
    is_sum: bool


@dataclass(frozen=True, slots=True)
class IndicatorPage:
    """What the page of an indicator shows.

    `latest_sum` is the latest sum of enough units, for an indicator that has no figure beside a
    target; None without such a sum.
    """

    indicator: Indicator
    figures: tuple[FigureTable[ProgressRow], ...]
    territories: tuple[FigureTable[TerritorySumRow], ...]
    differences: tuple[tuple[Unit, StageRow], ...]
    more_differences: int
    line: TargetLine | None
    latest_sum: TerritorySumRow | None
    chart: Trend | None
    maps: tuple[MapView, ...]
    gaps: tuple[Gaps, ...]


def write_indicator_pages(
    pages: SitePages,
    data: SiteData,
    boundaries: Boundaries | None,
    common: Mapping[str, object],
) -> list[IndicatorPage]:
    """Write a page for each indicator of the pack; return them in the pack's order.

    Their tables are whole: a page whose table is too long has links to parts instead.
    """
    lines = {line.indicator.code: line for line in data.targets}
    ranks = Ranks(data.figure_rows.figures, _group_of(data))
    writer = _Writer(pages, data, boundaries, ranks, common)
    tables = indicator_tables(
        data.figure_rows.figures, data.figure_rows.sums, data.figure_rows.stages, data.pack
    )
    return [writer.write(table, lines.get(table.indicator.code)) for table in tables]


@dataclass(frozen=True, slots=True)
class _Writer:
    pages: SitePages
    data: SiteData
    boundaries: Boundaries | None
    ranks: Ranks
    common: Mapping[str, object]

    def write(self, table: IndicatorTable, line: TargetLine | None) -> IndicatorPage:
        """Write the page of an indicator, and those of the parts of its tables.

        Returns the page with its tables in whole.
        """
        indicator = table.indicator
        is_enough = self.data.pack.program.is_enough
        maps = tuple(_map_of(grid, indicator, self.boundaries, is_enough) for grid in table.grids)
        page = IndicatorPage(
            indicator=indicator,
            figures=tuple(self._figures(indicator, grid) for grid in table.grids),
            territories=tuple(FigureTable(grid, {}, {}, ()) for grid in table.territories),
            differences=table.differences[:_MOST_DIFFERENCES],
            more_differences=max(len(table.differences) - _MOST_DIFFERENCES, 0),
            line=line,
            latest_sum=None if line and line.row else _latest_sum(indicator, self.data),
            chart=_chart_of(indicator, line, self.data),
            maps=tuple(view for view in maps if view is not None),
            gaps=_gaps_of(indicator, self.data),
        )
        figures = tuple(self._in_parts(indicator, each, "") for each in page.figures)
        sums = tuple(self._in_parts(indicator, each, "sum-") for each in page.territories)
        shown = page
        if (figures, sums) != (page.figures, page.territories):
            shown = replace(page, figures=figures, territories=sums)
        path = indicator_path(indicator.code)
        self.pages.write(path, _TEMPLATE, shown, {**self.common, "page": shown}.copy)
        return page

    def _figures(
        self, indicator: Indicator, grid: ReportingGrid[ProgressRow]
    ) -> FigureTable[ProgressRow]:
        sources = {}
        ranks = {}
        is_up = indicator.direction is Direction.UP
        for _, cells in grid.lines:
            rows = [row for row in cells if row is not None and row.actual is not None]
            for row in rows:
                number = self.data.source_of_figure(indicator, row)
                if number is not None:
                    sources[row.unit_code, row.period] = number
            rank = self.ranks.of(rows[-1], is_up=is_up) if rows else None
            if rank is not None:
                ranks[rows[-1].unit_code, rows[-1].period] = rank
        return FigureTable(grid, sources, ranks, ())

    def _in_parts(
        self, indicator: Indicator, table: FigureTable[Row], prefix: str
    ) -> FigureTable[Row]:
        """Return a table as it is, or with links to its parts, which are written."""
        links = []
        for part in parts_of(table.grid.lines, self.data.pack.units, _weight):
            grid = replace(table.grid, lines=part.lines)
            codes = {unit.code for unit, _ in part.lines}
            own = {key: number for key, number in table.sources.items() if key[0] in codes}
            ranks = {key: rank for key, rank in table.ranks.items() if key[0] in codes}
            of_part = FigureTable(grid, own, ranks, ())
            page = IndicatorPart(indicator, part.title, of_part, bool(prefix))
            path = part_path(indicator_path(indicator.code), f"{prefix}{part.name}")
            self.pages.write(path, _PART_TEMPLATE, page, {**self.common, "page": page}.copy)
            links.append(PartLink(path, part.title, len(part.lines), grid.filled))
        if not links:
            return table
        return FigureTable(replace(table.grid, lines=()), {}, {}, tuple(links))


def _group_of(data: SiteData) -> Callable[[str], Hashable]:
    """Return a function that gives the peers of a unit: of its level, below the same parent."""

    def group_of(code: str) -> Hashable:
        unit = data.units.get(code)
        return None if unit is None else (unit.kind, unit.parent)

    return group_of


def _weight(cells: Sequence[object]) -> int:
    return _LINE_BYTES + _CELL_BYTES * sum(cell is not None for cell in cells)


def _chart_of(indicator: Indicator, line: TargetLine | None, data: SiteData) -> Trend | None:
    """Return the province's figures over time, in the printed unit, beside the target.

    A sum counts where it is of enough units: the line would else show who has reported.
    """
    if not _is_drawable(indicator):
        return None
    observations = []
    for figure in _most_frequent(_comparable(indicator, data)):
        period = figure.period
        printed = indicator.printed(figure.value)
        is_estimate = figure.stage is Stage.ESTIMATE
        observations.append(Observation(period.end, period.short_label, printed, is_estimate))
    target = line.row.target if line and line.row else None
    return trend(observations, None if target is None else indicator.printed(target))


@dataclass(frozen=True, slots=True)
class _ProvincialFigure:
    """A figure of the province: what it reported itself, or a sum with enough reports."""

    period: Period
    stage: Stage
    value: float
    is_own: bool


def _comparable(indicator: Indicator, data: SiteData) -> list[_ProvincialFigure]:
    """Return the province's figures that stand for the whole.

    The province's figures with a target come with what is measured; of an indicator without one
    there are its sums.
    """
    rows = [row for row in data.figure_rows.provincial if row.indicator_code == indicator.code]
    if rows:
        with_target = (_with_target(row, data.pack.program) for row in rows)
        return [figure for figure in with_target if figure is not None]
    of_sums = (_of_sum(row, data.pack.program) for row in _sums_of(indicator, data))
    return [figure for figure in of_sums if figure is not None]


def _sums_of(indicator: Indicator, data: SiteData) -> list[TerritorySumRow]:
    """Return the sums of an indicator for the whole province."""
    key = (indicator.code, data.pack.province.code)
    return [row for row in data.figure_rows.sums if (row.indicator_code, row.unit_code) == key]


def _latest_sum(indicator: Indicator, data: SiteData) -> TerritorySumRow | None:
    """Return the latest sum that stands for the whole province; a final one before an estimate."""
    whole = [
        row for row in _sums_of(indicator, data) if _of_sum(row, data.pack.program) is not None
    ]
    by_time = sorted(
        whole,
        key=lambda row: (Period.parse(row.period).end_order, row.stage is not Stage.ESTIMATE),
    )
    return by_time[-1] if by_time else None


def _with_target(row: ProgressRow, program: Program) -> _ProvincialFigure | None:
    value = row.actual if row.measured is None else row.measured
    is_own = row.basis == "reported"
    # Of all units, not of those that had to report: in some periods few had to.
    is_whole = is_own or program.is_enough(row.reported, row.units)
    if value is None or not is_whole:
        return None
    return _ProvincialFigure(Period.parse(row.period), row.stage, value, is_own)


def _of_sum(row: TerritorySumRow, program: Program) -> _ProvincialFigure | None:
    if row.actual is None or not program.is_enough(row.reported, row.whole):
        return None
    return _ProvincialFigure(Period.parse(row.period), row.stage, row.actual, is_own=False)


def _most_frequent(figures: Sequence[_ProvincialFigure]) -> list[_ProvincialFigure]:
    """Return the figures of the kind of period that has most of them, in the order of time.

    One kind only: a year and its last quarter would be two points of one day.
    """
    by_kind: dict[PeriodKind, dict[Period, _ProvincialFigure]] = {}
    for figure in figures:
        of_kind = by_kind.setdefault(figure.period.kind, {})
        # The unit's own report comes before a sum of the units below it.
        if figure.period not in of_kind or figure.is_own:
            of_kind[figure.period] = figure
    longest: dict[Period, _ProvincialFigure] = max(by_kind.values(), key=len, default={})
    return [longest[period] for period in sorted(longest, key=lambda each: each.end_order)]


def _is_drawable(indicator: Indicator) -> bool:
    # Yes and no have no height and no order.
    return indicator.kind is not IndicatorKind.YES_NO


def _map_of(
    grid: ReportingGrid[ProgressRow],
    indicator: Indicator,
    boundaries: Boundaries | None,
    is_enough: Callable[[int, int], bool],
) -> MapView | None:
    """Return the map of a level in the latest period in which enough of its units have a figure.

    If none has enough, the period counts in which most have one.
    """
    column = latest_full(grid, is_enough)
    if column is None or not _is_drawable(indicator):
        return None
    position = grid.columns.index(column)
    values = []
    for unit, cells in grid.lines:
        # The whole is no map of its parts, and a unit of another time is not on this one.
        if unit.parent is None or not unit.is_valid_on(Period.parse(column.period).end):
            continue
        cell = cells[position]
        value = None
        text = "chưa có"
        if cell is not None and cell.actual is not None:
            # The value as it is printed: else two limits of classes would be one number.
            value = round(indicator.printed(cell.actual), indicator.decimals)
            text = format_number(value, decimals=indicator.decimals)
        values.append(UnitValue(unit, value, text, unit_path(unit.code)))
    drawn = unit_map(values, boundaries)
    return None if drawn is None else MapView(column.period, column.stage, grid.level, drawn)


def latest_full(
    grid: ReportingGrid[ProgressRow], is_enough: Callable[[int, int], bool]
) -> PageColumn | None:
    """Return the latest column in which enough units that existed then have a figure.

    If none has enough, the column with the most figures; None if there is no figure.
    """
    best: tuple[tuple[bool, int], PageColumn] | None = None
    for position, column in enumerate(grid.columns):
        end = Period.parse(column.period).end
        filled = 0
        units = 0
        for unit, cells in grid.lines:
            cell = cells[position]
            units += unit.is_valid_on(end)
            if cell is not None and cell.actual is not None:
                filled += 1
        # With enough units, a later column is better than a fuller one, also where units ended
        # since. Columns come in order of time.
        is_full = is_enough(filled, units)
        rank = is_full, 0 if is_full else filled
        if filled and (best is None or rank >= best[0]):
            best = (rank, column)
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
