"""Which money a sheet counts in: (triệu đồng) in a header, (1.000 đ) under it, "Đơn vị tính: ngàn đồng" above it.

A measure that is not understood is a problem, never a guess: taking one for another changes every figure a thousandfold.
So are two that differ for one column.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from connectors.reader.headings import text_over, words_over
from connectors.reader.layout import Header
from connectors.reader.money import fold_money, money_measure, names_money
from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue
from program.addresses import column_letter
from program.finding import Problem
from program.labels import bracketed, opening_of, openings_of
from program.table import Column, ColumnType, Table

_ANNOUNCED = re.compile(r"(?P<label>don vi tinh|don vi do|dv tinh|dvt|don vi)(?: (?P<words>.*))?")
_ANNOUNCEMENTS_OPEN = openings_of(("don vi", "dv tinh", "dvt"))
_OTHER_MEASURES = re.compile(r"\b(?:nguoi|luot|lop|ngay|ho|va|ti le|ty le)\b|%")


class Named(NamedTuple):
    """A text that speaks of money, where it stands, and the measure that it is; None: not understood."""

    row: int
    at: int
    text: str
    measure: str | None


def read_measures(header: Header, table: Table) -> tuple[dict[str, str], list[Problem]]:
    """Return the measure of each column that was found: its own, or the money that the sheet names for it."""
    measures: dict[str, str] = {}
    problems: list[Problem] = []
    above = _announced(header)
    for column in table.columns:
        if column.name not in header.columns:
            continue
        measures[column.name] = column.measure
        written = list(_named(header, column)) if column.type is ColumnType.MONEY else []
        named = written[0] if written else above if column.type is ColumnType.MONEY else None
        if named is None:
            continue
        other = _contradiction(named, written if above is None or above.row < header.top else [*written, above])
        if other is not None:
            problems.append(_problem(header, column, other, "FORM-48", first=named.text))
        elif named.measure != column.measure:
            rule = "FORM-22" if named.measure else "FORM-21"
            problems.append(_problem(header, column, named, rule, read_as=named.measure or ""))
        measures[column.name] = named.measure or column.measure
    return measures, problems


def _problem(header: Header, column: Column, named: Named, rule: str, **values: str) -> Problem:
    place = header.sheet.name, f"{column_letter(named.at + 1)}{named.row + 1}", named.text
    return Problem(rule, *place, {"column": column.label, "measure": column.measure, **values})


def _contradiction(named: Named, others: list[Named]) -> Named | None:
    """Return the first of `others` that is understood as another measure than `named` is."""
    return next((other for other in others if named.measure and other.measure not in (None, named.measure)), None)


def _named(header: Header, column: Column) -> Iterator[Named]:
    """Yield the money that a column's header, its groups or the rows of measures under them name, from the top."""
    at = header.columns[column.name]
    words = dict(words_over(header.sheet, header.row, header.below - header.row, at))
    for row in range(header.row, header.body):
        written = words.get(row) or text_over(header.sheet, row, at)
        for text in bracketed(written) if row < header.below else [written]:
            if names_money(text):
                yield Named(row, at, written, money_measure(text.strip("() ")))


def _announced(header: Header) -> Named | None:
    """Return the money that a line above the table names for all of it; the nearest such line."""
    announcing = header.sheet.texts.rows_of(_ANNOUNCEMENTS_OPEN)
    for number in reversed([number for number in announcing if number < header.row]):
        row = header.sheet.rows[number]
        for at, cell in enumerate(row):
            if not cell or not isinstance(cell, str) or opening_of(cell) not in _ANNOUNCEMENTS_OPEN:
                continue
            named = _announcement(row, number, at)
            if named is not None:
                return named
    return None


def _announcement(row: list[CellValue], number: int, at: int) -> Named | None:
    """Return the money in "Đơn vị tính: triệu đồng", whose words may stand in the next filled cell."""
    match = _ANNOUNCED.fullmatch(fold_money(show(row[at])))
    if match is None:
        return None
    following = next((show(cell) for cell in row[at + 1 :] if not is_empty(cell)), "")
    text = show(row[at]) if match["words"] else following
    words = match["words"] or fold_money(following)
    if not names_money(words):
        return None
    # "triệu đồng, người" counts money in triệu đồng; "triệu đồng/người" is another measure altogether.
    only_money = words if "/" in text else " ".join(_OTHER_MEASURES.sub(" ", words).split())
    measure = money_measure(only_money)
    # "Đơn vị" alone more often names who reports; a name with "Đồng" or "Tỷ" in it is no money.
    return None if measure is None and match["label"] == "don vi" else Named(number, at, text, measure)
