"""One cell to one value, by the type of its column. Every writing and what it becomes: docs/reading.md, heading "Values"."""

import unicodedata
from datetime import date
from decimal import Decimal

from connectors.reader.characters import plain
from connectors.reader.days import parse_day
from connectors.reader.figures import EXACT_DIGITS, parse_figure
from connectors.reader.markup import Percentage, Uncomputed
from connectors.reader.parsed import Parsed
from connectors.reader.words import parse_code, parse_words
from connectors.reader.workbook import CellValue
from program.table import Column, ColumnType

_EMPTY_SIGNS = {"", "-", "–", "—"}
# What Excel shows for an error, where somebody pasted it as text.
_ERRORS = {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}


def show(cell: CellValue) -> str:
    """Return a cell's content as its sender sees it: Vietnamese decimals, day/month/year, on one line or more."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{_show_number(cell.in_percent)}%" if isinstance(cell, Percentage) else _show_number(cell)
    if isinstance(cell, date):
        return f"{cell.day:02d}/{cell.month:02d}/{cell.year}"
    text = str(cell)
    if not text.isprintable():
        # No database and no XML takes a control character, and no sender sees one.
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") and c != "\n" else c for c in text)
    return text.strip()


def is_empty(cell: CellValue) -> bool:
    """Tell whether a cell says nothing: blank, spaces, or a lone dash."""
    return isinstance(cell, str) and (not cell or (not cell[0].isalnum() and plain(cell) in _EMPTY_SIGNS))


def parse_cell(cell: CellValue, column: Column, measure: str) -> Parsed:
    """Return the value of `cell` for `column`, read in `measure` (the column's own, or the one its header names)."""
    if is_empty(cell):
        return Parsed(None)
    if isinstance(cell, Uncomputed) or (isinstance(cell, str) and cell[0] == "#" and cell.strip().upper() in _ERRORS):
        return Parsed(None, "CELL-12")
    if column.type.is_numeric:
        return parse_figure(cell, column, measure)
    if column.type is ColumnType.DATE:
        return parse_day(cell)
    if column.type is ColumnType.CODE:
        return parse_code(show(cell), column)
    return parse_words(show(cell), cell if isinstance(cell, str) else "")


def _show_number(number: float) -> str:
    """Return what Excel would show of a number: up to fifteen digits, written out where that is readable."""
    digits = f"{number or 0.0:.{EXACT_DIGITS}g}"
    return (format(Decimal(digits), "f") if abs(number) < 1e21 else digits).replace(".", ",")
