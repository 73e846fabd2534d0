"""Where a rule points: from an element and a row back to the sheet and cell that a district typed."""

from typing import TYPE_CHECKING

from expectations.history.columns import FIGURES, INDICATORS, LOST, REPORTS, listed_table
from program.form import Form

if TYPE_CHECKING:
    from program.reading import Reading, TableReading

Place = tuple[str | None, str | None]
"""Sheet and cell; both None for the submission as a whole."""

SUBMISSION = "submission"
"""The frame with a row a submission."""


def place_of(form: Form, frame: str, element: str, row: int, reading: "Reading") -> Place | None:
    """Return sheet and cell of `element`; None where this workbook lacks its column or line.

    In a table's frame `row` is the sheet's own; in the submission frame a matrix element knows its line itself, and
    what stands in no cell (a list's summary, the period) is the submission as a whole. The frames of history point
    likewise: a list's line by its sheet row, a line that is missing now at its sheet alone.
    """
    listed = listed_table(frame)
    if frame == REPORTS:
        return None, None
    if frame.endswith(LOST):
        return reading.tables[listed or ""].sheet, None
    if frame == FIGURES:
        frame = next((t.name for t in form.tables if t.kind == "list" and element in {c.name for c in t.columns}), SUBMISSION)
    elif listed:
        frame = listed
    if frame not in (SUBMISSION, INDICATORS):
        return _cell(reading.tables[frame], element, row)
    for table in form.tables:
        if element in table.elements and table.name in reading.tables:
            column, line = table.elements[element]
            read = reading.tables[table.name]
            return _cell(read, column.name, read.rows[read.lines.index(line.key)]) if line.key in read.lines else None
    return None, None


def text_places(reading: "Reading") -> frozenset[Place]:
    """Return where figures stand that are text in the workbook, among those that are parts of a total."""
    return frozenset((read.sheet, read.cell(name, row)) for read in reading.tables.values() for name, row in read.texts)


def _cell(read: "TableReading", element: str, row: int) -> Place | None:
    cell = read.cell(element, row)
    return (read.sheet, cell) if cell and row in read.rows else None
