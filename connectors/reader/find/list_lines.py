"""The lines of a list, among the rows that are none.

Other rows are sums and headings of groups, repeated headers, notes and signatures. The sum of a
group is known by its words or by its figures. Its figures are in the lines already and are not read
again.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connectors.reader.find.non_data_text import (
    GroupWords,
    begins_note,
    group_words,
    is_ordinary,
    is_total,
    says_nothing,
)
from connectors.reader.find.repeated_headers import headers_again
from connectors.reader.find.table_region import TableRegion
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.forms.measure import to_printed
from program.forms.table import Column, ColumnType
from program.vietnamese import format_number

_ROUNDED = 1e-3
"""The share by which a total of money may differ from its lines: lines are rounded, too."""


class _Row(NamedTuple):
    """A row that is a line, or that is about a group of lines.

    Attributes:
        number: its 0-based row on the sheet.
        group: what it is to a group; None for a line.
        at: the column of its first words, or of its first filled cell.
        is_bare: it holds nothing but these words and figures.
    """

    number: int
    group: GroupWords | None
    at: int
    is_bare: bool = False


def list_lines(place: TableRegion) -> Iterator[int]:
    """Yield each sheet row that holds a line; report what was taken for something else.

    Below a blank row or a total, a row is a line only if it holds a figure, a date or a word of a
    vocabulary. Without one it is a note or a signature.
    """
    rows = list(_rows(place))
    for at, row in enumerate(rows):
        if row.group is None and _is_sum_without_name(place, rows, at):
            rows[at] = row._replace(group=GroupWords.SUM, is_bare=True)
    line_numbers = [row.number for row in rows if row.group is None]
    last = max(line_numbers, default=-1)
    for at, row in enumerate(rows):
        if row.group is None:
            yield row.number
        else:
            _report(place, rows, at, last)


def _rows(place: TableRegion) -> Iterator[_Row]:
    """Yield the rows that hold a line, or the sum or the heading of a group."""
    is_closed = False
    repeated = set(headers_again(place))
    columns = place.header.columns.values()
    # The number of a group is often one column before the table.
    first_column = max(0, min(columns) - 1)
    span = range(first_column, max(columns) + 1)
    for number in range(place.header.body, place.end):
        if number in repeated:
            # The table goes on under a repeated header, whatever ended above it.
            is_closed = False
            continue
        first = place.first_filled(number)
        at, words = _first_words(place.row(number), span)
        if at == first and not is_closed and is_ordinary(words):
            # Nearly every row. Its first letters say that it is nothing but a line.
            yield _Row(number, None, first)
            continue
        row = _row_of_group(place, number, at, words)
        if row is not None:
            # The sum of a group does not end the table. A total does.
            is_closed = is_closed or is_total(words)
            yield row
        elif first is None:
            is_closed = True
        elif not _is_note(place, number, first, is_closed=is_closed):
            is_closed = False
            yield _Row(number, None, first)


def _first_words(row: list[CellValue], span: range) -> tuple[int, str]:
    """Return the column and text of a row's first words within `span`; "" without words."""
    for at in span:
        cell = row[at]
        if isinstance(cell, str) and not is_empty(cell):
            return at, cell
    return span.start, ""


def _row_of_group(place: TableRegion, number: int, at: int, words: str) -> _Row | None:
    """Return a row that is about a group; None for any other row.

    Its first words say so, and that it holds little else.
    """
    if not words:
        return None
    if is_total(words):
        return _Row(number, GroupWords.SUM, at, is_bare=True)
    group = group_words(words)
    if group is None:
        return None
    is_bare = _is_bare(place, number, at)
    # "Cộng …" is a sum even beside other words: `_report` then looks at its figures.
    if group is GroupWords.SUM:
        return _Row(number, group, at, is_bare)
    if not is_bare:
        return None
    # "Tổng đài xã" without a figure is a name like any other.
    is_name = group is GroupWords.LIKELY_SUM and not _figures(place, number)
    return None if is_name else _Row(number, group, at, is_bare)


def _is_note(place: TableRegion, number: int, first: int, *, is_closed: bool) -> bool:
    """Tell whether a row is a note or a signature, or says that there is nothing; report it.

    `first` is its first filled column. `is_closed`: it is below a blank row or a total.
    """
    cell = place.row(number)[first]
    if says_nothing(cell):
        rule = "FORM-31"
    elif is_closed or _begins_note(place, number, first):
        rule = "FORM-17"
    else:
        return False
    if place.has_value(number):
        return False
    place.report(rule, number, first, text_of_cell(cell))
    return True


def _is_bare(place: TableRegion, number: int, at: int) -> bool:
    """Tell whether a row holds no words but its first, and no date.

    With the number of a group before them, the first words are the second.
    """
    row = place.row(number)
    columns = place.header.columns
    of_words = [columns[column.name] for column in place.found() if not column.type.is_numeric]
    filled = [column for column in of_words if not is_empty(row[column])]
    has_date = not all(isinstance(row[column], str) for column in filled)
    if has_date:
        return False
    others = [column for column in filled if column != at]
    is_numbered = at < min(columns.values())
    most_others = 1 if is_numbered else 0
    return len(others) <= most_others


def _report(place: TableRegion, rows: Sequence[_Row], at: int, last: int) -> None:
    """Report a row that is about a group; `last` is the row of the last line.

    The total below all lines is not reported, nor is a sum without a figure.
    """
    row = rows[at]
    is_below_lines = row.number >= last
    if _figures(place, row.number):
        _report_sum(place, rows, at, is_below_lines=is_below_lines)
    elif row.group is GroupWords.HEADING:
        # Below all lines there is no group that it could be the heading of: it is a note.
        rule = "FORM-17" if is_below_lines else "FORM-49"
        place.report(rule, row.number, row.at, _words_of(place, row))


def _report_sum(place: TableRegion, rows: Sequence[_Row], at: int, *, is_below_lines: bool) -> None:
    row = rows[at]
    value = _words_of(place, row)
    is_plain_sum = row.group is GroupWords.SUM and row.is_bare
    # Where the words leave a doubt, only the figures can show that a row is a sum.
    if not is_plain_sum and not _adds_up(place, rows, at):
        place.report("FORM-44", row.number, row.at, value)
        return
    is_grand_total = is_total(place.row(row.number)[row.at])
    if is_grand_total and is_plain_sum and not _adds_up(place, rows, at):
        lines = [other.number for other in rows if other.group is None]
        report_wrong_sums(place, lines, row.number, value)
    is_last_total = is_below_lines and is_grand_total
    if not is_last_total:
        place.report("FORM-43", row.number, row.at, value)


def report_wrong_sums(place: TableRegion, lines: Sequence[int], total: int, words: str) -> None:
    """Report each figure of a total that the rows `lines` do not add up to.

    `words` are the first words of the row `total`. Nothing is said of a column with a cell that
    could not be read: that cell is reported. Money may be rounded.
    """
    for column in place.found():
        written = _figures(place, total).get(column.name)
        if written is None or not all(_is_read(place, line, column) for line in lines):
            continue
        added = sum(_figures(place, line).get(column.name, 0.0) for line in lines)
        may_be_off = _ROUNDED * abs(written) if column.type is ColumnType.MONEY else 0.0
        if lines and not math.isclose(added, written, rel_tol=1e-9, abs_tol=may_be_off):
            measure = column.measure
            place.report(
                "FORM-61",
                total,
                place.header.columns[column.name],
                format_number(to_printed(written, measure)),
                line=words,
                column=column.label,
                added=format_number(to_printed(added, measure)),
            )


def _is_read(place: TableRegion, number: int, column: Column) -> bool:
    cell = place.row(number)[place.header.columns[column.name]]
    return is_empty(cell) or isinstance(place.parse(number, column).value, float)


def _words_of(place: TableRegion, row: _Row) -> str:
    """Return the first words of a row; with the number of a group before them, both."""
    columns = place.header.columns.values()
    end = max(columns) + 1
    cells = place.row(row.number)[row.at : end]
    texts = [text_of_cell(cell) for cell in cells if isinstance(cell, str) and not is_empty(cell)]
    is_numbered = row.at < min(columns)
    wanted = 2 if is_numbered else 1
    words = " ".join(texts[:wanted])
    return words or text_of_cell(cells[0])


def _adds_up(place: TableRegion, rows: Sequence[_Row], at: int) -> bool:
    """Tell whether a row's figures are the sums of the lines right above it, or right below it."""
    wanted = _figures(place, rows[at].number)
    # From the row upwards, so that the nearest lines come first.
    above = rows[:at][::-1]
    if _is_sum(place, wanted, above):
        return True
    below = rows[at + 1 :]
    return _is_sum(place, wanted, below)


def _is_sum_without_name(place: TableRegion, rows: Sequence[_Row], at: int) -> bool:
    """Tell whether a row has no words, and figures that are the sums of the lines above it.

    A row with an ordinal number is a line, whatever it lacks. So is one below a single line: a
    second class may have as many people as the first.
    """
    row = rows[at]
    cells = place.row(row.number)
    columns = place.header.columns
    of_words = [columns[column.name] for column in place.found() if not column.type.is_numeric]
    # Nearly every line begins with words, or with a number that is none of its figures.
    before_table = cells[: min(columns.values())]
    if row.at in of_words or not all(map(is_empty, before_table)):
        return False
    if not of_words or not all(is_empty(cells[column]) for column in of_words):
        return False
    above = [other for other in rows[:at] if other.group is None]
    wanted = _figures(place, row.number)
    return len(above) > 1 and bool(wanted) and _is_sum(place, wanted, rows[:at][::-1])


def _is_sum(place: TableRegion, wanted: dict[str, float], rows: Sequence[_Row]) -> bool:
    """Tell whether `wanted` is the sum of the first lines of `rows`.

    These are the lines up to any row that is about a group, or all lines.
    """
    sums = dict.fromkeys(wanted, 0.0)
    has_lines = False
    for row in rows:
        if row.group is None:
            _add(sums, _figures(place, row.number))
            has_lines = True
        # A group ends here. If its lines are not the sum, those of the next may belong to it.
        elif has_lines and _are_equal(sums, wanted):
            return True
    return has_lines and _are_equal(sums, wanted)


def _add(sums: dict[str, float], figures: dict[str, float]) -> None:
    """Add figures to the sums of the same name."""
    for name, value in figures.items():
        if name in sums:
            sums[name] += value


def _are_equal(sums: dict[str, float], wanted: dict[str, float]) -> bool:
    # Figures with decimals are not added exactly: 50,1 + 50,1 + 52,1 is 152.29999999999998.
    return all(math.isclose(sums[name], value, rel_tol=1e-9) for name, value in wanted.items())


def _figures(place: TableRegion, number: int) -> dict[str, float]:
    """Return a row's figures by column; percentages are left out, nobody adds them up."""
    figures: dict[str, float] = {}
    for column in place.found():
        if _can_be_added(column):
            value = place.parse(number, column).value
            if isinstance(value, float):
                figures[column.name] = value
    return figures


def _can_be_added(column: Column) -> bool:
    return column.type.is_numeric and column.measure != "%"


def _begins_note(place: TableRegion, number: int, at: int) -> bool:
    """Tell whether a row holds one text and no more, which begins as a note does."""
    if not begins_note(place.row(number)[at]):
        return False
    return len(place.filled(number)) == 1
