"""Periods: what a report covers. Their codes are `2024`, `2024-H1`, `2024-Q4`, `2024-12`.

A period is neither the time when a report arrived (`received_at`) nor when it was loaded
(`loaded_at`).
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from program.labels import bracketed, fold, without_brackets


class PeriodKind(StrEnum):
    """The length of a period."""

    YEAR = "year"
    HALF = "half"
    QUARTER = "quarter"
    MONTH = "month"


_MONTHS_IN = {PeriodKind.YEAR: 12, PeriodKind.HALF: 6, PeriodKind.QUARTER: 3, PeriodKind.MONTH: 1}
# Only years of this century: a mistyped 0024 is no period.
_YEAR = r"(?P<year>20[0-9]{2})"
_CODE = re.compile(
    _YEAR + r"(?:-(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?"
)

_QUARTERS = {1: "I", 2: "II", 3: "III", 4: "IV"}
# What offices write, on folded text. The whole text must match: "9 tháng đầu năm 2024" and "Quý IV
# và cả năm 2024" both contain "năm 2024", and neither is a report of the year.
_START = r"(?:(?:bao cao|ky) )*"
_QUARTER = r"(?:qu[yi]|q) ?(?P<n>0?[1-4]|i{1,3}|iv|mot|hai|ba|bon|tu)"
_HALF = r"(?:(?:0?6|sau) ?(?:thang|t)|nua) (?P<n>dau|cuoi)"
_MONTH = r"(?:thang|t) ?(?P<n>0?[1-9]|1[0-2])"
# A budget year is a calendar year (Law on the State Budget 83/2015/QH13, Art. 14).
_YEAR_WORD = r"(?:nam|nien do)(?: (?:ngan sach|ke hoach|bao cao))?"
_OF_YEAR = rf" (?:cua )?(?:{_YEAR_WORD} )?" + _YEAR
_YEAR_FIRST = rf"(?:{_YEAR_WORD} )?" + _YEAR + " "
# "Quý IV/24" can only be a year. Two digits behind a month could be a day.
_OF_SHORT_YEAR = r" (?:nam )?(?P<year>2[0-9])"
_WRITTEN: tuple[tuple[PeriodKind, re.Pattern[str]], ...] = (
    (PeriodKind.QUARTER, re.compile(_START + _QUARTER + _OF_YEAR)),
    (PeriodKind.QUARTER, re.compile(_START + _QUARTER + _OF_SHORT_YEAR)),
    (PeriodKind.QUARTER, re.compile(_START + _YEAR_FIRST + _QUARTER)),
    (PeriodKind.HALF, re.compile(_START + _HALF + _OF_YEAR)),
    (PeriodKind.MONTH, re.compile(_START + _MONTH + _OF_YEAR)),
    (PeriodKind.YEAR, re.compile(_START + rf"(?:(?:ca )?{_YEAR_WORD} )?" + _YEAR)),
)
# Spans of a year, on folded text: "3 tháng đầu năm 2024", "từ tháng 10 đến tháng 12 năm 2024", "từ
# 01/10/2024 đến 31/12/2024". A dash between two days is gone from folded text.
_MONTH_NUMBER = r"0?[1-9]|1[0-2]"
_TO = r"(?:den|toi) (?:het )?"
_COUNTED_MONTHS = re.compile(
    _START
    + rf"(?P<count>{_MONTH_NUMBER}) thang (?:(?:cua|trong) )?(?:(?P<end>dau|cuoi) )?nam "
    + _YEAR
)
_MONTH_TO_MONTH = re.compile(
    _START
    + rf"(?:tu )?(?:thang|t) ?(?P<first>{_MONTH_NUMBER})"
    + r"(?: (?:nam )?(?P<first_year>20[0-9]{2}))?"
    + rf" {_TO}(?:(?:thang|t) ?)?(?P<last>{_MONTH_NUMBER})"
    + _OF_YEAR
)
_DAY_TO_DAY = re.compile(
    _START
    + rf"(?:tu )?(?:ngay )?0?1 (?:thang )?(?P<first>{_MONTH_NUMBER})"
    + r"(?: (?:nam )?(?P<first_year>20[0-9]{2}))?"
    + rf" (?:{_TO})?(?:ngay )?"
    + rf"(?P<last_day>[0-9]{{2}}) (?:thang )?(?P<last>{_MONTH_NUMBER})"
    + _OF_YEAR
)
_NUMBERS = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "mot": 1,
    "hai": 2,
    "ba": 3,
    "bon": 4,
    "tu": 4,
    "dau": 1,
    "cuoi": 2,
}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar year, or its `number`-th half, quarter or month. A year has the number 1."""

    year: int
    kind: PeriodKind
    number: int = 1

    @classmethod
    def parse(cls, code: str) -> "Period":
        """Return the period with a code, such as `2024-Q4`.

        Spaces around the code and lower case do not matter.

        Raises:
            ValueError: The text is no code of a period.
        """
        return _parsed(code)

    @classmethod
    def read(cls, text: str) -> "Period | None":
        """Return the period that an office wrote ("Quý IV/2024", "6 tháng đầu năm 2024"), or None.

        A span that has the months or the days of a period is that period ("từ 01/10/2024 đến
        31/12/2024"). A text with several periods ("Quý III, IV/2024") or another span ("9 tháng
        đầu năm 2024") gives None: nothing is guessed.
        """
        try:
            return cls.parse(text)
        except ValueError:
            # No code. An office writes words.
            pass
        period = _written(fold(text))
        if period is not None:
            return period
        # "Quý IV năm 2024 (từ 01/10/2024 đến 31/12/2024)": both must say the same.
        inner = bracketed(text)
        outer = without_brackets(text)
        if not inner or not fold(outer):
            return None
        periods = {cls.read(each) for each in (outer, *inner)}
        return periods.pop() if len(periods) == 1 else None

    @property
    def code(self) -> str:
        """The only spelling of the period in files, commands and the warehouse."""
        match self.kind:
            case PeriodKind.YEAR:
                return f"{self.year}"
            case PeriodKind.HALF:
                return f"{self.year}-H{self.number}"
            case PeriodKind.QUARTER:
                return f"{self.year}-Q{self.number}"
            case PeriodKind.MONTH:
                return f"{self.year}-{self.number:02d}"

    @property
    def label(self) -> str:
        """The period as a Vietnamese office writes it."""
        match self.kind:
            case PeriodKind.YEAR:
                return f"Năm {self.year}"
            case PeriodKind.HALF:
                return f"6 tháng {self._half} năm {self.year}"
            case PeriodKind.QUARTER:
                return f"Quý {_QUARTERS[self.number]} năm {self.year}"
            case PeriodKind.MONTH:
                return f"Tháng {self.number} năm {self.year}"

    @property
    def label_in_text(self) -> str:
        """The label inside a sentence: "quý IV năm 2024"."""
        return f"{self.label[:1].lower()}{self.label[1:]}"

    @property
    def short_label(self) -> str:
        """The period as the heading of a narrow column."""
        match self.kind:
            case PeriodKind.YEAR:
                return f"{self.year}"
            case PeriodKind.HALF:
                return f"6T {self._half}/{self.year}"
            case PeriodKind.QUARTER:
                return f"Q{self.number}/{self.year}"
            case PeriodKind.MONTH:
                return f"T{self.number}/{self.year}"

    @property
    def _half(self) -> str:
        return "đầu" if self.number == 1 else "cuối"

    @property
    def start(self) -> date:
        """The first day, included."""
        months_before = (self.number - 1) * _MONTHS_IN[self.kind]
        return date(self.year, months_before + 1, 1)

    @property
    def end(self) -> date:
        """The last day, included."""
        month = self.number * _MONTHS_IN[self.kind]
        _, last_day = calendar.monthrange(self.year, month)
        return date(self.year, month, last_day)

    @property
    def end_order(self) -> tuple[date, int]:
        """The key that orders periods by their ends.

        Of two that end on one day, the longer comes later: the year after its last quarter.
        """
        return self.end, -self.start.toordinal()

    def moved(self, steps: int) -> "Period":
        """Return the period `steps` of its kind later; earlier where `steps` is negative."""
        in_year = _periods_in_year(self.kind)
        # All periods of a kind in one row, so that a step may cross the turn of a year.
        position = self.year * in_year + self.number - 1
        year, number_before = divmod(position + steps, in_year)
        return Period(year, self.kind, number_before + 1)

    def __str__(self) -> str:
        return self.code


def _periods_in_year(kind: PeriodKind) -> int:
    return 12 // _MONTHS_IN[kind]


def _written(folded: str) -> Period | None:
    """Return the period that a folded text names in words or as a span; None for another text."""
    for kind, pattern in _WRITTEN:
        match = pattern.fullmatch(folded)
        if match is not None:
            year = 2000 + int(match["year"]) % 100
            # The pattern of a year has no group `n`.
            number = match.groupdict().get("n")
            return Period(year, kind, _ordinal(number))
    return _spanned(folded)


def _spanned(folded: str) -> Period | None:
    """Return the period that the span of a folded text is; None for another span or text."""
    if match := _COUNTED_MONTHS.fullmatch(folded):
        count = int(match["count"])
        # Only of twelve months is it clear which they are.
        if match["end"] is None and count < 12:
            return None
        first = 13 - count if match["end"] == "cuoi" else 1
        return _of_months(int(match["year"]), first, first + count - 1)
    match = _MONTH_TO_MONTH.fullmatch(folded)
    if match and _is_in_one_year(match):
        return _of_months(int(match["year"]), int(match["first"]), int(match["last"]))
    match = _DAY_TO_DAY.fullmatch(folded)
    if match and _is_in_one_year(match):
        period = _of_months(int(match["year"]), int(match["first"]), int(match["last"]))
        if period is not None and period.end.day == int(match["last_day"]):
            return period
    return None


def _is_in_one_year(span: re.Match[str]) -> bool:
    """Tell whether a span names one year; the year of its first day may be left out."""
    return span["first_year"] in (None, span["year"])


def _of_months(year: int, first: int, last: int) -> Period | None:
    """Return the period from the first to the last of two months; None where there is none."""
    length = last - first + 1
    for kind, months in _MONTHS_IN.items():
        if months == length and last % months == 0:
            return Period(year, kind, last // months)
    return None


def _ordinal(text: str | None) -> int:
    # A year is written without a number.
    if text is None:
        return 1
    return _NUMBERS.get(text) or int(text)


def periods_between(kind: PeriodKind, first: date, last: date) -> list[Period]:
    """Return the periods of `kind` that end from `first` to `last`, both included, in order."""
    periods: list[Period] = []
    numbers = range(1, _periods_in_year(kind) + 1)
    for year in range(first.year, last.year + 1):
        for number in numbers:
            period = Period(year, kind, number)
            if first <= period.end <= last:
                periods.append(period)
    return periods


# A site asks for the same codes hundreds of thousands of times.
@lru_cache(maxsize=4096)
def _parsed(code: str) -> Period:
    match = _CODE.fullmatch(code.strip().upper())
    if match is None:
        raise ValueError(f"not a period: {code!r}; expected 2024, 2024-H1, 2024-Q4 or 2024-12")
    year = int(match["year"])
    for kind in (PeriodKind.HALF, PeriodKind.QUARTER, PeriodKind.MONTH):
        if match[kind.value]:
            return Period(year, kind, int(match[kind.value]))
    return Period(year, PeriodKind.YEAR)


def is_within(day: date, first: date | None, last: date | None) -> bool:
    """Tell whether a day lies from `first` to `last`, both included. None: no such bound."""
    has_begun = first is None or first <= day
    has_not_ended = last is None or day <= last
    return has_begun and has_not_ended


def _only_code(code: str) -> str:
    return Period.parse(code).code


PeriodCode: TypeAlias = Annotated[str, AfterValidator(_only_code)]
"""The code of a period in a pack's file, in its only spelling."""
