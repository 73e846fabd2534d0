"""A cell of a column of figures: Vietnamese writing is read strictly; what is ambiguous is named, never guessed.

Every writing and what it becomes stands in docs/reading.md, which a test runs.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

from connectors.reader.characters import plain
from connectors.reader.markup import Percentage
from connectors.reader.money import money_measure
from connectors.reader.parsed import Parsed, Value
from connectors.reader.workbook import CellValue
from program.labels import fold
from program.measure import factor_of, to_kept, to_printed
from program.qualifier import Qualifier, split_qualifier
from program.table import Column, ColumnType
from program.vietnamese import format_number

EXACT_DIGITS = 15
EXACT_BELOW = 10.0**EXACT_DIGITS
PERCENT = "%"
_LARGEST_PLAIN, _PLAIN_PARTS = 1e9, 1e6

# By law a dot stands after thousands and a comma before decimals (Accounting Law 2003, Art. 12.2; domain S31). A group
# after a leading zero is no thousand: "0.500" is a half to whoever typed it, not five hundred.
_VIETNAMESE = re.compile(r"(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[1-9][0-9]{0,2}(?: [0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
_FOREIGN = re.compile(r"[0-9][0-9.,'’]*")
_SIGNED = re.compile(r"-(?P<minus>[^-()]+)|\((?P<brackets>[^-()]+)\)|(?P<plain>[^-()]+)")
# Before a percent sign one or two digits after a dot can only be decimals. Three may be either: "1.250 %".
_PERCENT_POINT = re.compile(r"[0-9]{1,3}\.[0-9]{1,2}")
_PERCENT_THOUSAND = re.compile(r"[0-9]{1,3}\.[0-9]{3}")
_LETTER = re.compile(r"[^\W\d_]")
_APOSTROPHE = re.compile(r"\A['’‘`](?=[-(0-9])")
_LOOKALIKES = re.compile(r"(?=.*[0-9]|o$)(?=.*[oil])[0-9oil., ]+")
_AS_DIGITS = str.maketrans("oil", "011")
# "Không" is the word for zero, and "không có" says that there were none; "chưa có" says that nobody knows yet.
_WITHOUT_FIGURE = {
    **dict.fromkeys(("không", "không có", "0 có", "không phát sinh", "ko", "ko có"), Parsed(0.0, "CELL-25")),
    **dict.fromkeys(("chưa", "chưa có", "chưa có số liệu", "không có số liệu"), Parsed(None, "CELL-26")),
}


def parse_figure(cell: CellValue, column: Column, measure: str) -> Parsed:
    """Return the figure of a cell that is not empty, kept as the column's type is; no rule where it stands as it is."""
    if isinstance(cell, str):
        return _parse_text(cell, column, measure)
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell):
        return Parsed(None, "CELL-07")
    if isinstance(cell, Percentage):
        return _kept(cell.in_percent, column, measure, "CELL-22") if measure == PERCENT else Parsed(None, "CELL-23")
    number = _as_computed(float(cell))
    return _fraction(number) if measure == PERCENT and 0 < number < 1 else _kept(number, column, measure)


def figures_as_they_stand(cells: Sequence[CellValue], column: Column, measure: str) -> list[Value]:
    """Return what `parse_figure` gives for each cell that is a number with nothing to say about it, None for all others."""
    in_percent = measure == PERCENT
    factor = factor_of(measure) if column.type is ColumnType.MONEY else None
    figures: list[Value] = []
    for cell in cells:
        figure = _as_stored(cell) if type(cell) is float else None
        if figure is not None and in_percent and 0 < figure < 1:
            figure = None
        if figure is not None and factor is not None:
            figure = _multiplied(figure, factor)
        figures.append(figure)
    return figures


def _as_stored(number: float) -> float | None:
    """Return a number of which Excel shows just what is stored, None for any other; no zero has a sign."""
    # A multiple of a millionth below a thousand million has fewer than 16 digits.
    is_short = abs(number) < _LARGEST_PLAIN and round(number * _PLAIN_PARTS) / _PLAIN_PARTS == number
    return number + 0.0 if is_short else None


def _multiplied(number: float, factor: int) -> float | None:
    """Return the exact product of a short number, None where it is not surely exact."""
    kept = float(round(number * factor))
    # What divides back to the same number and has fewer than 16 digits is it.
    return kept if abs(kept) < EXACT_BELOW and kept / factor == number else None


def _kept(number: float, column: Column, measure: str, rule: str | None = None, qualifier: Qualifier | None = None) -> Parsed:
    """Return a figure in its kept unit, and the rule that was met; a figure that is beyond all numbers is none."""
    kept = to_kept(number, measure) if column.type is ColumnType.MONEY else number
    return Parsed(kept, rule, qualifier) if math.isfinite(kept) else Parsed(None, "CELL-07")


def _as_computed(number: float) -> float:
    """Return a numeric cell's value as Excel shows it: its own sum of 50,1 + 50,1 + 52,1 is stored as 152.29999999999998."""
    return (number if number.is_integer() else float(f"{number:.{EXACT_DIGITS}g}")) or 0.0


def _fraction(number: float) -> Parsed:
    """Return a figure below 1 in a column of percents, asked about: 0,985 may be 0,985 % or 98,5 %."""
    return Parsed(number, "CELL-24", meant=format_number(float(Decimal(repr(number)) * 100), decimals=6))


def _parse_text(cell: str, column: Column, measure: str) -> Parsed:
    # A word before a figure begins with a letter or with one of the signs ~ ≈ < >, none of which a figure begins with.
    bare, qualifier = (cell, None) if cell[0].isdigit() and not cell.rstrip().endswith(")") else split_qualifier(cell)
    figure = plain(bare)
    if not _VIETNAMESE.fullmatch(figure):
        text = unicodedata.normalize("NFC", _APOSTROPHE.sub("", figure)).casefold()
        if text in _WITHOUT_FIGURE:
            return _WITHOUT_FIGURE[text]
        figure, words = _split_words(text)
        if words and not _is_counted(words, column, measure):
            return _refuse_words(text, figure, words, column, measure)
    return _parse_digits(cell, figure, qualifier, column, measure)


def _parse_digits(cell: str, figure: str, qualifier: Qualifier | None, column: Column, measure: str) -> Parsed:
    """Return the figure that `figure` is, which holds no letters; `cell` is what it was before anything was left out."""
    sign, digits = _split_sign(_without_percent(figure, measure))
    if not _VIETNAMESE.fullmatch(digits) or (measure == PERCENT and _PERCENT_THOUSAND.fullmatch(digits)):
        return Parsed(None, _refusal_of(digits, measure))
    number = sign * _number_of(digits) or 0.0
    if measure == PERCENT and 0 < number < 1 and qualifier is None and not figure.endswith(PERCENT):
        return _fraction(number)
    return _kept(number, column, measure, _rule_of(qualifier, is_plain=digits.isdigit() and cell.strip() == digits), qualifier)


def _rule_of(qualifier: Qualifier | None, *, is_plain: bool) -> str | None:
    if qualifier is not None:
        return "CELL-18"
    return None if is_plain else "CELL-09"


def _number_of(digits: str) -> float:
    return float(digits.replace(".", "").replace(" ", "").replace(",", ".")) or 0.0


def _split_words(text: str) -> tuple[str, str]:
    """Return "12" and "lớp" for "12 lớp": what stands before the first letter, and all from there on."""
    match = _LETTER.search(text)
    return (text[: match.start()].rstrip(), text[match.start() :]) if match else (text, "")


def _is_counted(words: str, column: Column, measure: str) -> bool:
    """Tell whether the words after a figure only repeat its column: its measure, or what its own labels count."""
    if not all(c.isalpha() or c in " .₫" for c in words):
        return False
    if column.type is ColumnType.MONEY:
        return money_measure(words) == measure
    folded = fold(words)
    return folded in column.counted or folded == fold(measure)


def _refuse_words(text: str, figure: str, words: str, column: Column, measure: str) -> Parsed:
    """Return the refusal of a figure with other words behind it, with what it may have been meant to be."""
    sign, digits = _split_sign(figure)
    other = money_measure(words) if column.type is ColumnType.MONEY else None
    if other is None or other == measure or not _VIETNAMESE.fullmatch(digits):
        return _refuse_letters(text)
    printed = to_printed(to_kept(sign * _number_of(digits), other), measure)
    return (
        Parsed(None, "CELL-35", meant=format_number(printed, decimals=6)) if math.isfinite(printed) else Parsed(None, "CELL-07")
    )


def _refuse_letters(text: str) -> Parsed:
    """Return the refusal of letters in a figure; those that look like digits are told as such."""
    typed = text.translate(_AS_DIGITS) if _LOOKALIKES.fullmatch(text) else ""
    return Parsed(None, "CELL-27", meant=typed) if _VIETNAMESE.fullmatch(typed) else Parsed(None, "CELL-07")


def _without_percent(figure: str, measure: str) -> str:
    """Return "98,5" for "98,5 %" and "98.5%" in a column of percents; anything else stays, and is refused."""
    if measure != PERCENT or not figure.endswith(PERCENT):
        return figure
    bare = figure.removesuffix(PERCENT).rstrip()
    return bare.replace(".", ",") if _PERCENT_POINT.fullmatch(bare) else bare


def _refusal_of(digits: str, measure: str) -> str:
    """Return the rule that refuses a text without letters: percents of something else, an unclear number, or no number."""
    if _FOREIGN.fullmatch(digits):
        return "CELL-11"
    is_percent = digits.endswith(PERCENT) and _FOREIGN.fullmatch(digits.removesuffix(PERCENT).rstrip())
    return "CELL-23" if is_percent and measure != PERCENT else "CELL-07"


def _split_sign(text: str) -> tuple[int, str]:
    """Return sign and digits of "12", "-12" and "(12)"; any other use of signs stays in the text, which is then refused."""
    match = _SIGNED.fullmatch(text)
    if match is None:
        return 1, text
    return (1, match["plain"].strip()) if match["plain"] else (-1, (match["minus"] or match["brackets"]).strip())
