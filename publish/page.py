"""What the page shows, put in order: pure functions from the warehouse's answers to what the template prints."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from program.answers import NightRow, ProgressRow, ReportingRow, StageRow, TerritoryRow
from program.catalogue import Indicator
from program.pack import Pack
from program.period import Period, PeriodKind
from program.stage import Stage
from program.units import Unit, UnitKind

T = TypeVar("T")

_COLUMNS = 8
"""Periods shown side by side, the latest ones; a phone scrolls the table, not the page."""

_LARGE_DIFFERENCE = 5.0
"""Per cent between estimate and final figure from which a reader should look. Our own choice: no rule says how much."""

_PERIOD_WORDS = {
    PeriodKind.YEAR: "theo năm",
    PeriodKind.HALF: "theo 6 tháng",
    PeriodKind.QUARTER: "theo quý",
    PeriodKind.MONTH: "theo tháng",
}
_KIND_WORDS = {UnitKind.PROVINCE: "cấp tỉnh", UnitKind.DISTRICT: "cấp huyện", UnitKind.COMMUNE: "cấp xã"}


class Column(NamedTuple):
    """A column of a grid: a period and, where a year has two, the stage."""

    period: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Grid(Generic[T]):
    """A line per unit of one level, a column per period; None where there is nothing."""

    level: str
    columns: tuple[Column, ...]
    lines: tuple[tuple[Unit, tuple[T | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class ReportingTable:
    """Who has reported one form: a cell is None where nothing is owed. `counted` is what `counts` says of it."""

    title: str
    grid: Grid[ReportingRow]
    counted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class IndicatorTable:
    """An indicator's figures, a grid per level of units.

    `territories` sums what communes report up to the old districts; `differences` are estimates far from the final figure.
    """

    indicator: Indicator
    grids: tuple[Grid[ProgressRow], ...]
    territories: tuple[Grid[TerritoryRow], ...]
    differences: tuple[tuple[Unit, StageRow], ...]


def reporting_tables(rows: Sequence[ReportingRow], pack: Pack) -> list[ReportingTable]:
    """Return a table per form, kind of period and level of units, in the pack's order of forms."""
    tables = []
    codes = list(dict.fromkeys([*(f.code for f in pack.forms), *(r.form_code for r in rows)]))
    for code in codes:
        of_form = [r for r in rows if r.form_code == code]
        form = next((f for f in pack.forms if f.code == code), None)
        for kind in sorted({Period.parse(r.period).kind for r in of_form}):
            chosen = {(r.unit_code, Column(r.period, r.stage)): r for r in of_form if Period.parse(r.period).kind is kind}
            for grid in _grids(chosen, pack):
                title = f"{form.short_title if form else code} – {_PERIOD_WORDS[kind]}, {grid.level}"
                counted = counts(row for _, cells in grid.lines for row in cells if row is not None)
                tables.append(ReportingTable(title, grid, counted))
    return tables


def indicator_tables(
    rows: Sequence[ProgressRow], territories: Sequence[TerritoryRow], stages: Sequence[StageRow], pack: Pack
) -> list[IndicatorTable]:
    """Return a table per indicator in the pack's order, those without a figure last and empty."""
    tables = []
    for indicator in pack.indicators:
        own = {(r.unit_code, Column(r.period, Stage.FINAL)): r for r in rows if r.indicator_code == indicator.code}
        old = {(r.unit_code, Column(r.period, r.stage)): r for r in territories if r.indicator_code == indicator.code}
        differences = tuple(_differences((r for r in stages if r.indicator_code == indicator.code), pack))
        tables.append(IndicatorTable(indicator, _grids(own, pack), _grids(old, pack), differences))
    return sorted(tables, key=lambda t: not t.grids)


def counts(rows: Iterable[ReportingRow]) -> dict[str, int]:
    """Return how many reports are owed, and of these accepted, to be fixed, and missing."""
    owed = [r for r in rows if r.due_date is not None]
    by_state = Counter("missing" if r.verdict is None else "accepted" if r.verdict.loads else "to_fix" for r in owed)
    return {"owed": len(owed), **{name: by_state[name] for name in ("accepted", "to_fix", "missing")}}


def verdict_counts(rows: Iterable[NightRow]) -> dict[str, int]:
    """Return how many submissions of a night got each verdict."""
    return dict(Counter(row.verdict.value for row in rows))


def _differences(rows: Iterable[StageRow], pack: Pack) -> list[tuple[Unit, StageRow]]:
    large = (r for r in rows if r.difference and (r.percent is None or abs(r.percent) >= _LARGE_DIFFERENCE))
    found = ((pack.unit_on(r.unit_code, r.period), r) for r in large)
    return [(unit, row) for unit, row in found if unit is not None]


def _grids(chosen: Mapping[tuple[str, Column], T], pack: Pack) -> tuple[Grid[T], ...]:
    """Return the latest columns of rows keyed by (unit, column), a grid a level: districts and communes never overlap."""
    bearers = {key: pack.unit_on(key[0], key[1].period) for key in chosen}
    grids = []
    for kind in UnitKind:
        borne = {key: unit for key, unit in bearers.items() if unit is not None and unit.kind is kind}
        columns = _latest({column for _, column in borne})
        # A line is a unit, not a code: 31507 was Phường 6 and is Phường Sóc Trăng.
        units = sorted(set(borne.values()), key=lambda unit: (unit.code, unit.valid_from or date.min))
        lines = tuple(
            (unit, tuple(chosen[key] if borne.get(key := (unit.code, column)) == unit else None for column in columns))
            for unit in units
        )
        if lines:
            grids.append(Grid(_KIND_WORDS[kind], columns, lines))
    return tuple(grids)


def _latest(columns: Iterable[Column]) -> tuple[Column, ...]:
    # Of two periods that end on one day the longer comes after: the year after its last quarter; the final figure last.
    def order(column: Column) -> tuple[object, ...]:
        period = Period.parse(column.period)
        return period.end, -period.start.toordinal(), column.stage is Stage.FINAL

    return tuple(sorted(columns, key=order)[-_COLUMNS:])
