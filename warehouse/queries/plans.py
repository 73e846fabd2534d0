"""Plans beside their results, and what units say in words. Nothing here writes."""

from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import Engine, RowMapping, text

from program.records.plan_rows import NarrativeRow, PlanRow


def plans_of(engine: Engine, unit: str) -> list[PlanRow]:
    """Return each planned figure of a unit beside its result, by form, year and position.

    Both as the unit reported them itself, and as the sums of the units below it.
    """
    query = (
        "SELECT * FROM mart_plans WHERE unit_code = :unit "
        "ORDER BY form_code, year DESC, basis, position, item"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query), {"unit": unit}).mappings()
        return [_plan_row(row) for row in rows]


def plans_in_years(engine: Engine) -> list[PlanRow]:
    """Return the planned figures of all units, by form and year, then by unit and position."""
    query = "SELECT * FROM mart_plans ORDER BY form_code, year, unit_code, basis, position, item"
    with engine.connect() as connection:
        return [_plan_row(row) for row in connection.execute(text(query)).mappings()]


def _plan_row(row: RowMapping) -> PlanRow:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(PlanRow)}
    for name in ("is_total", "is_units", "is_synthetic"):
        values[name] = bool(values[name])
    # A fact of a date is text.
    day = row["plan_date"]
    values["plan_date"] = date.fromisoformat(day[:10]) if day else None
    return PlanRow(**values)


def narratives(engine: Engine) -> list[NarrativeRow]:
    """Return what units say in words in their current reports, the latest periods first."""
    query = (
        "SELECT * FROM mart_narratives "
        "ORDER BY period_end DESC, form_code, period, stage, unit_code, part"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query)).mappings()
        return [_narrative_row(row) for row in rows]


def _narrative_row(row: RowMapping) -> NarrativeRow:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(NarrativeRow)}
    values["is_synthetic"] = bool(values["is_synthetic"])
    return NarrativeRow(**values)
