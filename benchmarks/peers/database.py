"""The strong peer's two tables, filled by the driver alone in one transaction."""

import sqlite3
from collections.abc import Iterable, Sequence

import pandas as pd
import psycopg

TABLES = (
    "CREATE TABLE reports (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    """CREATE TABLE facts (
        report_id INTEGER NOT NULL REFERENCES reports, element TEXT NOT NULL, line INTEGER NOT NULL,
        value DOUBLE PRECISION, text TEXT, sheet TEXT NOT NULL, cell TEXT NOT NULL,
        PRIMARY KEY (report_id, element, line)
    )""",
)
_COLUMNS = ["file", "element", "line", "value", "text", "sheet", "cell"]
Row = tuple[object, ...]


def load_facts(url: str, names: Sequence[str], facts: pd.DataFrame) -> None:
    """Make the tables and write reports and facts."""
    columns = [_plain(facts[name]) for name in _COLUMNS]
    rows = list(zip(*columns, strict=True))
    reports = list(enumerate(names))
    if url.startswith("sqlite"):
        _into_sqlite(url.removeprefix("sqlite:///"), reports, rows)
    else:
        _into_postgres(url, reports, rows)


def _plain(column: pd.Series) -> list[object]:
    """Return values that drivers know; None where there is none."""
    values = column.astype("object")
    return values.where(values.notna(), None).map(_driven).tolist()


def _driven(value: object) -> object:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value


def _into_sqlite(path: str, reports: Iterable[Row], facts: Iterable[Row]) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for statement in TABLES:
            connection.execute(statement)
        connection.executemany("INSERT INTO reports VALUES (?, ?)", reports)
        connection.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)", facts)
    connection.close()


def _into_postgres(url: str, reports: Iterable[Row], facts: Iterable[Row]) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
        for table, rows in (("reports", reports), ("facts", facts)):
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
