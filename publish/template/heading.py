"""What stands above a table's lines: whose report it is, the colours' meaning, and the headings that the reader finds."""

from itertools import groupby

from program.table import Column
from publish.template.grid import numbers_of, rows_for, title_height
from publish.template.page import Page
from publish.template.styles import COMPUTED, LINE_POINTS, MISSING, OPTIONAL, REQUIRED, Meaning
from publish.template.values import Asked

_UNIT, _CODE, _COLOURS, _TITLE, _TABLE, _PERIOD = range(6)
_SWATCH_WIDTH = 15


def write_heading(page: Page, asked: Asked) -> None:
    """Write unit, code and period, each behind its label, the titles, and a swatch of each colour that the table uses."""
    form, styles, last = asked.form, page.styles, page.grid.last
    page.write_over(_UNIT, 0, last, f"{form.identity.unit.label}: {asked.unit.name}", styles.identity)
    page.write_over(_CODE, 0, last, f"{form.identity.unit_code.label}: {asked.unit.code}", styles.identity)
    title = form.title.upper()
    page.write_over(_TITLE, 0, last, title, styles.title)
    page.sheet.set_row(_TITLE, title_height(title, page.width_of(0, last)))
    page.write_over(_TABLE, 0, last, page.grid.table.title, styles.subtitle)
    page.write_over(_PERIOD, 0, last, f"{form.identity.period.label}: {asked.period_label}", styles.period)
    page.sheet.set_row(_PERIOD, 10 + LINE_POINTS)
    _write_colours(page)


def _write_colours(page: Page) -> None:
    """Write the swatches, each over as many columns as its words need; none where they do not all fit.

    They have a row of their own: in one with a label whose value somebody deleted, the reader would take them for it.
    """
    spans, first = [], 0
    for meaning in _colours(page):
        last = _end(page, first, _SWATCH_WIDTH)
        if last is None:
            return
        spans.append((first, last, meaning))
        first = last + 1
    for start, end, meaning in spans:
        page.write_over(_COLOURS, start, end, meaning.name, page.styles.swatch(meaning))


def _end(page: Page, first: int, width: int) -> int | None:
    """Return the column up to which those from `first` on are `width` wide together; None where the table ends before."""
    return next((at for at in range(first, page.grid.last + 1) if page.width_of(first, at) >= width), None)


def _colours(page: Page) -> list[Meaning]:
    grid = page.grid
    typed = [column for column in grid.table.columns if grid.entries(column)]
    is_required = any(column.required for column in typed)
    meanings = {
        REQUIRED: is_required,
        OPTIONAL: any(not column.required for column in typed),
        COMPUTED: bool(grid.summed or any(c.parts for c in grid.table.columns) or any(line.parts for line in grid.table.lines)),
        MISSING: is_required,
    }
    return [meaning for meaning, is_used in meanings.items() if is_used]


def write_header(page: Page) -> None:
    """Write the headings, groups merged over theirs, and below them the measures and numbers that the table has."""
    grid, styles = page.grid, page.styles
    first = grid.table.line.label if grid.table.line else "STT"
    page.write_over(grid.header, 0, 0, first, styles.header, until=grid.header + grid.is_grouped)
    for at, width in enumerate(grid.widths):
        page.sheet.set_column(at, at, width)
    for group, columns in groupby(grid.table.columns, key=lambda column: column.group):
        _write_group(page, group, list(columns))
    _set_heights(page)
    if grid.measures is not None:
        page.sheet.write_blank(grid.measures, 0, None, styles.measure)
        for at, column in enumerate(grid.table.columns, start=1):
            page.sheet.write_string(grid.measures, at, f"({column.measure})" if column.measure else "", styles.measure)
    if grid.numbering is not None:
        for at, number in enumerate(["(A)", *numbers_of(grid.table)]):
            page.sheet.write_string(grid.numbering, at, number, styles.numbering)


def _write_group(page: Page, group: str, columns: list[Column]) -> None:
    """Write neighbours of one group below its heading; columns without a group over both rows."""
    row, style = page.grid.header, page.styles.header
    places = [page.grid.at(column.name) for column in columns]
    if group:
        page.write_over(row, places[0], places[-1], group, style)
        for at, column in zip(places, columns, strict=True):
            page.sheet.write_string(row + 1, at, column.sub_label, style)
    else:
        for at, column in zip(places, columns, strict=True):
            page.write_over(row, at, at, column.label, style, until=row + page.grid.is_grouped)


def _set_heights(page: Page) -> None:
    """Make the header's rows as high as their longest words ask for; a merged cell does not grow by itself."""
    grid = page.grid
    whole = lower = upper = 1
    for group, found in groupby(grid.table.columns, key=lambda column: column.group):
        columns = list(found)
        rows = max(rows_for(column.sub_label, grid.widths[grid.at(column.name)] - 2) for column in columns)
        if group:
            lower = max(lower, rows)
            upper = max(upper, rows_for(group, page.width_of(grid.at(columns[0].name), grid.at(columns[-1].name))))
        else:
            whole = max(whole, rows)
    if grid.is_grouped:
        page.sheet.set_row(grid.header, 6 + LINE_POINTS * upper)
        whole = max(lower, whole - upper)
    page.sheet.set_row(grid.header + grid.is_grouped, 6 + LINE_POINTS * whole)
