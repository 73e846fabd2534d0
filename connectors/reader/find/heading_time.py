"""The year, period or day that an office writes behind a heading: "Kế hoạch vốn năm 2025".

The heading means its column without these words. They are compared with the report's period.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from program.calendar.period import Period
from program.labels import fold

CENTURY = "20"
"""No text without it names a year. Nearly every text is excluded by that."""
_MOST_WORDS = 10
"""How many words the words for a time have at most."""
_LONGEST = 200
_REMARKS_BEHIND = re.compile(r"(?P<core>.*?)(?P<remarks>(?:\s*\([^()]*\))*)\s*", re.DOTALL)
# On folded text. "den het", "tinh den ngay": words that only lead to the time.
_LEAD = re.compile(r"\A(?:(?:tinh|luy ke|cong don) )?(?:(?:den|toi|trong|cua) )?(?:(?:het|cuoi) )?")
_DAY = re.compile(
    r"(?:ngay )?(?P<day>[0-3]?[0-9]) (?:thang )?(?P<month>[01]?[0-9]) (?:nam )?(?P<year>20[0-9]{2})"
)


class TimeSpan(NamedTuple):
    """The first and the last day of a time that a heading names."""

    first: date
    last: date

    def is_outside(self, period: Period) -> bool:
        """Tell whether no day of the time lies within a period."""
        return self.last < period.start or period.end < self.first


@dataclass(frozen=True, slots=True)
class DatedText:
    """A heading without its time, and that time; None where it names none."""

    text: str
    span: TimeSpan | None


class DatedHeading(NamedTuple):
    """A heading that names a time: its 0-based row and column, its text, and the time."""

    row: int
    at: int
    text: str
    span: TimeSpan


@lru_cache(maxsize=4096)
def split_time(text: str) -> DatedText:
    """Return a heading without the time behind it, and the time: "Kế hoạch vốn", 2025.

    A heading that names no time, or nothing else, is returned whole.
    """
    if CENTURY not in text or len(text) > _LONGEST:
        return DatedText(text, None)
    readings = [(text, "")]
    match = _REMARKS_BEHIND.fullmatch(text)
    if match is not None:
        readings.insert(0, (match["core"], match["remarks"]))
    # "Giải ngân (triệu đồng) năm 2025", "Kế hoạch vốn năm 2025 (triệu đồng)", "Vốn (năm 2025)".
    for core, remarks in readings:
        words = core.split()
        # The first word stays: a heading that is nothing but a time has no label.
        first_tried = max(1, len(words) - _MOST_WORDS)
        for first in range(first_tried, len(words)):
            span = read_time(" ".join(words[first:]))
            if span is not None:
                label = " ".join(words[:first])
                return DatedText(f"{label}{remarks}".strip(), span)
    return DatedText(text, None)


def read_time(text: str) -> TimeSpan | None:
    """Return the time that a text consists of; None for a text with other words."""
    folded = fold(text)
    bare = _LEAD.sub("", folded, count=1)
    match = _DAY.fullmatch(bare)
    if match is not None:
        return _day(int(match["year"]), int(match["month"]), int(match["day"]))
    period = Period.read(bare)
    if period is None:
        return None
    return TimeSpan(period.start, period.end)


def _day(year: int, month: int, day: int) -> TimeSpan | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return TimeSpan(found, found)


def outside(headings: Iterable[DatedHeading], period: Period) -> Iterator[DatedHeading]:
    """Yield each heading whose time lies outside a period; a group's heading once."""
    met: set[tuple[int, str]] = set()
    for heading in headings:
        key = heading.row, heading.text
        if key not in met and heading.span.is_outside(period):
            met.add(key)
            yield heading
