"""Lines of a table: cells to fill in, and totals that Excel computes as the form declares them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from xlsxwriter.format import Format

from program.forms.table import Column, ColumnType, Line
from program.forms.totals import formula_of, summands_of
from publish.template.cell_values import CellValues, added
from publish.template.grid import depth_of, rows_for
from publish.template.sheet import TemplateSheet
from publish.template.styles import LINE_POINTS
from publish.template.values import Cell

_EMPTY = " "
"""The cached text of a total whose parts are empty.

XlsxWriter takes "" for a value that is not known, and the reader reports a formula without value.
"""


@dataclass(frozen=True, slots=True)
class _Body:
    """A page, the values of its table, and the labels of codes that a user chooses by name."""

    page: TemplateSheet
    figures: CellValues
    labels: Mapping[str, str]


def write_body(page: TemplateSheet, figures: CellValues, words: Mapping[str, str]) -> None:
    """Write all lines with the values that were given. `words` are the labels of codes."""
    body = _Body(page, figures, words)
    grid = page.grid
    for row in range(grid.top, grid.bottom + 1):
        line = grid.line_at(row)
        if line is None:
            ordinal = row - grid.top + 1
            page.sheet.write_number(row, 0, ordinal, page.styles.ordinal)
        else:
            _write_label(page, row, line)
        for column in grid.table.columns:
            _write_cell(body, column, row)
        _set_height(body, row)
    _write_sums(body)


def _write_label(page: TemplateSheet, row: int, line: Line) -> None:
    depth = depth_of(line, page.grid.table)
    style = page.styles.line(depth, is_total=_is_total(line))
    page.sheet.write_string(row, 0, line.label, style)


def _is_total(line: Line | None) -> bool:
    return line is not None and bool(line.total or line.parts)


def _set_height(body: _Body, row: int) -> None:
    """Make a row high enough for its texts.

    A list's row without a long text is left to Excel, which lets it grow with what is typed in.
    """
    grid = body.page.grid
    label_width, *column_widths = grid.widths
    lines_of_text = 1
    line = grid.line_at(row)
    if line is not None:
        indent = 3 * depth_of(line, grid.table) + 2
        lines_of_text = rows_for(line.label, label_width - indent)
    for column, width in zip(grid.table.columns, column_widths, strict=True):
        lines_of_text = max(lines_of_text, column.text_rows)
        value = body.figures.shown(column, row - grid.top)
        if isinstance(value, str):
            lines_of_text = max(lines_of_text, rows_for(value, width - 2))
    if lines_of_text > 1 or not _takes_text(body.page):
        body.page.sheet.set_row(row, 5 + LINE_POINTS * lines_of_text)


def _takes_text(page: TemplateSheet) -> bool:
    return any(column.type is ColumnType.TEXT for column in page.grid.table.columns)


def _write_cell(body: _Body, column: Column, row: int) -> None:
    page = body.page
    grid = page.grid
    figures = body.figures
    line = grid.line_at(row)
    at = grid.at(column.name)
    number = row - grid.top
    value = figures.shown(column, number)
    parts = summands_of(column, line)
    # A total is locked even where a value was given that differs from its sum.
    style_of = page.styles.total if parts else page.styles.entry
    style = style_of(column, is_bold=_is_total(line))
    if figures.is_formula(column, number):
        addresses: list[str] = []
        for part in parts:
            # A part without a line stands on the total's own.
            part_row = grid.row_of(part.line) if part.line else row
            address = grid.address(part.column, part_row)
            addresses.append(address)
        _write_formula(page, row, at, addresses, style, value)
    else:
        label = _label_of(value, column, body.labels)
        _write_value(page, row, at, label, style)


def _write_formula(
    page: TemplateSheet, row: int, at: int, addresses: Sequence[str], style: Format, value: Cell
) -> None:
    """Write the sum of some cells, with its value as Excel will compute it."""
    cached = _EMPTY if value is None else value
    page.sheet.write_formula(row, at, formula_of(addresses), style, cached)


def _label_of(value: Cell, column: Column, labels: Mapping[str, str]) -> Cell:
    """Return the label of a code, and any other value unchanged."""
    if not isinstance(value, str):
        return value
    if value in column.vocabulary:
        return column.vocabulary[value].label
    return labels.get(value, value)


def _write_value(page: TemplateSheet, row: int, at: int, value: Cell, style: Format) -> None:
    if value is None:
        page.sheet.write_blank(row, at, None, style)
    elif isinstance(value, date):
        page.sheet.write_datetime(row, at, value, style)
    elif isinstance(value, str):
        page.sheet.write_string(row, at, value, style)
    else:
        page.sheet.write_number(row, at, value, style)


def _write_sums(body: _Body) -> None:
    """Write the sums of a list below it, as the form's summaries declare them."""
    page = body.page
    grid = page.grid
    if not grid.summed:
        return
    row = grid.bottom + 1
    beside = page.styles.sums()
    columns = {grid.at(column.name): column for column in grid.summed}
    first = min(columns)
    page.write_over(row, 0, first - 1, "Tổng cộng", beside)
    for at in range(first, grid.last + 1):
        column = columns.get(at)
        if column is None:
            page.sheet.write_blank(row, at, None, beside)
            continue
        addresses = [grid.address(column.name, line) for line in range(grid.top, row)]
        values = [body.figures.shown(column, number) for number in range(grid.length)]
        value = added(values)
        style = page.styles.total(column, is_bold=True)
        _write_formula(page, row, at, addresses, style, value)
