"""How a sheet prints and opens: notes below its table, print area, frozen and locked cells."""

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet

from program.forms.table import ColumnType
from publish.template.grid import Grid, may_grow, rows_for
from publish.template.sheet import TemplateSheet
from publish.template.styles import LINE_POINTS
from publish.template.values import TemplateRecipient

ALLOWED = {"format_columns": True, "format_rows": True}
"""What a protected sheet lets its user change.

There is no password: an office can lift the protection.
"""
_A4 = 9
_WIDEST_FROZEN = 60
_FOOTER_FONT = '&"Times New Roman,Regular"&9 '


def write_below(page: TemplateSheet, notes: Sequence[str]) -> int:
    """Write notes below the table; return the sheet's last row."""
    last_row = page.grid.below - 1
    # An empty row parts the notes from the table.
    for row, note in enumerate(notes, start=page.grid.below + 1):
        page.write_line(row, note, page.styles.note)
        lines = rows_for(note, page.width)
        page.sheet.set_row(row, 4 + LINE_POINTS * lines)
        last_row = row
    return last_row


def set_up_page(page: TemplateSheet, asked: TemplateRecipient, last_row: int) -> None:
    """Set a table's sheet up: frozen and repeated headings, print area, protection."""
    sheet, grid = page.sheet, page.grid
    sheet.hide_gridlines(2)
    sheet.set_tab_color("#E0A800")
    sheet.freeze_panes(grid.top, _frozen_columns(grid))
    sheet.set_selection(grid.top, 1, grid.top, 1)
    sheet.set_landscape()
    set_up_paper(sheet, asked)
    # One page wide, as many pages high as the table needs.
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(grid.header, grid.top - 1)
    sheet.print_area(0, 0, last_row, grid.last)
    sheet.protect(options={**ALLOWED, "insert_rows": may_grow(grid.table)})


def _frozen_columns(grid: Grid) -> int:
    """Return how many columns stay in view: what names a line, unless that is too wide."""
    count = 1
    if grid.table.lines:
        return count
    # The names of a list's line are its first columns with text.
    for column in grid.table.columns:
        width = sum(grid.widths[: count + 1])
        if column.type is not ColumnType.TEXT or width > _WIDEST_FROZEN:
            break
        count += 1
    return count


def set_up_paper(sheet: Worksheet, asked: TemplateRecipient) -> None:
    """Set paper, margins (in inches), and a footer with the form, the report and the page."""
    sheet.set_paper(_A4)
    sheet.center_horizontally()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    form = asked.form
    form_name = f"{form.short_title} ({form.code} {form.version})"
    report_name = f"{asked.unit.name} – {asked.period_label}"
    # &L, &C and &R begin the left, centre and right part; &P/&N is page and number of pages.
    left = f"&L{_FOOTER_FONT}{_escape(form_name)}"
    centre = f"&C{_FOOTER_FONT}{_escape(report_name)}"
    right = f"&R{_FOOTER_FONT}Trang &P/&N"
    sheet.set_footer(f"{left}{centre}{right}")


def _escape(text: str) -> str:
    """Return a text for a footer, where "&" begins a command."""
    return text.replace("&", "&&")
