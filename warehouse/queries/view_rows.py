"""The rows of views as dataclasses. Databases disagree on types; here a field's type decides."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from sqlalchemy import Engine, TextClause, text

Row = TypeVar("Row")


def view_rows(
    engine: Engine, kind: Callable[..., Row], query: str | TextClause, **values: Any
) -> list[Row]:
    """Return the rows of a query on views, each as the dataclass `kind` (`view_row`)."""
    statement = text(query) if isinstance(query, str) else query
    with engine.connect() as connection:
        found = connection.execute(statement, values).mappings()
        return [view_row(kind, dict(row)) for row in found]


def view_row(kind: Callable[..., Row], row: Mapping[str, Any]) -> Row:
    """Return a row as the dataclass `kind`, whose fields are named like columns.

    A field without a column has its default; a column without a field is left out. Instants are in
    UTC.
    """
    values: dict[str, Any] = {}
    for name, convert in _conversions(kind):
        if name in row:
            value = row[name]
            values[name] = value if convert is None else convert(value)
    return kind(**values)


@lru_cache(maxsize=64)
def _conversions(kind: Any) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """Return the fields of a dataclass, each with what turns a stored value into its type."""
    hints = get_type_hints(kind)
    return tuple((field.name, _conversion(hints[field.name])) for field in fields(kind))


def _conversion(hint: Any) -> Callable[[Any], Any] | None:
    if hint is bool:
        # Views give 0 and 1, and NULL where a join found nothing.
        return bool
    wanted = next((each for each in get_args(hint) if each is not NoneType), hint)
    if wanted is date:
        return _day
    if wanted is datetime:
        return _instant
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return _member_of(wanted)
    return None


def _member_of(kind: type[StrEnum]) -> Callable[[Any], StrEnum | None]:
    def member(value: Any) -> StrEnum | None:
        return None if value is None else kind(value)

    return member


def _day(value: Any) -> date | None:
    # On SQLite a view's column has no type, and a fact of a date is text on both databases.
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    # SQLite gives the time without its zone, as it was bound: in UTC.
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
