"""A mart as CSV: UTF-8 with the mark by which Excel knows it, ISO dates, true and false."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from warehouse.queries.marts import MartColumn, Value

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(columns: Sequence[MartColumn], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return rows as CSV with a heading. The same rows give the same bytes.

    A text that a spreadsheet would run as a formula begins with an apostrophe: a sender chooses the
    name of a sheet.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(column.name for column in columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return codecs.BOM_UTF8 + written.getvalue().encode()


def _cell(value: Value) -> str:
    if value is None:
        return ""
    # Before the numbers: True is an integer in Python. A datetime is a date.
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_STARTS_FORMULA) else value
    return repr(value)
