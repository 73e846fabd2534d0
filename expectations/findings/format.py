"""Kept values, printed as their senders write them."""

import math
from typing import Any

import pandas as pd

from program.forms.measure import COUNTED_MEASURES, PERCENT_SIGN, to_printed
from program.vietnamese import format_date, format_number


def format_value(value: Any, measure: str) -> str:
    """Return a kept value as its sender writes it; "" for None, NaN and NaT.

    Numbers are in the column's measure, with Vietnamese separators.
    """
    is_nan = isinstance(value, float) and math.isnan(value)
    if value is None or value is pd.NaT or is_nan:
        return ""
    if isinstance(value, pd.Timestamp):
        return format_date(value)
    if isinstance(value, int | float):
        figure = to_printed(float(value), measure)
        return format_number(figure, decimals=6)
    return str(value)


def format_estimate(value: Any, measure: str) -> str:
    """Return a computed value as a sender would write it: a whole number of people or things."""
    is_number = isinstance(value, int | float) and math.isfinite(value)
    if is_number and measure in COUNTED_MEASURES:
        return format_value(float(round(value)), measure)
    return format_value(value, measure)


def format_ratio(value: float, measure: str) -> str:
    """Return a ratio with three digits that count; a whole number of people or things."""
    scaled = to_printed(float(value), measure)
    decimals = 0
    # 0 has no first digit.
    if scaled and measure not in COUNTED_MEASURES:
        first_digit = math.floor(math.log10(abs(scaled)))
        decimals = max(2 - first_digit, 0)
    return format_number(round(scaled, decimals), decimals=6)


def with_measure(text: str, measure: str) -> str:
    """Return a printed figure with its measure: "152,5 triệu đồng", "50%"."""
    if measure == PERCENT_SIGN:
        return f"{text}{measure}"
    # A figure without a measure gets no space behind it.
    return f"{text} {measure}".strip()
