"""Reading a located table: which of its rows are lines, and what their cells hold, column by column."""

from collections.abc import Iterable
from datetime import date

from connectors.reader.columns import NAN, parse_column
from connectors.reader.headings import Heading
from connectors.reader.layout import Header, is_beside
from connectors.reader.lines import line_rows, matrix_lines, read_labels
from connectors.reader.listing import list_lines
from connectors.reader.measures import read_measures
from connectors.reader.parsed import Parsed, Value
from connectors.reader.place import Place
from connectors.reader.sums import with_totals
from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue, Corner, Sheet
from program.addresses import column_letter
from program.finding import Problem
from program.measure import to_printed
from program.reading import ColumnValues, TableReading
from program.table import Column, Table
from program.vietnamese import format_number


def read_table(header: Header, table: Table, end: int) -> tuple[TableReading, list[Problem]]:
    """Return the lines of `table` between its header and sheet row `end`, and what was met on the way.

    Problems of a cell leave that cell empty; the line itself is kept.
    """
    measures, problems = read_measures(header, table)
    labels = read_labels(header, table, end)
    header, computed = with_totals(header, table, end, line_rows(labels), measures)
    problems += computed
    place = Place(header, table, end, measures, _merged_cells(header, end), problems)
    lines = list(matrix_lines(place, labels)) if table.kind == "matrix" else [(number, "") for number in list_lines(place)]
    numbers = [number for number, _ in lines]
    _report_columns(place, numbers)
    _report_unheaded(place)
    _report_hidden(place, numbers)
    values = _read_columns(place, numbers)
    reading = TableReading(
        values={column.name: values.get(column.name) or _nothing(column, len(lines)) for column in table.columns},
        rows=[number + 1 for number in numbers],
        lines=[key for _, key in lines],
        dtypes=table.dtypes,
        letters={name: column_letter(at + 1) for name, at in header.columns.items()},
        sheet=header.sheet.name,
        qualifiers=place.qualifiers,
        texts=place.texts,
        is_nil=not lines and place.is_nil,
    )
    return reading, problems


def _nothing(column: Column, lines: int) -> ColumnValues:
    """Return the values of a column that the sheet lacks."""
    figures, words = [NAN] * lines, list[str | None]([None] * lines)
    return figures if column.type.is_numeric else words


def _report_columns(place: Place, lines: list[int]) -> None:
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
        rule = "FORM-46" if name in header.unseen and not header.sheet.is_hidden else "FORM-23"
        place.report(rule, header.row, 0, name, table=table.title)


def _report_hidden(place: Place, lines: list[int]) -> None:
    """Report figures that were read though their sender does not see them: a filtered row, a hidden column or sheet."""
    header, table = place.header, place.table
    if header.sheet.is_hidden:
        place.report("FORM-47", header.row, 0, header.sheet.name, table=table.title)
    rows = [number for number in lines if place.filled(number)] if header.sheet.hidden.rows else []
    columns = {at for number in lines for at in place.filled(number)} if header.sheet.hidden.columns else set[int]()
    hidden = header.sheet.hidden.among(rows, columns)
    if hidden:
        place.report("FORM-45", header.row, 0, None, table=table.title, hidden=hidden)


def _report_heading(place: Place, rule: str, heading: Heading, **values: str) -> None:
    place.report(rule, heading.row, heading.at, heading.text, **values)


def _report_unheaded(place: Place) -> None:
    """Report a column within the table that holds figures and no heading: nobody could say what they count."""
    header = place.header
    headed = [*header.columns.values(), *(heading.at for heading in header.others)]
    for at in range(min(headed, default=0), max(headed, default=0)):
        is_headed = any(not is_empty(place.row(number)[at]) for number in range(header.row, header.below))
        first = None if is_headed else _figure_in(place, at, range(header.body, place.end))
        if first is not None:
            place.report("FORM-24", first, at, show(place.row(first)[at]), column=column_letter(at + 1))


def _figure_in(place: Place, at: int, lines: Iterable[int]) -> int | None:
    """Return the first of `lines` that holds a number in a column that was not read, or None."""
    return next((number for number in lines if isinstance(place.row(number)[at], int | float)), None)


def _read_columns(place: Place, numbers: list[int]) -> dict[str, ColumnValues]:
    """Return the values of each column that was found; report what was met, line by line from left to right."""
    values: dict[str, ColumnValues] = {}
    met: list[tuple[int, int, Problem]] = []
    by_column = list(zip(*(place.row(number) for number in numbers), strict=True))
    summed = {name for column in place.table.columns if column.parts for name in (column.name, *column.parts)}
    for order, column in enumerate(place.found()):
        cells = list(by_column[place.header.columns[column.name]]) if numbers else []
        merged = _spread_merged(place, numbers, column, cells)
        measure = place.measures[column.name]
        values[column.name], odd, texts = parse_column(cells, column, measure)
        if place.table.kind == "matrix" or column.name in summed:
            place.texts.update((column.name, numbers[line] + 1) for line in texts)
        for line, parsed in odd.items():
            if parsed.qualifier:
                place.qualifiers[column.name, numbers[line] + 1] = parsed.qualifier
            if parsed.rule:
                met.append((line, order, _problem(place, numbers[line], column, cells[line], parsed)))
        met += [(line, order, problem) for line, problem in merged]
    place.problems.extend(problem for _, _, problem in sorted(met, key=lambda each: each[:2]))
    return values


def _problem(place: Place, number: int, column: Column, cell: CellValue, parsed: Parsed) -> Problem:
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


def _spread_merged(place: Place, numbers: list[int], column: Column, cells: list[CellValue]) -> list[tuple[int, Problem]]:
    """Put into a column's cells what merged cells say of their lines; return what was met, by line.

    Words and dates merged over several lines are said of each of them; a figure merged over several lines or columns is
    nobody's: "" and a problem.
    """
    at = place.header.columns[column.name]
    problems: list[tuple[int, Problem]] = []
    for line, number in enumerate(numbers) if place.merged else ():
        if (number, at) in place.merged:
            cells[line], problem = _merged_cell(place, number, at, column)
            problems += [(line, problem)] if problem else []
    return problems


def _merged_cell(place: Place, number: int, at: int, column: Column) -> tuple[CellValue, Problem | None]:
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
    below = [h.row for h in headers.values() if h.sheet is sheet and h.row > header.row and not is_beside(header, h)]
    return min(below, default=len(sheet.rows))
