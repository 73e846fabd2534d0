"""Reading a located table line by line into a frame."""

import re
from collections.abc import Iterator

import pandas as pd
from openpyxl.utils import get_column_letter

from connectors.reader.layout import Header, matches
from connectors.reader.values import Value, is_empty, parse_cell, show
from connectors.reader.workbook import CellValue, Sheet
from program.finding import Problem
from program.form import ColumnType, Table
from program.labels import fold
from program.reading import TableReading

_NUMBERING = re.compile(r"^\(?\d{1,2}\)?(?:\s*=.*)?$")
_TOTALS = {"tong", "tong cong", "tong so", "cong"}


def read_table(header: Header, table: Table, end: int) -> tuple[TableReading, list[Problem]]:
    """Return the lines of `table` between its header and sheet row `end`, and what was met on the way.

    Problems of a cell leave that cell empty in the frame; the line itself is kept.
    """
    problems = _column_problems(header, table)
    lines = _matrix_lines(header, table, end, problems) if table.kind == "matrix" else _list_lines(header, end, problems)
    records = []
    for number, key in lines:
        record: dict[str, Value | int] = {"sheet": header.sheet.name, "row": number + 1, "line": key}
        record.update(_read_cells(header, table, number, problems))
        records.append(record)
    letters = {name: get_column_letter(at + 1) for name, at in header.columns.items()}
    return TableReading(_frame(records, table), letters), problems


def _column_problems(header: Header, table: Table) -> list[Problem]:
    sheet, row = header.sheet.name, header.row
    missing = [
        Problem("FORM-07" if c.required else "FORM-14", sheet, f"A{row + 1}", values={"column": c.label, "table": table.title})
        for c in table.columns
        if c.name not in header.columns
    ]
    extra = [
        Problem("FORM-08", sheet, f"{get_column_letter(at + 1)}{row + 1}", show(header.sheet.rows[row][at]))
        for at in header.strangers
    ]
    return missing + extra


def _matrix_lines(header: Header, table: Table, end: int, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    """Yield the sheet row and key of each declared line that is filled in, and of the total even if it is not."""
    at = header.line if header.line is not None else 0
    met: set[str] = set()
    for number in range(header.row + 1, end):
        row = header.sheet.rows[number]
        label = row[at]
        if not isinstance(label, str) or is_empty(label):
            continue
        line = next((entry for entry in table.lines if matches(label, entry)), None)
        filled = any(not is_empty(row[c]) for c in header.columns.values())
        place = (header.sheet.name, f"{get_column_letter(at + 1)}{number + 1}", label)
        if line is None:
            if filled and not _is_measure_row(row, header):
                problems.append(Problem("FORM-11", *place))
        elif line.key in met:
            problems.append(Problem("FORM-15", *place))
        else:
            met.add(line.key)
            if filled or line.total:
                yield number, line.key
            else:
                problems.append(Problem("FORM-16", *place))
    for line in table.lines:
        if line.total and line.key not in met:
            problems.append(Problem("FORM-09", header.sheet.name, f"A{header.row + 1}", values={"line": line.label}))


def _list_lines(header: Header, end: int, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    """Yield each sheet row that holds a line: not blank, no numbering or total, no note below a blank row."""
    after_blank = False
    for number in range(header.row + 1, end):
        row = header.sheet.rows[number]
        filled = [at for at in header.columns.values() if not is_empty(row[at])]
        if not filled:
            after_blank = True
        elif _is_measure_row(row, header) or any(_is_total(cell) for cell in row):
            continue
        elif after_blank and len(filled) == 1:
            cell = row[filled[0]]
            problems.append(Problem("FORM-17", header.sheet.name, f"{get_column_letter(filled[0] + 1)}{number + 1}", show(cell)))
        else:
            after_blank = False
            yield number, ""


def _read_cells(header: Header, table: Table, number: int, problems: list[Problem]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for column in table.columns:
        at = header.columns.get(column.name)
        if at is None:
            continue
        cell = header.sheet.rows[number][at]
        parsed = parse_cell(cell, column, header.measure_of(column))
        values[column.name] = parsed.value
        if parsed.rule:
            place = f"{get_column_letter(at + 1)}{number + 1}"
            read_as = "" if parsed.value is None else show(parsed.value)
            problems.append(
                Problem(parsed.rule, header.sheet.name, place, show(cell), {"column": column.label, "read_as": read_as})
            )
    return values


def _is_measure_row(row: list[CellValue], header: Header) -> bool:
    """Tell whether a row under the header holds units of measure or the numbering (1) (2) (3=1+2)."""
    cells = [row[at] for at in header.columns.values() if not is_empty(row[at])]
    return bool(cells) and all(isinstance(c, str) and (_NUMBERING.match(c.strip()) or c.strip().startswith("(")) for c in cells)


def _is_total(cell: CellValue) -> bool:
    return isinstance(cell, str) and fold(cell) in _TOTALS


def _frame(records: list[dict[str, Value | int]], table: Table) -> pd.DataFrame:
    """Return the declared columns with their declared types, whatever the lines hold."""
    columns = ["sheet", "row", "line", *(c.name for c in table.columns)]
    frame = pd.DataFrame.from_records(records, columns=columns)
    frame["row"] = frame["row"].astype("int64")
    for column in table.columns:
        if column.type.is_numeric:
            frame[column.name] = pd.to_numeric(frame[column.name]).astype("float64")
        elif column.type is ColumnType.DATE:
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[us]")
        else:
            frame[column.name] = frame[column.name].astype("object").where(frame[column.name].notna(), None)
    return frame


def table_end(header: Header, headers: dict[str, Header]) -> int:
    """Return the 0-based row after the table: where the next table of its sheet begins, or the sheet's end."""
    sheet: Sheet = header.sheet
    below = [h.row for h in headers.values() if h.sheet is sheet and h.row > header.row]
    return min(below, default=len(sheet.rows))
