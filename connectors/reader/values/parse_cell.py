"""Parse one cell by the type of its column. All spellings: docs/reading.md, section "Values"."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from connectors.reader.open.markup import Percentage, Uncomputed
from connectors.reader.open.number_formats import ShownFigure, ShownMonth
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.characters import plain
from connectors.reader.values.parse_date import parse_day
from connectors.reader.values.parse_number import EXACT_DIGITS, parse_figure
from connectors.reader.values.parse_text import parse_code, parse_words
from connectors.reader.values.parsed import Parsed
from program.forms.table import Column, ColumnType

_EMPTY_SIGNS = {"", "-", "–", "—"}
# What Excel shows for an error. LibreOffice also shows numbers: Err:522.
_ERRORS = {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
_ERROR_OF_LIBREOFFICE = re.compile(r"ERR:[0-9]{3}")


def text_of_cell(cell: CellValue) -> str:
    """Return a cell's content as its sender sees it: Vietnamese decimals, day/month/year.

    Line breaks stay.
    """
    if not isinstance(cell, str):
        return _text_of_value(cell)
    text: str = cell
    if not text.isprintable():
        # Databases and XML refuse control characters, and no sender sees one.
        signs = [" " if _is_control(sign) else sign for sign in text]
        text = "".join(signs)
    return text.strip()


def _text_of_value(cell: CellValue) -> str:
    """Return the text of a cell that is none itself."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, Percentage):
        return f"{_show_number(cell.in_percent)}%"
    if isinstance(cell, float) and not isinstance(cell, ShownFigure):
        return _show_number(cell)
    if isinstance(cell, date) and not isinstance(cell, ShownMonth):
        return f"{cell.day:02d}/{cell.month:02d}/{cell.year}"
    return text_of_cell(str(cell))


def _is_control(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cs")


def is_empty(cell: CellValue) -> bool:
    """Return whether a cell holds nothing: blank, spaces, or a lone dash."""
    if not isinstance(cell, str):
        return False
    if not cell:
        return True
    # Most texts begin with a letter or digit, which no sign for "nothing" does.
    if cell[0].isalnum():
        return False
    # Nobody sees a control character, nor a sign without width: a text of both is nothing.
    return plain(text_of_cell(cell)) in _EMPTY_SIGNS


def parse_cell(cell: CellValue, column: Column, measure: str) -> Parsed:
    """Return the value of `cell` for `column`.

    `measure` is the column's own measure, or the one that its header names.
    """
    if is_empty(cell):
        return Parsed(None)
    if isinstance(cell, Uncomputed) or _is_pasted_error(cell):
        return Parsed(None, "CELL-12")
    if column.type.is_numeric:
        return parse_figure(cell, column, measure)
    if column.type is ColumnType.DATE:
        return parse_day(cell)
    if column.type is ColumnType.CODE:
        return parse_code(text_of_cell(cell), column)
    original = cell if isinstance(cell, str) else ""
    # A line break stands between paragraphs, and between units.
    has_lines = column.text_rows > 1 or column.type is ColumnType.UNITS
    return parse_words(text_of_cell(cell), original, paragraphs=has_lines)


def _is_pasted_error(cell: CellValue) -> bool:
    """Return whether a text is an error that somebody pasted."""
    if not isinstance(cell, str) or cell[0] not in "#Ee":
        return False
    text = cell.strip().upper()
    return text in _ERRORS or _ERROR_OF_LIBREOFFICE.fullmatch(text) is not None


def _show_number(number: float) -> str:
    """Return a number as Excel shows it: up to fifteen digits, without an exponent below 1e21."""
    without_sign_of_zero = number or 0.0
    digits = f"{without_sign_of_zero:.{EXACT_DIGITS}g}"
    if abs(number) < 1e21:
        digits = format(Decimal(digits), "f")
    return digits.replace(".", ",")
