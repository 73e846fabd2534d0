"""Tables of units and periods: who has reported, and the figures of an indicator.

Pure functions from the warehouse's rows; words and HTML are in `templates/site`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from program.calendar.period import Period, PeriodKind
from program.calendar.stage import Stage
from program.pack.catalogue import Indicator
from program.pack.pack import Pack
from program.records.query_rows import (
    ProgressRow,
    ReportingRow,
    StageRow,
    TerritorySumRow,
)
from program.units.unit import Unit, UnitKind

T = TypeVar("T")

_COLUMNS = 8
"""How many periods a table shows, the latest ones. A phone scrolls the table, not the page."""

_LARGE_DIFFERENCE_PCT = 5.0
"""From here on, a reader should look at an estimate that differs from the final figure.

This is our own choice: no rule names a limit.
"""

_PERIOD_WORDS = {
    PeriodKind.YEAR: "theo năm",
    PeriodKind.HALF: "theo 6 tháng",
    PeriodKind.QUARTER: "theo quý",
    PeriodKind.MONTH: "theo tháng",
}
_KIND_WORDS = {
    UnitKind.NATION: "cả nước",
    UnitKind.PROVINCE: "cấp tỉnh",
    UnitKind.DISTRICT: "cấp huyện",
    UnitKind.COMMUNE: "cấp xã",
}


class PageColumn(NamedTuple):
    """A column of a grid: a period and, where a year has two, the stage."""

    period: str
    stage: Stage


class _Key(NamedTuple):
    """Which cell of a grid a row fills."""

    unit_code: str
    column: PageColumn


@dataclass(frozen=True, slots=True)
class ReportingGrid(Generic[T]):
    """A line per unit of one level and a column per period. An empty cell is None."""

    level: str
    columns: tuple[PageColumn, ...]
    lines: tuple[tuple[Unit, tuple[T | None, ...]], ...]

    @property
    def filled(self) -> int:
        """How many units have something in the last column."""
        return sum(cells[-1] is not None for _, cells in self.lines)


@dataclass(frozen=True, slots=True)
class ReportingTable:
    """Who has reported one form. A cell is None if no report is due."""

    title: str
    grid: ReportingGrid[ReportingRow]


@dataclass(frozen=True, slots=True)
class IndicatorTable:
    """The figures of one indicator, a grid per level of units.

    `territories` are sums of communes' reports over the area of each former district.
    `differences` are the estimates that differ much from the final figure.
    """

    indicator: Indicator
    grids: tuple[ReportingGrid[ProgressRow], ...]
    territories: tuple[ReportingGrid[TerritorySumRow], ...]
    differences: tuple[tuple[Unit, StageRow], ...]


def reporting_tables(rows: Sequence[ReportingRow], pack: Pack) -> list[ReportingTable]:
    """Return a table per form, kind of period and level of units, in the pack's order of forms.

    Forms that the pack does not have come last, with their code as title.
    """
    rows_by_form: dict[str, list[ReportingRow]] = {form.code: [] for form in pack.forms}
    for row in rows:
        rows_by_form.setdefault(row.form_code, []).append(row)
    tables = []
    for code, rows_of_form in rows_by_form.items():
        title = pack.short_title_of(code) or code
        tables += _tables_of_form(title, rows_of_form, pack)
    return tables


def _tables_of_form(title: str, rows: Iterable[ReportingRow], pack: Pack) -> list[ReportingTable]:
    by_kind: dict[PeriodKind, dict[_Key, ReportingRow]] = {}
    for row in rows:
        kind = Period.parse(row.period).kind
        key = _Key(row.unit_code, PageColumn(row.period, row.stage))
        by_kind.setdefault(kind, {})[key] = row
    tables = []
    for kind in sorted(by_kind):
        for grid in _grids(by_kind[kind], pack):
            full_title = f"{title} – {_PERIOD_WORDS[kind]}, {grid.level}"
            tables.append(ReportingTable(full_title, grid))
    return tables


def indicator_tables(
    rows: Sequence[ProgressRow],
    territories: Sequence[TerritorySumRow],
    stages: Sequence[StageRow],
    pack: Pack,
) -> list[IndicatorTable]:
    """Return a table per indicator in the pack's order. Those without a figure come last, empty."""
    tables = []
    for indicator in pack.indicators:
        code = indicator.code
        # `rows` has one figure a period, final where there is one: a period is one column.
        figures = {
            _Key(row.unit_code, PageColumn(row.period, Stage.FINAL)): row
            for row in rows
            if row.indicator_code == code
        }
        sums = {
            _Key(row.unit_code, PageColumn(row.period, row.stage)): row
            for row in territories
            if row.indicator_code == code
        }
        differences = _large_differences((r for r in stages if r.indicator_code == code), pack)
        table = IndicatorTable(indicator, _grids(figures, pack), _grids(sums, pack), differences)
        tables.append(table)
    return sorted(tables, key=lambda table: not table.grids)


def _large_differences(rows: Iterable[StageRow], pack: Pack) -> tuple[tuple[Unit, StageRow], ...]:
    differences = []
    for row in rows:
        unit = pack.unit_on(row.unit_code, row.period)
        if unit is not None and _is_large(row):
            differences.append((unit, row))
    return tuple(differences)


def _is_large(row: StageRow) -> bool:
    if not row.difference:
        return False
    # There is no percentage where the estimate is 0: then any difference counts.
    return row.percent is None or abs(row.percent) >= _LARGE_DIFFERENCE_PCT


def _grids(rows: Mapping[_Key, T], pack: Pack) -> tuple[ReportingGrid[T], ...]:
    """Return a grid per level of units. Rows of units that the pack does not have are left out."""
    # Districts reported until 30 June 2025 and communes after that: in one table, half of the
    # cells would be empty.
    by_kind: dict[UnitKind, dict[tuple[Unit, PageColumn], T]] = {kind: {} for kind in UnitKind}
    for (unit_code, column), row in rows.items():
        unit = pack.unit_on(unit_code, column.period)
        if unit is not None:
            by_kind[unit.kind][unit, column] = row
    grids = []
    for kind, cells in by_kind.items():
        if cells:
            grids.append(_grid(_KIND_WORDS[kind], cells))
    return tuple(grids)


def _grid(level: str, cells: Mapping[tuple[Unit, PageColumn], T]) -> ReportingGrid[T]:
    # A line is a unit, not a code: 31507 was Phường 6 and is Phường Sóc Trăng. A unit whose rows
    # are all older than the columns keeps its line, which shows that it stopped.
    units = sorted({unit for unit, _ in cells}, key=_unit_order)
    all_columns = sorted({column for _, column in cells}, key=_column_order)
    columns = all_columns[-_COLUMNS:]
    lines = []
    for unit in units:
        cells_of_unit = tuple(cells.get((unit, column)) for column in columns)
        lines.append((unit, cells_of_unit))
    return ReportingGrid(level, tuple(columns), tuple(lines))


def _unit_order(unit: Unit) -> tuple[str, date]:
    return unit.code, unit.valid_from or date.min


def _column_order(column: PageColumn) -> tuple[date, int, bool]:
    """Order columns by the period's end. The final figure comes after the estimate."""
    return *Period.parse(column.period).end_order, column.stage is Stage.FINAL
