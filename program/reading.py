"""What a reader hands over: a delivery's tables as frames with declared columns, and where each cell stands."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from program.delivery import Delivery
from program.finding import Problem
from program.form import Form, Table
from program.period import Period
from program.submission import Fact


@dataclass(frozen=True, slots=True)
class TableReading:
    """One table as read.

    `frame` has one row per line and the columns `sheet` (str), `row` (int, the sheet's own number), `line` (the
    line's key in a matrix, "" in a list) and one per data element, NaN/None where empty: float64 in the kept
    unit, text, or datetime64. `letters` gives the column letter of each data element that was found.
    """

    frame: pd.DataFrame
    letters: dict[str, str]

    def cell(self, element: str, row: int) -> str | None:
        """Return the address of a data element on a sheet row, or None where the column is missing."""
        letter = self.letters.get(element)
        return f"{letter}{row}" if letter else None


@dataclass(frozen=True, slots=True)
class Reading:
    """One delivery as read. Without a `form` there are no tables, and `problems` say why."""

    delivery: Delivery
    form: Form | None = None
    unit_code: str | None = None
    period: Period | None = None
    tables: dict[str, TableReading] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def facts_of(reading: Reading) -> tuple[Fact, ...]:
    """Return every value of the reading's tables as a fact with its cell; empty cells give none.

    A matrix gives `<column>_<line>` elements on line 0, a list one fact a cell on the line of its sheet row.
    """
    if reading.form is None:
        return ()
    facts: list[Fact] = []
    for table in reading.form.tables:
        read = reading.tables.get(table.name)
        if read is None:
            continue
        names = [c.name for c in table.columns if c.name in read.letters]
        for record in read.frame.to_dict("records"):
            facts += [_fact(read, table, name, record) for name in names if not pd.isna(record[name])]
    return tuple(facts)


def _fact(read: TableReading, table: Table, name: str, record: dict[Hashable, Any]) -> Fact:
    row, value, is_matrix = int(record["row"]), record[name], table.kind == "matrix"
    return Fact(
        element=f"{name}_{record['line']}" if is_matrix else name,
        line=0 if is_matrix else row,
        value=float(value) if isinstance(value, float) else None,
        text=None if isinstance(value, float) else _as_text(value),
        sheet=record["sheet"],
        cell=f"{read.letters[name]}{row}",
    )


def _as_text(value: object) -> str:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
