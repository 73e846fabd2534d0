"""A header that is repeated among the lines, as for the next page of a print."""

from collections.abc import Iterator
from typing import TypeAlias

from connectors.reader.find.table_region import TableRegion
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.parse_cell import is_empty, text_of_cell
from program.labels import fold, opening_of, openings_of

_Words: TypeAlias = tuple[str, ...]
"""The folded texts of a row in the table's columns; "" for an empty cell."""


def headers_again(place: TableRegion) -> list[int]:
    """Return the rows below the header that repeat it word for word; report them once.

    The rows of measures and of column numbers belong to the header.
    """
    header = place.header
    labels: set[_Words] = set()
    for number in range(header.row, header.below):
        words = _words(place, number)
        filled = [word for word in words if word]
        # A single word may also be the first cell of a line.
        if len(filled) > 1:
            labels.add(words)
    under = {_words(place, number) for number in range(header.below, header.body)}
    rows: list[int] = []
    for number in _likely(place, labels):
        if _words(place, number) in labels:
            rows.append(number)
            rows += _rows_under(place, number, under)
    if rows:
        _report(place, rows)
    return rows


def _rows_under(place: TableRegion, number: int, under: set[_Words]) -> Iterator[int]:
    """Yield the rows of measures and numbers right below a repeated row of labels.

    Only there is a row one of these: elsewhere "1, 2, 3" may be a line.
    """
    following = number + 1
    while following < place.end and _words(place, following) in under:
        yield following
        following += 1


def _report(place: TableRegion, rows: list[int]) -> None:
    first_row = rows[0]
    at = place.first_filled(first_row) or 0
    text = text_of_cell(place.row(first_row)[at])
    values = {"table": place.table.title, "rows": str(len(rows))}
    place.report("FORM-53", first_row, at, text, **values)


def _likely(place: TableRegion, labels: set[_Words]) -> Iterator[int]:
    """Yield the rows whose first words begin like those of a row of labels.

    This separates most lines from a header at little cost.
    """
    openings = openings_of({_first_word(words) for words in labels})
    for number in place.header.sheet.texts.rows_of(openings):
        if not place.header.body <= number < place.end:
            continue
        first = place.first_filled(number)
        if first is None:
            continue
        cell = place.row(number)[first]
        if isinstance(cell, str) and opening_of(cell) in openings:
            yield number


def _words(place: TableRegion, number: int) -> _Words:
    row = place.row(number)
    columns = place.header.columns.values()
    return tuple(_folded(row[at]) for at in columns)


def _folded(cell: CellValue) -> str:
    if is_empty(cell):
        return ""
    return fold(text_of_cell(cell))


def _first_word(words: _Words) -> str:
    return next(word for word in words if word)
