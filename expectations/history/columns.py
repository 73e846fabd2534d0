"""The names of the frames of history, and the columns that a rule may name in them.

`docs/rules.md` explains each column under the heading History. This module does not import pandas:
a rule file is loaded without it.
"""

from program.forms.form import Form
from program.forms.table import ColumnType, Table

FIGURES = "figures"
REPORTS = "reports"
VERSIONS = "versions"
INDICATORS = "indicators"
LINES = "lines"

BEFORE = "__before"
LOST = "__lost"
"""Suffixes of a list's name.

They name the frame of its lines beside the same lines of the last report, and the frame of the last
report's lines that are missing now.
"""
MOVED = "__moved"
"""Suffix of a column of the first of these frames: the line that had its value before."""

AMOUNT_COLUMNS = (
    *("value", "before", "cumulative_before", "cumulative_after", "closing", "replaced"),
    *("limit", "whole", "estimate", "plan_before"),
    *("own_median", "own_mad", "own_low", "own_high", "own_ceiling", "shifted_median"),
    *("expected_share", "peer_median", "peer_mad", "peer_low", "peer_high"),
    *("rate", "rate_median", "rate_low", "rate_high"),
)
"""Columns of `figures` with amounts, in the unit of measure in which the figure is stored.

A message prints them in the unit of the row's `measure`.
"""

FIGURE_COLUMNS = (
    *("submission_id", "row", "sheet_row", "figure", "key", "label", "measure"),
    *("before_period", "after_period"),
    *("own_points", "own_kept", "peer_points", "rate_points", "shift"),
    *AMOUNT_COLUMNS,
)
REPORT_COLUMNS = (
    *("submission_id", "row", "own_copied", "own_copied_period", "own_copied_date"),
    *("peer_copied", "peer_copied_unit", "peer_copied_date"),
    *("estimate_copied", "estimate_copied_date"),
    *("revised", "revised_of", "revised_period", "due_period"),
)
LINE_COLUMNS = (
    *("submission_id", "row", "sheet_row", "figure", "measure", "label", "value", "before"),
    *("before_period", "shifted", "copied", "is_lost", "other_line"),
)
VERSION_COLUMNS = (
    *("submission_id", "row", "is_older", "saved_time", "replaced_time", "replaced_received_time"),
)
INDICATOR_COLUMNS = (
    *("submission_id", "row", "figure", "indicator", "unit", "target"),
    *("value", "before", "before_period", "is_reached"),
)

_ALWAYS = {
    FIGURES: frozenset(FIGURE_COLUMNS),
    REPORTS: frozenset(REPORT_COLUMNS),
    VERSIONS: frozenset(VERSION_COLUMNS),
    INDICATORS: frozenset(INDICATOR_COLUMNS),
    LINES: frozenset(LINE_COLUMNS),
}


def history_columns(form: Form) -> dict[str, frozenset[str]]:
    """Return the frames of history of `form`, each with its columns."""
    index = {"submission_id", "row", "before_period"}
    of_lists: dict[str, frozenset[str]] = {}
    for table in form.tables:
        # Without a key, a line cannot be found in the last report.
        if table.key:
            columns = {column.name for column in table.columns}
            columns_before = {name + BEFORE for name in columns}
            columns_moved = {name + MOVED for name in moving_columns(table)}
            of_lists[table.name + LOST] = frozenset(columns | index)
            of_lists[table.name + BEFORE] = frozenset(
                columns | index | columns_before | columns_moved
            )
    return _ALWAYS | of_lists


def moving_columns(table: Table) -> list[str]:
    """Return the columns of a list whose values tell its lines apart: the key, names and money."""
    names: list[str] = []
    for column in table.columns:
        tells_apart = column.key or column.type in (ColumnType.TEXT, ColumnType.MONEY)
        # What is cumulative changes from report to report.
        if tells_apart and column.cumulative is None:
            names.append(column.name)
    return names


def listed_table(frame: str) -> str | None:
    """Return the list whose lines a frame has; None for a frame that has no lines of a list."""
    for suffix in (BEFORE, LOST):
        if frame.endswith(suffix):
            return frame.removesuffix(suffix)
    return None
