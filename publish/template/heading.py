"""What is above a table's lines: whose report it is, what the colours mean, and the headings."""

from dataclasses import dataclass
from itertools import groupby

from program.forms.nil_report import NIL_HINT, NIL_LABEL, NIL_TICK
from program.forms.table import Column
from publish.template.grid import Grid, numbers_of, rows_for, title_height
from publish.template.sheet import TemplateSheet
from publish.template.styles import (
    COMPUTED,
    CONDITIONAL,
    LINE_POINTS,
    MISSING,
    OPTIONAL,
    REQUIRED,
    Meaning,
    meaning_of,
)
from publish.template.values import TemplateRecipient

_UNIT, _CODE, _COLOURS, _TITLE, _TABLE, _PERIOD = range(6)
"""The rows in order."""
_SWATCH_WIDTH = 15
_CODE_WIDTH = 24
_NIL_WIDTH = 34
_FEWEST_COLUMNS_WITH_TICK = 3
"""Unit code, label and cell stand in one row."""


@dataclass(frozen=True, slots=True)
class _Swatch:
    """A colour with its name, over the columns from `first` to `last`."""

    first: int
    last: int
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class _Group:
    """Neighbouring columns under one heading; `title` is "" for columns without a group."""

    title: str
    columns: tuple[Column, ...]


def write_heading(page: TemplateSheet, asked: TemplateRecipient) -> None:
    """Write unit, code and period behind their labels, the titles, and the colours in use."""
    styles = page.styles
    identity = asked.form.identity
    unit = f"{identity.unit.label}: {asked.unit.name}"
    code = f"{identity.unit_code.label}: {asked.unit.code}"
    period = f"{identity.period.label}: {asked.period_label}"
    title = asked.form.title.upper()
    page.write_line(_UNIT, unit, styles.identity)
    _write_code_and_tick(page, code)
    page.write_line(_TITLE, title, styles.title)
    # A merged cell does not grow by itself.
    page.sheet.set_row(_TITLE, title_height(title, page.width))
    page.write_line(_TABLE, page.grid.table.title, styles.subtitle)
    page.write_line(_PERIOD, period, styles.period)
    page.sheet.set_row(_PERIOD, 10 + LINE_POINTS)
    _write_colours(page)


def _write_code_and_tick(page: TemplateSheet, code: str) -> None:
    """Write the unit's code, and beside it the cell to tick where there is nothing to report."""
    last = page.grid.last
    if last + 1 < _FEWEST_COLUMNS_WITH_TICK:
        page.write_line(_CODE, code, page.styles.identity)
        return
    # Two columns at least stay for the label and the cell, one for the cell.
    end_of_code = min(_end_or(page, 0, _CODE_WIDTH, last), last - 2)
    label_start = end_of_code + 1
    end_of_label = min(_end_or(page, label_start, _NIL_WIDTH, last), last - 1)
    tick = end_of_label + 1
    label = f"{NIL_LABEL} {NIL_HINT}:"
    page.write_over(_CODE, 0, end_of_code, code, page.styles.identity)
    page.write_over(_CODE, label_start, end_of_label, label, page.styles.nil_label)
    page.sheet.write_blank(_CODE, tick, None, page.styles.nil_tick)
    options = {
        "validate": "list",
        "source": [NIL_TICK],
        "input_title": NIL_LABEL,
        "input_message": f"Chọn {NIL_TICK} nếu trong kỳ không có gì để ghi vào bảng này.",
        "error_message": f"Chỉ ghi {NIL_TICK}, hoặc để trống.",
    }
    page.sheet.data_validation(_CODE, tick, _CODE, tick, options)
    label_width = page.width_of(label_start, end_of_label)
    lines = rows_for(label, label_width - 2)
    page.sheet.set_row(_CODE, 5 + LINE_POINTS * lines)


def _end_or(page: TemplateSheet, first: int, width: int, otherwise: int) -> int:
    end = _end_column(page, first, width)
    if end is None:
        return otherwise
    return end


def _write_colours(page: TemplateSheet) -> None:
    """Write the swatches, each over as many columns as its name needs; none if they do not fit.

    They have their own row. Beside a label whose value somebody deleted, the reader would take a
    swatch for the value.
    """
    swatches = []
    first = 0
    for meaning in _used_colours(page.grid):
        last = _end_column(page, first, _SWATCH_WIDTH)
        # Some colours without the others would mislead.
        if last is None:
            return
        swatches.append(_Swatch(first, last, meaning))
        first = last + 1
    for swatch in swatches:
        style = page.styles.swatch(swatch.meaning)
        page.write_over(_COLOURS, swatch.first, swatch.last, swatch.meaning.name, style)


def _end_column(page: TemplateSheet, first: int, width: int) -> int | None:
    """Return the column where those from `first` on are `width` wide; None past the table."""
    for at in range(first, page.grid.last + 1):
        if page.width_of(first, at) >= width:
            return at
    return None


def _used_colours(grid: Grid) -> list[Meaning]:
    used = {meaning_of(column) for column in grid.table.columns if grid.entries(column)}
    meanings = [meaning for meaning in (REQUIRED, CONDITIONAL, OPTIONAL) if meaning in used]
    if _has_totals(grid):
        meanings.append(COMPUTED)
    if used - {OPTIONAL}:
        meanings.append(MISSING)
    return meanings


def _has_totals(grid: Grid) -> bool:
    if grid.summed or any(column.parts for column in grid.table.columns):
        return True
    return any(line.parts for line in grid.table.lines)


def write_header(page: TemplateSheet) -> None:
    """Write the headings, and below them the units of measure and numbers that the table has."""
    grid = page.grid
    styles = page.styles
    # A list has no label of its lines: its first column counts them.
    first = grid.table.line.label if grid.table.line else "STT"
    last_row = grid.header + grid.is_grouped
    page.write_over(grid.header, 0, 0, first, styles.header, until=last_row)
    for at, width in enumerate(grid.widths):
        page.sheet.set_column(at, at, width)
    for group in _groups(grid):
        _write_group(page, group)
    _set_heights(page)
    if grid.measures is not None:
        page.sheet.write_blank(grid.measures, 0, None, styles.measure)
        for at, column in enumerate(grid.table.columns, start=1):
            measure = f"({column.measure})" if column.measure else ""
            page.sheet.write_string(grid.measures, at, measure, styles.measure)
    if grid.numbering is not None:
        # By custom, the column of labels has a letter and only columns of figures have numbers.
        numbers = ["(A)", *numbers_of(grid.table)]
        for at, number in enumerate(numbers):
            page.sheet.write_string(grid.numbering, at, number, styles.numbering)


def _groups(grid: Grid) -> list[_Group]:
    """Return the columns in order, neighbours of one group together."""
    groups = []
    for title, columns in groupby(grid.table.columns, key=lambda column: column.group):
        groups.append(_Group(title, tuple(columns)))
    return groups


def _write_group(page: TemplateSheet, group: _Group) -> None:
    """Write sub-headings below their group's heading; other headings go over both rows."""
    grid = page.grid
    row = grid.header
    style = page.styles.header
    if group.title:
        first, last = _ends(group, grid)
        page.write_over(row, first, last, group.title, style)
        for column in group.columns:
            at = grid.at(column.name)
            page.sheet.write_string(row + 1, at, column.sub_label, style)
        return
    last_row = row + grid.is_grouped
    for column in group.columns:
        at = grid.at(column.name)
        page.write_over(row, at, at, column.label, style, until=last_row)


def _ends(group: _Group, grid: Grid) -> tuple[int, int]:
    """Return the first and last of the sheet's columns of a group."""
    first = grid.at(group.columns[0].name)
    last = grid.at(group.columns[-1].name)
    return first, last


def _set_heights(page: TemplateSheet) -> None:
    """Make the header's rows high enough for their texts: a merged cell does not grow by itself."""
    grid = page.grid
    over_both = lower = upper = 1
    for group in _groups(grid):
        rows = max(_heading_rows(column, grid) for column in group.columns)
        if group.title:
            first, last = _ends(group, grid)
            title_width = page.width_of(first, last)
            title_rows = rows_for(group.title, title_width)
            lower = max(lower, rows)
            upper = max(upper, title_rows)
        else:
            over_both = max(over_both, rows)
    if not grid.is_grouped:
        page.sheet.set_row(grid.header, 6 + LINE_POINTS * over_both)
        return
    # The lower row holds its own headings, and the rest of those that go over both.
    lower = max(lower, over_both - upper)
    page.sheet.set_row(grid.header, 6 + LINE_POINTS * upper)
    page.sheet.set_row(grid.header + 1, 6 + LINE_POINTS * lower)


def _heading_rows(column: Column, grid: Grid) -> int:
    width = grid.widths[grid.at(column.name)]
    return rows_for(column.sub_label, width - 2)
