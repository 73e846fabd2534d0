"""Where a rule points: from an element and a row to the sheet and cell of the workbook."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from expectations.history.columns import (
    FIGURES,
    INDICATORS,
    LINES,
    LOST,
    REPORTS,
    VERSIONS,
    listed_table,
)
from program.forms.form import Form
from program.forms.table import Column, Line, Table
from program.units.counts import UnitSize

if TYPE_CHECKING:
    from program.parsed_report import ParsedReport, ParsedTable

CellRef = tuple[str | None, str | None]
"""Sheet and cell; both None for the submission as a whole."""

SUBMISSION = "submission"
"""The frame with a row for each submission."""

COUNTS_KNOWN: Mapping[str, UnitSize] = {f"{counted}_known": counted for counted in UnitSize}
"""The columns of frames with what the pack knows of the size of the report's unit."""

_WHOLE_REPORT: CellRef = (None, None)


def cell_of(
    form: Form, frame: str, element: str, row: int, reading: "ParsedReport"
) -> CellRef | None:
    """Return sheet and cell of `element`; None if this workbook lacks its column or line.

    In the frame of a table, and of a list's lines over time, `row` is the sheet's own row. For a
    line that is missing now, only the sheet is returned. In the other frames the name of a matrix
    element gives its line. What stands in no cell (a list's summary, the period) gives the
    submission as a whole.
    """
    if frame in (REPORTS, VERSIONS):
        return _WHOLE_REPORT
    if frame == LINES:
        place = _element_place(form, element, reading)
        # A line that is missing now is an empty one, which the reader gives no row.
        return place or _place_of_blank(form, element, reading)
    list_name = listed_table(frame)
    if list_name is not None and frame.endswith(LOST):
        return reading.tables[list_name].sheet, None
    if frame == FIGURES:
        list_name = _list_with(form, element)
    table = list_name or frame
    if table in (SUBMISSION, INDICATORS, FIGURES):
        return _element_place(form, element, reading)
    return _cell(reading.tables[table], element, row)


def text_cells(reading: "ParsedReport") -> frozenset[CellRef]:
    """Return where figures of totals and their parts are text in the workbook."""
    places: set[CellRef] = set()
    for read in reading.tables.values():
        for name, row in read.texts:
            places.add((read.sheet, read.cell(name, row)))
    return frozenset(places)


def _list_with(form: Form, column: str) -> str | None:
    """Return the first list that has the column; None for an element of a matrix."""
    for table in form.tables:
        if table.kind == "list" and any(each.name == column for each in table.columns):
            return table.name
    return None


def _element_place(form: Form, element: str, reading: "ParsedReport") -> CellRef | None:
    for _, column, line, read in _tables_with(form, element, reading):
        if line.key not in read.lines:
            return None
        position = read.lines.index(line.key)
        return _cell(read, column.name, read.rows[position])
    return _WHOLE_REPORT


def _place_of_blank(form: Form, element: str, reading: "ParsedReport") -> CellRef | None:
    """Return where an element of an empty line stands; its sheet alone where that is not sure.

    Only filled lines have a row. The lines of a template follow each other, so an empty one stands
    beside its neighbour in the layout, where the rows around it leave just as much space.
    """
    for table, column, line, read in _tables_with(form, element, reading):
        keys = [each.key for each in table.lines]
        row = _row_of_blank(keys, line.key, read)
        if row is None:
            return read.sheet, None
        return read.sheet, read.cell(column.name, row)
    return None


def _tables_with(
    form: Form, element: str, reading: "ParsedReport"
) -> Iterator[tuple[Table, Column, Line, "ParsedTable"]]:
    """Yield the matrices that were read and have an element, with its column and line."""
    for table in form.tables:
        if element in table.elements and table.name in reading.tables:
            yield table, *table.elements[element], reading.tables[table.name]


def _row_of_blank(keys: Sequence[str], key: str, read: "ParsedTable") -> int | None:
    """Return the row between filled lines in which the line `key` must stand; else None."""
    rows = dict(zip(read.lines, read.rows, strict=True))
    at = keys.index(key)
    above = [number for number in range(at) if keys[number] in rows]
    below = [number for number in range(at + 1, len(keys)) if keys[number] in rows]
    if not above or not below:
        return None
    first = above[-1]
    last = below[0]
    first_row = rows[keys[first]]
    last_row = rows[keys[last]]
    # With a row more or less in between, the sender has added or removed lines.
    if last_row - first_row != last - first:
        return None
    return first_row + at - first


def _cell(read: "ParsedTable", element: str, row: int) -> CellRef | None:
    cell = read.cell(element, row)
    if not cell or row not in read.rows:
        return None
    return read.sheet, cell
