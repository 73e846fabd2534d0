"""A table at its place on a sheet, with what is needed to read its lines."""

from collections.abc import Collection
from dataclasses import dataclass, field

from connectors.reader.find.layout import Header
from connectors.reader.open.sheet_size import Corner
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.parse_cell import is_empty, parse_cell
from connectors.reader.values.parse_date import is_spelt_day
from connectors.reader.values.parsed import REFUSED_FIGURES, Parsed
from program.addresses import column_letter
from program.finding import ReaderFinding
from program.forms.qualifier import Qualifier
from program.forms.table import Column, ColumnType, Table

_WORDS = (ColumnType.TEXT, ColumnType.COMMUNE, ColumnType.UNITS)


@dataclass(frozen=True, slots=True)
class TableRegion:
    """A table at its place on a sheet.

    `problems`, `qualifiers`, `texts` and `refused` grow while its cells are read.

    Attributes:
        end: the 0-based row after the table.
        measures: the measure of each column, by name.
        merged: the corners of the merged cell that covers a cell, by cell.
        problems: what was met so far.
        qualifiers: the words before figures ("trên"), by column name and 1-based row.
        texts: the figures that are text on the sheet, by column name and 1-based row.
        refused: the cells of its lines that gave no value, by column name and 1-based row.
    """

    header: Header
    table: Table
    end: int
    measures: dict[str, str]
    merged: dict[Corner, tuple[Corner, Corner]]
    problems: list[ReaderFinding] = field(default_factory=list)
    qualifiers: dict[tuple[str, int], Qualifier] = field(default_factory=dict)
    texts: set[tuple[str, int]] = field(default_factory=set)
    refused: set[tuple[str, int]] = field(default_factory=set)

    @property
    def is_nil(self) -> bool:
        """Tell whether the table says in words that there is nothing to report."""
        return any(problem.rule == "FORM-31" for problem in self.problems)

    def row(self, number: int) -> list[CellValue]:
        """Return the cells of a 0-based row."""
        return self.header.sheet.rows[number]

    def problem(
        self, rule: str, number: int, at: int, value: str | None = None, **values: str
    ) -> ReaderFinding:
        """Return a problem at a cell, given by its 0-based row and column."""
        cell = f"{column_letter(at + 1)}{number + 1}"
        return ReaderFinding(rule, self.header.sheet.name, cell, value, values)

    def report(
        self, rule: str, number: int, at: int, value: str | None = None, **values: str
    ) -> None:
        """Add a problem at a cell, given by its 0-based row and column."""
        self.problems.append(self.problem(rule, number, at, value, **values))

    def filled(self, number: int) -> list[int]:
        """Return the columns of the table in which a row holds something."""
        row = self.row(number)
        columns = self.header.columns.values()
        return [at for at in columns if not is_empty(row[at])]

    def first_filled(self, number: int) -> int | None:
        """Return the first declared column in which a row holds something; None if it is blank."""
        row = self.row(number)
        for at in self.header.columns.values():
            if not is_empty(row[at]):
                return at
        return None

    def parse(self, number: int, column: Column) -> Parsed:
        """Return the value of a column in a row."""
        at = self.header.columns[column.name]
        measure = self.measures[column.name]
        return parse_cell(self.row(number)[at], column, measure)

    def found(self) -> list[Column]:
        """Return the declared columns that the sheet has."""
        names = self.header.columns
        return [column for column in self.table.columns if column.name in names]

    def has_value(self, number: int, *, besides: Collection[str] = ()) -> bool:
        """Tell whether a row holds a figure, a date or a word of a vocabulary in a column for it.

        A date spelt out in words does not count: such a date is above signatures. The columns in
        `besides` do not count either.
        """
        row = self.row(number)
        for column in self.found():
            # Any note has words. They do not make it a line.
            if column.name in besides or column.type in _WORDS:
                continue
            parsed = self.parse(number, column)
            if not _is_value(parsed, column):
                continue
            at = self.header.columns[column.name]
            if not is_spelt_day(row[at]):
                return True
        return False


def _is_value(parsed: Parsed, column: Column) -> bool:
    if column.type is ColumnType.CODE:
        return parsed.value in column.vocabulary
    # A figure that was refused is a figure all the same: the row is a line with a problem.
    if parsed.rule in REFUSED_FIGURES:
        return True
    # "Không" is read as 0 in a line with other figures. Alone it may answer something else.
    return parsed.value is not None and parsed.rule != "CELL-25"
