"""The lines of a list, told from what stands among them: sums and headings of groups, headers said again, notes, signatures.

A group's sum is known by its words, or by its figures; its figures are in its lines already and are not taken again.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connectors.reader.place import Place
from connectors.reader.repeats import headers_again
from connectors.reader.values import is_empty, show
from connectors.reader.workbook import CellValue
from connectors.reader.writing import GroupWords, begins_note, group_words, is_ordinary, is_total, says_nothing
from program.table import Column


class _Row(NamedTuple):
    number: int
    group: GroupWords | None
    """What it says of a group; None for a line."""
    at: int
    """Where its first words stand, or its first filled cell."""
    is_bare: bool = False
    """Whether it holds nothing but that and figures."""


def list_lines(place: Place) -> Iterator[int]:
    """Yield each sheet row that holds a line; report what was taken for something else.

    Below a blank row or a total, a row is a line only if a figure, a date or a word of a vocabulary says so; without
    one it is a note or a signature.
    """
    rows = list(_rows(place))
    last = max((row.number for row in rows if row.group is None), default=-1)
    for at, row in enumerate(rows):
        if row.group is None:
            yield row.number
        else:
            _report(place, rows, at, last)


def _rows(place: Place) -> Iterator[_Row]:
    """Yield the rows that hold a line, or the sum or the heading of a group."""
    is_closed = False
    again = set(headers_again(place))
    columns = place.header.columns.values()
    # A group's number often stands one column before the table.
    span = range(max(0, min(columns) - 1), max(columns) + 1)
    for number in range(place.header.body, place.end):
        if number in again:
            is_closed = False
            continue
        first = place.first_filled(number)
        at, words = _first_words(place.row(number), span)
        if at == first and not is_closed and is_ordinary(words):
            yield _Row(number, None, first)
        elif is_total(words):
            is_closed = True
            yield _Row(number, GroupWords.SUM, at, is_bare=True)
        elif words and (row := _row_of_group(place, number, at, words)) is not None:
            yield row
        elif first is None:
            is_closed = True
        elif says_nothing(place.row(number)[first]) and not place.has_value(number):
            place.report("FORM-31", number, first, show(place.row(number)[first]))
        elif (is_closed or _begins_note(place, number, first)) and not place.has_value(number):
            place.report("FORM-17", number, first, show(place.row(number)[first]))
        else:
            is_closed = False
            yield _Row(number, None, first)


def _first_words(row: list[CellValue], span: range) -> tuple[int, str]:
    """Return the first words of a row in some columns, and where they stand; "" where there are none."""
    for at in span:
        cell = row[at]
        if isinstance(cell, str) and not is_empty(cell):
            return at, cell
    return span.start, ""


def _row_of_group(place: Place, number: int, at: int, words: str) -> _Row | None:
    """Return a row that is of a group by its first words and by how little else it holds; None for any other."""
    group = group_words(words)
    is_bare = group is not None and _is_bare(place, number, at)
    if group is GroupWords.SUM or (group is GroupWords.HEADING and is_bare):
        return _Row(number, group, at, is_bare)
    # "Tổng đài xã" and no figure: a name like any other.
    is_sum = group is GroupWords.LIKELY_SUM and is_bare and bool(_figures(place, number))
    return _Row(number, group, at, is_bare) if is_sum else None


def _is_bare(place: Place, number: int, at: int) -> bool:
    """Tell whether a row holds no words but its first, or the first behind a group's number, and no date."""
    row = place.row(number)
    words = [c for c in place.found() if not c.type.is_numeric and not is_empty(row[place.header.columns[c.name]])]
    others = [column for column in words if place.header.columns[column.name] != at]
    is_numbered = at < min(place.header.columns.values())
    return len(others) <= (1 if is_numbered else 0) and all(isinstance(row[place.header.columns[c.name]], str) for c in words)


def _report(place: Place, rows: Sequence[_Row], at: int, last: int) -> None:
    """Report a row of a group; nothing of the total below all lines, and of a sum without a figure."""
    row = rows[at]
    value = _words_of(place, row)
    if not _figures(place, row.number):
        if row.group is GroupWords.HEADING:
            place.report("FORM-49" if row.number < last else "FORM-17", row.number, row.at, value)
    elif (row.group is GroupWords.SUM and row.is_bare) or _adds_up(place, rows, at):
        if row.number < last or not is_total(place.row(row.number)[row.at]):
            place.report("FORM-43", row.number, row.at, value)
    else:
        place.report("FORM-44", row.number, row.at, value)


def _words_of(place: Place, row: _Row) -> str:
    """Return the first words of a row; behind a group's number, both."""
    cells = [place.row(row.number)[at] for at in range(row.at, max(place.header.columns.values()) + 1)]
    texts = [show(cell) for cell in cells if isinstance(cell, str) and not is_empty(cell)]
    return " ".join(texts[: 2 if row.at < min(place.header.columns.values()) else 1]) or show(cells[0])


def _adds_up(place: Place, rows: Sequence[_Row], at: int) -> bool:
    """Tell whether a row's figures are those of the lines right above it, or right below it, back to where a group ends."""
    wanted = _figures(place, rows[at].number)
    above = [rows[other] for other in range(at - 1, -1, -1)]
    below = [rows[other] for other in range(at + 1, len(rows))]
    return any(_is_sum(place, wanted, group) for group in (above, below))


def _is_sum(place: Place, wanted: dict[str, float], rows: Sequence[_Row]) -> bool:
    """Tell whether `wanted` is the sum of the first lines of `rows` up to any row of a group, or of them all."""
    sums = dict.fromkeys(wanted, 0.0)
    is_met = False
    for row in rows:
        if row.group is None:
            for name, value in _figures(place, row.number).items():
                if name in sums:
                    sums[name] += value
            is_met = True
        elif is_met and _are_equal(sums, wanted):
            return True
    return is_met and _are_equal(sums, wanted)


def _are_equal(sums: dict[str, float], wanted: dict[str, float]) -> bool:
    return all(math.isclose(sums[name], value, rel_tol=1e-9) for name, value in wanted.items())


def _figures(place: Place, number: int) -> dict[str, float]:
    """Return a row's figures that can be added up: no percentages."""
    values = {c.name: place.parse(number, c).value for c in place.found() if _adds(c)}
    return {name: value for name, value in values.items() if isinstance(value, float)}


def _adds(column: Column) -> bool:
    return column.type.is_numeric and column.measure != "%"


def _begins_note(place: Place, number: int, at: int) -> bool:
    return begins_note(place.row(number)[at]) and len(place.filled(number)) == 1
