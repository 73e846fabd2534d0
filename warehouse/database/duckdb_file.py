"""DuckDB: its types of a mart's columns, and how a file of it is opened."""

from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.queries.marts import ColumnKind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMN_TYPES = {
    ColumnKind.STRING: "VARCHAR",
    ColumnKind.NUMBER: "DOUBLE",
    ColumnKind.INTEGER: "BIGINT",
    ColumnKind.BOOLEAN: "BOOLEAN",
    ColumnKind.DATE: "DATE",
    ColumnKind.DATETIME: "TIMESTAMP WITH TIME ZONE",
}
"""The type of a column in Parquet files and DuckDB, as DuckDB names it."""
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # One thread: the same rows give the same bytes.
    "threads": 1,
    # It never fetches an extension from elsewhere.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def open_duckdb(
    file: Path | None = None, *, memory: str = "512MB", read_only: bool = False
) -> "DuckDBPyConnection":
    """Return a connection to a DuckDB file, or to a database in memory.

    It uses one thread and at most `memory`. Instants are printed in UTC.
    """
    # Imported here: most runs and commands do not need it.
    import duckdb  # noqa: PLC0415

    config = _CONFIG | {"memory_limit": memory}
    connection = duckdb.connect(str(file or ":memory:"), read_only=read_only, config=config)
    connection.execute("SET TimeZone = 'UTC'")
    return connection
