"""Copy what a pack declares into the warehouse, so that marts and BI tools can join it.

Each table of the catalogue is a history (SCD2): `known_from` and `known_to` say when the pack
declared the row.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, tuple_, update

from program.calendar.period import Period, PeriodKind, periods_between
from program.calendar.schedule import Obligation
from program.forms.elements import form_elements, parts_within
from program.forms.plan_pairs import plan_pairs
from program.pack.catalogue import CapitalSource, Indicator, Target
from program.pack.pack import Pack
from program.units.unit import UnitKind
from warehouse.database.backends import db_errors_as_sentences, renew_statistics
from warehouse.database.portions import portions
from warehouse.tables import (
    CapitalRow,
    ElementPartRow,
    IndicatorRow,
    ObligationRow,
    PeriodRow,
    PlanPairRow,
    ProjectRow,
    TargetRow,
    TerritoryRow,
    UnitRow,
    WarehouseTable,
)

CATALOGUE: tuple[type[WarehouseTable], ...] = (
    UnitRow,
    TerritoryRow,
    CapitalRow,
    ProjectRow,
    IndicatorRow,
    TargetRow,
    ElementPartRow,
    PlanPairRow,
    ObligationRow,
)
"""The tables of the catalogue."""
_INDICATOR_COLUMNS = {
    "code",
    "name",
    "unit",
    "direction",
    "kind",
    "numerator",
    "denominator",
    "weight",
    "frequency",
    "tag",
    "source",
}
_BASELINE_COLUMNS = ("baseline_scope", "baseline_period", "baseline_value", "baseline_source")
_AMOUNT_COLUMNS = ("scope", "first_year", "last_year", "vnd", "qualifier", "tag", "source")
_OWN_COLUMNS = {"id", "known_from", "known_to"}
"""Columns that the warehouse fills itself; the pack declares all others."""
BEGINNING, END = date(1900, 1, 1), date(9999, 12, 31)
"""Stand for an open start and an open end: a primary key takes no null."""
_AT_ONCE = 1000
"""Keys in one `IN`: SQLite takes 32,766 values, and a key has up to five."""
_NATION = "nation"
"""The level of an amount that the nation set: in a province it is no target of any unit."""
_CENTURY = date(2000, 1, 1), date(2099, 12, 31)

_Values = dict[str, Any]
"""One row, as values by column."""
_Cells = tuple[Any, ...]
"""Some cells of one row, in the order of their columns."""


def sync_catalogue(engine: Engine, pack: Pack, due: Sequence[Obligation], now: datetime) -> None:
    """Make the catalogue's current rows equal to `pack`, and the obligations to `due`.

    One transaction. Rows that disappeared get `known_to=now`, new rows get `known_from=now`;
    unchanged rows are not touched. Idempotent.
    """
    contents: list[tuple[type[WarehouseTable], Iterable[_Values]]] = [
        (UnitRow, _units(pack)),
        (TerritoryRow, _territories(pack)),
        (CapitalRow, _capital(pack)),
        (ProjectRow, _projects(pack)),
        (IndicatorRow, _indicators(pack)),
        (TargetRow, _targets(pack)),
        (ElementPartRow, _element_parts(pack)),
        (PlanPairRow, _plan_pairs(pack)),
        (ObligationRow, map(_obligation, due)),
    ]
    changed = []
    with db_errors_as_sentences(engine), engine.begin() as connection:
        if _fill_periods(connection):
            changed.append(PeriodRow.__tablename__)
        for table, rows in contents:
            if _renew(connection, table, rows, now):
                changed.append(table.__tablename__)
        # Without statistics, PostgreSQL plans the marts of a first run for empty tables.
        if changed:
            renew_statistics(connection, changed)


def _renew(connection: Connection, table: Any, rows: Iterable[_Values], now: datetime) -> bool:
    """Close the current rows that are not in `rows`, and insert those that are new.

    Returns whether there were any.
    """
    # A row is unchanged if every value that the pack declares is: not all tables have a key that
    # the pack knows.
    declared_columns = [c.name for c in table.__table__.columns if c.name not in _OWN_COLUMNS]
    current = _current_keys(connection, table, declared_columns)
    declared: dict[_Cells, _Values] = {}
    for row in rows:
        cells = tuple(row.get(name) for name in declared_columns)
        declared[cells] = row
    ended = [key for cells, key in current.items() if cells not in declared]
    # Before the new rows come: of each key, one row is current.
    _close(connection, table, ended, now)
    added: list[_Values] = []
    for cells, row in declared.items():
        if cells not in current:
            added.append(row | {"known_from": now})
    # SQLAlchemy would insert one row of defaults for an empty list.
    if added:
        connection.execute(insert(table), added)
    return bool(ended or added)


def _current_keys(
    connection: Connection, table: Any, columns: Sequence[str]
) -> dict[_Cells, _Cells]:
    """Return the primary key of each current row, by what the pack declared in it."""
    key_columns = [column.name for column in table.__table__.primary_key.columns]
    query = select(table.__table__).where(table.known_to.is_(None))
    found: dict[_Cells, _Cells] = {}
    for row in connection.execute(query).mappings():
        declared = tuple(row[name] for name in columns)
        found[declared] = tuple(row[name] for name in key_columns)
    return found


def _close(connection: Connection, table: Any, keys: Sequence[_Cells], now: datetime) -> None:
    key_columns = list(table.__table__.primary_key.columns)
    for portion in portions(keys, _AT_ONCE):
        is_ended = tuple_(*key_columns).in_(portion)
        # A row that began at this very moment was never in force. Nor was one that began later, by
        # a clock that was set back since.
        connection.execute(delete(table).where(is_ended, table.known_from >= now))
        connection.execute(update(table).where(is_ended).values(known_to=now))


def pack_rows(pack: Pack) -> dict[str, list[_Values]]:
    """Return the current rows of a pack's units, indicators, targets and plans, and all periods.

    The keys are the names that marts know them by.
    """
    targets = [target | {"id": number} for number, target in enumerate(_targets(pack), start=1)]
    return {
        "now_units": _units(pack),
        "now_indicators": list(_indicators(pack)),
        "now_targets": targets,
        "now_plan_pairs": list(_plan_pairs(pack)),
        "periods": _periods(),
    }


def fill_periods(engine: Engine) -> None:
    """Fill the table of periods with those of this century. Idempotent, in one transaction."""
    with engine.begin() as connection:
        _fill_periods(connection)


def _fill_periods(connection: Connection) -> bool:
    """Fill the table of periods; return whether it was empty."""
    # One row is enough to know: all of them are inserted together.
    is_filled = connection.scalar(select(PeriodRow.code).limit(1)) is not None
    if not is_filled:
        connection.execute(insert(PeriodRow), _periods())
    return not is_filled


def _periods() -> list[_Values]:
    rows: list[_Values] = []
    for kind in PeriodKind:
        rows += [_period(period) for period in periods_between(kind, *_CENTURY)]
    return rows


def _period(period: Period) -> _Values:
    year_before = Period(period.year - 1, period.kind, period.number)
    return {
        "code": period.code,
        "kind": period.kind.value,
        "year": period.year,
        "first_day": period.start,
        "last_day": period.end,
        "ends_at": period.year + period.end.month / 12,
        "year_before": year_before.code,
    }


def _units(pack: Pack) -> list[_Values]:
    return [
        {
            "code": unit.code,
            "name": unit.name,
            "kind": unit.kind.value,
            "parent_code": unit.parent,
            "valid_from": unit.valid_from or BEGINNING,
            "valid_to": unit.valid_to or END,
            "source": unit.source,
        }
        for unit in pack.units
    ]


def _territories(pack: Pack) -> Iterator[_Values]:
    """Yield which later units lie on the land of a unit.

    A district that ended has its successors. The province above has the successors of all its
    districts; it shares land with no other province.
    """
    # A dict, not a set: the order of the pack stays.
    codes_by_province: dict[str | None, dict[str, None]] = {}
    for unit in pack.units:
        if unit.kind is not UnitKind.DISTRICT or not unit.successors:
            continue
        territory = pack.units.territory(unit)
        codes = codes_by_province.setdefault(unit.parent, {})
        for later_units, is_shared in ((territory.whole, False), (territory.shared, True)):
            for later in later_units:
                codes[later.code] = None
                yield _territory(unit.code, later.code, is_shared=is_shared)
    for province, codes in codes_by_province.items():
        if province is not None:
            for code in codes:
                yield _territory(province, code, is_shared=False)


def _territory(unit: str, later: str, *, is_shared: bool) -> _Values:
    return {"unit_code": unit, "later_code": later, "is_shared": is_shared}


def _capital(pack: Pack) -> Iterator[_Values]:
    for source in pack.capital:
        yield from _amounts(source)


def _amounts(source: CapitalSource) -> Iterator[_Values]:
    """Yield a row for each published amount of a stream, or one without an amount."""
    stream = {"code": source.code, "parent_code": source.parent, "name": source.name}
    for amount in source.amounts:
        yield stream | {name: getattr(amount, name) for name in _AMOUNT_COLUMNS}
    if not source.amounts:
        no_amount = dict.fromkeys(_AMOUNT_COLUMNS)
        yield {**stream, **no_amount, "tag": source.tag, "source": source.source}


def _projects(pack: Pack) -> list[_Values]:
    return [
        {
            "code": project.code,
            "parent_code": project.parent,
            "name": project.name,
            "tag": project.tag,
            "source": project.source,
        }
        for project in pack.projects
    ]


def _indicators(pack: Pack) -> Iterator[_Values]:
    for position, indicator in enumerate(pack.indicators):
        over_time = pack.over_time_of(indicator.form, indicator.numerator)
        base_over_time = pack.over_time_of(indicator.form, indicator.denominator)
        yield {
            "position": position,
            "project_code": indicator.project,
            "form_code": indicator.form,
            **_baseline(indicator),
            "over_time": over_time.value,
            "base_over_time": base_over_time.value,
            "enough_pct": pack.program.enough_reports_pct,
            **indicator.model_dump(mode="json", include=_INDICATOR_COLUMNS),
        }


def _baseline(indicator: Indicator) -> _Values:
    """Return the columns about the value that an indicator began with; all None without one."""
    baseline = indicator.baseline
    if baseline is None:
        return dict.fromkeys(_BASELINE_COLUMNS)
    return {
        "baseline_scope": baseline.scope,
        "baseline_period": baseline.period,
        "baseline_value": baseline.value,
        "baseline_source": baseline.source,
    }


def _targets(pack: Pack) -> Iterator[_Values]:
    for indicator in pack.indicators:
        for target in indicator.targets:
            level = target.level or _level_of_whole(indicator, target)
            values = target.model_dump(mode="json")
            yield {
                "indicator_code": indicator.code,
                "unit_code": None,
                **values,
                "level": level,
            }
    for of_unit in pack.unit_targets:
        values = of_unit.model_dump(mode="json", exclude={"indicator", "unit"})
        yield {
            "indicator_code": of_unit.indicator,
            "unit_code": of_unit.unit,
            "scope": "unit",
            "level": None,
            **values,
        }


def _level_of_whole(indicator: Indicator, target: Target) -> str | None:
    """Return the level whose whole a target is about; None where it applies to every unit."""
    if not indicator.is_amount:
        return None
    return UnitKind.PROVINCE if target.scope == "province" else _NATION


def _element_parts(pack: Pack) -> list[_Values]:
    """Return each figure of a form with what it is made of, of all versions together."""
    pairs: dict[tuple[str, str, str], None] = {}
    for form in pack.forms:
        figures = form_elements(form)
        for name in figures:
            for part in parts_within(figures, name):
                pairs[form.code, part, name] = None
        for table in form.tables:
            for name, summary in table.summaries.items():
                # A doubt in the column that chooses the lines is one in their sum.
                for column in (summary.column, *summary.chosen):
                    pairs[form.code, column, name] = None
    return [{"form_code": form, "part": part, "element": name} for form, part, name in pairs]


def _plan_pairs(pack: Pack) -> Iterator[_Values]:
    for position, pair in enumerate(plan_pairs(pack.forms)):
        yield {
            "result_form": pair.result_form,
            "result_element": pair.result_element,
            "plan_form": pair.plan_form,
            "plan_element": pair.plan_element,
            "position": position,
            "table_name": pair.table,
            "item": pair.item,
            "figure": pair.figure,
            "item_name": pair.item_name,
            "figure_name": pair.figure_name,
            "measure": pair.measure,
            "over_time": pair.over_time.value,
            "is_total": pair.is_total,
            "is_units": pair.is_units,
        }


def _obligation(obligation: Obligation) -> _Values:
    return {
        "form_code": obligation.form_code,
        "unit_code": obligation.unit_code,
        "period": obligation.period.code,
        "stage": obligation.stage.value,
        "due_date": obligation.due_date,
    }
