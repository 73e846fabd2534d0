"""A data sheet on paper and on screen: notes below its table, what is printed, what stays in view, what is locked."""

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet

from program.table import ColumnType
from publish.template.grid import Grid, may_grow, rows_for
from publish.template.page import Page
from publish.template.styles import LINE_POINTS
from publish.template.values import Asked

ALLOWED = {"format_columns": True, "format_rows": True}
"""What a protected sheet lets its user change; there is no password, so that an office can help itself."""
_A4 = 9
_FROZEN_WIDTH = 60


def write_below(page: Page, notes: Sequence[str]) -> int:
    """Write notes below the table; return the sheet's last row."""
    row = page.grid.below - 1
    for row, note in enumerate(notes, start=page.grid.below + 1):
        page.write_over(row, 0, page.grid.last, note, page.styles.note)
        page.sheet.set_row(row, 4 + LINE_POINTS * rows_for(note, page.width_of(0, page.grid.last)))
    return row


def set_up_page(page: Page, asked: Asked, last_row: int) -> None:
    """Set up a sheet with a table: frozen headings, print area and repeated headings, protection."""
    sheet, grid = page.sheet, page.grid
    sheet.hide_gridlines(2)
    sheet.set_tab_color("#E0A800")
    sheet.freeze_panes(grid.top, _frozen(grid))
    sheet.set_selection(grid.top, 1, grid.top, 1)
    sheet.set_landscape()
    set_up_paper(sheet, asked)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(grid.header, grid.top - 1)
    sheet.print_area(0, 0, last_row, grid.last)
    sheet.protect(options={**ALLOWED, "insert_rows": may_grow(grid.table)})


def _frozen(grid: Grid) -> int:
    """Return how many columns stay in view: what a line is called, as far as that leaves room for its figures."""
    count = 1
    for column in grid.table.columns if not grid.table.lines else ():
        if column.type is not ColumnType.TEXT or sum(grid.widths[: count + 1]) > _FROZEN_WIDTH:
            break
        count += 1
    return count


def set_up_paper(sheet: Worksheet, asked: Asked) -> None:
    """Set paper, margins (in inches) and a footer that says which form a printed page is, whose, and which page."""
    sheet.set_paper(_A4)
    sheet.center_horizontally()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    font = '&"Times New Roman,Regular"&9 '
    form = f"{asked.form.short_title} ({asked.form.code} {asked.form.version})".replace("&", "&&")
    report = f"{asked.unit.name} – {asked.period_label}".replace("&", "&&")
    sheet.set_footer(f"&L{font}{form}&C{font}{report}&R{font}Trang &P/&N")
