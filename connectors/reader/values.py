"""One cell to one value. Vietnamese writing is read strictly; what is ambiguous is named, never guessed."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from connectors.reader.workbook import CellValue
from program.form import Column, ColumnType
from program.labels import fold
from program.measure import to_kept

Value = float | str | date | None

# By law a dot stands after thousands and a comma before decimals (Accounting Law 2003, Art. 12.2; domain S31).
_VIETNAMESE = re.compile(r"^(?:\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?:,\d+)?$")
_FOREIGN = re.compile(r"^\d[\d.,]*$")
_DATE_FORMATS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%Y-%m-%d")
_EMPTY_SIGNS = {"", "-", "–", "—"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value in its kept unit, None where the cell is empty or unusable; `rule` says what was met on the way."""

    value: Value
    rule: str | None = None


def show(cell: CellValue) -> str:
    """Return a cell's content as its sender sees it: Vietnamese decimals, day/month/year."""
    if isinstance(cell, float):
        return f"{cell:.10g}".replace(".", ",")
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return str(cell).strip()


def is_empty(cell: CellValue) -> bool:
    """Tell whether a cell says nothing: blank, spaces, or a lone dash."""
    return isinstance(cell, str) and _clean(cell) in _EMPTY_SIGNS


def parse_cell(cell: CellValue, column: Column, measure: str) -> Parsed:
    """Return the value of `cell` for `column`, read in `measure` (the column's own, or the one its header names)."""
    if is_empty(cell):
        return Parsed(None)
    if column.type.is_numeric:
        parsed = _parse_number(cell, measure)
        if column.type is ColumnType.MONEY and isinstance(parsed.value, float):
            return Parsed(to_kept(parsed.value, measure), parsed.rule)
        return parsed
    if column.type is ColumnType.DATE:
        return _parse_date(cell)
    text = " ".join(unicodedata.normalize("NFC", show(cell)).split())
    if column.type is ColumnType.CODE:
        return Parsed(_code_of(text, column))
    return Parsed(text)


def _parse_number(cell: CellValue, measure: str) -> Parsed:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return Parsed(None, "CELL-07")
    if not isinstance(cell, str):
        return Parsed(float(cell))
    text = _clean(cell)
    bare = re.sub(rf"\s*{re.escape(measure)}$", "", text, flags=re.IGNORECASE) if measure else text
    negative = bare.startswith("-") or (bare.startswith("(") and bare.endswith(")"))
    digits = bare.strip("-()").strip()
    if _VIETNAMESE.match(digits):
        value = float(digits.replace(".", "").replace(" ", "").replace(",", "."))
        return Parsed(-value if negative else value, None if text.isdigit() else "CELL-09")
    return Parsed(None, "CELL-11" if _FOREIGN.match(digits) else "CELL-07")


def _parse_date(cell: CellValue) -> Parsed:
    if isinstance(cell, datetime):
        return Parsed(cell.date())
    if isinstance(cell, date):
        return Parsed(cell)
    if not isinstance(cell, str):
        return Parsed(None, "CELL-08")
    for layout in _DATE_FORMATS:
        try:
            return Parsed(datetime.strptime(_clean(cell), layout).date())
        except ValueError:
            continue
    return Parsed(None, "CELL-08")


def _code_of(text: str, column: Column) -> str:
    """Return the vocabulary's key for `text`, or the text itself, which the vocabulary rule then refuses."""
    folded = fold(text)
    for key, label in column.vocabulary.items():
        if folded in {fold(writing) for writing in label.writings}:
            return key
    return text


def _clean(text: str) -> str:
    """Return `text` with full-width digits and no-break spaces made plain and runs of spaces single."""
    return " ".join(unicodedata.normalize("NFKC", text).split())
