"""A sheet with a table on it: what every part that writes there needs."""

from dataclasses import dataclass

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from publish.template.grid import Grid
from publish.template.styles import Styles


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet, its table's place on it, and the formats to write with."""

    sheet: Worksheet
    grid: Grid
    styles: Styles

    def write_over(self, row: int, first: int, last: int, text: str, style: Format, *, until: int | None = None) -> None:
        """Write `text` once over the cells from `row` to `until` and `first` to `last`."""
        if first == last and until in (None, row):
            self.sheet.write_string(row, first, text, style)
        else:
            self.sheet.merge_range(row, first, row if until is None else until, last, text, style)

    def width_of(self, first: int, last: int) -> int:
        """Return how wide the columns from `first` to `last` are together."""
        return sum(self.grid.widths[first : last + 1])
