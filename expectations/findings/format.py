"""Kept values, printed as their senders write them."""

import math
from typing import Any

import pandas as pd

from program.forms.measure import to_printed
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
        return format_number(to_printed(float(value), measure), decimals=6)
    return str(value)
