"""Units that a list names: the code of each, by the register on the period's last day.

A cell of a commune column names one commune. A cell of a units column names one unit or several.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from program.calendar.period import Period
from program.finding import ReaderFinding
from program.forms.form import Form
from program.forms.table import UNIT_SEPARATOR, ColumnType
from program.parsed_report import ParsedTable
from program.units.register import UnitRegister
from program.units.unit import Unit, UnitKind

_BETWEEN_UNITS = re.compile(r"[;,\n/]|\bvà\b")
"""What stands between units: "Huyện Mỹ Xuyên, huyện Cù Lao Dung và thị xã Ngã Năm"."""


@dataclass(frozen=True, slots=True)
class _Land:
    """The communes and districts that the report of a unit may name."""

    unit: Unit
    period: Period
    units: UnitRegister
    communes: frozenset[Unit]
    districts: frozenset[Unit]


def resolve_units(
    tables: dict[str, ParsedTable],
    form: Form,
    unit: Unit | None,
    period: Period | None,
    units: UnitRegister,
) -> list[ReaderFinding]:
    """Replace the names of communes and units in the values of `tables` by codes.

    Returns a problem for each name that is not exactly one unit. Such a name stays as typed, with
    all that is in its cell. Without a unit and a period, nothing is replaced.
    """
    if unit is None or period is None:
        return []
    communes = frozenset(_communes_of(unit, period, units))
    districts = frozenset(_districts_of(unit, period, units))
    land = _Land(unit, period, units, communes, districts)
    problems: list[ReaderFinding] = []
    for table in form.tables:
        read = tables.get(table.name)
        if read is None:
            continue
        for column in table.columns:
            if column.type is ColumnType.COMMUNE:
                problems += _resolve(read, column.name, land)
            elif column.type is ColumnType.UNITS:
                problems += _resolve_several(read, column.name, land)
    return problems


def _resolve(read: ParsedTable, column: str, land: _Land) -> Iterator[ReaderFinding]:
    """Replace the names in a column by codes; yield a problem for each that stays."""
    names = read.values[column]
    # A list names the same few communes in many lines.
    texts = {name for name in names if isinstance(name, str)}
    meant: dict[str, list[Unit]] = {}
    codes: dict[str, str] = {}
    for text in texts:
        communes = _meant(text, land)
        meant[text] = communes
        if len(communes) == 1:
            codes[text] = communes[0].code
    for name, row in zip(names, read.rows, strict=True):
        if isinstance(name, str) and name not in codes:
            cell = read.cell(column, row)
            yield _problem(read, cell, name, meant[name], land)
    read.values[column] = [_code_or_name(name, codes) for name in names]


def _resolve_several(read: ParsedTable, column: str, land: _Land) -> Iterator[ReaderFinding]:
    """Replace the names in a column's cells by codes; yield a problem for each unknown name."""
    values: list[str | None] = []
    for text, row in zip(read.values[column], read.rows, strict=True):
        if not isinstance(text, str):
            values.append(None)
            continue
        codes: list[str] = []
        unknown: list[str] = []
        for name in _names_in(text):
            found = _units_meant(name, land)
            if len(found) == 1:
                codes.append(found[0].code)
            else:
                unknown.append(name)
        for name in unknown:
            reported = {"name": name, "unit": land.unit.name}
            yield ReaderFinding("CELL-51", read.sheet, read.cell(column, row), text, reported)
        # All or none: a part of the names would look like all of them.
        values.append(text if unknown else UNIT_SEPARATOR.join(dict.fromkeys(codes)))
    read.values[column] = values


def _names_in(text: str) -> list[str]:
    names = [name.strip(" .:-–") for name in _BETWEEN_UNITS.split(text)]
    return [name for name in names if name]


def _units_meant(name: str, land: _Land) -> list[Unit]:
    """Return the units that a name may mean: districts, else communes.

    "Mỹ Xuyên" is the district, though a township has the name too.
    """
    day = land.period.end
    coded = [unit for unit in land.districts | land.communes if unit.code == name]
    if coded:
        return coded
    for kind, known in ((UnitKind.DISTRICT, land.districts), (UnitKind.COMMUNE, land.communes)):
        meant = [unit for unit in land.units.named(name, day, kinds={kind}) if unit in known]
        if meant:
            return meant
    return []


def _districts_of(unit: Unit, period: Period, units: UnitRegister) -> list[Unit]:
    """Return the districts that a unit's report may name: the province's, or the unit itself."""
    if unit.kind is UnitKind.DISTRICT:
        return [unit]
    if unit.kind is UnitKind.COMMUNE:
        return []
    districts = [each for each in units if each.kind is UnitKind.DISTRICT]
    return [each for each in districts if each.is_valid_on(period.end)]


def _code_or_name(name: object, codes: Mapping[str, str]) -> str | None:
    """Return the code of a commune, else its name as typed; None for an empty cell."""
    if not isinstance(name, str):
        return None
    return codes.get(name, name)


def _problem(
    read: ParsedTable, cell: str | None, text: str, meant: list[Unit], land: _Land
) -> ReaderFinding:
    """Return the problem of a name that means no commune, or several."""
    rule = "CELL-21" if meant else "CELL-20"
    candidates = [f"{commune.name} ({commune.code})" for commune in meant]
    values = {"candidates": "; ".join(candidates), "unit": land.unit.name}
    return ReaderFinding(rule, read.sheet, cell, text, values)


def _meant(text: str, land: _Land) -> list[Unit]:
    """Return the communes of `land` that `text` may mean.

    It may be a code, a name, or a name behind the name of a hamlet.
    """
    day = land.period.end
    coded = land.units.get(text.strip(), day)
    if coded is not None and coded in land.communes:
        return [coded]
    # "Ấp Phú Hòa, xã Phú Tâm": the words before a comma may name the hamlet.
    after_comma = text.partition(",")[2]
    for name in (text, after_comma):
        named = land.units.named(name, day, kinds={UnitKind.COMMUNE})
        meant = [commune for commune in named if commune in land.communes]
        if meant:
            return meant
    return []


def _communes_of(unit: Unit, period: Period, units: UnitRegister) -> Collection[Unit]:
    """Return the communes that a unit reports on, as of the period's last day.

    A commune reports on itself, a district on its communes, the province on all.
    """
    day = period.end
    if unit.kind is UnitKind.COMMUNE:
        return [unit]
    if unit.kind is UnitKind.DISTRICT:
        return units.children(unit.code, day)
    communes = [each for each in units if each.kind is UnitKind.COMMUNE]
    return [commune for commune in communes if commune.is_valid_on(day)]
