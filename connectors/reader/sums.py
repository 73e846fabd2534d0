"""Totals of our own template that a program saved without their values: computed as their formulas say.

openpyxl, and whoever writes workbooks with it, keeps formulas and drops what Excel had computed. A formula that is not
exactly the template's stays unread (CELL-12): what else it would have given, nobody can tell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from openpyxl.utils import get_column_letter

from connectors.reader.layout import Header
from connectors.reader.markup import Uncomputed
from connectors.reader.values import parse_cell
from connectors.reader.workbook import CellValue, Corner
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
    if not waiting:
        return header, []
    rows = [list(row) for row in header.sheet.rows]
    problems: list[Problem] = []
    while True:
        computed = [(total, value) for total in waiting if (value := _sum(total, rows, measures)) is not None]
        if not computed:
            return replace(header, sheet=replace(header.sheet, rows=rows)), problems
        for total, value in computed:
            rows[total.at[0]][total.at[1]] = value
            if value != "":
                problems.append(Problem("CELL-19", header.sheet.name, _address(total.at), None, {"column": total.column.label}))
        done = {total.at for total, _ in computed}
        waiting = [total for total in waiting if total.at not in done]


def _totals(header: Header, table: Table, end: int, lines: Mapping[str, int]) -> Iterator[_Total]:
    """Yield each cell whose formula is, character by character, what the template writes at this place."""
    declared: list[tuple[int, Line | None]] = [(lines[line.key], line) for line in table.lines if line.key in lines]
    places = declared if table.kind == "matrix" else [(number, None) for number in range(header.body, end)]
    columns = {column.name: column for column in table.columns if column.name in header.columns}
    for number, line in places:
        for column in columns.values():
            cell = header.sheet.rows[number][header.columns[column.name]]
            wanted = parts_of(column, line) if isinstance(cell, Uncomputed) else ()
            if not wanted or any(p.column not in columns or (line and p.line not in lines) for p in wanted):
                continue
            parts = tuple(((lines[p.line] if line else number, header.columns[p.column]), columns[p.column]) for p in wanted)
            if str(cell) == formula_of([_address(corner) for corner, _ in parts]):
                yield _Total((number, header.columns[column.name]), column, parts)


def _sum(total: _Total, rows: list[list[CellValue]], measures: Mapping[str, str]) -> float | str | None:
    """Return the sum of a total's parts as printed, "" where all are empty, None where one of them is not known (yet)."""
    values = []
    for (row, at), column in total.parts:
        parsed = parse_cell(rows[row][at], column, measures[column.name])
        if isinstance(parsed.value, float):
            values.append(parsed.value)
        elif parsed.rule is not None:
            return None
    return to_printed(float(sum(values)), measures[total.column.name]) if values else ""


def _address(corner: Corner) -> str:
    return f"{get_column_letter(corner[1] + 1)}{corner[0] + 1}"
