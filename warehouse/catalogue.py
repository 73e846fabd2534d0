"""Copying what a pack declares into the warehouse, so that marts and BI tools can join it; what it declared before stays.

Each table of the catalogue is a history: `known_from` and `known_to` say when the pack said so.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, tuple_, update

from program.catalogue import CapitalSource
from program.pack import Pack
from program.period import Period, PeriodKind, periods_between
from program.schedule import Obligation
from program.units import UnitKind
from warehouse.dialects import renew_statistics, spoken
from warehouse.tables import (
    CapitalRow,
    IndicatorRow,
    ObligationRow,
    PeriodRow,
    ProjectRow,
    Table,
    TargetRow,
    TerritoryRow,
    UnitRow,
)

CATALOGUE: tuple[type[Table], ...] = (UnitRow, TerritoryRow, CapitalRow, ProjectRow, IndicatorRow, TargetRow, ObligationRow)
"""Its tables, each a history."""
_INDICATOR_COLUMNS = {
    "code", "name", "unit", "direction", "kind", "numerator", "denominator", "frequency", "tag", "source"
}  # fmt: skip
_AMOUNT_COLUMNS = ("scope", "first_year", "last_year", "vnd", "qualifier", "tag", "source")
_NOT_SAID = {"id", "known_from", "known_to"}
"""Columns that the pack does not say."""
BEGINNING, END = date(1900, 1, 1), date(9999, 12, 31)
"""Stand for an open start and an open end: a primary key takes no null."""
_AT_ONCE = 1000
"""Keys in one `IN`: SQLite takes 32,766 values, and a key has up to five."""
_CENTURY = date(2000, 1, 1), date(2099, 12, 31)


def sync_catalogue(engine: Engine, pack: Pack, owed: Sequence[Obligation], now: datetime) -> None:
    """Make what the catalogue tables say now equal to `pack`, and the obligations to `owed`, in one transaction.

    What is said no more is known until `now`, what is new is known from `now`; what is said as before stays untouched.
    """
    contents: list[tuple[type[Table], Iterable[dict[str, Any]]]] = [
        (UnitRow, _units(pack)),
        (TerritoryRow, _territories(pack)),
        (CapitalRow, (row for source in pack.capital for row in _capital(source))),
        (
            ProjectRow,
            [{"code": p.code, "parent_code": p.parent, "name": p.name, "tag": p.tag, "source": p.source} for p in pack.projects],
        ),
        (IndicatorRow, _indicators(pack)),
        (TargetRow, ({"indicator_code": i.code, **t.model_dump()} for i in pack.indicators for t in i.targets)),
        (ObligationRow, map(_obligation, owed)),
    ]
    with spoken(engine), engine.begin() as connection:
        _fill_periods(connection)
        for table, rows in contents:
            _renew(connection, table, rows, now)
        renew_statistics(connection, [PeriodRow.__tablename__, *(table.__tablename__ for table, _ in contents)])


def _renew(connection: Connection, table: Any, rows: Iterable[dict[str, Any]], now: datetime) -> None:
    """Close the rows that are said no more, and insert those that are new."""
    names = [c.name for c in table.__table__.columns if c.name not in _NOT_SAID]
    keys = list(table.__table__.primary_key.columns)
    standing = {
        tuple(row[name] for name in names): tuple(row[key.name] for key in keys)
        for row in connection.execute(select(table.__table__).where(table.known_to.is_(None))).mappings()
    }
    wanted = {tuple(row.get(name) for name in names): row for row in rows}
    ended = [key for said, key in standing.items() if said not in wanted]
    fresh = [row | {"known_from": now} for said, row in wanted.items() if said not in standing]
    for portion in (ended[start : start + _AT_ONCE] for start in range(0, len(ended), _AT_ONCE)):
        these = tuple_(*keys).in_(portion)
        # What began at this very moment, or later by a clock that was set back since, was believed at no time.
        connection.execute(delete(table).where(these, table.known_from >= now))
        connection.execute(update(table).where(these).values(known_to=now))
    if fresh:
        connection.execute(insert(table), fresh)


def fill_periods(engine: Engine) -> None:
    """Have the table of periods hold this century's. Idempotent."""
    with engine.begin() as connection:
        _fill_periods(connection)


def _fill_periods(connection: Connection) -> None:
    if connection.scalar(select(PeriodRow.code).limit(1)) is None:
        connection.execute(insert(PeriodRow), [_period(p) for kind in PeriodKind for p in periods_between(kind, *_CENTURY)])


def _period(period: Period) -> dict[str, Any]:
    ends_at = period.year + period.end.month / 12
    before = Period(period.year - 1, period.kind, period.number)
    return {
        "code": period.code,
        "kind": period.kind.value,
        "year": period.year,
        "first_day": period.start,
        "last_day": period.end,
        "ends_at": ends_at,
        "year_before": before.code,
    }


def _units(pack: Pack) -> list[dict[str, Any]]:
    return [
        {
            "code": u.code,
            "name": u.name,
            "kind": u.kind.value,
            "parent_code": u.parent,
            "valid_from": u.valid_from or BEGINNING,
            "valid_to": u.valid_to or END,
            "source": u.source,
        }
        for u in pack.units
    ]


def _territories(pack: Pack) -> Iterator[dict[str, Any]]:
    """Yield the later units on the land of each district that ended, and of the province above them, which shares none."""
    of_provinces: dict[str | None, dict[str, None]] = {}
    for unit in pack.units:
        if unit.kind is UnitKind.DISTRICT and unit.successors:
            territory = pack.units.territory(unit)
            for units, is_shared in ((territory.whole, False), (territory.shared, True)):
                yield from ({"unit_code": unit.code, "later_code": later.code, "is_shared": is_shared} for later in units)
                of_provinces.setdefault(unit.parent, {}).update({later.code: None for later in units})
    for province, codes in of_provinces.items():
        if province is not None:
            yield from ({"unit_code": province, "later_code": code, "is_shared": False} for code in codes)


def _capital(source: CapitalSource) -> list[dict[str, Any]]:
    """Return a row for each published amount of a stream, one without an amount where none is known."""
    stream = {"code": source.code, "parent_code": source.parent, "name": source.name}
    unknown = {**dict.fromkeys(_AMOUNT_COLUMNS), "tag": source.tag, "source": source.source}
    amounts = [{name: getattr(amount, name) for name in _AMOUNT_COLUMNS} for amount in source.amounts]
    return [stream | amount for amount in amounts or [unknown]]


def _indicators(pack: Pack) -> list[dict[str, Any]]:
    return [
        {
            "position": position,
            "project_code": i.project,
            "form_code": i.form,
            "baseline_scope": i.baseline.scope if i.baseline else None,
            "baseline_period": i.baseline.period if i.baseline else None,
            "baseline_value": i.baseline.value if i.baseline else None,
            "baseline_source": i.baseline.source if i.baseline else None,
            **i.model_dump(mode="json", include=_INDICATOR_COLUMNS),
        }
        for position, i in enumerate(pack.indicators)
    ]


def _obligation(owed: Obligation) -> dict[str, Any]:
    return {
        "form_code": owed.form_code,
        "unit_code": owed.unit_code,
        "period": owed.period.code,
        "stage": owed.stage.value,
        "due_date": owed.due_date,
    }
