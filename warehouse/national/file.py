"""The country's file as others ask it: each question is a file of SQL in `sql/read`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from program.errors import WarehouseError
from warehouse.database.duckdb_file import open_duckdb

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SQL = Path(__file__).parent / "sql" / "read"

NationalRow = Mapping[str, Any]
"""A row by its columns."""


@dataclass(frozen=True, slots=True)
class NationalFile:
    """An open file of the country. It is only read. Use it in a `with`."""

    connection: "DuckDBPyConnection"

    def __enter__(self) -> "NationalFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def ask(self, question: str, **values: object) -> Sequence[NationalRow]:
        """Return the rows of `sql/read/<question>.sql`, in the order that it gives."""
        sql = (_SQL / f"{question}.sql").read_text(encoding="utf-8")
        found = self.connection.execute(sql, values or None)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def open_national(file: Path) -> NationalFile:
    """Open the country's file.

    Raises:
        WarehouseError: There is none, or it is none that `mtqg national build` wrote.
    """
    if not file.is_file():
        raise WarehouseError(f"{file}: there is no such file; `mtqg national build` writes it")
    import duckdb  # noqa: PLC0415

    try:
        opened = NationalFile(open_duckdb(file, read_only=True))
        opened.ask("day")
    except duckdb.Error as wrong:
        reason = str(wrong).partition("\n")[0]
        raise WarehouseError(f"{file} is no file of the country: {reason}") from wrong
    return opened
