"""A cell of a column of days: day before month, and a whole day or none. Writings in docs/reading.md."""

import math
import re
import unicodedata
from datetime import date, datetime, timedelta

from connectors.reader.characters import plain
from connectors.reader.markup import Percentage
from connectors.reader.parsed import Parsed
from connectors.reader.workbook import CellValue
from program.vietnamese import format_date

FIRST_YEAR, LAST_YEAR = 2015, 2035
"""The programme runs from 2021 to 2025; its works may have begun before it and are finished, and settled, after it."""

_EXCEL_EPOCH = date(1899, 12, 30)
_SERIALS = range((date(FIRST_YEAR, 1, 1) - _EXCEL_EPOCH).days, (date(LAST_YEAR, 12, 31) - _EXCEL_EPOCH).days + 1)
_TIME = r"(?:[ t,]+[0-9]{1,2}(?:[:h][0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?z?)?"
_DAY = re.compile(
    r"(?:(?:ngày|ngay):? ?)?(?P<day>[0-9]{1,2}) ?(?P<sep>[/.–-]) ?(?P<month>[0-9]{1,2}) ?(?P=sep) ?"
    rf"(?P<year>[0-9]{{4}}|[0-9]{{2}}){_TIME}"
)
_SPELT_DAY = re.compile(
    r"(?:(?:ngày|ngay) )?(?P<day>[0-9]{1,2}) (?:tháng|thang) (?P<month>[0-9]{1,2}),? (?:(?:năm|nam) )?(?P<year>[0-9]{4})"
)
_ISO_DAY = re.compile(rf"(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}}){_TIME}")
_MONTH_OR_YEAR = re.compile(
    r"(?:(?:tháng|thang|quý|quy) )?[0-9ivx]{1,4}(?: ?[/.-] ?| (?:năm|nam) | )[0-9]{4}"
    r"|(?:tháng|thang|quý|quy) [0-9ivx]{1,4}|(?:(?:năm|nam) )?[0-9]{4}"
)
_ANY_DAY = r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-](?:[0-9]{4}|[0-9]{2})"
_SEVERAL_DAYS = re.compile(
    r"[0-9] ?(?:đến|den|tới) ?(?:ngày |ngay )?[0-9]"
    r"|[0-9](?: [–—-] ?| ?[–—] ?| ?\n ?)(?:ngày |ngay )?[0-9]"
    rf"|{_ANY_DAY} ?[-,;] ?{_ANY_DAY}|[0-9]{{1,2}}-[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}}"
)
_SERIAL = re.compile(r"[0-9]{5}")


def parse_day(cell: CellValue) -> Parsed:
    """Return the day of a cell that is not empty; a day in a year that can hardly be meant stays, and is asked about."""
    if isinstance(cell, str):
        return _parse_text(cell)
    if isinstance(cell, date):
        return _checked(cell.date() if isinstance(cell, datetime) else cell)
    if isinstance(cell, bool | Percentage) or not isinstance(cell, int | float) or not math.isfinite(cell):
        return Parsed(None, "CELL-08")
    return _refuse_number(int(cell), is_year=cell in range(FIRST_YEAR, LAST_YEAR + 1))


def is_spelt_day(cell: CellValue) -> bool:
    """Tell whether a cell spells a day out: "ngày 15 tháng 01 năm 2025" also stands above a signature."""
    return isinstance(cell, str) and plain(cell)[:1].isalpha() and parse_day(cell).value is not None


def _checked(day: date, rule: str | None = None) -> Parsed:
    return Parsed(day, rule if FIRST_YEAR <= day.year <= LAST_YEAR else "CELL-32")


def _refuse_number(number: int, *, is_year: bool) -> Parsed:
    """Return the refusal of a number, with the day that Excel counts as it: 45000 is 15/03/2023."""
    if is_year:
        return Parsed(None, "CELL-30")
    if number not in _SERIALS:
        return Parsed(None, "CELL-08")
    return Parsed(None, "CELL-31", meant=format_date(_EXCEL_EPOCH + timedelta(days=number)))


def _parse_text(cell: str) -> Parsed:
    text = plain(cell)
    if not text.isascii() or not text.isdigit():
        text = unicodedata.normalize("NFC", text).casefold()
    match = _DAY.fullmatch(text) or _ISO_DAY.fullmatch(text) or _SPELT_DAY.fullmatch(text)
    if match is None:
        return _refuse_text(text)
    year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
    try:
        day = date(int(year), int(match["month"]), int(match["day"]))
    except ValueError:
        return Parsed(None, "CELL-08")
    return _checked(
        day, None if cell.strip() == f"{match['day']}/{match['month']}/{match['year']}" and year == match["year"] else "CELL-28"
    )


def _refuse_text(text: str) -> Parsed:
    """Return the refusal of a text that is not one day, and why: several days, a month or year, a bare number."""
    if _SEVERAL_DAYS.search(text):
        return Parsed(None, "CELL-29")
    if _MONTH_OR_YEAR.fullmatch(text):
        return Parsed(None, "CELL-30")
    return _refuse_number(int(text), is_year=False) if _SERIAL.fullmatch(text) else Parsed(None, "CELL-08")
