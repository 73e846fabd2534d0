"""Copying what a pack declares into the warehouse, so that marts and BI tools can join it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Engine, delete, insert

from program.catalogue import CapitalSource
from program.pack import Pack
from program.schedule import Obligation
from program.units import UnitKind
from warehouse.dialects import spoken
from warehouse.tables import CapitalRow, IndicatorRow, ObligationRow, ProjectRow, Table, TargetRow, TerritoryRow, UnitRow

_INDICATOR_COLUMNS = {
    "code", "name", "unit", "direction", "kind", "numerator", "denominator", "frequency", "tag", "source"
}  # fmt: skip
_AMOUNT_COLUMNS = ("scope", "first_year", "last_year", "vnd", "qualifier", "tag", "source")
BEGINNING, END = date(1900, 1, 1), date(9999, 12, 31)
"""Stand for an open start and an open end: a primary key takes no null."""


def sync_catalogue(engine: Engine, pack: Pack, owed: Sequence[Obligation]) -> None:
    """Make the catalogue tables equal to `pack`, and the obligations to `owed`, in one transaction."""
    contents: list[tuple[type[Table], list[dict[str, Any]]]] = [
        (UnitRow, _units(pack)),
        (TerritoryRow, list(_territories(pack))),
        (CapitalRow, [row for source in pack.capital for row in _capital(source)]),
        (
            ProjectRow,
            [{"code": p.code, "parent_code": p.parent, "name": p.name, "tag": p.tag, "source": p.source} for p in pack.projects],
        ),
        (IndicatorRow, _indicators(pack)),
        (TargetRow, [{"indicator_code": i.code, **t.model_dump()} for i in pack.indicators for t in i.targets]),
        (ObligationRow, [_obligation(o) for o in owed]),
    ]
    with spoken(engine), engine.begin() as connection:
        for table, _ in reversed(contents):
            connection.execute(delete(table))
        for table, rows in contents:
            if rows:
                connection.execute(insert(table), rows)


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
    for unit in pack.units:
        if unit.kind is UnitKind.DISTRICT and unit.successors:
            territory = pack.units.territory(unit)
            for units, is_shared in ((territory.whole, False), (territory.shared, True)):
                yield from ({"unit_code": unit.code, "later_code": later.code, "is_shared": is_shared} for later in units)


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
