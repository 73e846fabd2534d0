"""Which period the map of an indicator shows."""

from dataclasses import replace
from datetime import date

from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.records.query_rows import ProgressRow
from program.records.target_status import TargetStatus
from program.units.unit import Unit, UnitKind
from publish.site.indicator_pages import latest_full
from publish.site.tables.grids import PageColumn, ReportingGrid

FIRST = PageColumn("2025-Q3", Stage.FINAL)
LAST = PageColumn("2025-Q4", Stage.FINAL)


def figure(unit: Unit, column: PageColumn) -> ProgressRow:
    return ProgressRow(
        indicator_code="TRN-CLASSES",
        unit_code=unit.code,
        period=column.period,
        stage=column.stage,
        actual=3.0,
        qualifier=None,
        target=None,
        percent=None,
        status=TargetStatus.NO_TARGET,
        is_synthetic=True,
        is_flagged=False,
    )


def grid_of(units: list[Unit], first: set[str], last: set[str]) -> ReportingGrid[ProgressRow]:
    """Return a grid of two periods with figures of the units with these codes."""
    lines = []
    for unit in units:
        in_first = figure(unit, FIRST) if unit.code in first else None
        in_last = figure(unit, LAST) if unit.code in last else None
        lines.append((unit, (in_first, in_last)))
    return ReportingGrid("commune", (FIRST, LAST), tuple(lines))


def units_of(pack: Pack) -> list[Unit]:
    day = date(2025, 12, 31)
    communes = [
        unit for unit in pack.units if unit.kind is UnitKind.COMMUNE and unit.is_valid_on(day)
    ]
    return communes[:10]


def test_a_map_shows_the_last_period_with_enough_units_also_after_units_ended(pack: Pack) -> None:
    units = units_of(pack)
    everybody = {unit.code for unit in units}
    ended = [replace(unit, valid_to=date(2025, 10, 1)) for unit in units[:3]]
    left = {unit.code for unit in units[3:]}
    grid = grid_of([*ended, *units[3:]], first=everybody, last=left)
    assert latest_full(grid, pack.program.is_enough) == LAST


def test_a_map_shows_no_later_period_with_few_units(pack: Pack) -> None:
    units = units_of(pack)
    everybody = {unit.code for unit in units}
    few = {unit.code for unit in units[:4]}
    assert latest_full(grid_of(units, everybody, few), pack.program.is_enough) == FIRST
    # Where no period has enough units, the fullest counts.
    fewer = {units[0].code}
    assert latest_full(grid_of(units, fewer, few), pack.program.is_enough) == LAST
    assert latest_full(grid_of(units, set(), set()), pack.program.is_enough) is None
