"""Totals of our own template that a program saved without their values.

openpyxl, and every program that writes workbooks with it, keeps formulas and drops the values that
Excel had computed. Such a total is computed here as its formula says. A formula that differs from
the template's stays unread (CELL-12): nobody knows what else it would have given.

LibreOffice (7.4, 2026-11-30) writes a total of nothing into an .xls as the number 0, although its
sender sees an empty cell. Such a 0 is read as the empty cell.

A line between the parts and the total of a matrix ("Dự án 3" over its sub-projects) is often a
mere heading in a sender's own workbook. Its empty cells are the sums of its parts: without them,
the sum of all units would lack this unit's parts. The total of the whole table is not computed:
its sender is asked for it, and it checks the lines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from connectors.reader.find.layout import Header
from connectors.reader.open.markup import Uncomputed
from connectors.reader.open.sheet_size import Corner
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.parse_cell import is_empty, parse_cell
from program.addresses import column_letter
from program.finding import ReaderFinding
from program.forms.measure import to_printed
from program.forms.table import Column, Line, Table
from program.forms.totals import formula_of, summands_of


class _Part(NamedTuple):
    """A cell that a total adds up."""

    at: Corner
    column: Column


class _Total(NamedTuple):
    """A cell that holds the template's formula and no sure value, with the cells that it adds up.

    Attributes:
        is_zero: The stored value is 0, but the sender may see an empty cell.
        is_between: Its line is the sum of other lines, and is not the table's total.
    """

    at: Corner
    column: Column
    parts: tuple[_Part, ...]
    is_zero: bool = False
    is_between: bool = False


def with_totals(
    header: Header, table: Table, end: int, lines: Mapping[str, int], measures: Mapping[str, str]
) -> tuple[Header, list[ReaderFinding]]:
    """Return `header` on a sheet with missing totals filled in, and a note for each.

    The note is CELL-19, or CELL-54 where a line between parts and total was left empty. A total is
    "" where all its parts are empty, without a note; with a note (CELL-37) where the workbook
    stores 0 for it. `lines` gives the 0-based row of each line of a matrix; `end` is the 0-based
    row after the table.
    """
    waiting = list(_Totals(header, table, lines).up_to(end))
    if not waiting:
        return header, []
    # A copy: other tables and forms are searched on the sheet as it was sent.
    rows = [list(row) for row in header.sheet.rows]
    computation = _Computation(rows, measures)
    while waiting:
        # A total of totals is computed after these.
        pending = {total.at for total in waiting}
        ready = [total for total in waiting if _is_ready(total, pending)]
        if not ready:
            break  # Totals that add up each other. No layout of a form allows it.
        for total in ready:
            computation.fill_in(total)
        waiting = [total for total in waiting if not _is_ready(total, pending)]
    sheet = replace(header.sheet, rows=computation.rows)
    return replace(header, sheet=sheet), computation.notes(sheet.name)


def _is_between(line: Line | None) -> bool:
    """Tell whether a line of a matrix is the sum of other lines, and not the table's total."""
    return line is not None and bool(line.parts) and not line.total


def _is_ready(total: _Total, pending: set[Corner]) -> bool:
    return not any(part.at in pending for part in total.parts)


@dataclass(frozen=True, slots=True)
class _Totals:
    """The search for missing totals in one table. `lines` are the rows of a matrix's lines."""

    header: Header
    table: Table
    lines: Mapping[str, int]

    def up_to(self, end: int) -> Iterator[_Total]:
        """Yield each cell above row `end` whose value is missing and whose formula is known."""
        found = [column for column in self.table.columns if column.name in self.header.columns]
        if self.table.kind == "matrix":
            for line in self.table.lines:
                row = self.lines.get(line.key)
                if row is not None:
                    yield from self._in_row(row, line, found)
            return
        # Most lists have no column that adds up others. Their rows are then not looked at.
        if any(column.parts for column in found):
            for number in range(self.header.body, end):
                yield from self._in_row(number, None, found)

    def _in_row(self, number: int, line: Line | None, columns: list[Column]) -> Iterator[_Total]:
        sheet = self.header.sheet
        row = sheet.rows[number]
        is_between = _is_between(line)
        for column in columns:
            at = self.header.columns[column.name]
            cell = row[at]
            is_zero = (number, at) in sheet.blank_or_zero
            is_blank = is_empty(cell)
            # A value that a program computed stands, whatever formula it comes from.
            if not is_zero and not is_blank and not isinstance(cell, Uncomputed):
                continue
            parts = self._parts(number, line, column)
            if not parts:
                continue
            # Excel adds up no figures that are text. Its total is then empty beside them.
            if is_zero or is_blank or str(cell) == _formula(parts):
                yield _Total((number, at), column, parts, is_zero, is_between)

    def _parts(self, number: int, line: Line | None, column: Column) -> tuple[_Part, ...]:
        """Return the cells that a cell adds up; () where it is no total or lacks one of them.

        A line between parts and total may lack parts: a sender leaves out what has no figures.
        """
        columns = self.header.columns
        parts: list[_Part] = []
        for cell in summands_of(column, line):
            if cell.column not in columns:
                return ()
            # The parts of a list's total are in its own row, those of a matrix may be in others.
            row: int | None = number
            if line is not None:
                row = self.lines.get(cell.line)
            if row is None:
                if _is_between(line):
                    continue
                return ()
            corner = row, columns[cell.column]
            parts.append(_Part(corner, self.table.column(cell.column)))
        return tuple(parts)


@dataclass(frozen=True, slots=True)
class _Computation:
    """Rows of cells in which totals are filled in one after the other.

    Each cell is kept with the label of its column: `computed` are those that got the figure of
    their formula, `summed` those of a line between that was left empty, `emptied` those whose
    stored 0 was taken away.
    """

    rows: list[list[CellValue]]
    measures: Mapping[str, str]
    computed: dict[Corner, str] = field(default_factory=dict)
    summed: dict[Corner, str] = field(default_factory=dict)
    emptied: dict[Corner, str] = field(default_factory=dict)

    def fill_in(self, total: _Total) -> None:
        """Compute a total and write it into its cell, unless the cell must stay as it is."""
        row, at = total.at
        if total.is_zero:
            self._empty(total)
            return
        filled = self.computed
        if is_empty(self.rows[row][at]) and not self._could_excel_not_compute(total):
            # An empty total is left as it is: its sender is asked for it.
            if not total.is_between:
                return
            filled = self.summed
        value = self._sum(total)
        self.rows[row][at] = value
        if isinstance(value, float):
            filled[total.at] = total.column.label

    def _empty(self, total: _Total) -> None:
        """Take the stored 0 of a total away if nothing stands in the cells that it adds up."""
        if all(is_empty(self._cell(part)) for part in total.parts):
            row, at = total.at
            self.rows[row][at] = ""
            self.emptied[total.at] = total.column.label

    def _could_excel_not_compute(self, total: _Total) -> bool:
        """Tell whether Excel left a total empty although a part holds a figure.

        It does so beside text, and beside a total that is only computed here.
        """
        for part in total.parts:
            cell = self._cell(part)
            is_text = isinstance(cell, str) and not is_empty(cell)
            if is_text or part.at in self.computed:
                return True
        return False

    def _sum(self, total: _Total) -> float | str:
        """Return the sum of a total's parts as printed; "" if all are empty, or one is unreadable.

        A part that cannot be read is reported itself: its sender cannot mend the total.
        """
        values: list[float] = []
        for part in total.parts:
            measure = self.measures[part.column.name]
            parsed = parse_cell(self._cell(part), part.column, measure)
            if parsed.value is None and parsed.rule is not None:
                return ""
            if isinstance(parsed.value, float):
                values.append(parsed.value)
        if not values:
            return ""
        # The cell is read again later, in its own measure.
        measure_of_total = self.measures[total.column.name]
        return to_printed(float(sum(values)), measure_of_total)

    def _cell(self, part: _Part) -> CellValue:
        row, at = part.at
        return self.rows[row][at]

    def notes(self, sheet: str) -> list[ReaderFinding]:
        """Return a note for each figure that was computed, and for each 0 that was taken away."""
        notes: list[ReaderFinding] = []
        for corner, label in self.computed.items():
            notes.append(_note("CELL-19", sheet, corner, label))
        for corner, label in self.summed.items():
            notes.append(_note("CELL-54", sheet, corner, label))
        for corner, label in self.emptied.items():
            notes.append(_note("CELL-37", sheet, corner, label))
        return notes


def _note(rule: str, sheet: str, corner: Corner, label: str) -> ReaderFinding:
    return ReaderFinding(rule, sheet, _address(corner), None, {"column": label})


def _formula(parts: tuple[_Part, ...]) -> str:
    """Return the formula that the template writes for the sum of these cells."""
    return formula_of([_address(part.at) for part in parts])


def _address(corner: Corner) -> str:
    row, at = corner
    return f"{column_letter(at + 1)}{row + 1}"
