"""Reading a located table: which of its rows are lines, and what their cells hold, column by column."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from openpyxl.utils import get_column_letter

from connectors.reader.columns import NAN, parse_column
from connectors.reader.days import is_spelt_day
from connectors.reader.headings import Heading
from connectors.reader.layout import Header, matches
from connectors.reader.measures import read_measures
from connectors.reader.parsed import REFUSED_FIGURES, Parsed, Value
from connectors.reader.sums import with_totals
from connectors.reader.values import is_empty, parse_cell, show
from connectors.reader.workbook import CellValue, Corner, Sheet
from connectors.reader.writing import begins_note, is_total, says_nothing
from program.finding import Problem
from program.measure import to_printed
from program.qualifier import Qualifier
from program.reading import ColumnValues, TableReading
from program.table import Column, ColumnType, Line, Table
from program.vietnamese import format_number

_WORDS = (ColumnType.TEXT, ColumnType.COMMUNE)
_ORDINAL = re.compile(r"^\s*(?:[0-9]{1,2}|[ivxIVX]{1,4}|[a-eA-E])\s*[.)/]\s*")


@dataclass(frozen=True, slots=True)
class _Place:
    """A table where it stands, with what reading its cells takes; `problems` and `qualifiers` grow meanwhile."""

    header: Header
    table: Table
    end: int
    measures: dict[str, str]
    merged: dict[Corner, tuple[Corner, Corner]]
    problems: list[Problem] = field(default_factory=list)
    qualifiers: dict[tuple[str, int], Qualifier] = field(default_factory=dict)

    @property
    def is_nil(self) -> bool:
        """Tell whether somebody wrote into the table that there is nothing to report."""
        return any(problem.rule == "FORM-31" for problem in self.problems)

    def row(self, number: int) -> list[CellValue]:
        return self.header.sheet.rows[number]

    def problem(self, rule: str, number: int, at: int, value: str | None = None, **values: str) -> Problem:
        return Problem(rule, self.header.sheet.name, f"{get_column_letter(at + 1)}{number + 1}", value, values)

    def report(self, rule: str, number: int, at: int, value: str | None = None, **values: str) -> None:
        self.problems.append(self.problem(rule, number, at, value, **values))

    def filled(self, number: int) -> list[int]:
        row = self.row(number)
        return [at for at in self.header.columns.values() if not is_empty(row[at])]

    def first_filled(self, number: int) -> int | None:
        row = self.row(number)
        return next((at for at in self.header.columns.values() if not is_empty(row[at])), None)

    def parse(self, number: int, column: Column) -> Parsed:
        return parse_cell(self.row(number)[self.header.columns[column.name]], column, self.measures[column.name])

    def found(self) -> list[Column]:
        return [column for column in self.table.columns if column.name in self.header.columns]


def read_table(header: Header, table: Table, end: int) -> tuple[TableReading, list[Problem]]:
    """Return the lines of `table` between its header and sheet row `end`, and what was met on the way.

    Problems of a cell leave that cell empty; the line itself is kept.
    """
    measures, problems = read_measures(header, table)
    header, computed = with_totals(header, table, end, _line_rows(header, table, end), measures)
    problems += computed
    place = _Place(header, table, end, measures, _merged_cells(header, end), problems)
    lines = list(_matrix_lines(place) if table.kind == "matrix" else _list_lines(place))
    numbers = [number for number, _ in lines]
    _report_columns(place, numbers)
    _report_unheaded(place)
    values = _read_columns(place, numbers)
    reading = TableReading(
        values={column.name: values.get(column.name) or _nothing(column, len(lines)) for column in table.columns},
        rows=[number + 1 for number in numbers],
        lines=[key for _, key in lines],
        dtypes=table.dtypes,
        letters={name: get_column_letter(at + 1) for name, at in header.columns.items()},
        sheet=header.sheet.name,
        qualifiers=place.qualifiers,
        is_nil=not lines and place.is_nil,
    )
    return reading, problems


def _nothing(column: Column, lines: int) -> ColumnValues:
    """Return the values of a column that the sheet lacks."""
    figures, words = [NAN] * lines, list[str | None]([None] * lines)
    return figures if column.type.is_numeric else words


def _report_columns(place: _Place, lines: list[int]) -> None:
    header, table = place.header, place.table
    found = {*header.columns, *(claim.column.name for claim in header.doubtful)}
    missing = [column for column in table.columns if column.name not in found]
    for column in missing:
        place.report("FORM-07" if column.required else "FORM-14", header.row, 0, None, column=column.label, table=table.title)
    for claim in header.doubtful:
        _report_heading(place, "FORM-20", claim.heading, column=claim.column.label)
    for claim in header.doubles:
        _report_heading(place, "FORM-19", claim.heading, column=claim.column.label)
    for slip in header.slips:
        _report_heading(place, "FORM-40", slip.heading, label=slip.label.label)
    for heading in header.strangers:
        # A column of the form under another name, or one of the sender's own: only the sender can tell.
        may_be_missing = any(column.type.is_numeric for column in missing) and _figure_in(place, heading.at, lines) is not None
        columns = ", ".join(column.label for column in missing if column.type.is_numeric)
        _report_heading(place, "FORM-25" if may_be_missing else "FORM-08", heading, column=columns)
    for name in header.elsewhere:
        place.report("FORM-23", header.row, 0, name, table=table.title)


def _report_heading(place: _Place, rule: str, heading: Heading, **values: str) -> None:
    place.report(rule, heading.row, heading.at, heading.text, **values)


def _report_unheaded(place: _Place) -> None:
    """Report a column within the table that holds figures and no heading: nobody could say what they count."""
    header = place.header
    headed = [*header.columns.values(), *(heading.at for heading in header.others)]
    for at in range(min(headed, default=0), max(headed, default=0)):
        is_headed = any(not is_empty(place.row(number)[at]) for number in range(header.row, header.below))
        first = None if is_headed else _figure_in(place, at, range(header.body, place.end))
        if first is not None:
            place.report("FORM-24", first, at, show(place.row(first)[at]), column=get_column_letter(at + 1))


def _figure_in(place: _Place, at: int, lines: Iterable[int]) -> int | None:
    """Return the first of `lines` that holds a number in a column that was not read, or None."""
    return next((number for number in lines if isinstance(place.row(number)[at], int | float)), None)


def _matrix_lines(place: _Place) -> Iterator[tuple[int, str]]:
    """Yield the sheet row and key of each declared line that is filled in, and of the total even if it is not."""
    met: set[str] = set()
    last = {line.key for line in place.table.lines if line.total} or {line.key for line in place.table.lines}
    for number in range(place.header.body, place.end):
        at, label = _label_of(place.header, number)
        line = _line_of(label, place.table)
        filled = bool(place.filled(number))
        if line is None:
            # Above the total, words count too ("Cấp ấp: ba lớp"); below, they are notes and signatures.
            if _has_value(place, number) or (label and filled and not met.issuperset(last)):
                place.report("FORM-11", number, at, label or "(không có tên)")
        elif line.key in met:
            place.report("FORM-15", number, at, label)
        else:
            met.add(line.key)
            if filled or line.total:
                yield number, line.key
            else:
                place.report("FORM-16", number, at, label)
    for line in place.table.lines:
        if line.total and line.key not in met:
            place.report("FORM-09", place.header.row, 0, None, line=line.label)


def _line_rows(header: Header, table: Table, end: int) -> dict[str, int]:
    """Return the 0-based row on which each line of a matrix first stands."""
    rows: dict[str, int] = {}
    for number in range(header.body, end) if table.lines else ():
        line = _line_of(_label_of(header, number)[1], table)
        if line is not None:
            rows.setdefault(line.key, number)
    return rows


def _label_of(header: Header, number: int) -> tuple[int, str]:
    """Return a line's label and its column: that of the labels, or one to its left that a total often spreads over."""
    row, at = header.sheet.rows[number], header.line or 0
    for column in (at, at - 1):
        cell = row[column] if column >= 0 and column not in header.columns.values() else ""
        if isinstance(cell, str) and not is_empty(cell):
            return column, show(cell)
    return at, ""


def _line_of(label: str, table: Table) -> Line | None:
    """Return the declared line that a label names, with or without "1." or "a)" before it."""
    for text in (label, _ORDINAL.sub("", label, count=1)):
        line = next((line for line in table.lines if matches(text, line)), None)
        if line is not None:
            return line
    return None


def _list_lines(place: _Place) -> Iterator[tuple[int, str]]:
    """Yield each sheet row that holds a line.

    Below a blank row or a total, a row is a line only if a figure, a date or a word of a vocabulary says so; without
    one it is a note or a signature.
    """
    is_closed = False
    for number in range(place.header.body, place.end):
        at = place.first_filled(number)
        if at is None or _is_total_row(place, number):
            is_closed = True
        elif says_nothing(place.row(number)[at]) and not _has_value(place, number):
            place.report("FORM-31", number, at, show(place.row(number)[at]))
        elif (is_closed or _begins_note(place, number, at)) and not _has_value(place, number):
            place.report("FORM-17", number, at, show(place.row(number)[at]))
        else:
            is_closed = False
            yield number, ""


def _begins_note(place: _Place, number: int, at: int) -> bool:
    return begins_note(place.row(number)[at]) and len(place.filled(number)) == 1


def _is_total_row(place: _Place, number: int) -> bool:
    """Tell whether the first words of a row, within the table or one column before it, are those of a total."""
    columns = place.header.columns.values()
    cells = place.row(number)[max(0, min(columns) - 1) : max(columns) + 1]
    return is_total(next((cell for cell in cells if isinstance(cell, str) and not is_empty(cell)), ""))


def _has_value(place: _Place, number: int) -> bool:
    """Tell whether a row holds a figure, a date or a word of a vocabulary in the column that is for it.

    A date spelt out in words does not count: it stands above signatures.
    """
    columns = [column for column in place.found() if column.type not in _WORDS]
    row = place.row(number)
    return any(_is_value(place.parse(number, c), c) and not is_spelt_day(row[place.header.columns[c.name]]) for c in columns)


def _is_value(parsed: Parsed, column: Column) -> bool:
    if column.type is ColumnType.CODE:
        return parsed.value in column.vocabulary
    # "Không" is read as 0 where a line has other figures; alone it is as well an answer to something else.
    return (parsed.value is not None and parsed.rule != "CELL-25") or parsed.rule in REFUSED_FIGURES


def _read_columns(place: _Place, numbers: list[int]) -> dict[str, ColumnValues]:
    """Return the values of each column that was found; report what was met, line by line from left to right."""
    values: dict[str, ColumnValues] = {}
    met: list[tuple[int, int, Problem]] = []
    for order, column in enumerate(place.found()):
        cells, merged = _cells_of(place, numbers, column)
        measure = place.measures[column.name]
        values[column.name], odd = parse_column(cells, column, measure)
        for line, parsed in odd.items():
            if parsed.qualifier:
                place.qualifiers[column.name, numbers[line] + 1] = parsed.qualifier
            if parsed.rule:
                met.append((line, order, _problem(place, numbers[line], column, cells[line], parsed)))
        met += [(line, order, problem) for line, problem in merged]
    place.problems.extend(problem for _, _, problem in sorted(met, key=lambda each: each[:2]))
    return values


def _problem(place: _Place, number: int, column: Column, cell: CellValue, parsed: Parsed) -> Problem:
    measure = place.measures[column.name]
    said = {
        "column": column.label,
        "measure": measure or column.label,
        "read_as": _as_printed(parsed.value, column, measure),
        "meant": parsed.meant,
    }
    return place.problem(parsed.rule or "", number, place.header.columns[column.name], show(cell), **said)


def _as_printed(value: Value, column: Column, measure: str) -> str:
    """Return what was read as a Vietnamese reader expects it: a number in the measure that it was written in."""
    if isinstance(value, float):
        return format_number(to_printed(value, measure), decimals=6)
    if isinstance(value, date):
        return show(value)
    return column.vocabulary[value].label if value in column.vocabulary else value or ""


def _cells_of(place: _Place, numbers: list[int], column: Column) -> tuple[list[CellValue], list[tuple[int, Problem]]]:
    """Return the cells of a column's lines, "" and a problem where one figure is merged over several lines or columns.

    Words and dates merged over several lines are said of each of them.
    """
    at, rows = place.header.columns[column.name], place.header.sheet.rows
    cells = [rows[number][at] for number in numbers]
    problems: list[tuple[int, Problem]] = []
    for line, number in enumerate(numbers) if place.merged else ():
        if (number, at) in place.merged:
            cells[line], problem = _merged_cell(place, number, at, column)
            problems += [(line, problem)] if problem else []
    return cells, problems


def _merged_cell(place: _Place, number: int, at: int, column: Column) -> tuple[CellValue, Problem | None]:
    (top, left), (bottom, right) = place.merged[number, at]
    first = place.row(top)[left]
    if not column.type.is_numeric:
        return first if left == at else "", None
    covered = [other for other in place.header.columns.values() if left <= other <= right]
    if is_empty(first) or (top == bottom and len(covered) == 1):
        return first, None
    is_first = (number, at) == (max(top, place.header.body), min(covered))
    return "", place.problem("CELL-13", number, at, show(first), column=column.label) if is_first else None


def _merged_cells(header: Header, end: int) -> dict[Corner, tuple[Corner, Corner]]:
    """Return the merged cells of the table's body: for each cell that one covers, its corners."""
    return {
        (row, at): (first, last)
        for first, last in header.sheet.merged
        if last[0] >= header.body
        for at in header.columns.values()
        if first[1] <= at <= last[1]
        for row in range(max(first[0], header.body), min(last[0] + 1, end))
    }


def table_end(header: Header, headers: dict[str, Header]) -> int:
    """Return the 0-based row after the table: where the next table of its sheet begins, or the sheet's end."""
    sheet: Sheet = header.sheet
    below = [h.row for h in headers.values() if h.sheet is sheet and h.row > header.row]
    return min(below, default=len(sheet.rows))
