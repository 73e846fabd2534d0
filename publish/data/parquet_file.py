"""A mart's CSV as Parquet, written by DuckDB: both hold the same rows."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.queries.marts import ColumnKind, MartColumn

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TYPES = {
    ColumnKind.STRING: "VARCHAR",
    ColumnKind.NUMBER: "DOUBLE",
    ColumnKind.INTEGER: "BIGINT",
    ColumnKind.BOOLEAN: "BOOLEAN",
    ColumnKind.DATE: "DATE",
    ColumnKind.DATETIME: "TIMESTAMP WITH TIME ZONE",
}
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # One thread: the same rows give the same bytes.
    "threads": 1,
    "memory_limit": "512MB",
    # It never fetches an extension from elsewhere.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class ParquetWriter:
    """Turns CSV into Parquet. Use it in a `with`: DuckDB is loaded for the first file."""

    def __init__(self) -> None:
        self._database: DuckDBPyConnection | None = None

    def __enter__(self) -> "ParquetWriter":
        return self

    def __exit__(self, *_: object) -> None:
        if self._database is not None:
            self._database.close()

    def parquet_bytes(self, columns: Sequence[MartColumn], csv: bytes) -> bytes:
        """Return what `csv_bytes` gave as Parquet, each column in its declared type."""
        types = ", ".join(f"'{column.name}': '{_TYPES[column.type]}'" for column in columns)
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "rows.csv")
            target = Path(folder, "rows.parquet")
            source.write_bytes(csv)
            self._connection().execute(
                f"COPY (SELECT * FROM read_csv('{source}', header=true, auto_detect=false, "  # noqa: S608
                f"delim=',', quote='\"', escape='\"', columns={{{types}}})) "
                f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
            )
            return target.read_bytes()

    def _connection(self) -> "DuckDBPyConnection":
        if self._database is None:
            # Imported here: most runs write no Parquet.
            import duckdb  # noqa: PLC0415

            self._database = duckdb.connect(config=_CONFIG)
        return self._database
