"""Reading a located table: which of its rows are lines, and the values of their columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import NamedTuple

from connectors.reader.find.continued_words import with_continued_words
from connectors.reader.find.headings import Heading
from connectors.reader.find.layout import Header, is_beside
from connectors.reader.find.list_lines import list_lines
from connectors.reader.find.matrix_lines import LineLabel, line_rows, matrix_lines, read_labels
from connectors.reader.find.nil_report import nil_mark, tick_of
from connectors.reader.find.non_data_text import says_nothing
from connectors.reader.find.table_region import TableRegion
from connectors.reader.open.sheet_size import Corner
from connectors.reader.open.template_totals import with_totals
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.fractions_of_one import without_fractions_of_one
from connectors.reader.values.measures import read_measures
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from connectors.reader.values.parse_column import NAN, parse_column
from connectors.reader.values.parse_date import SEVERAL_DAYS
from connectors.reader.values.parsed import Parsed, Value
from connectors.reader.values.written_alike import as_written_alike
from program.addresses import column_letter
from program.finding import ReaderFinding
from program.forms.measure import to_printed
from program.forms.table import Column, ColumnType, Line, Table
from program.forms.totals import summands_of
from program.open_totals import OpenTotal, split_open_totals
from program.parsed_report import ColumnValues, ParsedTable, is_given
from program.vietnamese import format_number


class _Met(NamedTuple):
    """A problem of a cell, sorted by the line and then by the column of the cell."""

    line: int
    column: int
    problem: ReaderFinding


def read_table(header: Header, table: Table, end: int) -> tuple[ParsedTable, list[ReaderFinding]]:
    """Return the lines of `table` between its header and sheet row `end`, and the problems met.

    A problem of a cell may leave that cell empty. The line itself is kept.
    """
    measures, problems = read_measures(header, table)
    labels = read_labels(header, table, end)
    header, computed = with_totals(header, table, end, line_rows(labels), measures)
    problems += computed
    merged = _merged_cells(header, end)
    header, unplaced = with_continued_words(header, table, labels, merged)
    problems += unplaced
    place = TableRegion(header, table, end, measures, merged, problems)
    lines = _lines(place, labels)
    numbers = [number for number, _ in lines]

    _report_columns(place, numbers)
    _report_unheaded(place)
    _report_hidden(place, numbers)
    _report_struck(place, numbers)
    found = _read_columns(place, numbers)
    values: dict[str, ColumnValues] = {}
    # In the form's order, whatever the order of the sheet.
    for column in table.columns:
        values[column.name] = found.get(column.name) or _nothing(column, len(lines))
    # A table without lines may say in words that there is nothing to report.
    is_nil = not lines and place.is_nil
    reading = ParsedTable(
        values=values,
        rows=[number + 1 for number in numbers],
        lines=[key for _, key in lines],
        dtypes=table.dtypes,
        letters=_letters(header),
        sheet=header.sheet.name,
        qualifiers=place.qualifiers,
        texts=place.texts,
        is_nil=is_nil,
        refused=place.refused,
        days_elsewhere=_days_elsewhere(place, numbers),
    )
    _report_contradiction(place, reading)
    reading, open_totals = split_open_totals(reading, table)
    problems += [_open_total(reading, table, total) for total in open_totals]
    return reading, problems


def _days_elsewhere(place: TableRegion, numbers: list[int]) -> set[tuple[str, int]]:
    """Return column and row of each empty day whose row has several days in another column.

    "07-09/10/2024" under "Từ ngày" and nothing under "Đến ngày": the first is asked about, and the
    second is not missing.
    """
    with_several = {each.cell for each in place.problems if each.rule == SEVERAL_DAYS}
    if not with_several:
        return set()
    days = [column for column in place.found() if column.type is ColumnType.DATE]
    empty: set[tuple[str, int]] = set()
    for number in numbers:
        row = place.row(number)
        columns = {column.name: place.header.columns[column.name] for column in days}
        cells = {f"{column_letter(at + 1)}{number + 1}" for at in columns.values()}
        if cells.isdisjoint(with_several):
            continue
        empty |= {(name, number + 1) for name, at in columns.items() if is_empty(row[at])}
    return empty


def _letters(header: Header) -> dict[str, str]:
    """Return the letter of the sheet's column of each column that was found, by name."""
    return {name: column_letter(at + 1) for name, at in header.columns.items()}


def _open_total(read: ParsedTable, table: Table, total: OpenTotal) -> ReaderFinding:
    """Return the note of a total that lacks a part, at the cell of that part."""
    column = table.column(total.column)
    cause = table.column(total.cause)
    printed = to_printed(total.shown, column.measure)
    values = {
        "column": cause.label,
        "total": read.cell(total.column, total.row) or "",
        "shown": format_number(printed, decimals=6),
    }
    cell = read.cell(total.cause, total.cause_row)
    return ReaderFinding("CELL-50", read.sheet, cell, None, values)


def _lines(place: TableRegion, labels: list[LineLabel]) -> list[tuple[int, str]]:
    """Return the 0-based row of each line, with the key of a matrix's line; "" in a list.

    There is none where the sheet says that there is nothing to report, and the table has no value.
    """
    table = place.table
    if table.kind == "matrix":
        # "Không có" among difficulties is an answer, and says nothing about the report.
        has_values = table.is_words_only or any(
            _has_values(place, label.row, label.line) for label in labels
        )
        if not has_values and _reports_nil(place):
            return []
        return list(matrix_lines(place, labels))
    lines = [(number, "") for number in list_lines(place)]
    # A list may have said so in one of its lines already.
    if not lines and not place.is_nil:
        _reports_nil(place)
    return lines


def _has_values(place: TableRegion, number: int, line: Line | None) -> bool:
    """Tell whether a row of a matrix is a line with values; a total of 0 is none."""
    if line is None:
        return False
    # The formula of a total gives 0 in a table that nobody filled in.
    totals = [column for column in place.found() if summands_of(column, line)]
    empty = [column.name for column in totals if not place.parse(number, column).value]
    return place.has_value(number, besides=empty) or _has_words(place, number)


def _has_words(place: TableRegion, number: int) -> bool:
    """Tell whether a row of a matrix has words in a column for them, other than "nothing"."""
    row = place.row(number)
    columns = [column for column in place.found() if column.type is ColumnType.TEXT]
    cells = [row[place.header.columns[column.name]] for column in columns]
    return any(not is_empty(cell) and not says_nothing(cell) for cell in cells)


def _reports_nil(place: TableRegion) -> bool:
    """Tell whether the sheet says that there is nothing to report; note where."""
    mark = nil_mark(place)
    if mark is not None:
        place.report("FORM-31", mark.row, mark.at, mark.text)
    return mark is not None


def _report_contradiction(place: TableRegion, read: ParsedTable) -> None:
    """Report that a table has figures though the template's cell for "nothing" is ticked."""
    mark = tick_of(place)
    if mark is None or read.is_nil:
        return
    for value in chain.from_iterable(read.values.values()):
        # A 0 says the same as the tick.
        if is_given(value) and value != 0:
            place.report("FORM-60", mark.row, mark.at, mark.text, table=place.table.title)
            return


def _nothing(column: Column, lines: int) -> ColumnValues:
    """Return the values of a column that the sheet lacks."""
    if column.type.is_numeric:
        return [NAN] * lines
    return list[str | None]([None] * lines)


def _report_columns(place: TableRegion, lines: list[int]) -> None:
    """Report what is odd about the table's headings and about copies of it on other sheets."""
    header = place.header
    missing = _missing_columns(place)
    unknown = _strangers_with_figures(place, lines)
    is_explained = _report_missing(place, missing, unknown)
    for claim in header.doubtful:
        _report_heading(place, "FORM-20", claim.heading, column=claim.column.label)
    for claim in header.doubles:
        _report_heading(place, "FORM-19", claim.heading, column=claim.column.label)
    for slip in header.slips:
        _report_heading(place, "FORM-40", slip.heading, label=slip.label.label)
    _report_strangers(place, missing, [] if is_explained else unknown)
    _report_copies(place)


def _missing_columns(place: TableRegion) -> list[Column]:
    """Return the declared columns that no heading names or nearly names."""
    header = place.header
    doubtful = {claim.column.name for claim in header.doubtful}
    named = doubtful.union(header.columns)
    return [column for column in place.table.columns if column.name not in named]


def _strangers_with_figures(place: TableRegion, lines: list[int]) -> list[Heading]:
    """Return the headings over figures that name no column of the form."""
    strangers = place.header.strangers
    return [each for each in strangers if _figure_in(place, each.at, lines) is not None]


def _report_missing(place: TableRegion, missing: list[Column], unknown: list[Heading]) -> bool:
    """Report each missing column; tell whether the reports name the `unknown` headings too.

    A required column of figures that is missing, and a heading over figures that nobody knows, have
    probably one cause: the heading was changed. One finding then names both.
    """
    header = place.header
    labels = _labels_of_figures(missing)
    is_explained = False
    for column in missing:
        if column.rare:
            continue
        rule = "FORM-07" if column.required else "FORM-14"
        values = {"column": column.label, "table": place.table.title}
        # A column that is missing has no cell. The header's row is nearest to where it should be.
        row, at = header.row, 0
        if column.required and column.type.is_numeric and unknown:
            is_explained = True
            row, at = unknown[0].row, unknown[0].at
            values |= {"unknown": _named(unknown), "missing": labels}
        problem = place.problem(rule, row, at, None, **values)
        case = "renamed" if "unknown" in values else ""
        place.problems.append(replace(problem, case=case))
    return is_explained


def _labels_of_figures(columns: Iterable[Column]) -> str:
    return ", ".join(column.label for column in columns if column.type.is_numeric)


def _named(headings: Sequence[Heading]) -> str:
    """Return the first heading with its cell, and the cells of the others."""
    first, *others = headings
    cells = [f"{column_letter(each.at + 1)}{each.row + 1}" for each in others]
    own_cell = f"{column_letter(first.at + 1)}{first.row + 1}"
    return ", ".join([f'"{first.text}" ({own_cell})', *cells])


def _report_strangers(place: TableRegion, missing: list[Column], asked: list[Heading]) -> None:
    """Report the headings that name no column of the form; those `asked` about by a warning."""
    missing_labels = _labels_of_figures(missing)
    for heading in place.header.strangers:
        # It may be a column of the form under another name, or one of the sender's own. Only the
        # sender knows.
        rule = "FORM-25" if missing_labels and heading in asked else "FORM-08"
        _report_heading(place, rule, heading, column=missing_labels)


def _report_copies(place: TableRegion) -> None:
    """Report each other sheet that holds the same table.

    Hidden ones and equal ones are reported by rules of their own.
    """
    header = place.header
    for name in header.elsewhere:
        rule = "FORM-23"
        # Which of two visible sheets counts is a question. That a hidden one does not is none, and
        # of two equal ones either counts.
        if name in header.unseen and not header.sheet.is_hidden:
            rule = "FORM-46"
        elif name in header.copies:
            rule = "FORM-62"
        place.report(rule, header.row, 0, name, table=place.table.title)


def _report_hidden(place: TableRegion, lines: list[int]) -> None:
    """Report figures that were read though their sender does not see them.

    They are in a filtered row, a hidden column or a hidden sheet.
    """
    header = place.header
    title = place.table.title
    sheet = header.sheet
    if sheet.is_hidden:
        place.report("FORM-47", header.row, 0, sheet.name, table=title)
    rows: list[int] = []
    columns: set[int] = set()
    # Nearly every sheet hides nothing. Its lines are then not looked at.
    if sheet.hidden.rows:
        rows = [number for number in lines if place.filled(number)]
    if sheet.hidden.columns:
        for number in lines:
            columns.update(place.filled(number))
    hidden = sheet.hidden.among(rows, columns)
    if hidden:
        place.report("FORM-45", header.row, 0, None, table=title, hidden=hidden)


def _report_heading(place: TableRegion, rule: str, heading: Heading, **values: str) -> None:
    place.report(rule, heading.row, heading.at, heading.text, **values)


def _report_unheaded(place: TableRegion) -> None:
    """Report each column within the table that holds figures and has no heading.

    Nobody could say what these figures count.
    """
    header = place.header
    headed = list(header.columns.values())
    headed += [heading.at for heading in header.others]
    first_column = min(headed, default=0)
    last_column = max(headed, default=0)
    for at in range(first_column, last_column):
        over = [place.row(number)[at] for number in range(header.row, header.below)]
        has_heading = not all(map(is_empty, over))
        if has_heading:
            continue
        first = _figure_in(place, at, range(header.body, place.end))
        if first is not None:
            value = text_of_cell(place.row(first)[at])
            letter = column_letter(at + 1)
            place.report("FORM-24", first, at, value, column=letter)


def _figure_in(place: TableRegion, at: int, lines: Iterable[int]) -> int | None:
    """Return the first of `lines` with a number in a column that was not read; None without one."""
    for number in lines:
        if isinstance(place.row(number)[at], int | float):
            return number
    return None


def _report_struck(place: TableRegion, lines: list[int]) -> None:
    """Report each line with a cell that is struck out: its sender may mean that it is void."""
    struck = place.header.sheet.struck
    if not struck:
        return
    for number in lines:
        for at in place.filled(number):
            if (number, at) in struck:
                text = text_of_cell(place.row(number)[at])
                place.report("CELL-38", number, at, text)
                # A line is struck out as a whole. One question about it is enough.
                break


def _read_columns(place: TableRegion, numbers: list[int]) -> dict[str, ColumnValues]:
    """Return the values of each column that was found.

    What was met is reported line by line, from left to right.
    """
    values: dict[str, ColumnValues] = {}
    met: list[_Met] = []
    # Turned once for all columns: a sheet is kept by rows, and values are parsed by columns.
    rows = [place.row(number) for number in numbers]
    by_column = list(zip(*rows, strict=True))
    summed = _summed_columns(place.table)
    for order, column in enumerate(place.found()):
        at = place.header.columns[column.name]
        # Without lines there is nothing to turn, and so no column `at`.
        cells = list(by_column[at]) if numbers else []
        # Before parsing: it empties cells whose figure belongs to nobody.
        merged_problems = list(_spread_merged(place, numbers, column, cells))
        measure = place.measures[column.name]
        read = parse_column(cells, column, measure)
        read = as_written_alike(read, cells, column, measure)
        read = without_fractions_of_one(read, cells)
        values[column.name] = read.values
        # A spreadsheet passes over figures that are text. This matters where it adds them up.
        if column.name in summed:
            for line in read.texts:
                place.texts.add((column.name, numbers[line] + 1))
        value_problems = list(_problems_of_values(place, numbers, column, cells, read.met))
        for line, _ in merged_problems:
            place.refused.add((column.name, numbers[line] + 1))
        problems = value_problems + merged_problems
        met += [_Met(line, order, problem) for line, problem in problems]
    met.sort(key=lambda each: (each.line, each.column))
    place.problems.extend(each.problem for each in met)
    return values


def _problems_of_values(
    place: TableRegion,
    numbers: list[int],
    column: Column,
    cells: list[CellValue],
    met: Mapping[int, Parsed],
) -> Iterator[tuple[int, ReaderFinding]]:
    """Yield the problems of a column's values by line; keep in `place` what qualifies a value."""
    for line, parsed in met.items():
        number = numbers[line]
        key = column.name, number + 1
        if parsed.qualifier:
            place.qualifiers[key] = parsed.qualifier
        if parsed.rule:
            yield line, _problem(place, number, column, cells[line], parsed)
        # The cell is not empty: it holds something that was not read.
        if parsed.value is None:
            place.refused.add(key)


def _summed_columns(table: Table) -> set[str]:
    """Return the columns that a sum is made of, or that are sums; all columns of a matrix."""
    if table.kind == "matrix":
        return {column.name for column in table.columns}
    names: set[str] = set()
    for column in table.columns:
        if column.parts:
            names.update((column.name, *column.parts))
    return names


def _problem(
    place: TableRegion, number: int, column: Column, cell: CellValue, parsed: Parsed
) -> ReaderFinding:
    measure = place.measures[column.name]
    values = {
        "column": column.label,
        "measure": measure or column.label,
        "read_as": _as_printed(parsed.value, column, measure),
        "meant": parsed.meant,
    }
    at = place.header.columns[column.name]
    rule = parsed.rule or ""
    return place.problem(rule, number, at, text_of_cell(cell), **values)


def _as_printed(value: Value, column: Column, measure: str) -> str:
    """Return a value as a Vietnamese reader expects it: a number in the measure of its column."""
    if isinstance(value, float):
        printed = to_printed(value, measure)
        return format_number(printed, decimals=6)
    if isinstance(value, date):
        return text_of_cell(value)
    if value in column.vocabulary:
        return column.vocabulary[value].label
    return value or ""


def _spread_merged(
    place: TableRegion, numbers: list[int], column: Column, cells: list[CellValue]
) -> Iterator[tuple[int, ReaderFinding]]:
    """Write into a column's `cells` what merged cells say of their lines; yield problems by line.

    Words and dates that are merged over several lines hold for each of them. A figure that is
    merged over several lines or columns belongs to nobody: the cells become "", with a problem.
    """
    if not place.merged:
        return
    at = place.header.columns[column.name]
    for line, number in enumerate(numbers):
        if (number, at) in place.merged:
            cells[line], problem = _merged_cell(place, number, at, column)
            if problem is not None:
                yield line, problem


def _merged_cell(
    place: TableRegion, number: int, at: int, column: Column
) -> tuple[CellValue, ReaderFinding | None]:
    """Return the value that a merged cell gives to one of the cells that it covers."""
    (top, left), (bottom, right) = place.merged[number, at]
    value = place.row(top)[left]
    if not column.type.is_numeric:
        # A text over several columns belongs to the first of them.
        own_text = value if left == at else ""
        return own_text, None
    covered = [other for other in place.header.columns.values() if left <= other <= right]
    # Merged with columns beside the table only: there is no doubt whose figure it is.
    is_of_one_cell = top == bottom and len(covered) == 1
    if is_empty(value) or is_of_one_cell:
        return value, None
    # One merged cell is one problem, reported at the first cell of the table that it covers.
    first_row = max(top, place.header.body)
    first_column = min(covered)
    if (number, at) != (first_row, first_column):
        return "", None
    problem = place.problem("CELL-13", number, at, text_of_cell(value), column=column.label)
    return "", problem


def _merged_cells(header: Header, end: int) -> dict[Corner, tuple[Corner, Corner]]:
    """Return the corners of the merged cell that covers a cell of the table's body, by cell."""
    merged: dict[Corner, tuple[Corner, Corner]] = {}
    for corners in header.sheet.merged:
        (top, left), (bottom, right) = corners
        # Merged headings are the header's business.
        if bottom < header.body:
            continue
        first_row = max(top, header.body)
        end_row = min(bottom + 1, end)
        for at in header.columns.values():
            if left <= at <= right:
                for row in range(first_row, end_row):
                    merged[row, at] = corners
    return merged


def table_end(header: Header, headers: dict[str, Header]) -> int:
    """Return the 0-based row after the table.

    The next table of its sheet begins there, or the sheet ends.
    """
    sheet = header.sheet
    end = len(sheet.rows)
    for other in headers.values():
        # Tables side by side do not end each other.
        is_below = other.sheet is sheet and other.row > header.row
        if is_below and not is_beside(header, other):
            end = min(end, other.row)
    return end
