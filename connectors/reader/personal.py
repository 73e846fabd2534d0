"""What a form calls personal goes no further than the reader: names and telephone numbers leave it as marks.

A mark stands for one writing within one report, so that "required" and "no name twice" can still be asked; what was written can
be had from the archived bytes alone.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from program.finding import Problem
from program.labels import fold
from program.reading import ColumnValues, Reading, TableReading
from program.table import Table

HIDDEN = "•••"
"""Stands where a value was; the number behind it tells two values of a column apart."""
_CELL = re.compile(r"^(?P<letter>[A-Z]+)(?P<row>[0-9]+)$")


def masked(reading: Reading) -> Reading:
    """Return a reading without personal values, neither in its tables nor in what was met; the same one where it has none."""
    tables = [t for t in reading.form.tables if t.personal and t.name in reading.tables] if reading.form else []
    if not tables:
        return reading
    problems = tuple(_without_value(p) if _is_personal(p, tables, reading) else p for p in reading.problems)
    return replace(
        reading,
        tables={**reading.tables, **{table.name: _masked(reading.tables[table.name], table) for table in tables}},
        problems=problems,
    )


def _masked(read: TableReading, table: Table) -> TableReading:
    values = {name: list(_marks(read.values[name])) if name in table.personal else read.values[name] for name in read.values}
    return replace(read, values=values)


def _marks(values: ColumnValues) -> Iterator[str | None]:
    known: dict[str, str] = {}
    for value in values:
        yield known.setdefault(fold(str(value)), f"{HIDDEN}{len(known) + 1}") if value is not None else None


def _is_personal(problem: Problem, tables: list[Table], reading: Reading) -> bool:
    """Tell whether a problem is about a cell of a personal column, a line's or below it: notes and sums stand there too."""
    match = _CELL.match(problem.cell or "")
    reads = [(table, reading.tables[table.name]) for table in tables]
    return match is not None and any(
        read.sheet == problem.sheet
        and match["letter"] in {read.letters.get(name) for name in table.personal}
        and int(match["row"]) >= min(read.rows, default=0)
        for table, read in reads
    )


def _without_value(problem: Problem) -> Problem:
    written = problem.value
    if not written:
        return problem
    return replace(problem, value=HIDDEN, values={name: text.replace(written, HIDDEN) for name, text in problem.values.items()})
