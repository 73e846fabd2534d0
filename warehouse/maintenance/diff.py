"""The differences between two warehouses, row by row: by table, key and column."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, Select, func, select

from warehouse.catalogue import CATALOGUE
from warehouse.tables import (
    AuditRow,
    DecisionRow,
    DeliveryRow,
    ExplainedReportRow,
    ExplanationRow,
    FactRow,
    FindingRow,
    HoldRow,
    MailRow,
    OutboxRow,
    RunRow,
    SourceCursorRow,
    SubmissionRow,
    WarehouseTable,
)

_STEP = 500
"""How many numbers of the first key column are compared at once; bounds the memory."""
_KEYS: dict[type[WarehouseTable], tuple[str, ...]] = {
    RunRow: ("id",),
    DeliveryRow: ("id",),
    SubmissionRow: ("id",),
    FindingRow: ("submission_id", "position"),
    FactRow: ("submission_id", "element", "line"),
    OutboxRow: ("id",),
    MailRow: ("delivery_id",),
    HoldRow: ("delivery_id",),
}
"""The large tables, which are compared a step at a time, with the key of their rows."""
_SMALL: tuple[type[WarehouseTable], ...] = (
    *CATALOGUE,
    SourceCursorRow,
    ExplanationRow,
    ExplainedReportRow,
    DecisionRow,
    AuditRow,
)
"""The tables that are compared as a whole, by their primary key."""
_NOT_COMPARED = {
    # When, and by which release, something was checked.
    ("submissions", "loaded_at"),
    ("submissions", "rule_set_version"),
    # A number to which nothing points.
    ("findings", "id"),
}

_Key: TypeAlias = tuple[Any, ...]
_Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One value that differs.

    Where `column` is None, one side has no such row: `before` or `after` is None.
    """

    table: str
    key: tuple[Any, ...]
    column: str | None
    before: Any
    after: Any

    def __str__(self) -> str:
        where = f"{self.table} {', '.join(map(str, self.key))}"
        if self.column is not None:
            return f"{where}: {self.column} was {self.before!r}, is {self.after!r}"
        if self.before is None:
            return f"{where}: is new"
        return f"{where}: is missing"


@dataclass(slots=True)
class Differences:
    """How many rows were compared and how many differ, by table, and the first differences."""

    compared: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)
    examples: list[RowDifference] = field(default_factory=list)
    other_rules: int = 0
    """Submissions that were checked by other rules, or by another release."""


def differences(before: Engine, after: Engine, limit: int) -> Differences:
    """Compare two warehouses, and keep the differences of the first `limit` rows of each table.

    Nothing is written.
    """
    found = Differences()
    with before.connect() as old, after.connect() as new:
        for table, key in _KEYS.items():
            name = table.__tablename__
            for query in _steps(old, new, table, key[0]):
                old_rows = _rows(old, query, key)
                new_rows = _rows(new, query, key)
                _compare(old_rows, new_rows, name, found, limit)
        for table in _SMALL:
            columns = table.__table__.primary_key
            key = tuple(column.name for column in columns)
            query = select(table.__table__)
            old_rows = _rows(old, query, key)
            new_rows = _rows(new, query, key)
            _compare(old_rows, new_rows, table.__tablename__, found, limit)
    return found


def _steps(
    old: Connection,
    new: Connection,
    table: type[WarehouseTable],
    first_key: str,
) -> Iterator[Select[Any]]:
    """Yield queries that together read all rows of a table, a step of its first key at a time."""
    column = table.__table__.c[first_key]
    highest = select(func.max(column))
    # An empty table has no highest key.
    last_of_old = old.scalar(highest) or 0
    last_of_new = new.scalar(highest) or 0
    last = max(last_of_old, last_of_new)
    for first in range(0, last + 1, _STEP):
        is_in_step = column.between(first, first + _STEP - 1)
        yield select(table.__table__).where(is_in_step)


def _rows(
    connection: Connection,
    query: Select[Any],
    key: tuple[str, ...],
) -> dict[_Key, _Values]:
    found: dict[_Key, _Values] = {}
    for row in connection.execute(query).mappings():
        found[tuple(row[name] for name in key)] = dict(row)
    return found


def _compare(
    old: Mapping[_Key, _Values],
    new: Mapping[_Key, _Values],
    table: str,
    found: Differences,
    limit: int,
) -> None:
    for key in sorted(old.keys() | new.keys()):
        found.compared[table] += 1
        old_row, new_row = old.get(key), new.get(key)
        of_row = list(_row_differences(table, key, old_row, new_row))
        if of_row:
            found.differing[table] += 1
            # All differences are counted, and only the first are kept.
            if found.differing[table] <= limit:
                found.examples += of_row
        # Other rules explain most differences in findings and verdicts.
        if table == "submissions" and _have_other_rules(old_row, new_row):
            found.other_rules += 1


def _have_other_rules(old: _Values | None, new: _Values | None) -> bool:
    if old is None or new is None:
        return False
    return bool(old["rule_set_version"] != new["rule_set_version"])


def _row_differences(
    table: str,
    key: _Key,
    old: _Values | None,
    new: _Values | None,
) -> Iterator[RowDifference]:
    if old is None or new is None:
        yield RowDifference(table, key, None, old and "there", new and "there")
        return
    for name in old:
        if old[name] != new[name] and (table, name) not in _NOT_COMPARED:
            yield RowDifference(table, key, name, old[name], new[name])
