"""The frames `<table>__before` and `<table>__lost` of a list.

They have its lines beside the same lines of the unit's last report.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import pandas as pd

from expectations.history.columns import BEFORE, LOST
from expectations.history.comparable import ComparableIndex
from expectations.history.reports import ReportHistory

_NOT_COLUMNS = ("report", "key", "submission_id", "sheet", "line", "row")
"""Columns of the lines that are not columns of the list itself."""

_INTERNAL = ("report", "report__before", "place", "last", "_merge", "key")
"""Columns that only join the lines: no rule sees them."""


def lines_frames(
    table: str, memory: ReportHistory, sight: ComparableIndex, numbers: Iterable[int]
) -> dict[str, pd.DataFrame]:
    """Return both frames of a list with a key, of the submissions `numbers`.

    `<table>__before` has the lines that are in the last report too: each column also as
    `<column>__before`, and `row` of the sheet. `<table>__lost` has the lines of the last report
    that are missing now: `row` counts them from 0. Both have `before_period`, the period of the
    last report.
    """
    lines = memory.lines[table]
    known = lines[lines["key"] != ""]
    last = _last_reports(set(numbers), known, memory, sight)
    now = known.merge(last, left_on="report", right_on="place")
    columns = [name for name in lines.columns if name not in _NOT_COLUMNS]
    then = known[["report", "key", *columns]]
    before = now[["number", "row", "last", "key", "before_period", *columns]].merge(
        then, left_on=["last", "key"], right_on=["report", "key"], suffixes=("", BEFORE)
    )
    lines_of_last = last.merge(then, left_on="last", right_on="report")
    # An anti-join: the indicator tells which lines of the last report have no partner now.
    lost = lines_of_last.merge(
        now[["number", "key"]], on=["number", "key"], how="left", indicator=True
    )
    lost = lost[lost["_merge"] == "left_only"]
    lost = lost.assign(row=lost.groupby("number").cumcount())
    return {table + BEFORE: _numbered(before), table + LOST: _numbered(lost)}


def _last_reports(
    requested: AbstractSet[int], lines: pd.DataFrame, memory: ReportHistory, sight: ComparableIndex
) -> pd.DataFrame:
    """Return the last report before each requested one, of the same unit and with such lines.

    The columns are `place` (the index of the requested report), `number`, `last` (the index of the
    last report) and `before_period`.
    """
    with_lines = set(lines["report"])
    rows: list[tuple[int, int, int, str]] = []
    for index, report in memory.asking:
        if report.number is None or report.number not in requested:
            continue
        others = [n for n in sight.of(index).others if n in with_lines]
        past = [n for n in others if memory.reports[n].period.end < report.period.end]
        if past:
            last = past[-1]
            rows.append((index, report.number, last, memory.reports[last].period.label))
    return pd.DataFrame.from_records(rows, columns=["place", "number", "last", "before_period"])


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as rules see it: with `submission_id`, and without internal columns."""
    kept = frame.rename(columns={"number": "submission_id"})
    internal = [name for name in _INTERNAL if name in kept]
    return kept.drop(columns=internal).reset_index(drop=True)
