"""Finding a form's tables on sheets: by their header labels, wherever they stand and in whatever order."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.reader.values import is_empty, show
from connectors.reader.workbook import Sheet
from program.form import Column, Form, Label, Table
from program.labels import fold
from program.measure import factor_of

_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_MONEY = ("tỷ đồng", "triệu đồng", "nghìn đồng", "đồng")


@dataclass(frozen=True, slots=True)
class Header:
    """A table's header: its sheet, 0-based row, and the 0-based sheet column of each declared column.

    `line` is the sheet column of a matrix's line labels. `strangers` are header cells that match nothing.
    """

    sheet: Sheet
    row: int
    columns: dict[str, int]
    line: int | None
    strangers: tuple[int, ...]

    def measure_of(self, column: Column) -> str:
        """Return the money measure written in the header or right under it, else the declared one."""
        if factor_of(column.measure) == 1:
            return column.measure
        at = self.columns[column.name]
        for row in self.sheet.rows[self.row : self.row + 2]:
            text = show(row[at]).casefold() if isinstance(row[at], str) else ""
            named = next((m for m in _MONEY if m in text), None)
            if named:
                return named
        return column.measure


def find_header(sheets: Iterable[Sheet], table: Table) -> Header | None:
    """Return where `table`'s header stands best, or None where less than half of its labels are found."""
    wanted = len(table.columns) + (table.line is not None)
    best = max((_header(s, n, table) for s in sheets for n in _text_rows(s)), key=_score, default=None)
    return best if best is not None and _score(best) * 2 >= wanted else None


def find_headers(sheets: list[Sheet], form: Form) -> dict[str, Header]:
    """Return the header of each table of `form` that is there, by table name."""
    found = {table.name: find_header(sheets, table) for table in form.tables}
    return {name: header for name, header in found.items() if header is not None}


def matches(text: str, label: Label) -> bool:
    """Tell whether a cell's text is one of the label's writings; what stands in brackets does not count."""
    bare = fold(_IN_BRACKETS.sub(" ", text))
    return bool(bare) and any(bare == fold(_IN_BRACKETS.sub(" ", writing)) for writing in label.writings)


def _text_rows(sheet: Sheet) -> list[int]:
    return [n for n, row in enumerate(sheet.rows) if sum(isinstance(c, str) and not is_empty(c) for c in row) > 1]


def _score(header: Header) -> int:
    return len(header.columns) + (header.line is not None)


def _header(sheet: Sheet, number: int, table: Table) -> Header:
    columns: dict[str, int] = {}
    line: int | None = None
    strangers: list[int] = []
    for at, cell in enumerate(sheet.rows[number]):
        if not isinstance(cell, str) or is_empty(cell):
            continue
        column = next((c for c in table.columns if c.name not in columns and matches(cell, c)), None)
        if table.line is not None and line is None and matches(cell, table.line):
            line = at
        elif column is not None:
            columns[column.name] = at
        elif fold(cell) not in _ORDINALS:
            strangers.append(at)
    return Header(sheet, number, columns, line, tuple(strangers))


_ORDINALS = {"stt", "tt", "so tt", "so thu tu"}
