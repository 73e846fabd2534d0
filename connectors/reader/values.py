"""One cell to one value. Vietnamese writing is read strictly; what is ambiguous is named, never guessed."""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from connectors.reader.markup import Uncomputed
from connectors.reader.workbook import CellValue
from program.labels import fold
from program.measure import to_kept
from program.qualifier import Qualifier, split_qualifier
from program.table import Column, ColumnType

Value = float | str | date | None

# By law a dot stands after thousands and a comma before decimals (Accounting Law 2003, Art. 12.2; domain S31). A group
# after a leading zero is no thousand: "0.500" is a half to whoever typed it, not five hundred.
_VIETNAMESE = re.compile(r"(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[1-9][0-9]{0,2}(?: [0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
_FOREIGN = re.compile(r"[0-9][0-9.,]*")
_SIGNED = re.compile(r"-(?P<minus>[^-()]+)|\((?P<brackets>[^-()]+)\)|(?P<plain>[^-()]+)")
_DATE = re.compile(r"(?P<day>[0-9]{1,2})(?P<sep>[/.-])(?P<month>[0-9]{1,2})(?P=sep)(?P<year>[0-9]{4}|[0-9]{2})")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPACES = re.compile(" +")
_EMPTY_SIGNS = {"", "-", "–", "—"}
# Full-width forms, the spaces that Excel and Word put between digits, and signs without width. NFKC would do more than
# that, and harm: it makes "150²" (a footnote) 1502.
_PLAIN: dict[int, int | str] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000), " "),
    **dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF), ""),
}
_EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value in its kept unit, None where the cell is empty or unusable; `rule` says what was met on the way.

    `qualifier` is the word before a figure: "trên 1.200" is the value 1200 and OVER.
    """

    value: Value
    rule: str | None = None
    qualifier: Qualifier | None = None


def show(cell: CellValue) -> str:
    """Return a cell's content as its sender sees it: Vietnamese decimals, day/month/year, on one line or more."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return _show_number(cell)
    if isinstance(cell, date):
        return f"{cell.day:02d}/{cell.month:02d}/{cell.year}"
    text = str(cell)
    if not text.isprintable():
        # No database and no XML takes a control character, and no sender sees one.
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") and c != "\n" else c for c in text)
    return text.strip()


def is_empty(cell: CellValue) -> bool:
    """Tell whether a cell says nothing: blank, spaces, or a lone dash."""
    return isinstance(cell, str) and (not cell or _clean(cell) in _EMPTY_SIGNS)


def parse_cell(cell: CellValue, column: Column, measure: str) -> Parsed:
    """Return the value of `cell` for `column`, read in `measure` (the column's own, or the one its header names)."""
    if is_empty(cell):
        return Parsed(None)
    if isinstance(cell, Uncomputed):
        return Parsed(None, "CELL-12")
    if column.type.is_numeric:
        bare, qualifier = split_qualifier(cell) if isinstance(cell, str) else (cell, None)
        number, rule = _parse_number(bare, measure)
        kept = to_kept(number, measure) if number is not None and column.type is ColumnType.MONEY else number
        if kept is not None and not math.isfinite(kept):
            return Parsed(None, "CELL-07")
        return Parsed(kept, "CELL-18", qualifier) if kept is not None and qualifier else Parsed(kept, rule)
    if column.type is ColumnType.DATE:
        return _parse_date(cell)
    text = " ".join(unicodedata.normalize("NFC", show(cell)).split())
    return Parsed(_code_of(text, column) if column.type is ColumnType.CODE else text or None)


def _show_number(number: float) -> str:
    """Return what Excel would show of a number: up to fifteen digits, written out where that is readable."""
    digits = f"{number or 0.0:.{_EXACT_DIGITS}g}"
    return (format(Decimal(digits), "f") if abs(number) < 1e21 else digits).replace(".", ",")


def _parse_number(cell: CellValue, measure: str) -> tuple[float | None, str | None]:
    """Return the number that a cell holds, in the cell's own measure, and the rule that was met."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None, "CELL-07"
    if not isinstance(cell, str):
        return (_as_computed(float(cell)), None) if math.isfinite(cell) else (None, "CELL-07")
    sign, digits = _split_sign(_without_measure(_clean(cell), measure))
    if _VIETNAMESE.fullmatch(digits):
        value = sign * float(digits.replace(".", "").replace(" ", "").replace(",", ".")) or 0.0
        return value, None if cell.strip() == digits and digits.isdigit() else "CELL-09"
    return None, "CELL-11" if _FOREIGN.fullmatch(digits) else "CELL-07"


def _as_computed(number: float) -> float:
    """Return a numeric cell's value as Excel shows it: its own sum of 50,1 + 50,1 + 52,1 is stored as 152.29999999999998."""
    return (number if number.is_integer() else float(f"{number:.{_EXACT_DIGITS}g}")) or 0.0


def _without_measure(text: str, measure: str) -> str:
    """Return "12" for "12 lớp", where the cell repeats its column's own measure."""
    composed, ending = unicodedata.normalize("NFC", text).casefold(), unicodedata.normalize("NFC", measure).casefold()
    return composed.removesuffix(ending).rstrip() if ending else composed


def _split_sign(text: str) -> tuple[int, str]:
    """Return sign and digits of "12", "-12" and "(12)"; any other use of signs stays in the text, which is then refused."""
    match = _SIGNED.fullmatch(text)
    if match is None:
        return 1, text
    return (1, match["plain"].strip()) if match["plain"] else (-1, (match["minus"] or match["brackets"]).strip())


def _parse_date(cell: CellValue) -> Parsed:
    if isinstance(cell, datetime):
        return Parsed(cell.date())
    if isinstance(cell, date):
        return Parsed(cell)
    written = _clean(cell) if isinstance(cell, str) else ""
    match = _DATE.fullmatch(written)
    try:
        if match is not None:
            year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
            return Parsed(date(int(year), int(match["month"]), int(match["day"])))
        return Parsed(date.fromisoformat(written)) if _ISO_DATE.fullmatch(written) else Parsed(None, "CELL-08")
    except ValueError:
        return Parsed(None, "CELL-08")


def _code_of(text: str, column: Column) -> str | None:
    """Return the vocabulary's key for `text`, or the text itself, which the vocabulary rule then refuses."""
    folded = fold(text)
    for key, label in column.vocabulary.items():
        if any(folded == _fold_writing(writing) for writing in label.writings):
            return key
    return text or None


@lru_cache(maxsize=4096)
def _fold_writing(writing: str) -> str:
    return fold(writing)


def _clean(text: str) -> str:
    """Return `text` with full-width digits and no-break spaces made plain and runs of spaces single.

    Line breaks stay: a cell with 120 above 150 is two numbers, not 120 150.
    """
    return _SPACES.sub(" ", text.translate(_PLAIN)).strip()
