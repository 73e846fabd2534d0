"""The rows of plans beside results, and of narratives, as the warehouse returns them."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A planned figure of a year and its result (`mart_plans.sql`). Money is in đồng.

    `plans` of `units` units gave the planned figure; the result is from `reported` of `expected`
    reports. `status` is compared, no_plan, plan_unknown (a plan came without this figure) or
    no_result.
    """

    unit_code: str
    basis: str
    year: int
    form_code: str
    plan_form_code: str
    position: int
    table_name: str
    item: str
    figure: str
    item_name: str | None
    figure_name: str
    measure: str
    plan: float | None
    result: float | None
    percent: float | None
    status: str
    plans: int
    units: int
    reported: int
    expected: int
    plan_number: str | None
    plan_date: date | None
    is_total: bool
    is_units: bool
    doubtful: int
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class NarrativeRow:
    """One heading of a report's narrative part (`mart_narratives.sql`)."""

    form_code: str
    unit_code: str
    period: str
    stage: str
    part: str
    text: str
    is_synthetic: bool
