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
    YEAR = "year"
    HALF = "half"
    QUARTER = "quarter"
    MONTH = "month"


_MONTHS_IN = {PeriodKind.YEAR: 12, PeriodKind.HALF: 6, PeriodKind.QUARTER: 3, PeriodKind.MONTH: 1}
_CODE = re.compile(r"^(?P<year>\d{4})(?:-(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?$")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
# Written forms seen in reports, on folded text. The first that matches wins, the finest kind first.
_WRITTEN: tuple[tuple[PeriodKind, re.Pattern[str]], ...] = (
    (PeriodKind.QUARTER, re.compile(r"\bquy (?P<n>[1-4]|i{1,3}|iv) (?:nam )?(?P<year>\d{4})\b")),
    (PeriodKind.QUARTER, re.compile(r"\bq(?P<n>[1-4]) (?P<year>\d{4})\b")),
    (PeriodKind.HALF, re.compile(r"\b6 thang (?P<n>dau|cuoi) nam (?P<year>\d{4})\b")),
    (PeriodKind.MONTH, re.compile(r"\bthang (?P<n>0?[1-9]|1[0-2]) (?:nam )?(?P<year>\d{4})\b")),
    (PeriodKind.YEAR, re.compile(r"\b(?:ca )?nam (?P<year>\d{4})\b")),
    (PeriodKind.YEAR, re.compile(r"^(?P<year>\d{4})$")),
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
        match = _CODE.match(code.strip().upper())
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

        A text that names two different periods of the finest kind it uses is ambiguous: None.
        """
        try:
            return cls.parse(text)
        except ValueError:
            pass
        folded = fold(text)
        for kind, pattern in _WRITTEN:
            found = {cls(int(m["year"]), kind, _ordinal(m.groupdict().get("n"))) for m in pattern.finditer(folded)}
            if found:
                return found.pop() if len(found) == 1 else None
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

    def __str__(self) -> str:
        return self.code


def _ordinal(text: str | None) -> int:
    if text is None or text == "dau":
        return 1
    if text == "cuoi":
        return 2
    return _ROMAN.get(text) or int(text)


def periods_between(kind: PeriodKind, first: date, last: date) -> list[Period]:
    """Return the periods of `kind` that end within `first`..`last`, in order."""
    candidates = (
        Period(year, kind, number) for year in range(first.year, last.year + 1) for number in range(1, 12 // _MONTHS_IN[kind] + 1)
    )
    return [p for p in candidates if first <= p.end <= last]
