"""A table's lines: cells to fill in, and totals that Excel computes as the form declares them."""

from collections.abc import Mapping
from datetime import date

from xlsxwriter.format import Format

from program.table import Column, ColumnType, Line
from program.totals import formula_of, parts_of
from publish.template.figures import Figures, added
from publish.template.grid import depth_of, rows_for
from publish.template.page import Page
from publish.template.styles import LINE_POINTS
from publish.template.values import Cell

_EMPTY = " "
"""The cached text of a total without parts. XlsxWriter takes "" for "no value known", which the reader would report."""


def write_body(page: Page, figures: Figures, words: Mapping[str, str]) -> None:
    """Write every line, filled in as far as values were given; `words` are the texts of codes to choose from."""
    for row in range(page.grid.top, page.grid.bottom + 1):
        number, line = row - page.grid.top, page.grid.line_at(row)
        if line is None:
            page.sheet.write_number(row, 0, number + 1, page.styles.ordinal)
        else:
            _write_label(page, row, line)
        is_total = line is not None and bool(line.total or line.parts)
        for column in page.grid.table.columns:
            _write_cell(page, figures, column, row, words, is_total=is_total)
        _make_room(page, figures, row)
    _write_sums(page, figures)


def _write_label(page: Page, row: int, line: Line) -> None:
    depth = depth_of(line, page.grid.table)
    page.sheet.write_string(row, 0, line.label, page.styles.line(depth, is_total=bool(line.total or line.parts)))


def _make_room(page: Page, figures: Figures, row: int) -> None:
    """Make a row as high as the words in it ask for. A row of a list without long words is left to grow by itself."""
    line, widths = page.grid.line_at(row), page.grid.widths
    rows = rows_for(line.label, widths[0] - 3 * depth_of(line, page.grid.table) - 2) if line else 1
    for column, width in zip(page.grid.table.columns, widths[1:], strict=True):
        value = figures.shown(column, row - page.grid.top)
        rows = max(rows, rows_for(value, width - 2) if isinstance(value, str) else 1)
    if rows > 1 or not _takes_text(page):
        page.sheet.set_row(row, 5 + LINE_POINTS * rows)


def _takes_text(page: Page) -> bool:
    return any(column.type is ColumnType.TEXT for column in page.grid.table.columns)


def _write_cell(page: Page, figures: Figures, column: Column, row: int, words: Mapping[str, str], *, is_total: bool) -> None:
    number, at, styles = row - page.grid.top, page.grid.at(column.name), page.styles
    parts = parts_of(column, page.grid.line_at(row))
    style = styles.total(column, is_bold=is_total) if parts else styles.entry(column, is_bold=is_total)
    value = figures.shown(column, number)
    if figures.is_formula(column, number):
        addresses = [page.grid.address(part.column, page.grid.row_of(part.line) if part.line else row) for part in parts]
        page.sheet.write_formula(row, at, formula_of(addresses), style, _EMPTY if value is None else value)
    else:
        _write_value(page, row, at, _words_for(value, column, words), style)


def _words_for(value: Cell, column: Column, words: Mapping[str, str]) -> Cell:
    """Return the words of a code, any other value as it is."""
    if not isinstance(value, str):
        return value
    return column.vocabulary[value].label if value in column.vocabulary else words.get(value, value)


def _write_value(page: Page, row: int, at: int, value: Cell, style: Format) -> None:
    if value is None:
        page.sheet.write_blank(row, at, None, style)
    elif isinstance(value, date):
        page.sheet.write_datetime(row, at, value, style)
    elif isinstance(value, str):
        page.sheet.write_string(row, at, value, style)
    else:
        page.sheet.write_number(row, at, value, style)


def _write_sums(page: Page, figures: Figures) -> None:
    """Write the sums of a list below it, as the form's summaries declare them."""
    grid, row, style = page.grid, page.grid.bottom + 1, page.styles.sums()
    if not grid.summed:
        return
    sums = {grid.at(column.name): column for column in grid.summed}
    page.write_over(row, 0, min(sums) - 1, "Tổng cộng", style)
    for at in range(min(sums), grid.last + 1):
        if at in sums:
            formula = formula_of([grid.address(sums[at].name, line) for line in range(grid.top, row)])
            value = added(figures.shown(sums[at], number) for number in range(grid.length))
            page.sheet.write_formula(
                row, at, formula, page.styles.total(sums[at], is_bold=True), _EMPTY if value is None else value
            )
        else:
            page.sheet.write_blank(row, at, None, style)
