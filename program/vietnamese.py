"""Numbers and dates as a Vietnamese reader expects them: 2.208 · 41,87 · 02/12/2024.

The dot after thousands and the comma before decimals are law: Accounting Law 2003, Article 12.2
(docs/sources.md, S31).
"""

import re
from datetime import UTC, date, datetime
from decimal import localcontext
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

VIETNAM_TIME = ZoneInfo("Asia/Ho_Chi_Minh")

_APART = re.compile(r"(?<=\d) %")
_DIGITS = 700
"""Enough for every float: the largest has 309 digits before the comma.

The smallest has its first digit at the 324th place after the comma.
"""


def format_number(value: float, *, decimals: int = 3, least_decimals: int = 0) -> str:
    """Return `value` with dots after thousands and at most `decimals` digits after a comma.

    It has at least `least_decimals` of them: the figures of a column stand comma below comma.
    """
    after_comma = "0" * least_decimals + "#" * (decimals - least_decimals)
    pattern = f"#,##0.{after_comma}" if after_comma else "#,##0"
    # Babel rounds in the context of decimal. Its 28 digits are too few for a mistyped 1e22, and
    # decimal raises InvalidOperation (2026-11-23).
    with localcontext(prec=_DIGITS):
        return format_decimal(value, format=pattern, locale="vi")


def close_percents(text: str) -> str:
    """Return a text with "50%" where it has "50 %": a figure and its sign are one word."""
    return _APART.sub("%", text)


def vietnam_day(instant: datetime) -> date:
    """Return the day in Vietnam of an instant. The instant has a time zone."""
    return instant.astimezone(VIETNAM_TIME).date()


def format_date(value: date) -> str:
    """Return day/month/year: 02/12/2024."""
    return f"{value:%d/%m/%Y}"


def format_instant(value: datetime) -> str:
    """Return an instant in Vietnam's time: 20/01/2025 08:30. Without a time zone, it is in UTC."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return f"{aware.astimezone(VIETNAM_TIME):%d/%m/%Y %H:%M}"
