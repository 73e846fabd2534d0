"""What a reader hands over: a delivery's tables as frames with declared columns, and where each cell stands."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from program.delivery import Delivery
from program.finding import Problem
from program.form import Form
from program.period import Period
from program.qualifier import Qualifier
from program.stage import Stage
from program.submission import Fact
from program.table import Summary, Table
from program.totals import parts_of

_PARTS_APART = 1_000_000_000


@dataclass(frozen=True, slots=True)
class TableReading:
    """One table as read.

    `frame` has one row per line and the columns `sheet` (str), `row` (int, the sheet's own number), `line` (the
    line's key in a matrix, "" in a list) and one per data element, NaN/None where empty: float64 in the kept
    unit, text, or datetime64. `letters` gives the column letter of each data element that was found on `sheet`, `qualifiers` the
    word before a figure ("trên 1.200"), by data element and row. `is_nil`: the sender wrote that there is nothing to report.
    """

    frame: pd.DataFrame
    letters: dict[str, str]
    sheet: str = ""
    qualifiers: Mapping[tuple[str, int], Qualifier] = field(default_factory=dict)
    is_nil: bool = False

    @property
    def is_blank(self) -> bool:
        """Tell whether not a single value stands in the table, and nobody wrote that there is nothing to report."""
        return not self.is_nil and bool(self.frame[list(self.letters)].isna().all(axis=None))

    def cell(self, element: str, row: int) -> str | None:
        """Return the address of a data element on a sheet row, or None where the column is missing."""
        letter = self.letters.get(element)
        return f"{letter}{row}" if letter else None


@dataclass(frozen=True, slots=True)
class Reading:
    """One delivery as read, or one part of it: a workbook may hold several forms, units and periods.

    `part` counts from 1 within the delivery. Without a `form` there are no tables, and `problems` say why.
    """

    delivery: Delivery
    form: Form | None = None
    unit_code: str | None = None
    period: Period | None = None
    stage: Stage = Stage.FINAL
    tables: dict[str, TableReading] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    part: int = 1

    @property
    def number(self) -> int:
        """The number that no other reading has: its delivery's, with the part before it from the second on.

        Part 2 of delivery 17 is 2000000017, so that Data Docs lead back to the delivery.
        """
        return self.delivery.id + (_PARTS_APART * self.part if self.part > 1 else 0)

    @property
    def is_nil(self) -> bool:
        """Tell whether its sender wrote of one of its tables that there is nothing to report."""
        return any(table.is_nil for table in self.tables.values())

    @property
    def is_blank(self) -> bool:
        """Tell whether there are tables and none of them holds a value, or met one that could not be read."""
        met = any(problem.rule.startswith("CELL-") for problem in self.problems)
        return bool(self.tables) and not met and all(table.is_blank for table in self.tables.values())


def summarise(read: TableReading, summary: Summary) -> float:
    """Return a list's summary over its lines; NaN for a list without lines or a single figure, 0 where nothing is said to be."""
    if read.is_nil:
        return 0.0
    if read.frame.empty:
        return float("nan")
    chosen = read.frame
    for column, words in summary.chosen.items():
        chosen = chosen[chosen[column].isin(words)]
    values = chosen[summary.column]
    if summary.count:
        return float(values.count())
    # No line of that kind is a sum of 0; lines without a figure are a sum that nobody knows.
    return 0.0 if values.empty else float(values.sum(min_count=1))


def facts_of(reading: Reading) -> tuple[Fact, ...]:
    """Return every value of the reading's tables as a fact with its cell; empty cells give none.

    A matrix gives `<column>_<line>` elements on line 0, a list one fact a cell on the line of its sheet row, and its
    summaries on line 0 with the cells that they were computed from.
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
        facts += _summary_facts(read, table)
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
        qualifier=_qualifier_of(read, table, name, row, str(record["line"])),
    )


def _qualifier_of(read: TableReading, table: Table, name: str, row: int, line: str) -> Qualifier | None:
    """Return the word before a figure, or before a part of it: a total of "khoảng 50" and 30 is no exact 80."""
    if (name, row) in read.qualifiers:
        return read.qualifiers[name, row]
    declared = next((other for other in table.lines if other.key == line), None)
    parts = parts_of(table.column(name), declared) if read.qualifiers else ()
    if not parts:
        return None
    # Only a matrix has parts on other rows, and few of them; a list may have a hundred thousand lines.
    rows = dict(zip(read.frame["line"], read.frame["row"].astype(int), strict=True)) if declared else {}
    return _joint(_qualifier_of(read, table, p.column, rows.get(p.line, row), p.line) for p in parts)


def _joint(qualifiers: Iterable[Qualifier | None]) -> Qualifier | None:
    """Return what a sum of such figures is: all of one word that word, of several only about."""
    words = {word for word in qualifiers if word is not None}
    return words.pop() if len(words) == 1 else Qualifier.ABOUT if words else None


def _summary_facts(read: TableReading, table: Table) -> Iterator[Fact]:
    for name, summary in table.summaries.items():
        value, letter = summarise(read, summary), read.letters.get(summary.column)
        if letter is not None and not pd.isna(value):
            rows = read.frame["row"]
            cells = f"{letter}{rows.min()}:{letter}{rows.max()}" if len(rows) else letter
            word = _joint(read.qualifiers.get((summary.column, int(row))) for row in rows) if summary.sum else None
            yield Fact(name, 0, value, None, read.sheet, cells, word)


def _as_text(value: object) -> str:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
