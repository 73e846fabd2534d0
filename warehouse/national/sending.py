"""What a province's manifest says of its last run and of its reports. Nothing here writes."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, select, text

from program.calendar.schedule import WorkingDays
from program.errors import WarehouseError
from warehouse.national.manifest import DueReports
from warehouse.tables import RunRow

_LATENESS = """
SELECT COUNT(*), SUM(CASE WHEN versions > 0 THEN 1 ELSE 0 END), SUM(is_current), SUM(is_timely),
       SUM(CASE WHEN versions > 0 AND is_current = 0 THEN 1 ELSE 0 END),
       MIN(CASE WHEN versions = 0 THEN due_date END)
FROM mart_reporting WHERE is_due = 1
"""


@dataclass(frozen=True, slots=True)
class SentRun:
    """The last run of a warehouse: its number, its day and the version of its rules."""

    run_id: int
    as_of: date
    rules_version: str


def last_run(engine: Engine) -> SentRun:
    """Return the last run. Raises WarehouseError where there was none."""
    columns = (RunRow.id, RunRow.as_of, RunRow.rule_set_version)
    with engine.connect() as connection:
        row = connection.execute(select(*columns).order_by(RunRow.id.desc()).limit(1)).first()
    if row is None:
        raise WarehouseError("the warehouse is empty: no run has begun yet; run `mtqg run` first")
    return SentRun(*row)


def due_reports(engine: Engine, working_days: WorkingDays, day: date) -> DueReports:
    """Return how complete the reports that are due are, on the day of the last run."""
    with engine.connect() as connection:
        *counts, earliest = connection.execute(text(_LATENESS)).one()
    due, received, accepted, timely, to_fix = (int(each or 0) for each in counts)
    most_days_late = 0
    if earliest is not None:
        # SQLite gives the date of a view as text.
        earliest_due = date.fromisoformat(str(earliest)[:10])
        most_days_late = working_days.overdue(earliest_due, day)
    return DueReports(
        due=due,
        received=received,
        accepted=accepted,
        timely=timely,
        to_fix=to_fix,
        most_days_late=most_days_late,
    )
