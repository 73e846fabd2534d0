"""A mart's CSV as Parquet, written by DuckDB: both hold the same rows."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.database.duckdb_file import COLUMN_TYPES, open_duckdb
from warehouse.queries.marts import MartColumn

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


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
        """Return what `csv_bytes` gave as Parquet, each column in its declared type.

        A column without a value, and a file without a row, have their types too. The unit of each
        column stands in the file's metadata.
        """
        types = ", ".join(f"'{column.name}': '{COLUMN_TYPES[column.type]}'" for column in columns)
        units = ", ".join(
            f"'unit:{each.name}': {_quoted(each.unit)}" for each in columns if each.unit
        )
        metadata = f", KV_METADATA {{{units}}}" if units else ""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "rows.csv")
            target = Path(folder, "rows.parquet")
            source.write_bytes(csv)
            self._connection().execute(
                f"COPY (SELECT * FROM read_csv('{source}', header=true, auto_detect=false, "  # noqa: S608
                f"delim=',', quote='\"', escape='\"', columns={{{types}}})) "
                f"TO '{target}' (FORMAT parquet, COMPRESSION zstd{metadata})"
            )
            return target.read_bytes()

    def _connection(self) -> "DuckDBPyConnection":
        if self._database is None:
            self._database = open_duckdb()
        return self._database


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
