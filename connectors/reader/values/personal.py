"""Replace the personal values of a report by marks: names and telephone numbers stay in the reader.

Equal values of a report have equal marks, so that "required" and "no name twice" can still be
checked. Only the archived bytes hold what was written.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from program.finding import ReaderFinding
from program.forms.table import Table
from program.labels import fold
from program.parsed_report import ColumnValues, ParsedReport, ParsedTable

HIDDEN = "•••"
"""The mark of a value; the number after it distinguishes the values of a column."""
_CELL = re.compile(r"^(?P<letter>[A-Z]+)(?P<row>[0-9]+)$")


def masked(reading: ParsedReport) -> ParsedReport:
    """Return a parsed report with marks instead of personal values, in its tables and its problems.

    A parsed report without personal columns is returned as it is.
    """
    tables = _personal_tables(reading)
    if not tables:
        return reading
    read_tables = dict(reading.tables)
    for table in tables:
        read_tables[table.name] = _masked(reading.tables[table.name], table)
    problems: list[ReaderFinding] = []
    for problem in reading.problems:
        if _is_personal(problem, tables, reading):
            problems.append(_without_value(problem))
        else:
            problems.append(problem)
    return replace(reading, tables=read_tables, problems=tuple(problems))


def _personal_tables(reading: ParsedReport) -> list[Table]:
    """Return the tables with personal columns that were found in the report."""
    if reading.form is None:
        return []
    personal = [table for table in reading.form.tables if table.personal]
    return [table for table in personal if table.name in reading.tables]


def _masked(read: ParsedTable, table: Table) -> ParsedTable:
    values = dict(read.values)
    for name in read.values:
        if name in table.personal:
            values[name] = list(_marks(read.values[name]))
    return replace(read, values=values)


def _marks(values: ColumnValues) -> Iterator[str | None]:
    marks: dict[str, str] = {}
    for value in values:
        if value is None:
            # "Required" is checked after this: an empty cell must stay empty.
            yield None
            continue
        key = fold(str(value))
        next_mark = f"{HIDDEN}{len(marks) + 1}"
        yield marks.setdefault(key, next_mark)


def _is_personal(problem: ReaderFinding, tables: list[Table], reading: ParsedReport) -> bool:
    """Return whether a problem is about a cell in a personal column.

    The cells below the last line count as well: people write notes and sums there.
    """
    match = _CELL.match(problem.cell or "")
    if match is None:
        return False
    letter = match["letter"]
    row = int(match["row"])
    for table in tables:
        read = reading.tables[table.name]
        first_row = min(read.rows, default=0)
        if read.sheet != problem.sheet or row < first_row:
            continue
        letters = {read.letters.get(name) for name in table.personal}
        if letter in letters:
            return True
    return False


def _without_value(problem: ReaderFinding) -> ReaderFinding:
    written = problem.value
    if not written:
        return problem
    values: dict[str, str] = {}
    for name, text in problem.values.items():
        # The texts of a problem quote the cell.
        values[name] = text.replace(written, HIDDEN)
    return replace(problem, value=HIDDEN, values=values)
