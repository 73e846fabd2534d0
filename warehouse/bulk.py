"""Many rows into a table: COPY on PostgreSQL, `executemany` on SQLite.

In the caller's transaction.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

Cell = str | int | float | None


def insert_rows(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Insert `rows` as they are: plain values only, in the order of `columns`.

    Names are ours, never a sender's.
    """
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        with connection.connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join("?" * len(columns))
    cursor = connection.connection.cursor()
    cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)  # noqa: S608  (our own names)
    cursor.close()


def next_ids(connection: Connection, table: str, count: int) -> list[int]:
    """Return the next `count` numbers of a table, which nobody else gets.

    The transaction holds the lock of writers.
    """
    if connection.dialect.name == "postgresql":
        numbered = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
        return list(connection.scalars(numbered, {"table": table, "count": count}))
    newest = connection.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table}"))  # noqa: S608  (our own names)
    return list(range(newest + 1, newest + 1 + count))
