"""Plans beside their results, and what units say in words. Nothing here writes."""

from sqlalchemy import Engine

from program.records.plan_rows import NarrativeRow, PlanRow
from warehouse.queries.view_rows import view_rows


def plans_of(engine: Engine, unit: str) -> list[PlanRow]:
    """Return each planned figure of a unit beside its result, by form, year and position.

    Both as the unit reported them itself, and as the sums of the units below it.
    """
    query = (
        "SELECT * FROM mart_plans WHERE unit_code = :unit "
        "ORDER BY form_code, year DESC, basis, position, item"
    )
    return view_rows(engine, PlanRow, query, unit=unit)


def plans_in_years(engine: Engine) -> list[PlanRow]:
    """Return the planned figures of all units, by form and year, then by unit and position."""
    query = "SELECT * FROM mart_plans ORDER BY form_code, year, unit_code, basis, position, item"
    return view_rows(engine, PlanRow, query)


def narratives(engine: Engine) -> list[NarrativeRow]:
    """Return what units say in words in their current reports, the latest periods first."""
    query = (
        "SELECT * FROM mart_narratives "
        "ORDER BY period_end DESC, form_code, period, stage, unit_code, part"
    )
    return view_rows(engine, NarrativeRow, query)
