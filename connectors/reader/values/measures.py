"""Find the money that a sheet counts in.

It stands in a header: (triệu đồng), under it: (1.000 đ), or above: "Đơn vị tính: ngàn đồng".

A measure that is not understood is a problem and is never guessed: the wrong measure changes each
figure a thousandfold. Two different measures for one column are a problem as well.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from connectors.reader.find.headings import text_over, words_over
from connectors.reader.find.layout import Header
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.money import fold_money, money_measure, names_money
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.addresses import column_letter
from program.finding import ReaderFinding
from program.forms.table import Column, ColumnType, Table
from program.labels import bracketed, opening_of, openings_of

_ANNOUNCED = re.compile(r"(?P<label>don vi tinh|don vi do|dv tinh|dvt|don vi)(?: (?P<words>.*))?")
_ANNOUNCEMENTS_OPEN = openings_of(("don vi", "dv tinh", "dvt"))
_OTHER_MEASURES = re.compile(r"\b(?:nguoi|luot|lop|ngay|ho|va|ti le|ty le)\b|%")


_UNIT_ALONE = "don vi"


class Named(NamedTuple):
    """A text that mentions money, its 0-based row and column, and its measure.

    `measure` is None if the text is not understood.
    """

    row: int
    at: int
    text: str
    measure: str | None


def read_measures(header: Header, table: Table) -> tuple[dict[str, str], list[ReaderFinding]]:
    """Return the measure of each column that was found, and the problems with it.

    The measure is the column's own, or the money that the sheet names for the column.
    """
    measures: dict[str, str] = {}
    problems: list[ReaderFinding] = []
    above = _announced(header)
    for column in table.columns:
        if column.name not in header.columns:
            continue
        measures[column.name] = column.measure
        if column.type is not ColumnType.MONEY:
            continue
        written = list(_named(header, column))
        # What stands at the column itself counts before a line above the whole table.
        named = written[0] if written else above
        if named is None:
            continue
        if above is not None and above.row >= header.top:
            written.append(above)
        problem = _problem_with(named, written, header, column)
        if problem is not None:
            _add_once(problems, problem)
        measures[column.name] = named.measure or column.measure
    return measures, problems


def _add_once(problems: list[ReaderFinding], problem: ReaderFinding) -> None:
    """Add a problem, or its column to the same problem at the same cell."""
    for number, known in enumerate(problems):
        if (known.rule, known.cell) == (problem.rule, problem.cell):
            columns = f'{known.values["column"]}", "{problem.values["column"]}'
            problems[number] = replace(known, values={**known.values, "column": columns})
            return
    problems.append(problem)


def _problem_with(
    named: Named, others: list[Named], header: Header, column: Column
) -> ReaderFinding | None:
    other = _contradiction(named, others)
    if other is not None:
        return _problem(header, column, other, "FORM-48", first=named.text)
    if named.measure == column.measure:
        return None
    if named.measure is None:
        return _problem(header, column, named, "FORM-21", read_as="")
    return _problem(header, column, named, "FORM-22", read_as=named.measure)


def _problem(
    header: Header, column: Column, named: Named, rule: str, **values: str
) -> ReaderFinding:
    cell = f"{column_letter(named.at + 1)}{named.row + 1}"
    values = {"column": column.label, "measure": column.measure, **values}
    return ReaderFinding(rule, header.sheet.name, cell, named.text, values)


def _contradiction(named: Named, others: list[Named]) -> Named | None:
    """Return the first of `others` that is understood as another measure than `named`."""
    if named.measure is None:
        return None
    for other in others:
        if other.measure not in (None, named.measure):
            return other
    return None


def _named(header: Header, column: Column) -> Iterator[Named]:
    """Yield the money that a column's header names, from the top.

    The header includes its groups and the rows of measures under it.
    """
    at = header.columns[column.name]
    depth = header.below - header.row
    words = dict(words_over(header.sheet, header.row, depth, at))
    for row in range(header.row, header.body):
        written = words.get(row) or text_over(header.sheet, row, at)
        texts = [written]
        # A label holds its measure in brackets; a row of measures holds nothing else.
        if row < header.below:
            texts = bracketed(written)
        for text in texts:
            if names_money(text):
                without_brackets = text.strip("() ")
                yield Named(row, at, written, money_measure(without_brackets))


def _announced(header: Header) -> Named | None:
    """Return the money that a line above the table names for all of it; the nearest such line."""
    announcing = header.sheet.texts.rows_of(_ANNOUNCEMENTS_OPEN)
    for number in reversed(announcing):
        # Below the header, such words are a line's or another table's.
        if number >= header.row:
            continue
        row = header.sheet.rows[number]
        for at, cell in enumerate(row):
            if not isinstance(cell, str) or opening_of(cell) not in _ANNOUNCEMENTS_OPEN:
                continue
            named = _announcement(row, number, at)
            if named is not None:
                return named
    return None


def _announcement(row: list[CellValue], number: int, at: int) -> Named | None:
    """Return the money in "Đơn vị tính: triệu đồng".

    The words may stand in the next filled cell.
    """
    announcement = text_of_cell(row[at])
    match = _ANNOUNCED.fullmatch(fold_money(announcement))
    if match is None:
        return None
    text = announcement
    words = match["words"]
    if not words:
        text = _first_filled(row[at + 1 :])
        words = fold_money(text)
    if not names_money(words):
        return None
    measure = money_measure(_only_money(text, words))
    # "Đơn vị" alone usually names the reporting unit, and a name with "Đồng" or "Tỷ" is not money.
    if measure is None and match["label"] == _UNIT_ALONE:
        return None
    return Named(number, at, text, measure)


def _first_filled(cells: list[CellValue]) -> str:
    for cell in cells:
        if not is_empty(cell):
            return text_of_cell(cell)
    return ""


def _only_money(text: str, words: str) -> str:
    """Return the words without other measures.

    "triệu đồng, người" counts money in triệu đồng. "triệu đồng/người" is one measure of its own.
    """
    if "/" in text:
        return words
    without_others = _OTHER_MEASURES.sub(" ", words)
    return " ".join(without_others.split())
