"""A report's tables as a workbook: A4 landscape, headings on each printed page, real formulas.

Texts are written as texts, whatever they begin with: a sender's never runs as a formula.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from program.addresses import column_letter
from program.forms.qualifier import Qualifier
from program.forms.totals import formula_of
from publish.reports.table import (
    CellValue,
    Number,
    PercentOf,
    ReportColumn,
    ReportRow,
    ReportTable,
    RowLook,
    SumOf,
)

_FONT = {"font_name": "Times New Roman", "font_size": 12}
_CREATED = datetime(2024, 1, 1)  # noqa: DTZ001  (XlsxWriter takes naive)
"""A fixed moment: the same tables give the same bytes."""
_A4 = 9
_EDGE = {"border": 1, "border_color": "#8A94A0", "valign": "vcenter"}
_DOUBTFUL = "#FFB84D"
_FILLS = {RowLook.MISSING: "#F2F2F2", RowLook.SECTION: "#E8EEF4", RowLook.TOTAL: "#E0E0E0"}
_LINE_POINTS = 16
_HIGHEST_POINTS = 400
"""Excel's limit is 409 points."""
_LETTERS_A_WIDTH = 1.1
"""How many letters of the font fit where one digit fits: widths count digits."""
_FOOTER_FONT = '&"Times New Roman,Regular"&9 '


def workbook_bytes(title: str, tables: Sequence[ReportTable]) -> bytes:
    """Return a workbook with a sheet for each table. The same tables give the same bytes."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "default_format_properties": dict(_FONT)}
    with xlsxwriter.Workbook(buffer, options) as file:
        file.set_properties({"title": title, "created": _CREATED})
        styles = _Styles(file)
        for table in tables:
            _Sheet(file.add_worksheet(table.sheet), table, styles).write()
    return buffer.getvalue()


class _Styles:
    """The cell formats of a workbook, each added once."""

    def __init__(self, file: xlsxwriter.Workbook) -> None:
        self._file = file
        self._made: dict[tuple[tuple[str, object], ...], Format] = {}

    def of(self, **properties: object) -> Format:
        """Return the format with these properties, in the words of XlsxWriter."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._file.add_format(properties)
        return self._made[key]

    def cell(self, row: ReportRow, *, is_doubtful: bool = False, **more: object) -> Format:
        """Return the format of a cell of a row."""
        properties: dict[str, object] = {**_EDGE, **more}
        if row.look in _FILLS:
            properties["bg_color"] = _FILLS[row.look]
        if is_doubtful:
            properties["bg_color"] = _DOUBTFUL
        if row.look in (RowLook.SECTION, RowLook.TOTAL):
            properties["bold"] = True
        return self.of(**properties)


class _Sheet:
    """Writes one table onto its sheet. Rows and columns count from 0."""

    def __init__(self, sheet: Worksheet, table: ReportTable, styles: _Styles) -> None:
        self._sheet = sheet
        self._table = table
        self._styles = styles
        self._last = len(table.columns) - 1
        self._header = 2 + len(table.remarks)
        self._is_grouped = any(column.group for column in table.columns)
        self._has_measures = any(column.measure for column in table.columns)
        self._top = self._header + 1 + self._is_grouped + self._has_measures

    def write(self) -> None:
        for at, column in enumerate(self._table.columns):
            self._sheet.set_column(at, at, column.width)
        self._write_heading()
        self._write_header()
        for number, row in enumerate(self._table.rows):
            self._write_row(self._top + number, row)
        last_row = self._write_notes()
        self._set_up(last_row)

    def _write_heading(self) -> None:
        of = self._styles.of
        title = of(bold=True, font_size=14, align="center", valign="vcenter", text_wrap=True)
        self._write_over(0, 0, self._last, self._table.title, title)
        self._sheet.set_row(0, self._height(self._table.title, 20))
        subtitle = of(italic=True, align="center", valign="vcenter", text_wrap=True)
        self._write_over(1, 0, self._last, self._table.subtitle, subtitle)
        self._sheet.set_row(1, self._height(self._table.subtitle, _LINE_POINTS))
        for number, remark in enumerate(self._table.remarks, start=2):
            self._write_over(number, 0, self._last, remark, of(text_wrap=True, valign="top"))
            self._sheet.set_row(number, self._height(remark, _LINE_POINTS))

    def _write_header(self) -> None:
        style = self._styles.of(
            **_EDGE, bold=True, align="center", text_wrap=True, bg_color="#D5DCE4"
        )
        last_row = self._header + self._is_grouped
        for first, group in _groups(self._table.columns):
            if group[0].group:
                last = first + len(group) - 1
                self._write_over(self._header, first, last, group[0].group, style)
            for at, column in enumerate(group, start=first):
                first_row = last_row if column.group else self._header
                self._write_over(first_row, at, at, column.title, style, until=last_row)
        lines = max(_lines(column.title, column.width) for column in self._table.columns)
        self._sheet.set_row(last_row, 4 + _LINE_POINTS * min(lines, 6))
        if self._has_measures:
            measure = self._styles.of(**_EDGE, italic=True, font_size=10, align="center")
            for at, column in enumerate(self._table.columns):
                self._sheet.write_string(last_row + 1, at, column.measure, measure)

    def _write_row(self, at_row: int, row: ReportRow) -> None:
        if row.look is RowLook.SECTION:
            text = next(cell for cell in row.cells if isinstance(cell, str))
            style = self._styles.cell(row, text_wrap=True, indent=row.depth)
            self._write_over(at_row, 0, self._last, text, style)
            return
        lines = 1
        for at, (cell, column) in enumerate(zip(row.cells, self._table.columns, strict=True)):
            self._write_cell(at_row, at, cell, row)
            if isinstance(cell, str):
                lines = max(lines, _lines(cell, column.width))
        self._sheet.set_row(at_row, min(3 + _LINE_POINTS * lines, _HIGHEST_POINTS))

    def _write_cell(self, at_row: int, at: int, cell: CellValue, row: ReportRow) -> None:
        column = self._table.columns[at]
        if isinstance(cell, Number | SumOf | PercentOf):
            self._write_figure(at_row, at, cell, row)
        elif isinstance(cell, date):
            style = self._styles.cell(row, num_format="dd/mm/yyyy", align="center")
            # A date of before 1900 is no date of Excel; nothing here is that old.
            self._sheet.write_datetime(at_row, at, datetime(cell.year, cell.month, cell.day), style)  # noqa: DTZ001
        elif cell:
            indent = row.depth if column is self._table.columns[1] else 0
            more = {"align": "center"} if cell.isdigit() else {"indent": indent}
            style = self._styles.cell(row, text_wrap=True, num_format="@", **more)
            self._sheet.write_string(at_row, at, cell, style)
        else:
            self._sheet.write_blank(at_row, at, None, self._styles.cell(row))

    def _write_figure(
        self, at_row: int, at: int, cell: Number | SumOf | PercentOf, row: ReportRow
    ) -> None:
        qualifier = cell.qualifier if isinstance(cell, Number) else None
        decimals = self._table.columns[at].decimals
        number_format = _number_format(cell.value, decimals, qualifier)
        style = self._styles.cell(row, is_doubtful=cell.is_doubtful, num_format=number_format)
        if isinstance(cell, Number):
            self._sheet.write_number(at_row, at, cell.value, style)
            return
        # XlsxWriter takes "" for a value that is not known.
        value = "" if cell.value is None else cell.value
        self._sheet.write_formula(at_row, at, self._formula(at_row, at, cell), style, value)

    def _formula(self, at_row: int, at: int, cell: SumOf | PercentOf) -> str:
        if isinstance(cell, SumOf):
            letter = column_letter(at + 1)
            return formula_of([f"{letter}{self._top + number + 1}" for number in cell.rows])
        part = f"{column_letter(cell.part + 1)}{at_row + 1}"
        whole = f"{column_letter(cell.whole + 1)}{at_row + 1}"
        # A comparison with "" and 0 would pass for a text: N gives 0 for it.
        return f'=IF(OR(N({whole})=0,COUNT({part})=0),"",100*{part}/{whole})'

    def _write_notes(self) -> int:
        """Write the notes below the table; return the last row."""
        row = self._top + len(self._table.rows)
        style = self._styles.of(italic=True, text_wrap=True, valign="top", font_size=11)
        for note in self._table.notes:
            row += 1
            self._write_over(row, 0, self._last, note, style)
            self._sheet.set_row(row, self._height(note, _LINE_POINTS))
        return row

    def _set_up(self, last_row: int) -> None:
        sheet = self._sheet
        sheet.hide_gridlines(2)
        sheet.freeze_panes(self._top, self._table.frozen)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.5, right=0.4, top=0.6, bottom=0.7)
        sheet.center_horizontally()
        # One page wide, as many pages high as the table needs.
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(self._header, self._top - 1)
        sheet.print_area(0, 0, last_row, self._last)
        left = self._table.title.replace("&", "&&")[:120]
        sheet.set_footer(f"&L{_FOOTER_FONT}{left}&R{_FOOTER_FONT}Trang &P/&N")

    def _write_over(
        self, row: int, first: int, last: int, text: str, style: Format, until: int | None = None
    ) -> None:
        """Write a text over the columns `first` to `last`, and the rows to `until`."""
        last_row = row if until is None else until
        if (row, first) != (last_row, last):
            # An empty text: XlsxWriter would take one that begins with "=" for a formula.
            self._sheet.merge_range(row, first, last_row, last, "", style)
        self._sheet.write_string(row, first, text, style)

    def _height(self, text: str, points: int) -> float:
        width = sum(column.width for column in self._table.columns)
        return 4 + points * _lines(text, width)


def _groups(columns: Sequence[ReportColumn]) -> Iterator[tuple[int, list[ReportColumn]]]:
    """Yield neighbouring columns with the same group, and the place of the first."""
    at = 0
    for _, neighbours in groupby(columns, key=lambda column: column.group):
        group = list(neighbours)
        yield at, group
        at += len(group)


def _lines(text: str, width: float) -> int:
    """Return in how many lines a text stands in cells of a width."""
    letters = max(width * _LETTERS_A_WIDTH, 1)
    return sum(max(1, -(-len(line) // int(letters))) for line in text.split("\n"))


def _number_format(value: float | None, decimals: int, qualifier: Qualifier | None) -> str:
    """Return Excel's format of a figure, with the word before it.

    One digit after the comma is always there, more only where the figure has any: Excel prints the
    comma of "0.##" even before nothing.
    """
    is_whole = value is None or float(value).is_integer()
    has_digits = decimals == 1 or (decimals > 1 and not is_whole)
    digits = "#,##0"
    if has_digits:
        digits = "#,##0.0" + "#" * (decimals - 1)
    if qualifier is None:
        return digits
    return f'"{qualifier.label} "{digits}'
