"""Which cells of a report are declared sums of which others, and what a rule looks at."""

from collections.abc import Iterable, Iterator

from expectations.findings.cells import CellRef, cell_of
from program.forms.form import Form
from program.forms.table import ListSummary, Table
from program.parsed_report import ParsedReport, ParsedTable


class SumCells:
    """The cells of one report, and the sums that its form declares among them."""

    def __init__(self, form: Form, reading: ParsedReport) -> None:
        self._form = form
        self._reading = reading
        self._parts: dict[CellRef, list[CellRef]] = {}
        self._below: dict[CellRef, frozenset[CellRef]] = {}
        for table in form.tables:
            read = reading.tables.get(table.name)
            if read is not None:
                self._add(table, read)

    def below(self, cell: CellRef) -> frozenset[CellRef]:
        """Return the cells that a cell is computed from: its parts, and their parts in turn."""
        if cell not in self._below:
            found: set[CellRef] = set()
            for part in self._parts.get(cell, ()):
                found |= {part, *self.below(part)}
            self._below[cell] = frozenset(found)
        return self._below[cell]

    def depth(self, cell: CellRef) -> int:
        """Return 0 for a cell that is typed in, and one more than its deepest part for a sum."""
        deepest = 0
        for part in self._parts.get(cell, ()):
            deepest = max(deepest, 1 + self.depth(part))
        return deepest

    def looked_at(self, frame: str, names: Iterable[str], row: int) -> frozenset[CellRef]:
        """Return the cells of these columns and elements on a row; all those of a summary."""
        cells: set[CellRef] = set()
        for name in names:
            cells.update(self._cells(frame, name, row))
        return frozenset(cells)

    def _cells(self, frame: str, name: str, row: int) -> Iterator[CellRef]:
        for table in self._form.tables:
            summary = table.summaries.get(name)
            if summary is not None and table.name in self._reading.tables:
                yield from _summed(summary, self._reading.tables[table.name])
                return
        place = cell_of(self._form, frame, name, row, self._reading)
        if place is None:
            return
        _, cell = place
        # The submission as a whole is no cell.
        if cell is not None:
            yield place

    def _add(self, table: Table, read: ParsedTable) -> None:
        self._add_sums_of_lines(table, read)
        for column in table.columns:
            if not column.parts:
                continue
            for row in read.rows:
                parts = [(part, row) for part in column.parts]
                self._add_parts(read, (column.name, row), parts)

    def _add_sums_of_lines(self, table: Table, read: ParsedTable) -> None:
        rows = dict(zip(read.lines, read.rows, strict=True))
        numeric = [column.name for column in table.columns if column.type.is_numeric]
        for line in table.lines:
            # Only filled lines have a row.
            if line.key not in rows:
                continue
            total_row = rows[line.key]
            part_rows = [rows[part] for part in line.parts if part in rows]
            for name in numeric:
                parts = [(name, row) for row in part_rows]
                self._add_parts(read, (name, total_row), parts)

    def _add_parts(
        self, read: ParsedTable, total: tuple[str, int], parts: Iterable[tuple[str, int]]
    ) -> None:
        cell = read.cell(*total)
        # The sheet may lack the column.
        if cell is None:
            return
        known = self._parts.setdefault((read.sheet, cell), [])
        for part in parts:
            part_cell = read.cell(*part)
            if part_cell is not None:
                known.append((read.sheet, part_cell))


def _summed(summary: ListSummary, read: ParsedTable) -> Iterator[CellRef]:
    """Yield the cells that a summary of a list counts or adds up."""
    for row in read.rows:
        cell = read.cell(summary.column, row)
        if cell is not None:
            yield read.sheet, cell
