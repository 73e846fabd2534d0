"""A form's workbook for a unit and period: blank for a district to fill in, or with values given.

The page is written by labels only, as the reader finds them; a filled template is read like any other workbook.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from program.form import Form
from program.measure import LARGEST_EXACT
from program.period import Period
from program.table import Column, ColumnType, Table
from program.units import Unit

Cell = float | str | date | None
_LIST_LINES = 40
_FIRST_HEADER = 6  # 0-based row of a table's header


@dataclass(frozen=True, slots=True)
class Values:
    """What to write into a template: `matrix[table][line][column]`, `lists[table][n][column]`, and notes below.

    Values are as printed (money in the column's measure).
    """

    matrix: Mapping[str, Mapping[str, Mapping[str, Cell]]] = field(default_factory=dict)
    lists: Mapping[str, Sequence[Mapping[str, Cell]]] = field(default_factory=dict)
    notes: Sequence[str] = ()


class _Styles:
    """The few cell formats of a template, by name."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        edge = {"border": 1, "border_color": "#9AA5B1", "valign": "vcenter"}
        entry = {**edge, "bg_color": "#FFF8DC", "locked": False}
        self.title = book.add_format({"bold": True, "font_size": 14, "text_wrap": True, "align": "center", "valign": "vcenter"})
        self.label = book.add_format({"bold": True})
        self.hint = book.add_format({"italic": True, "font_color": "#52606D", "text_wrap": True, "valign": "top"})
        self.header = book.add_format({**edge, "bold": True, "bg_color": "#DCE9F5", "text_wrap": True, "align": "center"})
        self.measure = book.add_format({**edge, "italic": True, "font_color": "#52606D", "align": "center"})
        self.line = book.add_format({**edge, "bold": True})
        self.number = book.add_format({**edge, "align": "center"})
        self._entries = {
            ColumnType.WHOLE: book.add_format({**entry, "num_format": "#,##0"}),
            ColumnType.NUMBER: book.add_format({**entry, "num_format": "#,##0.##"}),
            ColumnType.MONEY: book.add_format({**entry, "num_format": "#,##0.######"}),
            ColumnType.DATE: book.add_format({**entry, "num_format": "dd/mm/yyyy"}),
            ColumnType.TEXT: book.add_format({**entry, "text_wrap": True}),
            ColumnType.CODE: book.add_format(entry),
        }

    def entry(self, column: Column) -> Format:
        return self._entries[column.type]


def write_template(form: Form, unit: Unit, period: Period, values: Values | None = None) -> bytes:
    """Return the workbook of `form` for `unit` and `period`. The same arguments give the same bytes."""
    buffer = io.BytesIO()
    given = values or Values()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        # A fixed date keeps the bytes a function of the arguments.
        book.set_properties({"title": form.title, "created": datetime(2024, 1, 1)})  # noqa: DTZ001  (XlsxWriter takes naive)
        styles = _Styles(book)
        for table in form.tables:
            sheet = book.add_worksheet(table.sheet)
            _write_heading(sheet, styles, form, unit, period, table)
            below = _write_table(sheet, styles, table, given)
            notes = given.notes if table is form.tables[0] else ()
            _write_below(sheet, styles, below, [*form.instructions, *notes] if table is form.tables[0] else [])
            _set_up_print(sheet, table)
            sheet.protect(options={"format_columns": True, "format_rows": True})
    return buffer.getvalue()


def _write_heading(sheet: Worksheet, styles: _Styles, form: Form, unit: Unit, period: Period, table: Table) -> None:
    last = len(table.columns)
    sheet.merge_range(0, 0, 0, last, form.title.upper(), styles.title)
    sheet.set_row(0, 38)
    for row, (label, value) in enumerate(
        (
            (form.identity.unit.label, unit.name),
            (form.identity.unit_code.label, unit.code),
            (form.identity.period.label, period.label),
        ),
        start=1,
    ):
        sheet.write_string(row, 0, f"{label}:", styles.label)
        sheet.write_string(row, 2, value)
    sheet.write_string(4, 0, table.title, styles.label)


def _write_table(sheet: Worksheet, styles: _Styles, table: Table, given: Values) -> int:
    """Write header, measures and lines; return the first row below."""
    first = table.line.label if table.line else "STT"
    sheet.write_string(_FIRST_HEADER, 0, first, styles.header)
    sheet.write_blank(_FIRST_HEADER + 1, 0, None, styles.measure)
    sheet.set_row(_FIRST_HEADER, 34)
    sheet.set_column(0, 0, 18 if table.line else 6)
    for at, column in enumerate(table.columns, start=1):
        sheet.write_string(_FIRST_HEADER, at, column.label, styles.header)
        sheet.write_string(_FIRST_HEADER + 1, at, f"({column.measure})" if column.measure else "", styles.measure)
        sheet.set_column(at, at, column.width)
    top = _FIRST_HEADER + 2
    if table.kind == "matrix":
        lines = given.matrix.get(table.name, {})
        for offset, line in enumerate(table.lines):
            sheet.write_string(top + offset, 0, line.label, styles.line)
            _write_line(sheet, styles, table, top + offset, lines.get(line.key, {}))
        count = len(table.lines)
    else:
        records = given.lists.get(table.name, ())
        count = max(_LIST_LINES, len(records))
        for offset in range(count):
            sheet.write_number(top + offset, 0, offset + 1, styles.number)
            _write_line(sheet, styles, table, top + offset, records[offset] if offset < len(records) else {})
    for at, column in enumerate(table.columns, start=1):
        _restrict(sheet, column, top, at, top + count - 1)
    sheet.freeze_panes(top, 1)
    return top + count


def _write_line(sheet: Worksheet, styles: _Styles, table: Table, row: int, values: Mapping[str, Cell]) -> None:
    for at, column in enumerate(table.columns, start=1):
        style, value = styles.entry(column), values.get(column.name)
        if value is None:
            sheet.write_blank(row, at, None, style)
        elif isinstance(value, date):
            sheet.write_datetime(row, at, value, style)
        elif isinstance(value, str):
            label = column.vocabulary[value].label if value in column.vocabulary else value
            sheet.write_string(row, at, label, style)
        else:
            sheet.write_number(row, at, value, style)


def _restrict(sheet: Worksheet, column: Column, top: int, at: int, bottom: int) -> None:
    """Let Excel refuse, with a Vietnamese message, what the rules would refuse anyway."""
    name = column.label[:32]
    options: dict[str, object]
    if column.vocabulary:
        options = {"validate": "list", "source": [entry.label for entry in column.vocabulary.values()]}
        message = "Chọn một giá trị trong danh sách."
    elif column.type is ColumnType.DATE:
        options = {"validate": "date", "criteria": "between", "minimum": date(2015, 1, 1), "maximum": date(2035, 12, 31)}
        message = "Nhập ngày theo dạng ngày/tháng/năm."
    elif column.type.is_numeric:
        kind = "integer" if column.type is ColumnType.WHOLE else "decimal"
        # Excel's own whole-number check stops at 2^31; ours goes on to 2^53.
        largest = 2_147_483_647 if kind == "integer" else LARGEST_EXACT
        options = {"validate": kind, "criteria": "between", "minimum": column.minimum or 0, "maximum": largest}
        message = f"Nhập số {'nguyên ' if kind == 'integer' else ''}từ {column.minimum or 0:.0f} trở lên."
    else:
        return
    sheet.data_validation(top, at, bottom, at, {**options, "error_title": name, "error_message": message})


def _write_below(sheet: Worksheet, styles: _Styles, row: int, texts: Sequence[str]) -> None:
    for offset, text in enumerate(texts, start=1):
        sheet.merge_range(row + offset, 0, row + offset, 9, text, styles.hint)
        sheet.set_row(row + offset, 16 * (1 + len(text) // 130))


def _set_up_print(sheet: Worksheet, table: Table) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_FIRST_HEADER, _FIRST_HEADER + 1)
    sheet.set_margins(left=0.4, right=0.4)
    sheet.set_footer(f"&L{table.title}&RTrang &P/&N")
