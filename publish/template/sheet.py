"""A sheet with a table: what everything that writes on it needs."""

from dataclasses import dataclass

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from publish.template.grid import Grid
from publish.template.styles import TemplateStyles


@dataclass(frozen=True, slots=True)
class TemplateSheet:
    """A sheet, where its table is, and the formats to write with."""

    sheet: Worksheet
    grid: Grid
    styles: TemplateStyles

    def write_over(
        self,
        row: int,
        first: int,
        last: int,
        text: str,
        style: Format,
        *,
        until: int | None = None,
    ) -> None:
        """Write `text` into the cells from column `first` to `last` and row `row` to `until`.

        Several cells are merged.
        """
        last_row = row if until is None else until
        # Excel refuses to merge a single cell.
        if (row, first) == (last_row, last):
            self.sheet.write_string(row, first, text, style)
        else:
            self.sheet.merge_range(row, first, last_row, last, text, style)

    def write_line(self, row: int, text: str, style: Format) -> None:
        """Write `text` over all columns of a row."""
        self.write_over(row, 0, self.grid.last, text, style)

    @property
    def width(self) -> int:
        """How wide all columns are together."""
        return sum(self.grid.widths)

    def width_of(self, first: int, last: int) -> int:
        """Return how wide the columns from `first` to `last` are together."""
        return sum(self.grid.widths[first : last + 1])
