"""The figures of indicators in the current reports, for whoever hands them on."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, text

from program.calendar.stage import Stage
from warehouse.database.engine import Warehouse
from warehouse.queries.view_rows import view_rows


@dataclass(frozen=True, slots=True)
class IndicatorFigure:
    """A figure of an accepted report. Numerator and denominator are as they are kept.

    `is_doubtful`: it, or a part of it, has an open finding or a word before it ("trên").
    """

    indicator: str
    unit: str
    period: str
    stage: Stage
    numerator: float | None
    denominator: float | None
    actual: float | None
    is_doubtful: bool
    is_synthetic: bool


_QUERY = text(
    "SELECT indicator_code AS indicator, unit_code AS unit, period, stage, numerator, denominator, "
    "actual, (is_flagged = 1 OR qualifier IS NOT NULL) AS is_doubtful, is_synthetic "
    "FROM mart_figures "
    "WHERE is_current = 1 AND indicator_code IN :indicators "
    "ORDER BY indicator_code, period, unit_code"
).bindparams(bindparam("indicators", expanding=True))


def indicator_figures(warehouse: Warehouse, indicators: Collection[str]) -> list[IndicatorFigure]:
    """Return the current figures of some indicators, of every unit and period, in a fixed order."""
    return view_rows(warehouse, IndicatorFigure, _QUERY, indicators=sorted(indicators))
