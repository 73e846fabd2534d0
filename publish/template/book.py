"""A form's workbook: its sheets in order, and what the file says of itself."""

import io
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter

from program.form import Form
from program.marker import MARKER_SHEET, rows_of
from program.period import Period
from program.stage import Stage
from program.table import Table
from program.units import Unit
from publish.template.body import write_body
from publish.template.choices import Choices
from publish.template.entries import restrict_entries
from publish.template.figures import Figures
from publish.template.grid import grid_of
from publish.template.guide import write_guide
from publish.template.heading import write_header, write_heading
from publish.template.page import Page
from publish.template.printing import set_up_page, write_below
from publish.template.styles import DEFAULT_COLUMN_PIXELS, DEFAULT_ROW_PIXELS, FONT, Styles
from publish.template.values import Asked, Values

_OPTIONS = {"in_memory": True, "default_column_width": DEFAULT_COLUMN_PIXELS, "default_row_height": DEFAULT_ROW_PIXELS}


def write_template(
    form: Form,
    unit: Unit,
    period: Period,
    values: Values | None = None,
    *,
    stage: Stage = Stage.FINAL,
    communes: Sequence[Unit] = (),
) -> bytes:
    """Return the workbook of `form` for `unit` and `period`. The same arguments give the same bytes.

    The page is written by labels only, as the reader finds them; a filled template is read like any other workbook.
    `communes` are those to choose from where a column asks for one.
    """
    asked, given, choices = Asked(form, unit, period, stage, tuple(communes)), values or Values(), Choices()
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {**_OPTIONS, "default_format_properties": dict(FONT)}) as book:
        # A fixed date keeps the bytes a function of the arguments.
        book.set_properties({"title": form.title, "created": datetime(2024, 1, 1)})  # noqa: DTZ001  (XlsxWriter takes naive)
        # Each formula has its value: without this, a 0 would pass for one that nothing has calculated. Excel calculates
        # on opening all the same, since the file names an early version of it as its writer.
        book.calc_on_load = False
        styles = Styles(book)
        write_guide(book, styles, asked)
        for table in form.tables:
            _write_sheet(book, styles, choices, asked, table, given)
        choices.write(book)
        _write_marker(book, asked)
    return buffer.getvalue()


def _write_sheet(book: xlsxwriter.Workbook, styles: Styles, choices: Choices, asked: Asked, table: Table, given: Values) -> None:
    lines = given.matrix.get(table.name, {})
    records = [lines.get(line.key, {}) for line in table.lines] or given.lists.get(table.name, ())
    page = Page(book.add_worksheet(table.sheet), grid_of(table, len(records)), styles)
    write_heading(page, asked)
    write_header(page)
    write_body(page, Figures(table, records), {commune.code: commune.name for commune in asked.communes})
    restrict_entries(page, choices, [commune.name for commune in asked.communes])
    last_row = write_below(page, given.notes if table is asked.form.tables[0] else ())
    set_up_page(page, asked, last_row)


def _write_marker(book: xlsxwriter.Workbook, asked: Asked) -> None:
    sheet = book.add_worksheet(MARKER_SHEET)
    for row, pair in enumerate(rows_of(asked.marker)):
        for at, text in enumerate(pair):
            sheet.write_string(row, at, text)
    sheet.very_hidden()
    sheet.protect()
