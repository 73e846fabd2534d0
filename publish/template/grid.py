"""Where a table stands on its sheet. Rows and columns count from 0, as in XlsxWriter."""

import textwrap
from dataclasses import dataclass
from itertools import groupby

from program.addresses import column_letter
from program.table import Column, Line, Table
from program.totals import parts_of

LIST_LINES = 40
"""How many empty lines a list offers."""
_HEADER = 6  # below the unit, its code, the colours, the title, the table's title and the period
_ORDINAL_WIDTH = 6
_LINE_WIDTHS = range(20, 46)


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a table with `length` lines, and the widths of all its columns; column 0 has line labels or ordinals."""

    table: Table
    length: int
    widths: tuple[int, ...]

    @property
    def header(self) -> int:
        """The first row of headings."""
        return _HEADER

    @property
    def is_grouped(self) -> bool:
        """Tell whether headings stand over sub-headings, in two rows."""
        return any(column.group for column in self.table.columns)

    @property
    def measures(self) -> int | None:
        """The row of units of measure; None where no column has one."""
        return self.header + 1 + self.is_grouped if any(c.measure for c in self.table.columns) else None

    @property
    def numbering(self) -> int | None:
        """The row of the columns' numbers; None where no column is the sum of others that it could name.

        The reader takes a row for a numbering from three numbers on.
        """
        is_wanted = any(c.parts for c in self.table.columns) and len(self.table.columns) > 2
        return self.header + 1 + self.is_grouped + (self.measures is not None) if is_wanted else None

    @property
    def top(self) -> int:
        """The first line's row."""
        return self.header + 1 + self.is_grouped + (self.measures is not None) + (self.numbering is not None)

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
        """The columns of a list with a sum over all its lines below."""
        names = {s.sum for s in self.table.summaries.values() if s.sum and not s.where}
        return tuple(column for column in self.table.columns if column.name in names)

    @property
    def below(self) -> int:
        """The first row below the table and its sums."""
        return self.bottom + 1 + bool(self.summed)

    def at(self, name: str) -> int:
        """Return the sheet's column of the table's column `name`."""
        return 1 + next(n for n, column in enumerate(self.table.columns) if column.name == name)

    def row_of(self, key: str) -> int:
        """Return the row of a matrix's line."""
        return self.top + next(n for n, line in enumerate(self.table.lines) if line.key == key)

    def line_at(self, row: int) -> Line | None:
        """Return the line of a matrix that stands in `row`; None for a list."""
        return self.table.lines[row - self.top] if self.table.lines else None

    def address(self, name: str, row: int) -> str:
        """Return the address of the cell of column `name` in `row`, as formulas and findings write it: B10."""
        return f"{column_letter(self.at(name) + 1)}{row + 1}"

    def entries(self, column: Column) -> list[tuple[int, int]]:
        """Return first and last row of each stretch of a column's cells that are typed in, not computed."""
        typed = [row for row in range(self.top, self.bottom + 1) if not parts_of(column, self.line_at(row))]
        runs = (list(run) for _, run in groupby(enumerate(typed), key=lambda item: item[1] - item[0]))
        return [(run[0][1], run[-1][1]) for run in runs]


def grid_of(table: Table, records: int) -> Grid:
    """Return the grid of a table that is to hold at least `records` lines."""
    length = len(table.lines) or max(LIST_LINES, records)
    first = _line_width(table) if table.lines else _ORDINAL_WIDTH
    return Grid(table, length, (first, *(_width(column) for column in table.columns)))


def depth_of(line: Line, table: Table) -> int:
    """Return how far a line is set in: how many lines above it, totals of the whole table apart, it is a part of."""
    whole = next((other for other in table.lines if line.key in other.parts and not other.total), None)
    return 1 + depth_of(whole, table) if whole else 0


def rows_for(text: str, width: int) -> int:
    """Return how many rows of writing `text` takes in a cell of `width`; rather one too many than one cut off.

    A letter of our font is narrower than the digits that widths count.
    """
    return max(1, len(textwrap.wrap(text, max(round(width * 1.14), 4))))


def title_height(text: str, width: int) -> int:
    """Return how many points high a row with a title in capitals is, in cells of `width`."""
    return 10 + 19 * rows_for(text, width * 3 // 5)


def may_grow(table: Table) -> bool:
    """Tell whether a row that is put into a table is like its neighbours: a formula would not come with it."""
    return not table.lines and not any(column.parts for column in table.columns)


def numbers_of(table: Table) -> list[str]:
    """Return the columns' numbers as a numbering row writes them: (1), (2), (3=1+2)."""
    number = {column.name: str(n) for n, column in enumerate(table.columns, start=1)}
    sums = ("+".join(number[part] for part in column.parts) for column in table.columns)
    return [f"({n}={parts})" if parts else f"({n})" for n, parts in zip(number.values(), sums, strict=True)]


def _width(column: Column) -> int:
    """Return the width that keeps the words of a heading whole."""
    return max(column.width, 2 + max(map(len, column.sub_label.split())), 4 + len(column.measure))


def _line_width(table: Table) -> int:
    longest = max(len(line.label) + 3 * depth_of(line, table) for line in table.lines) + 4
    return min(max(longest, _LINE_WIDTHS.start), _LINE_WIDTHS.stop - 1)
