"""A form's workbook: its sheets in order, and the properties of the file."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import xlsxwriter

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.form import Form
from program.forms.table import Table
from program.forms.template_marker import MARKER_SHEET, rows_of
from program.units.unit import Unit
from publish.template.body import write_body
from publish.template.cell_values import CellValues
from publish.template.choices import Choices
from publish.template.entries import restrict_entries
from publish.template.grid import grid_of
from publish.template.guide import write_guide
from publish.template.heading import write_header, write_heading
from publish.template.printing import set_up_page, write_below
from publish.template.sheet import TemplateSheet
from publish.template.styles import DEFAULT_COLUMN_PIXELS, DEFAULT_ROW_PIXELS, FONT, TemplateStyles
from publish.template.values import Sending, TemplateRecipient, Values

_OPTIONS = {
    "in_memory": True,
    "default_column_width": DEFAULT_COLUMN_PIXELS,
    "default_row_height": DEFAULT_ROW_PIXELS,
}
_CREATED = datetime(2024, 1, 1)  # noqa: DTZ001  (XlsxWriter takes naive)
"""A fixed moment: the same arguments give the same bytes."""


@dataclass(frozen=True, slots=True)
class _Book:
    """A workbook in the making, and what goes into it."""

    file: xlsxwriter.Workbook
    styles: TemplateStyles
    choices: Choices
    requested: TemplateRecipient
    values: Values


def write_template(
    form: Form,
    unit: Unit,
    period: Period,
    values: Values | None = None,
    *,
    stage: Stage = Stage.FINAL,
    communes: Sequence[Unit] = (),
    sending: Sending | None = None,
) -> bytes:
    """Return the workbook of `form` for `unit` and `period`.

    The same arguments give the same bytes. The reader finds the labels of a filled template as in
    any other workbook. `communes` are those that a user may choose from. `sending` says by when and
    where to send it, and whom to ask.
    """
    asked_form = form.asked_of(unit.kind)
    requested = TemplateRecipient(asked_form, unit, period, stage, tuple(communes), sending)
    buffer = io.BytesIO()
    options = {**_OPTIONS, "default_format_properties": dict(FONT)}
    with xlsxwriter.Workbook(buffer, options) as file:
        file.set_properties({"title": form.title, "created": _CREATED})
        # All formulas have their values. Without this, a 0 would pass for one that nothing has
        # calculated. Excel still calculates on opening, because the file names an early version
        # of Excel as its writer.
        file.calc_on_load = False
        book = _Book(file, TemplateStyles(file), Choices(), requested, values or Values())
        write_guide(file, book.styles, requested)
        for table in asked_form.tables:
            _write_sheet(book, table)
        book.choices.write(file)
        _write_marker(book)
    return buffer.getvalue()


def _write_sheet(book: _Book, table: Table) -> None:
    requested, values = book.requested, book.values
    values_by_line = values.matrix.get(table.name, {})
    records = [values_by_line.get(line.key, {}) for line in table.lines]
    if not table.lines:
        records = list(values.lists.get(table.name, ()))
    sheet = book.file.add_worksheet(table.sheet)
    page = TemplateSheet(sheet, grid_of(table, len(records)), book.styles)
    write_heading(page, requested)
    write_header(page)
    commune_names = {commune.code: commune.name for commune in requested.communes}
    write_body(page, CellValues(table, records), commune_names)
    restrict_entries(page, book.choices, [commune.name for commune in requested.communes])
    # Notes are about the whole report: they are below its first table.
    is_first = table is requested.form.tables[0]
    notes = values.notes if is_first else ()
    last_row = write_below(page, notes)
    set_up_page(page, requested, last_row)


def _write_marker(book: _Book) -> None:
    """Add the hidden sheet by which the reader knows one of our own workbooks."""
    sheet = book.file.add_worksheet(MARKER_SHEET)
    for row, cells in enumerate(rows_of(book.requested.marker)):
        for at, text in enumerate(cells):
            sheet.write_string(row, at, text)
    sheet.very_hidden()
    sheet.protect()
