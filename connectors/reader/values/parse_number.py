"""Parse a cell of a column of figures.

Vietnamese writing is parsed strictly. An ambiguous figure breaks a rule and is never guessed.
docs/reading.md lists every spelling and its result; a test runs that list.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.reader.open.delimited import FormulaText
from connectors.reader.open.markup import Percentage
from connectors.reader.open.number_formats import HiddenFigure, ScaledFigure, ShownFigure
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.characters import plain
from connectors.reader.values.money import money_measure
from connectors.reader.values.parsed import Parsed, Value
from program.forms.measure import factor_of, to_kept, to_printed
from program.forms.qualifier import Qualifier, split_qualifier
from program.forms.table import Column, ColumnType
from program.labels import fold
from program.vietnamese import format_number

EXACT_DIGITS = 15
EXACT_BELOW = 10.0**EXACT_DIGITS
PERCENT = "%"
DOUBTFUL_FRACTION = "CELL-24"
_LARGEST_PLAIN, _PLAIN_PARTS = 1e9, 1e6
_MEANT_DECIMALS = 6

# By law a dot stands after thousands and a comma before decimals (Accounting Law 2003, Art. 12.2).
# A group after a leading zero is not a thousand: who types "0.500" means a half, not five hundred.
_VIETNAMESE = re.compile(
    r"(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[1-9][0-9]{0,2}(?: [0-9]{3})+|[0-9]+)(?:,[0-9]+)?"
)
_FOREIGN = re.compile(r"[0-9][0-9.,'’]*")
# Writings of other countries that have one reading: 2,598.7 and 1,234,567; 5169.9 and 2.5.
_ONE_READING = re.compile(
    r"[1-9][0-9]{0,2}(?:,[0-9]{3})+\.[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}"
    r"|[1-9][0-9]{3,}\.[0-9]+|(?:0|[1-9][0-9]*)\.[0-9]{1,2}"
)
_SIGNED = re.compile(r"-(?P<minus>[^-()]+)|\((?P<brackets>[^-()]+)\)|(?P<plain>[^-()]+)")
# One or two digits between a dot and a percent sign can only be decimals. Three may be decimals
# or thousands: "1.250 %".
_PERCENT_POINT = re.compile(r"[0-9]{1,3}\.[0-9]{1,2}")
_PERCENT_THOUSAND = re.compile(r"[0-9]{1,3}\.[0-9]{3}")
_LETTER = re.compile(r"[^\W\d_]")
_APOSTROPHE = re.compile(r"\A['’‘`](?=[-(0-9])")
_LOOKALIKES = re.compile(r"(?=.*[0-9]|o$)(?=.*[oil])[0-9oil., ]+")
_AS_DIGITS = str.maketrans("oil", "011")
# "Không" is the word for zero, and "không có" says that there were none. "Chưa có" says that nobody
# knows yet.
_ZERO = ("không", "không có", "0 có", "không phát sinh", "ko", "ko có")
_UNKNOWN = ("chưa", "chưa có", "chưa có số liệu", "không có số liệu")
_WITHOUT_FIGURE = {
    **dict.fromkeys(_ZERO, Parsed(0.0, "CELL-25")),
    **dict.fromkeys(_UNKNOWN, Parsed(None, "CELL-26")),
}
_NO_FIGURE = Parsed(None, "CELL-07")


def parse_figure(cell: CellValue, column: Column, measure: str) -> Parsed:
    """Return the figure of a cell that is not empty, in the kept unit of the column.

    `rule` is None if the cell holds a plain number.
    """
    if isinstance(cell, str):
        return _parse_text(cell, column, measure)
    # Its number format shows words beside the figure. They are read as if they were typed.
    if isinstance(cell, ShownFigure):
        return _parse_text(str(cell), column, measure)
    # To Python, TRUE is the number 1. To a sender it is no figure.
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell):
        return _NO_FIGURE
    if isinstance(cell, Percentage):
        # A share of 98,5 % is not 98,5 people.
        if measure != PERCENT:
            return Parsed(None, "CELL-23")
        return _kept(cell.in_percent, column, measure, "CELL-22")
    return _parse_number(cell, column, measure)


def _parse_number(cell: float, column: Column, measure: str) -> Parsed:
    """Return the figure of a numeric cell, with a rule where its sender sees something else."""
    number = _as_shown(float(cell))
    if isinstance(cell, HiddenFigure):
        return _kept(number, column, measure, "CELL-39")
    if isinstance(cell, ScaledFigure):
        kept = _kept(number, column, measure, "CELL-40")
        return replace(kept, meant=format_number(cell.stored, decimals=_MEANT_DECIMALS))
    if measure == PERCENT and 0 < number < 1:
        return _doubtful_fraction(number)
    return _kept(number, column, measure)


def figures_as_they_stand(cells: Sequence[CellValue], column: Column, measure: str) -> list[Value]:
    """Return the figures of the cells that need no closer look.

    Where a cell is a plain number that breaks no rule, the result equals `parse_figure`. All other
    cells are None, and the caller parses them one by one.
    """
    is_percent = measure == PERCENT
    factor: int | None = None
    if column.type is ColumnType.MONEY:
        factor = factor_of(measure)
    figures: list[Value] = []
    for cell in cells:
        figure: float | None = None
        # Only floats themselves: their subclasses stand for figures that look different.
        if type(cell) is float:
            figure = _as_stored(cell)
        # 0,985 in a column of percents may be 0,985 % or 98,5 %.
        if figure is not None and is_percent and 0 < figure < 1:
            figure = None
        if figure is not None and factor is not None:
            figure = _multiplied(figure, factor)
        figures.append(figure)
    return figures


def _as_stored(number: float) -> float | None:
    """Return a number that Excel shows exactly as it is stored, None for others; no zero is -0."""
    # A multiple of a millionth below a thousand million has fewer than 16 digits.
    # "Not a number" is not below it either.
    is_small = abs(number) < _LARGEST_PLAIN
    if not is_small or round(number * _PLAIN_PARTS) / _PLAIN_PARTS != number:
        return None
    return number + 0.0


def _multiplied(number: float, factor: int) -> float | None:
    """Return the exact product of a short number, None if it may not be exact."""
    product = float(round(number * factor))
    # A product with fewer than 16 digits that divides back to the number is exact.
    if abs(product) >= EXACT_BELOW or product / factor != number:
        return None
    return product


def _kept(
    number: float,
    column: Column,
    measure: str,
    rule: str | None = None,
    qualifier: Qualifier | None = None,
) -> Parsed:
    """Return a figure in its kept unit, with the rule that it breaks; refuse an infinite one."""
    kept = number
    if column.type is ColumnType.MONEY:
        kept = to_kept(number, measure)
    # A large number of billions may be infinite in dong.
    if not math.isfinite(kept):
        return _NO_FIGURE
    return Parsed(kept, rule, qualifier)


def _as_shown(number: float) -> float:
    """Return the value of a numeric cell as Excel shows it.

    Excel stores its own sum of 50,1 + 50,1 + 52,1 as 152.29999999999998. No zero is -0.
    """
    if not number.is_integer():
        number = float(f"{number:.{EXACT_DIGITS}g}")
    return number or 0.0


def _doubtful_fraction(number: float) -> Parsed:
    """Return a figure below 1 in a column of percents: 0,985 may be 0,985 % or 98,5 %."""
    # In decimals: 0.285 times 100 is 28.499999999999996 in binary.
    in_percent = float(Decimal(repr(number)) * 100)
    meant = format_number(in_percent, decimals=_MEANT_DECIMALS)
    return Parsed(number, DOUBTFUL_FRACTION, meant=meant)


def _parse_text(cell: str, column: Column, measure: str) -> Parsed:
    bare: str = cell
    qualifier: Qualifier | None = None
    # A word before a figure begins with a letter or one of ~ ≈ < >, one behind it is in brackets.
    # Most texts begin with a digit and end without a bracket, and need no search for such words.
    if not cell[0].isdigit() or cell.rstrip().endswith(")"):
        bare, qualifier = split_qualifier(cell)
    figure = plain(bare)
    if not _VIETNAMESE.fullmatch(figure):
        # An apostrophe before a figure makes Excel keep it as a text. It means nothing else.
        without_apostrophe = _APOSTROPHE.sub("", figure)
        text = unicodedata.normalize("NFC", without_apostrophe).casefold()
        if text in _WITHOUT_FIGURE:
            return _WITHOUT_FIGURE[text]
        figure, words = _split_words(text)
        if words and not _repeats_column(words, column, measure):
            return _refuse_words(text, figure, words, column, measure)
    return _parse_digits(cell, figure, qualifier, column, measure)


def _parse_digits(
    cell: str, figure: str, qualifier: Qualifier | None, column: Column, measure: str
) -> Parsed:
    """Return the figure of a text without letters.

    Args:
        cell: The text of the whole cell.
        figure: The text without its words.
        qualifier: The word before the figure, if any.
        column: The column of the cell.
        measure: The measure of the figure.
    """
    without_percent = _without_percent(figure, measure)
    sign, digits = _split_sign(without_percent)
    is_percent = measure == PERCENT
    is_ambiguous = is_percent and _PERCENT_THOUSAND.fullmatch(digits) is not None
    if _ONE_READING.fullmatch(digits):
        foreign = sign * float(digits.replace(",", "")) or 0.0
        rule_of_foreign = "CELL-41" if qualifier is None else "CELL-18"
        return _kept(foreign, column, measure, rule_of_foreign, qualifier)
    if is_ambiguous or not _VIETNAMESE.fullmatch(digits):
        return Parsed(None, _refusal_of(digits, measure))
    number = sign * _number_of(digits) or 0.0
    # A percent sign or a word before the figure shows that the sender means percents.
    is_clear = qualifier is not None or figure.endswith(PERCENT)
    if is_percent and 0 < number < 1 and not is_clear:
        return _doubtful_fraction(number)
    rule = _rule_of(qualifier, is_plain=_is_plain(cell, digits))
    return _kept(number, column, measure, rule, qualifier)


def _is_plain(cell: str, digits: str) -> bool:
    """Tell whether a text is digits alone, and no formula that gives them."""
    if isinstance(cell, FormulaText):
        return False
    return digits.isdigit() and cell.strip() == digits


def _rule_of(qualifier: Qualifier | None, *, is_plain: bool) -> str | None:
    """Return the rule that a figure breaks by how it is written; None for a plain one."""
    if qualifier is not None:
        return "CELL-18"
    return None if is_plain else "CELL-09"


def _number_of(digits: str) -> float:
    without_groups = digits.replace(".", "").replace(" ", "")
    return float(without_groups.replace(",", ".")) or 0.0


def _split_words(text: str) -> tuple[str, str]:
    """Return "12" and "lớp" for "12 lớp": the words begin at the first letter."""
    match = _LETTER.search(text)
    if match is None:
        return text, ""
    return text[: match.start()].rstrip(), text[match.start() :]


def _repeats_column(words: str, column: Column, measure: str) -> bool:
    """Return whether the words after a figure only repeat its column: its measure or its label."""
    if not all(c.isalpha() or c in " .₫" for c in words):
        return False
    if column.type is ColumnType.MONEY:
        return money_measure(words) == measure
    folded = fold(words)
    return folded in column.counted or folded == fold(measure)


def _refuse_words(text: str, figure: str, words: str, column: Column, measure: str) -> Parsed:
    """Return the refusal of a figure with other words behind it.

    Money in another measure is refused with the figure that it would be in the column's measure.
    """
    sign, digits = _split_sign(figure)
    other: str | None = None
    if column.type is ColumnType.MONEY:
        other = money_measure(words)
    if other is None or other == measure or not _VIETNAMESE.fullmatch(digits):
        return _refuse_letters(text)
    kept = to_kept(sign * _number_of(digits), other)
    printed = to_printed(kept, measure)
    if not math.isfinite(printed):
        return _NO_FIGURE
    meant = format_number(printed, decimals=_MEANT_DECIMALS)
    return Parsed(None, "CELL-35", meant=meant)


def _refuse_letters(text: str) -> Parsed:
    """Return the refusal of letters in a figure; it names those that look like digits."""
    if not _LOOKALIKES.fullmatch(text):
        return _NO_FIGURE
    meant = text.translate(_AS_DIGITS)
    # Only a figure that can be read is proposed.
    if not _VIETNAMESE.fullmatch(meant):
        return _NO_FIGURE
    return Parsed(None, "CELL-27", meant=meant)


def _without_percent(figure: str, measure: str) -> str:
    """Return "98,5" for "98,5 %" and "98.5%" in a column of percents.

    Any other text stays as it is and is refused later.
    """
    if measure != PERCENT or not figure.endswith(PERCENT):
        return figure
    bare = figure.removesuffix(PERCENT).rstrip()
    if _PERCENT_POINT.fullmatch(bare):
        return bare.replace(".", ",")
    return bare


def _refusal_of(digits: str, measure: str) -> str:
    """Return the rule that refuses a text without letters.

    The text is an ambiguous number, a percentage in another column, or not a number.
    """
    if _FOREIGN.fullmatch(digits):
        return "CELL-11"
    if digits.endswith(PERCENT) and measure != PERCENT:
        figure = digits.removesuffix(PERCENT).rstrip()
        if _FOREIGN.fullmatch(figure):
            return "CELL-23"
    return "CELL-07"


def _split_sign(text: str) -> tuple[int, str]:
    """Return the sign and the digits of "12", "-12" and "(12)".

    Any other use of signs stays in the text, which is refused later.
    """
    match = _SIGNED.fullmatch(text)
    if match is None:
        return 1, text
    if match["plain"]:
        return 1, match["plain"].strip()
    return -1, (match["minus"] or match["brackets"]).strip()
