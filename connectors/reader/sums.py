"""Totals of our own template that a program saved without their values: computed as their formulas say.

openpyxl, and whoever writes workbooks with it, keeps formulas and drops what Excel had computed. A formula that is not
exactly the template's stays unread (CELL-12): what else it would have given, nobody can tell.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from connectors.reader.layout import Header
from connectors.reader.markup import Uncomputed
from connectors.reader.values import is_empty, parse_cell
from connectors.reader.workbook import CellValue, Corner
from program.addresses import column_letter
from program.finding import Problem
from program.measure import to_printed
from program.table import Column, Line, Table
from program.totals import formula_of, parts_of


class _Total(NamedTuple):
    """A cell that holds the template's formula and no value, with the cells that it sums, by column."""

    at: Corner
    column: Column
    parts: tuple[tuple[Corner, Column], ...]


def with_totals(
    header: Header, table: Table, end: int, lines: Mapping[str, int], measures: Mapping[str, str]
) -> tuple[Header, list[Problem]]:
    """Return `header` on a sheet with such totals filled in, and a note (CELL-19) for each; "" where all parts are empty.

    `lines` gives the 0-based row of each line of a matrix. A total of totals is computed after these.
    """
    waiting = list(_totals(header, table, end, lines))
    rows = [list(row) for row in header.sheet.rows] if waiting else []
    computed: dict[Corner, str] = {}
    while waiting:
        pending = {total.at for total in waiting}
        ready = [total for total in waiting if not pending.intersection(corner for corner, _ in total.parts)]
        if not ready:
            break  # no layout allows a circle
        for total in ready:
            value = _sum(total, rows, measures, computed)
            if value is not None:
                rows[total.at[0]][total.at[1]] = value
            if isinstance(value, float):
                computed[total.at] = total.column.label
        waiting = [total for total in waiting if total not in ready]
    if not rows:
        return header, []
    notes = [Problem("CELL-19", header.sheet.name, _address(at), None, {"column": label}) for at, label in computed.items()]
    return replace(header, sheet=replace(header.sheet, rows=rows)), notes


def _totals(header: Header, table: Table, end: int, lines: Mapping[str, int]) -> Iterator[_Total]:
    """Yield each cell whose formula is, character by character, what the template writes at this place."""
    declared: list[tuple[int, Line | None]] = [(lines[line.key], line) for line in table.lines if line.key in lines]
    places = declared if table.kind == "matrix" else [(number, None) for number in range(header.body, end)]
    columns = {column.name: column for column in table.columns if column.name in header.columns}
    for number, line in places if any(line or column.parts for _, line in places[:1] for column in columns.values()) else ():
        for column in columns.values():
            cell = header.sheet.rows[number][header.columns[column.name]]
            wanted = parts_of(column, line) if isinstance(cell, Uncomputed) or is_empty(cell) else ()
            if not wanted or any(p.column not in columns or (line and p.line not in lines) for p in wanted):
                continue
            parts = tuple(((lines[p.line] if line else number, header.columns[p.column]), columns[p.column]) for p in wanted)
            # Excel adds up no figures that are text: its total is then empty beside parts that are not.
            if is_empty(cell) or str(cell) == formula_of([_address(corner) for corner, _ in parts]):
                yield _Total((number, header.columns[column.name]), column, parts)


def _sum(
    total: _Total, rows: list[list[CellValue]], measures: Mapping[str, str], computed: Collection[Corner]
) -> float | str | None:
    """Return the sum of a total's parts as printed, "" where all are empty, None where it must stay as it is.

    A total that was left empty is only computed where Excel could not: beside text, or beside what was computed here.
    """
    cells = [rows[row][at] for (row, at), _ in total.parts]
    is_texts = any(isinstance(cell, str) and not is_empty(cell) for cell in cells)
    if is_empty(rows[total.at[0]][total.at[1]]) and not is_texts and not any(at in computed for at, _ in total.parts):
        return None
    read = [parse_cell(cell, column, measures[column.name]) for cell, (_, column) in zip(cells, total.parts, strict=True)]
    if any(parsed.value is None and parsed.rule is not None for parsed in read):
        return None
    values = [parsed.value for parsed in read if isinstance(parsed.value, float)]
    return to_printed(float(sum(values)), measures[total.column.name]) if values else ""


def _address(corner: Corner) -> str:
    return f"{column_letter(corner[1] + 1)}{corner[0] + 1}"
