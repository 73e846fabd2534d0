"""Periods: what a report covers. `2024`, `2024-H1`, `2024-Q4`, `2024-12`.

Not when it came (`received_at`) and not when it was loaded (`loaded_at`).
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from program.labels import fold


class PeriodKind(StrEnum):
    """How long a period is."""

    YEAR = "year"
    HALF = "half"
    QUARTER = "quarter"
    MONTH = "month"


_MONTHS_IN = {PeriodKind.YEAR: 12, PeriodKind.HALF: 6, PeriodKind.QUARTER: 3, PeriodKind.MONTH: 1}
# Years of this century only: a mistyped 0024 is no period, and no date either.
_CODE = re.compile(r"(?P<year>20[0-9]{2})(?:-(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")
_NUMBERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "dau": 1, "cuoi": 2}
# Written forms seen in reports, on folded text. The whole text must be one of them: "9 tháng đầu năm 2024" and
# "Quý IV và cả năm 2024" both contain "năm 2024", and neither is a report of the year.
_START, _OF_YEAR = r"(?:bao cao )?(?:ky )?", r" (?:nam )?(?P<year>20[0-9]{2})"
_WRITTEN: tuple[tuple[PeriodKind, re.Pattern[str]], ...] = (
    (PeriodKind.QUARTER, re.compile(_START + r"(?:qu[yi]|q) ?(?P<n>0?[1-4]|i{1,3}|iv|mot|hai|ba|bon|tu)" + _OF_YEAR)),
    (PeriodKind.HALF, re.compile(_START + r"(?:(?:0?6|sau) ?(?:thang|t)|nua) (?P<n>dau|cuoi)" + _OF_YEAR)),
    (PeriodKind.MONTH, re.compile(_START + r"(?:thang|t) ?(?P<n>0?[1-9]|1[0-2])" + _OF_YEAR)),
    (PeriodKind.YEAR, re.compile(_START + r"(?:(?:ca )?nam )?(?P<year>20[0-9]{2})")),
)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar year or the `number`-th half, quarter or month of it. `number` is 1 for a year."""

    year: int
    kind: PeriodKind
    number: int = 1

    @classmethod
    def parse(cls, code: str) -> "Period":
        """Return the period that `code` names. Raises ValueError for anything but the four spellings above."""
        match = _CODE.fullmatch(code.strip().upper())
        if match is None:
            raise ValueError(f"not a period: {code!r}; expected 2024, 2024-H1, 2024-Q4 or 2024-12")
        year = int(match["year"])
        for kind in (PeriodKind.HALF, PeriodKind.QUARTER, PeriodKind.MONTH):
            if match[kind.value]:
                return cls(year, kind, int(match[kind.value]))
        return cls(year, PeriodKind.YEAR)

    @classmethod
    def read(cls, text: str) -> "Period | None":
        """Return the period that an office wrote ("Quý IV/2024", "6 tháng đầu năm 2024"), or None.

        A text that says more than one period ("Quý III, IV/2024", "9 tháng đầu năm 2024") is none: nothing is guessed.
        """
        try:
            return cls.parse(text)
        except ValueError:
            pass
        folded = fold(text)
        for kind, pattern in _WRITTEN:
            match = pattern.fullmatch(folded)
            if match is not None:
                return cls(int(match["year"]), kind, _ordinal(match.groupdict().get("n")))
        return None

    @property
    def code(self) -> str:
        """The period's one spelling in files, commands and the warehouse."""
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
                return f"6 tháng {'đầu' if self.number == 1 else 'cuối'} năm {self.year}"
            case PeriodKind.QUARTER:
                return f"Quý {self.number} năm {self.year}"
            case PeriodKind.MONTH:
                return f"Tháng {self.number} năm {self.year}"

    @property
    def short_label(self) -> str:
        """The period as it heads a narrow column."""
        match self.kind:
            case PeriodKind.YEAR:
                return f"{self.year}"
            case PeriodKind.HALF:
                return f"6T {'đầu' if self.number == 1 else 'cuối'}/{self.year}"
            case PeriodKind.QUARTER:
                return f"Q{self.number}/{self.year}"
            case PeriodKind.MONTH:
                return f"T{self.number}/{self.year}"

    @property
    def start(self) -> date:
        """First day, included."""
        return date(self.year, (self.number - 1) * _MONTHS_IN[self.kind] + 1, 1)

    @property
    def end(self) -> date:
        """Last day, included."""
        month = self.number * _MONTHS_IN[self.kind]
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    def moved(self, steps: int) -> "Period":
        """Return the period that many of its kind later; earlier, where `steps` is negative."""
        in_year = 12 // _MONTHS_IN[self.kind]
        year, number = divmod(self.year * in_year + self.number - 1 + steps, in_year)
        return Period(year, self.kind, number + 1)

    def __str__(self) -> str:
        return self.code


def _ordinal(text: str | None) -> int:
    if text is None:
        return 1
    return _NUMBERS.get(text) or int(text)


def periods_between(kind: PeriodKind, first: date, last: date) -> list[Period]:
    """Return the periods of `kind` that end within `first`..`last`, in order."""
    candidates = (
        Period(year, kind, number) for year in range(first.year, last.year + 1) for number in range(1, 12 // _MONTHS_IN[kind] + 1)
    )
    return [p for p in candidates if first <= p.end <= last]
