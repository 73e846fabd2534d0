"""What the brief asks beside targets, money and plans: the training of a unit by period."""

from dataclasses import dataclass

from sqlalchemy import Engine

from program.calendar.stage import Stage
from warehouse.queries.view_rows import view_rows


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


def training_by_period(engine: Engine, unit: str) -> list[TrainingOfPeriod]:
    """Return the training of a unit, a row for each period, stage and basis."""
    columns = ", ".join(TrainingOfPeriod.__slots__)
    query = (
        f"SELECT {columns} FROM mart_training WHERE unit_code = :unit "  # noqa: S608  (our own names)
        "ORDER BY period_end DESC, period, stage, basis"
    )
    return view_rows(engine, TrainingOfPeriod, query, unit=unit)
