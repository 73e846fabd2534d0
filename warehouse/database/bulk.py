"""Insert many rows into a table: COPY on PostgreSQL, `executemany` on SQLite.

Everything happens in the caller's transaction.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

Cell = str | int | float | None


def insert_rows(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
) -> None:
    """Insert `rows` unchanged: plain values, in the order of `columns`.

    `table` and `columns` become part of the statement: never pass a sender's text.
    """
    if connection.dialect.name == "postgresql":
        _copy_rows(connection, table, columns, rows)
        return
    names = ", ".join(columns)
    placeholders = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({names}) VALUES ({placeholders})"  # noqa: S608
    # The driver itself: SQLAlchemy would process every value of every row.
    cursor = connection.connection.cursor()
    cursor.executemany(statement, rows)
    cursor.close()


def _copy_rows(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
) -> None:
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    # SQLAlchemy has no COPY: this is psycopg's own connection, in the same transaction.
    driver: Any = connection.connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def next_ids(connection: Connection, table: str, count: int) -> list[int]:
    """Return `count` new ids for a table.

    Nobody else gets them: the transaction holds the writers' lock.
    """
    if connection.dialect.name == "postgresql":
        from_sequence = text(
            "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"
        )
        return list(connection.scalars(from_sequence, {"table": table, "count": count}))
    newest_query = text(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608  (our own names)
    newest = connection.scalar(newest_query)
    return list(range(newest + 1, newest + 1 + count))
