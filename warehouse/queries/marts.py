"""The marts as others read them: their declared columns, and their rows with typed values.

`warehouse/marts/columns.yaml` declares each mart once.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Engine, func, select, text

from program.errors import WarehouseError
from program.pack.yaml_file import Model, load_yaml
from warehouse.database.views import CATALOGUE
from warehouse.tables import RunRow, WarehouseTable

Value: TypeAlias = str | float | int | bool | date | datetime | None

_DECLARATIONS = Path(__file__).parents[1] / "marts" / "columns.yaml"
_HISTORY = {
    "submissions": ("known_from", "known_to"),
    "findings": ("cross_check_found_at", "closed_at"),
    "deliveries": ("withdrawn_at",),
}
"""The tables that a run adds rows to, with their columns that are set later."""
_OF_CATALOGUE = dict.fromkeys(CATALOGUE, ("known_from", "known_to"))


class ColumnKind(StrEnum):
    """The type of a column's values, in the words of Frictionless."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


class MartColumn(Model):
    """A column: its type, and its Vietnamese title, description and source.

    `left_out` says why it is not handed on; "" where it is.
    """

    name: str
    type: ColumnKind
    title: str
    source: str
    unit: str = ""
    description: str = ""
    left_out: str = ""


class Mart(Model):
    """A mart. `key` names the columns that identify a row; none where no columns do.

    `changes_daily`, `changes_with_month`: its rows follow from the day of the last run too, or from
    its month, not only from what is in the warehouse.
    """

    name: str
    title: str
    description: str = ""
    key: tuple[str, ...] = ()
    changes_daily: bool = False
    changes_with_month: bool = False
    columns: tuple[MartColumn, ...]

    @property
    def handed_on(self) -> tuple[MartColumn, ...]:
        """The columns that others get."""
        return tuple(column for column in self.columns if not column.left_out)


@cache
def declared_marts() -> tuple[Mart, ...]:
    """Return every mart as it is declared."""
    declared = load_yaml(_DECLARATIONS)
    marts = []
    for name, mart in declared["marts"].items():
        columns = [_column(entry, declared) for entry in mart["columns"]]
        marts.append(Mart.model_validate(mart | {"name": name, "columns": columns}))
    return tuple(marts)


def _column(entry: Any, declared: Any) -> dict[str, Any]:
    """Return a column's declaration, a shared one by its name, with its source in words."""
    if isinstance(entry, str):
        entry = declared["shared"][entry] | {"name": entry}
    return dict(entry) | {"source": declared["sources"][entry["source"]]}


def mart_rows(engine: Engine, mart: Mart) -> list[tuple[Value, ...]]:
    """Return a mart's rows with the columns that are handed on, in the same order each time."""
    columns = mart.handed_on
    names = ", ".join(column.name for column in columns)
    query = text(f"SELECT {names} FROM {mart.name}")  # noqa: S608  (our own names)
    with engine.connect() as connection:
        found = connection.execute(query).all()
    kinds = [column.type for column in columns]
    rows = [_typed(row, kinds) for row in found]
    positions = [place for place, column in enumerate(columns) if column.name in mart.key]
    # Not by the database: each of them orders texts and nulls in its own way.
    rows.sort(key=lambda row: _order(row, positions or range(len(columns))))
    return rows


def _typed(row: Sequence[Any], kinds: Sequence[ColumnKind]) -> tuple[Value, ...]:
    return tuple(_value(value, kind) for value, kind in zip(row, kinds, strict=True))


def _value(value: Any, kind: ColumnKind) -> Value:
    return None if value is None else _CONVERTERS[kind](value)


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _instant(value: Any) -> datetime:
    instant: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


_CONVERTERS: dict[ColumnKind, Callable[[Any], Value]] = {
    ColumnKind.STRING: str,
    ColumnKind.NUMBER: float,
    ColumnKind.INTEGER: int,
    ColumnKind.BOOLEAN: bool,
    ColumnKind.DATE: _day,
    ColumnKind.DATETIME: _instant,
}
"""How a value gets its declared type: SQLite's views give texts and numbers only."""


def _order(row: Sequence[Value], positions: Sequence[int]) -> tuple[tuple[bool, str], ...]:
    return tuple((row[place] is not None, str(row[place])) for place in positions)


def data_day(engine: Engine) -> date:
    """Return the day of the last run: the marts' `data_as_of`.

    Raises WarehouseError before the first run.
    """
    with engine.connect() as connection:
        day = connection.scalar(select(func.max(RunRow.as_of)))
    if day is None:
        raise WarehouseError("the warehouse is empty: no run has begun yet; run `mtqg run` first")
    return day


def data_version(engine: Engine) -> str:
    """Return a text that changes when anything changes from which the marts follow.

    Only the day of a run may change them beside that: `Mart.changes_daily`. It reads indexes and
    small tables, not the facts: these never change without their submission.
    """
    return _version(engine, _HISTORY | _OF_CATALOGUE)


def catalogue_version(engine: Engine) -> str:
    """Return a text that changes when anything of the pack's copy in the warehouse changes."""
    return _version(engine, _OF_CATALOGUE)


def _version(engine: Engine, columns_by_table: Mapping[str, tuple[str, ...]]) -> str:
    counted = hashlib.sha256()
    with engine.connect() as connection:
        for name, later in columns_by_table.items():
            table = WarehouseTable.metadata.tables[name]
            counts = [func.count(table.columns[column]) for column in later]
            newest = [func.max(table.columns[column]) for column in later]
            row = connection.execute(
                select(func.count(), *counts, *newest).select_from(table)
            ).one()
            counted.update(f"{name} {tuple(row)!r}\n".encode())
    return counted.hexdigest()
