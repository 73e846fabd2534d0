"""Where a table is on its sheet. Rows and columns count from 0, as in XlsxWriter."""

import textwrap
from dataclasses import dataclass

from program.addresses import column_letter
from program.forms.table import Column, Line, Table
from program.forms.totals import summands_of

LIST_LINES = 40
"""How many empty lines a list offers."""
_HEADER = 6
"""The first row of headings.

Above it are the unit, its code, the colours, the title, the table's title and the period.
"""
_ORDINAL_WIDTH = 6
_NARROWEST_LABEL, _WIDEST_LABEL = 20, 45
_LETTERS_A_WIDTH = 1.14
"""How many letters of our font fit where one digit fits: widths count digits."""
_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a table with `length` lines, and the widths of its columns.

    Column 0 has the labels of lines, or their ordinals.
    """

    table: Table
    length: int
    widths: tuple[int, ...]

    @property
    def header(self) -> int:
        """The first row of headings."""
        return _HEADER

    @property
    def is_grouped(self) -> bool:
        """Whether headings have sub-headings below them, in two rows."""
        return any(column.group for column in self.table.columns)

    @property
    def measures(self) -> int | None:
        """The row of units of measure; None if no column has one."""
        if not any(column.measure for column in self.table.columns):
            return None
        return self.header + 1 + self.is_grouped

    @property
    def numbering(self) -> int | None:
        """The row with the columns' numbers; None if no column is the sum of others.

        The reader recognises a numbering by three numbers or more: shorter ones are left out.
        """
        columns = self.table.columns
        has_sums = any(column.parts for column in columns)
        if not has_sums or len(columns) <= 2:
            return None
        below_headings = self.header + 1 + self.is_grouped
        has_measures = self.measures is not None
        return below_headings + has_measures

    @property
    def top(self) -> int:
        """The first line's row."""
        below_headings = self.header + 1 + self.is_grouped
        has_measures = self.measures is not None
        has_numbering = self.numbering is not None
        return below_headings + has_measures + has_numbering

    @property
    def bottom(self) -> int:
        """The last line's row."""
        return self.top + self.length - 1

    @property
    def last(self) -> int:
        """The last column."""
        return len(self.table.columns)

    @property
    def summed(self) -> tuple[Column, ...]:
        """The columns of a list that have a sum over all its lines below."""
        summaries = self.table.summaries.values()
        names = {summary.sum for summary in summaries if summary.sum and not summary.where}
        return tuple(column for column in self.table.columns if column.name in names)

    @property
    def below(self) -> int:
        """The first row below the table and its sums."""
        return self.bottom + 1 + bool(self.summed)

    def at(self, name: str) -> int:
        """Return the sheet's column of the table's column `name`."""
        names = [column.name for column in self.table.columns]
        return 1 + names.index(name)

    def row_of(self, key: str) -> int:
        """Return the row of a matrix's line, counted from 0. Raises ValueError for no such key."""
        keys = [line.key for line in self.table.lines]
        return self.top + keys.index(key)

    def line_at(self, row: int) -> Line | None:
        """Return the line of a matrix in `row`, one of its rows of data; None for a list."""
        lines = self.table.lines
        if not lines:
            return None
        return lines[row - self.top]

    def address(self, name: str, row: int) -> str:
        """Return the address of the cell of column `name` in `row`, such as B10."""
        letter = column_letter(self.at(name) + 1)
        return f"{letter}{row + 1}"

    def entries(self, column: Column) -> list[tuple[int, int]]:
        """Return the rows of a column where a user enters values: first and last of each stretch.

        Rows with totals are between the stretches.
        """
        stretches: list[tuple[int, int]] = []
        for row in range(self.top, self.bottom + 1):
            if summands_of(column, self.line_at(row)):
                continue
            # The row continues the last stretch where it follows that one's last row.
            if stretches and stretches[-1][1] == row - 1:
                first, _ = stretches.pop()
            else:
                first = row
            stretches.append((first, row))
        return stretches


def grid_of(table: Table, records: int) -> Grid:
    """Return the grid of a table with at least `records` lines."""
    if table.lines:
        length, first_width = len(table.lines), _label_width(table)
    else:
        length, first_width = max(LIST_LINES, records), _ORDINAL_WIDTH
    widths = [_column_width(column) for column in table.columns]
    return Grid(table, length, (first_width, *widths))


def depth_of(line: Line, table: Table) -> int:
    """Return how many lines a line is a part of, one within the other: how far it is indented.

    The total of the whole table does not count.
    """
    for other in table.lines:
        if line.key in other.parts and not other.total:
            return 1 + depth_of(other, table)
    return 0


def rows_for(text: str, width: int) -> int:
    """Return how many rows `text` takes in a cell of `width`.

    It may be one too many: an empty row is better than a text cut off.
    """
    letters = max(round(width * _LETTERS_A_WIDTH), _FEWEST_LETTERS)
    return sum(max(1, len(textwrap.wrap(line, letters))) for line in text.split("\n"))


def title_height(text: str, width: int) -> int:
    """Return the height, in points, of a row with a title in capitals in cells of `width`."""
    # Capitals are wider, and a title's font is larger.
    return 10 + 19 * rows_for(text, width * 3 // 5)


def may_grow(table: Table) -> bool:
    """Tell whether a user may insert rows: a new row would have no formulas."""
    return not table.lines and not any(column.parts for column in table.columns)


def numbers_of(table: Table) -> list[str]:
    """Return the columns' numbers as a numbering row writes them: (1), (2), (3=1+2)."""
    number_of = {column.name: str(n) for n, column in enumerate(table.columns, start=1)}
    numbers = []
    for column in table.columns:
        number = number_of[column.name]
        if column.parts:
            part_numbers = [number_of[part] for part in column.parts]
            parts = "+".join(part_numbers)
            numbers.append(f"({number}={parts})")
        else:
            numbers.append(f"({number})")
    return numbers


def _column_width(column: Column) -> int:
    """Return the width at which no word of a heading is split."""
    word_lengths = [len(word) for word in column.sub_label.split()]
    # The measure stands in brackets.
    width_of_measure = 4 + len(column.measure)
    return max(column.width, 2 + max(word_lengths), width_of_measure)


def _label_width(table: Table) -> int:
    lengths = [len(line.label) + 3 * depth_of(line, table) for line in table.lines]
    wanted = max(lengths) + 4
    return min(max(wanted, _NARROWEST_LABEL), _WIDEST_LABEL)
