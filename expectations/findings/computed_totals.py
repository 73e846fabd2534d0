"""Where to correct a total that a template computes: in its parts, for its own cell is locked."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from program.finding import Finding, Severity
from program.forms.table import Table
from program.forms.totals import area_of, summands_of
from program.parsed_report import ParsedReport, ParsedTable, is_given

_CELL = re.compile(r"(?P<letter>[A-Z]+)(?P<row>\d+)")
_WORDS: Mapping[str, str] = {
    "vi": "Ô {cell} tự tính từ {parts}; chỗ cần sửa là ở các ô đó.",
    "en": "{cell} is computed from {parts}; those cells are the ones to correct.",
}


def with_place_to_correct(finding: Finding, reading: ParsedReport, language: str) -> Finding:
    """Return a finding at a computed total with a sentence that names the cells of its parts.

    A total is computed where it is the sum of its parts. Any other finding is returned unchanged.
    """
    match = _CELL.fullmatch(finding.cell or "")
    if match is None or finding.severity is Severity.INFO or reading.form is None:
        return finding
    # A form tool shows fields: its totals have no cells to name.
    if reading.fields:
        return finding
    row = int(match["row"])
    for table in reading.form.tables:
        read = reading.tables.get(table.name)
        if read is None or read.sheet != finding.sheet or row not in read.rows:
            continue
        parts = _parts_of_computed(read, table, match["letter"], row)
        if parts:
            words = _WORDS[language]
            sentence = words.format(cell=finding.cell, parts=area_of(parts))
            return replace(finding, fix=f"{finding.fix} {sentence}")
    return finding


def _parts_of_computed(read: ParsedTable, table: Table, letter: str, row: int) -> list[str]:
    """Return the cells that a total adds up; [] for a cell that is none, or that was typed."""
    names = [name for name, own_letter in read.letters.items() if own_letter == letter]
    if not names:
        return []
    name = names[0]
    figures: list[float] = []
    cells: list[str] = []
    for column, position in _part_places(read, table, name, row):
        value = read.values[column][position]
        if isinstance(value, float) and is_given(value):
            figures.append(value)
        # An empty part is named too: it may be the one to fill in.
        cells.append(f"{read.letters[column]}{read.rows[position]}")
    total = read.values[name][read.rows.index(row)]
    if not figures or not isinstance(total, float):
        return []
    # A spreadsheet adds up in binary, and rounds what it shows.
    if not math.isclose(total, sum(figures), rel_tol=1e-9, abs_tol=1e-6):
        return []
    return cells


def _part_places(read: ParsedTable, table: Table, name: str, row: int) -> Iterator[tuple[str, int]]:
    """Yield column and position of each part of a cell that the sheet has."""
    position = read.rows.index(row)
    own_key = read.lines[position]
    line = next((each for each in table.lines if each.key == own_key), None)
    for part in summands_of(table.column(name), line):
        if part.column not in read.letters:
            continue
        # A part without a line stands on the total's own.
        if not part.line:
            yield part.column, position
        elif part.line in read.lines:
            yield part.column, read.lines.index(part.line)
