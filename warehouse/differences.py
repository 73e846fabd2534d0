"""What differs between two warehouses, row by row: by table, key and column."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select

from warehouse.catalogue import CATALOGUE
from warehouse.tables import (
    DeliveryRow,
    FactRow,
    FindingRow,
    OutboxRow,
    RunRow,
    SubmissionRow,
    Table,
    WatermarkRow,
)

_STEP = 500
"""Rows of the first key's numbers that are held in memory at once."""
_KEYS: dict[type[Table], tuple[str, ...]] = {
    RunRow: ("id",),
    DeliveryRow: ("id",),
    SubmissionRow: ("id",),
    FindingRow: ("submission_id", "position"),
    FactRow: ("submission_id", "element", "line"),
    OutboxRow: ("id",),
}
"""What is compared a part at a time, by what; the rest is small, and is compared by its own key."""
_SMALL: tuple[type[Table], ...] = (*CATALOGUE, WatermarkRow)
_NOT_COMPARED = {
    ("submissions", "loaded_at"),
    ("submissions", "rule_set_version"),
    ("findings", "id"),
}
"""When and by which release something was judged; a number that nothing points to."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not alike; `column` None where one side lacks it, and says which."""

    table: str
    key: tuple[Any, ...]
    column: str | None
    before: Any
    after: Any

    def __str__(self) -> str:
        where = f"{self.table} {', '.join(map(str, self.key))}"
        if self.column is None:
            return f"{where}: {'is new' if self.before is None else 'is missing'}"
        return f"{where}: {self.column} was {self.before!r}, is {self.after!r}"


@dataclass(slots=True)
class Differences:
    """How many rows were compared and how many differ, by table, and the first of them."""

    compared: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)
    examples: list[Difference] = field(default_factory=list)
    other_rules: int = 0
    """Submissions that other rules, or another release, had judged."""


def differences(before: Engine, after: Engine, limit: int) -> Differences:
    """Compare two warehouses; the first `limit` differences of each table are kept. Neither is changed."""
    found = Differences()
    with before.connect() as old, after.connect() as new:
        for table, key in _KEYS.items():
            for number in range(
                0, max(_newest(old, table, key), _newest(new, table, key)) + 1, _STEP
            ):
                query = select(table.__table__).where(
                    table.__table__.c[key[0]].between(number, number + _STEP - 1)
                )
                _compare(
                    _rows(old, query, key),
                    _rows(new, query, key),
                    table.__tablename__,
                    found,
                    limit,
                )
        for small in _SMALL:
            whole, keys = (
                select(small.__table__),
                tuple(column.name for column in small.__table__.primary_key),
            )
            _compare(
                _rows(old, whole, keys), _rows(new, whole, keys), small.__tablename__, found, limit
            )
    return found


def _newest(connection: Connection, table: type[Table], key: tuple[str, ...]) -> int:
    return connection.scalar(select(func.max(table.__table__.c[key[0]]))) or 0


def _rows(
    connection: Connection, query: Select[Any], key: tuple[str, ...]
) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    return {
        tuple(row[name] for name in key): dict(row) for row in connection.execute(query).mappings()
    }


def _compare(
    old: Mapping[tuple[Any, ...], Mapping[str, Any]],
    new: Mapping[tuple[Any, ...], Mapping[str, Any]],
    table: str,
    found: Differences,
    limit: int,
) -> None:
    for key in sorted(old.keys() | new.keys()):
        found.compared[table] += 1
        mine, other = old.get(key), new.get(key)
        unlike = list(_unlike(table, key, mine, other))
        if unlike:
            found.differing[table] += 1
            if found.differing[table] <= limit:
                found.examples += unlike
        if (
            table == "submissions"
            and mine
            and other
            and mine["rule_set_version"] != other["rule_set_version"]
        ):
            found.other_rules += 1


def _unlike(
    table: str, key: tuple[Any, ...], old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(table, key, None, old and "there", new and "there")
        return
    for name in old:
        if old[name] != new[name] and (table, name) not in _NOT_COMPARED:
            yield Difference(table, key, name, old[name], new[name])
