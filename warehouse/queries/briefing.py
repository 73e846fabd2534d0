"""What a page for leaders asks beside the targets: the province's money and training by period."""

from dataclasses import dataclass, fields
from datetime import date
from typing import TypeVar

from sqlalchemy import Engine, bindparam, text
from sqlalchemy.types import Date

from program.calendar.stage import Stage

Row = TypeVar("Row", "MoneyOfPeriod", "TrainingOfPeriod")


@dataclass(frozen=True, slots=True)
class MoneyOfPeriod:
    """Planned and disbursed of a province: its own total line, or the sum of units below it."""

    period: str
    stage: Stage
    basis: str
    plan_vnd: float | None
    disbursed_vnd: float | None
    rate: float | None
    reported: int
    expected: int
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class TrainingOfPeriod:
    """Classes and participants of a province: its own report, or the sum of units below it."""

    period: str
    stage: Stage
    basis: str
    classes: float | None
    participants: float | None
    women_percent: float | None
    ethnic_minority_percent: float | None
    reported: int
    expected: int
    is_synthetic: bool


def money_by_period(engine: Engine, unit: str, day: date) -> list[MoneyOfPeriod]:
    """Return the money of a unit's periods that have ended by `day`, the latest first."""
    condition = "project_code = 'total' AND source = 'total'"
    return _by_period(engine, MoneyOfPeriod, f"mart_disbursement WHERE {condition} AND", unit, day)


def training_by_period(engine: Engine, unit: str, day: date) -> list[TrainingOfPeriod]:
    """Return the training of a unit's periods that have ended by `day`, the latest first."""
    return _by_period(engine, TrainingOfPeriod, "mart_training WHERE", unit, day)


def _by_period(engine: Engine, kind: type[Row], mart: str, unit: str, day: date) -> list[Row]:
    columns = [field.name for field in fields(kind)]
    query = text(
        f"SELECT {', '.join(columns)} FROM {mart} unit_code = :unit "  # noqa: S608  (our own names)
        "AND stage = 'final' AND reported > 0 AND period_end <= :day "
        # Of periods that end together the longer one first, and the unit's own report.
        "ORDER BY period_end DESC, LENGTH(period), basis"
    ).bindparams(bindparam("day", type_=Date))
    with engine.connect() as connection:
        found = connection.execute(query, {"unit": unit, "day": day}).mappings()
        rows = [dict(row) for row in found]
    # Views give both as they are stored.
    for row in rows:
        row |= {"stage": Stage(row["stage"]), "is_synthetic": bool(row["is_synthetic"])}
    return [kind(**row) for row in rows]
