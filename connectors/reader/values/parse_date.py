"""Parse a cell of a column of days: day before month, one whole day. Examples: docs/reading.md."""

import math
import re
import unicodedata
from datetime import date, datetime, timedelta

from connectors.reader.open.markup import Percentage
from connectors.reader.open.number_formats import ShownMonth
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.characters import plain
from connectors.reader.values.parsed import Parsed
from program.vietnamese import format_date

FIRST_YEAR, LAST_YEAR = 2015, 2035
"""The years in which a day is plausible.

The program runs from 2021 to 2025. Its works may begin before and end, or be settled, after it.
"""

_EXCEL_EPOCH = date(1899, 12, 30)
_FIRST_SERIAL = (date(FIRST_YEAR, 1, 1) - _EXCEL_EPOCH).days
_LAST_SERIAL = (date(LAST_YEAR, 12, 31) - _EXCEL_EPOCH).days
_TIME = r"(?:[ t,]+[0-9]{1,2}(?:[:h][0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?z?)?"
_DAY = re.compile(
    r"(?:(?:ngày|ngay):? ?)?(?P<day>[0-9]{1,2}) ?(?P<sep>[/.–-]) ?(?P<month>[0-9]{1,2})"
    rf" ?(?P=sep) ?(?P<year>[0-9]{{4}}|[0-9]{{2}}){_TIME}"
)
_SPELT_DAY = re.compile(
    r"(?:(?:ngày|ngay) )?(?P<day>[0-9]{1,2}) (?:tháng|thang) (?P<month>[0-9]{1,2}),? "
    r"(?:(?:năm|nam) )?(?P<year>[0-9]{4})"
)
# ISO 8601, also without separators, and with those of other programs: "2024/12/2", "2024.12.02".
_ISO_DAY = re.compile(
    r"(?:(?:ngày|ngay):? ?)?(?P<year>[0-9]{4}) ?(?P<sep>[/.–-]) ?(?P<month>[0-9]{1,2})"
    rf" ?(?P=sep) ?(?P<day>[0-9]{{1,2}}){_TIME}"
)
_ISO_DIGITS = re.compile(r"(?P<year>20[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_DAYS = (_DAY, _ISO_DAY, _ISO_DIGITS, _SPELT_DAY)
_MONTH_OR_YEAR = re.compile(
    r"(?:(?:tháng|thang|quý|quy) )?[0-9ivx]{1,4}(?: ?[/.-] ?| (?:năm|nam) | )[0-9]{4}"
    r"|(?:tháng|thang|quý|quy) [0-9ivx]{1,4}|(?:(?:năm|nam) )?[0-9]{4}"
)
_ANY_DAY = r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-](?:[0-9]{4}|[0-9]{2})"
SEVERAL_DAYS = "CELL-29"
_SEVERAL_DAYS = re.compile(
    r"[0-9] ?(?:đến|den|tới) ?(?:ngày |ngay )?[0-9]"
    r"|[0-9](?: [–—-] ?| ?[–—] ?| ?\n ?)(?:ngày |ngay )?[0-9]"
    rf"|{_ANY_DAY} ?[-,;] ?{_ANY_DAY}|[0-9]{{1,2}}-[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}}"
)
_SERIAL = re.compile(r"[0-9]{5}")


_NO_DAY = Parsed(None, "CELL-08")


def parse_day(cell: CellValue) -> Parsed:
    """Return the day of a cell that is not empty.

    A day in an implausible year is kept, and breaks a rule.
    """
    if isinstance(cell, str):
        return _parse_text(cell)
    if isinstance(cell, ShownMonth):
        return Parsed(None, "CELL-30")
    if isinstance(cell, datetime):
        return _checked(cell.date())
    if isinstance(cell, date):
        return _checked(cell)
    # Neither TRUE nor 12% is a number of days, though Python counts both as numbers.
    if isinstance(cell, bool | Percentage) or not isinstance(cell, int | float):
        return _NO_DAY
    return _parse_number(cell)


def is_spelt_day(cell: CellValue) -> bool:
    """Return whether a cell spells out a day: "ngày 15 tháng 01 năm 2025".

    Such a text may also stand above a signature.
    """
    if not isinstance(cell, str) or not plain(cell)[:1].isalpha():
        return False
    return parse_day(cell).value is not None


def _checked(day: date, rule: str | None = None) -> Parsed:
    """Return a day with the rule that its writing breaks; a year out of range comes first."""
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return Parsed(day, rule)
    return Parsed(day, "CELL-32")


def _parse_number(number: float) -> Parsed:
    """Return the day that a number spells in digits, 20241207; its refusal if it spells none."""
    if not math.isfinite(number):
        return _NO_DAY
    if number in range(FIRST_YEAR, LAST_YEAR + 1):
        return Parsed(None, "CELL-30")
    # No day of the program has so large a number in Excel.
    if number > _LAST_SERIAL and float(number).is_integer():
        return _parse_text(str(int(number)))
    return _refuse_number(int(number))


def _refuse_number(number: int) -> Parsed:
    """Return the refusal of a number, with the day that Excel means by it: 45000 is 15/03/2023."""
    if not _FIRST_SERIAL <= number <= _LAST_SERIAL:
        return _NO_DAY
    day = _EXCEL_EPOCH + timedelta(days=number)
    return Parsed(None, "CELL-31", meant=format_date(day))


def _parse_text(cell: str) -> Parsed:
    text = plain(cell)
    is_number = text.isascii() and text.isdigit()
    if not is_number:
        text = unicodedata.normalize("NFC", text).casefold()
    matches = (pattern.fullmatch(text) for pattern in _DAYS)
    match = next((found for found in matches if found), None)
    if match is None:
        return _refuse_text(text)
    day = match["day"]
    month = match["month"]
    year = match["year"]
    # The Program began in 2021, so two digits are never a year of the last century.
    full_year = year if len(year) == 4 else f"20{year}"
    try:
        value = date(int(full_year), int(month), int(day))
    except ValueError:
        return _NO_DAY
    rule: str | None = None
    # Any other way to write a day is accepted too, and reported.
    if cell.strip() != f"{day}/{month}/{full_year}":
        rule = "CELL-28"
    return _checked(value, rule)


def _refuse_text(text: str) -> Parsed:
    """Return the refusal of a text that is not one day: several days, a month, a year, a number."""
    if _SEVERAL_DAYS.search(text):
        return Parsed(None, SEVERAL_DAYS)
    if _MONTH_OR_YEAR.fullmatch(text):
        return Parsed(None, "CELL-30")
    if _SERIAL.fullmatch(text):
        return _refuse_number(int(text))
    return _NO_DAY
