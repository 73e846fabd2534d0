"""Communes that a list names: each writing to its code, as the register has it on the period's last day."""

from collections.abc import Callable, Collection, Iterator

from program.finding import Problem
from program.form import Form
from program.period import Period
from program.reading import TableReading
from program.table import ColumnType
from program.units import Unit, UnitKind, UnitRegister


def resolve_communes(
    tables: dict[str, TableReading], form: Form, unit: Unit | None, period: Period | None, units: UnitRegister
) -> list[Problem]:
    """Put codes in the place of names, in the values of `tables`; return a problem for each name that is not one commune.

    What cannot be resolved stays as it was typed. Without a unit and a period nothing can be.
    """
    if unit is None or period is None:
        return []
    land = frozenset(_land(unit, period, units))
    return [
        problem
        for table in form.tables
        if table.name in tables
        for column in table.columns
        if column.type is ColumnType.COMMUNE
        for problem in _resolve(tables[table.name], column.name, unit, lambda text: _meant(text, land, period, units))
    ]


def _resolve(read: TableReading, column: str, unit: Unit, meant_by: Callable[[str], list[Unit]]) -> Iterator[Problem]:
    names = read.values[column]
    meant = {text: meant_by(text) for text in set(names) if isinstance(text, str)}
    codes = {text: units[0].code for text, units in meant.items() if len(units) == 1}
    for text, row in zip(names, read.rows, strict=True):
        if isinstance(text, str) and text not in codes:
            candidates = "; ".join(f"{u.name} ({u.code})" for u in meant[text])
            rule = "CELL-21" if meant[text] else "CELL-20"
            yield Problem(rule, read.sheet, read.cell(column, row), text, {"candidates": candidates, "unit": unit.name})
    read.values[column] = [codes.get(text, text) if isinstance(text, str) else None for text in names]


def _meant(text: str, land: Collection[Unit], period: Period, units: UnitRegister) -> list[Unit]:
    """Return the communes of the report's `land` that `text` may mean: a name, a name behind a hamlet's, a code."""
    coded = units.get(text.strip(), period.end)
    if coded is not None and coded in land:
        return [coded]
    # "Ấp Phú Hòa, xã Phú Tâm": what stands before a comma may be the hamlet.
    for name in (text, text.partition(",")[2]):
        meant = [u for u in units.named(name, period.end, kinds={UnitKind.COMMUNE}) if u in land]
        if meant:
            return meant
    return []


def _land(unit: Unit, period: Period, units: UnitRegister) -> tuple[Unit, ...]:
    """Return the communes of a report's land: of a district its own, of a commune itself, of a province all."""
    if unit.kind is UnitKind.COMMUNE:
        return (unit,)
    if unit.kind is UnitKind.DISTRICT:
        return units.children(unit.code, period.end)
    return tuple(u for u in units if u.kind is UnitKind.COMMUNE and u.is_valid_on(period.end))
