"""The warehouse as it was believed at an earlier moment: the same questions, answered as they would have been then.

Every connection gets temporary views over the tables that hold history, under the tables' own names, and the marts anew on top of
them. Both databases look among temporary views first, so whoever asks, in SQL or by the ORM, sees the tables as they stood.
Nothing is written that outlives the connection.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine, event, select
from sqlalchemy import Table as SqlTable

from program.errors import AskedError
from program.vietnamese import VIETNAM_TIME, format_date, vietnam_day
from warehouse.engine import open_warehouse
from warehouse.states import DeliveryState
from warehouse.tables import RunRow, Table
from warehouse.views import CATALOGUE, statements

_SCHEMAS = {"sqlite": "main", "postgresql": "public"}
_LITERALS = {
    "sqlite": "'{:%Y-%m-%d %H:%M:%S.%f}'",
    "postgresql": "TIMESTAMPTZ '{:%Y-%m-%d %H:%M:%S.%f}+00'",
}
_SETTINGS: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    # PostgreSQL has no statistics of a view's columns, takes each for one row, and joined all with all, row by row (100 s).
    "postgresql": ("SET enable_nestloop = off",),
}
_LATER = {"known_from", "known_to", "compared_at", "closed_at", "withdrawn_at", "finished_at"}
"""Instants that a row gets after it was written: those that had not come yet are not there yet."""


def open_as_of(url: str, day: date) -> Engine:
    """Return an engine that answers what was believed at the end of `day` in Vietnam.

    Raises AskedError where no night had begun by then: nothing was known.
    """
    engine = open_warehouse(url)
    moment = datetime.combine(day + timedelta(days=1), time(), VIETNAM_TIME).astimezone(UTC)
    with engine.connect() as connection:
        first = connection.scalar(select(RunRow.started_at).order_by(RunRow.started_at).limit(1))
    if first is None or first >= moment:
        began = (
            f"the first night began on {format_date(vietnam_day(first))}"
            if first
            else "no night has run yet"
        )
        raise AskedError(f"--as-of {day}: nothing was known then; {began}")
    look_back(engine, moment)
    return engine


def look_back(engine: Engine, moment: datetime) -> None:
    """Have every connection that `engine` opens from now on see the warehouse as it was believed just before `moment`."""
    engine.dispose()
    event.listen(engine, "connect", partial(_set_back, dialect=engine.dialect.name, moment=moment))


def _set_back(connection: Any, _record: object, *, dialect: str, moment: datetime) -> None:
    cursor = connection.cursor()
    for statement in (
        *_SETTINGS[dialect],
        *_shadows(dialect, moment),
        *statements(dialect, "TEMP VIEW"),
    ):
        cursor.execute(statement)
    cursor.close()
    connection.commit()


def _shadows(dialect: str, moment: datetime) -> Iterator[str]:
    """Yield a temporary view for each table with history, which shows what had been written by then, as it stood then."""
    schema, at = _SCHEMAS[dialect], _LITERALS[dialect].format(moment.astimezone(UTC))
    written = {
        "runs": "started_at",
        "deliveries": "recorded_at",
        "submissions": "loaded_at",
        **dict.fromkeys(CATALOGUE, "known_from"),
    }
    for name, since in written.items():
        yield _shadow(Table.metadata.tables[name], schema, at, f"t.{since} < {at}")
    submission = f"(SELECT s.loaded_at FROM {schema}.submissions s WHERE s.id = t.submission_id)"  # noqa: S608  (our own names)
    yield _shadow(
        Table.metadata.tables["findings"],
        schema,
        at,
        f"COALESCE(t.compared_at, {submission}) < {at}",
    )


def _shadow(table: SqlTable, schema: str, at: str, condition: str) -> str:
    columns = ", ".join(f"{_column(table, c.name, schema, at)} AS {c.name}" for c in table.columns)
    return f"CREATE TEMP VIEW {table.name} AS SELECT {columns} FROM {schema}.{table.name} t WHERE {condition}"  # noqa: S608  (our own names)


def _column(table: SqlTable, name: str, schema: str, at: str) -> str:
    if name in _LATER:
        return f"CASE WHEN t.{name} < {at} THEN t.{name} END"
    if name == "superseded_by_id":
        return f"CASE WHEN t.known_to < {at} THEN t.superseded_by_id END"
    if (table.name, name) == ("deliveries", "state"):
        return f"CASE WHEN t.state = '{DeliveryState.WITHDRAWN}' AND t.withdrawn_at >= {at} THEN '{DeliveryState.PROCESSED}' ELSE t.state END"
    if (table.name, name) == ("submissions", "verdict"):
        return _verdict(schema, at)
    return f"t.{name}"


def _verdict(schema: str, at: str) -> str:
    """A comparison may have changed the verdict since: what was believed then is judged by the findings that stood then."""
    standing = (
        f"SELECT 1 FROM {schema}.findings f WHERE f.submission_id = t.id AND f.severity <> 'info' "  # noqa: S608  (our own names)
        f"AND (f.compared_at IS NULL OR f.compared_at < {at}) AND (f.closed_at IS NULL OR f.closed_at >= {at})"
    )
    return (
        f"CASE WHEN t.known_from IS NULL OR t.known_to < {at} THEN t.verdict "
        f"WHEN EXISTS ({standing}) THEN 'accepted_with_warnings' ELSE 'accepted' END"
    )
