"""The warehouse as of an earlier moment: the same queries return what was true then.

Every connection gets temporary views over the tables with history, under the tables' own names, and
the marts on top of them. Both databases look for temporary views first: SQL and the ORM see the
tables as they were. Nothing that is written outlives the connection.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine, event, select
from sqlalchemy import Table as SqlTable

from program.errors import UsageError
from program.vietnamese import VIETNAM_TIME, format_date, vietnam_day
from warehouse.database.engine import open_warehouse
from warehouse.database.views import CATALOGUE, statements
from warehouse.states import DeliveryState
from warehouse.tables import RunRow, WarehouseTable

_SCHEMAS = {"sqlite": "main", "postgresql": "public"}
_LITERALS = {
    "sqlite": "'{:%Y-%m-%d %H:%M:%S.%f}'",
    "postgresql": "TIMESTAMPTZ '{:%Y-%m-%d %H:%M:%S.%f}+00'",
}
_SETTINGS: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    # PostgreSQL has no statistics of a view's columns. It expects one row of each view, and joined
    # them row by row (100 s).
    "postgresql": ("SET enable_nestloop = off",),
}
_SET_LATER = {
    "known_from",
    "known_to",
    "compared_at",
    "closed_at",
    "withdrawn_at",
    "finished_at",
}
"""Instants that are set after the row was written: one after the moment was null then."""


def open_as_of(url: str, day: date) -> Engine:
    """Return an engine that answers as of the end of `day` in Vietnam.

    Raises UsageError if no run had begun by then.
    """
    engine = open_warehouse(url)
    next_day = datetime.combine(day + timedelta(days=1), time(), VIETNAM_TIME)
    moment = next_day.astimezone(UTC)
    first_run = select(RunRow.started_at).order_by(RunRow.started_at).limit(1)
    with engine.connect() as connection:
        first = connection.scalar(first_run)
    if first is None:
        raise UsageError(f"--as-of {day}: nothing was known then; no run has begun yet")
    if first >= moment:
        first_day = format_date(vietnam_day(first))
        raise UsageError(
            f"--as-of {day}: nothing was known then; the first run began on {first_day}"
        )
    set_as_of(engine, moment)
    return engine


def set_as_of(engine: Engine, moment: datetime) -> None:
    """Make each new connection of `engine` see the warehouse as it was just before `moment`."""
    # Connections that are open already would see today's tables.
    engine.dispose()
    listener = partial(_set_back, dialect=engine.dialect.name, moment=moment)
    event.listen(engine, "connect", listener)


def _set_back(connection: Any, _record: object, *, dialect: str, moment: datetime) -> None:
    cursor = connection.cursor()
    views = statements(dialect, "TEMP VIEW")
    for statement in (*_SETTINGS[dialect], *_shadows(dialect, moment), *views):
        cursor.execute(statement)
    cursor.close()
    connection.commit()


@dataclass(frozen=True, slots=True)
class _Moment:
    """The moment to look back to: the schema of the real tables, and the moment as a literal."""

    schema: str
    at: str


def _shadows(dialect: str, moment: datetime) -> Iterator[str]:
    """Yield a temporary view for each table with history.

    It has the rows that were on record at the moment, as they were then.
    """
    literal = _LITERALS[dialect].format(moment.astimezone(UTC))
    then = _Moment(_SCHEMAS[dialect], literal)
    recorded_columns = {
        "runs": "started_at",
        "deliveries": "recorded_at",
        "submissions": "loaded_at",
        **dict.fromkeys(CATALOGUE, "known_from"),
    }
    for name, column in recorded_columns.items():
        yield _shadow(WarehouseTable.metadata.tables[name], then, f"t.{column} < {then.at}")
    # A finding of a submission's own check is as old as the submission.
    loaded_at = (
        f"(SELECT s.loaded_at FROM {then.schema}.submissions s "  # noqa: S608  (our own names)
        "WHERE s.id = t.submission_id)"
    )
    was_found = f"COALESCE(t.cross_check_found_at, {loaded_at}) < {then.at}"
    yield _shadow(WarehouseTable.metadata.tables["findings"], then, was_found)


def _shadow(table: SqlTable, then: _Moment, condition: str) -> str:
    columns = [f"{_column(table, column.name, then)} AS {column.name}" for column in table.columns]
    return (
        f"CREATE TEMP VIEW {table.name} AS SELECT {', '.join(columns)} "  # noqa: S608
        f"FROM {then.schema}.{table.name} t WHERE {condition}"
    )


def _column(table: SqlTable, name: str, then: _Moment) -> str:
    """Return the expression for a column's value as it was at the moment."""
    if name in _SET_LATER:
        return f"CASE WHEN t.{name} < {then.at} THEN t.{name} END"
    if name == "superseded_by_id":
        return f"CASE WHEN t.known_to < {then.at} THEN t.superseded_by_id END"
    if (table.name, name) == ("deliveries", "state"):
        return (
            f"CASE WHEN t.state = '{DeliveryState.WITHDRAWN}' AND t.withdrawn_at >= {then.at} "
            f"THEN '{DeliveryState.PROCESSED}' ELSE t.state END"
        )
    if (table.name, name) == ("submissions", "verdict"):
        return _verdict(then)
    return f"t.{name}"


def _verdict(then: _Moment) -> str:
    """Return the expression for a verdict as it was at the moment.

    A cross-check may have changed it since. The verdict of a current submission follows from the
    findings that were open then.
    """
    open_findings = (
        f"SELECT 1 FROM {then.schema}.findings f "  # noqa: S608  (our own names)
        "WHERE f.submission_id = t.id AND f.severity <> 'info' "
        f"AND (f.cross_check_found_at IS NULL OR f.cross_check_found_at < {then.at}) "
        f"AND (f.closed_at IS NULL OR f.closed_at >= {then.at})"
    )
    return (
        f"CASE WHEN t.known_from IS NULL OR t.known_to < {then.at} THEN t.verdict "
        f"WHEN EXISTS ({open_findings}) THEN 'accepted_with_warnings' ELSE 'accepted' END"
    )
