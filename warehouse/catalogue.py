"""Copying what a pack declares into the warehouse, so that marts and BI tools can join it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Engine, delete, insert

from program.pack import Pack
from program.schedule import Obligation
from warehouse.tables import IndicatorRow, ObligationRow, ProjectRow, Table, TargetRow, UnitRow

BEGINNING, END = date(1900, 1, 1), date(9999, 12, 31)
"""Stand for an open start and an open end: a primary key takes no null."""


def sync_catalogue(engine: Engine, pack: Pack, owed: Sequence[Obligation]) -> None:
    """Make the catalogue tables equal to `pack`, and the obligations to `owed`, in one transaction."""
    contents: list[tuple[type[Table], list[dict[str, Any]]]] = [
        (UnitRow, _units(pack)),
        (
            ProjectRow,
            [{"code": p.code, "parent_code": p.parent, "name": p.name, "tag": p.tag, "source": p.source} for p in pack.projects],
        ),
        (IndicatorRow, _indicators(pack)),
        (TargetRow, [{"indicator_code": i.code, **t.model_dump()} for i in pack.indicators for t in i.targets]),
        (ObligationRow, [_obligation(o) for o in owed]),
    ]
    with engine.begin() as connection:
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


def _indicators(pack: Pack) -> list[dict[str, Any]]:
    return [
        {
            "position": position,
            "project_code": i.project,
            "form_code": i.form,
            **i.model_dump(
                mode="json", include={"code", "name", "unit", "direction", "kind", "numerator", "denominator", "source"}
            ),
        }
        for position, i in enumerate(pack.indicators)
    ]


def _obligation(owed: Obligation) -> dict[str, Any]:
    return {"form_code": owed.form_code, "unit_code": owed.unit_code, "period": owed.period.code, "due_date": owed.due_date}
