"""The frames `<table>__before` and `<table>__lost` of a list.

They have its lines beside the same lines of the unit's last report.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import pandas as pd

from expectations.history.columns import BEFORE, LOST, MOVED, moving_columns
from expectations.history.comparable import ComparableIndex
from expectations.history.reports import ReportHistory
from program.forms.table import Table
from program.labels import fold

_NOT_COLUMNS = ("report", "key", "submission_id", "sheet", "line", "row")
"""Columns of the lines that are not columns of the list itself."""

_FEWEST_MOVED = 2
"""So many lines must have the value of another line before one of them is odd."""

_INTERNAL = ("report", "report__before", "place", "last", "_merge", "key")
"""Columns that only join the lines: no rule sees them."""


def lines_frames(
    table: Table, memory: ReportHistory, comparables: ComparableIndex, numbers: Iterable[int]
) -> dict[str, pd.DataFrame]:
    """Return both frames of a list with a key, of the submissions `numbers`.

    `<table>__before` has the lines that are in the last report too: each column also as
    `<column>__before`, some also as `<column>__moved`, and `row` of the sheet. `<table>__lost` has
    the lines of the last report that are missing now: `row` counts them from 0. Both have
    `before_period`, the period of the last report.
    """
    lines = memory.lines[table.name]
    known = lines[lines["key"] != ""]
    last = _last_reports(set(numbers), known, memory, comparables)
    now = known.merge(last, left_on="report", right_on="place")
    columns = [name for name in lines.columns if name not in _NOT_COLUMNS]
    then = known[["report", "key", *columns]]
    both = now[["number", "row", "last", "key", "before_period", *columns]].merge(
        then,
        left_on=["last", "key"],
        right_on=["report", "key"],
        suffixes=("", BEFORE),
    )
    before = _with_moved(both, then, table, memory)
    lost = _lost(last, now, then)
    return {
        table.name + BEFORE: _numbered(before),
        table.name + LOST: _numbered(lost),
    }


def _lost(last: pd.DataFrame, now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of each last report that are missing in the report after it."""
    lines_of_last = last.merge(then, left_on="last", right_on="report")
    keys = now[["number", "key"]]
    # An anti-join: the indicator tells which lines of the last report have no partner now.
    joined = lines_of_last.merge(keys, on=["number", "key"], how="left", indicator=True)
    lost = joined[joined["_merge"] == "left_only"]
    # These lines have no row in the new sheet: they are counted instead.
    row = lost.groupby("number").cumcount()
    return lost.assign(row=row)


def _with_moved(
    before: pd.DataFrame, then: pd.DataFrame, table: Table, memory: ReportHistory
) -> pd.DataFrame:
    """Add `<column>__moved`: the line of the last report that had the value of this line's column.

    None where the line keeps its value, or where the value is new. Where most columns of a line
    come from one other line, its key has moved and not they: only the key's column says so.
    """
    key = table.key or ""
    others = [name for name in moving_columns(table) if name != key]
    sources: dict[str, pd.Series] = {}
    for name in others:
        sources[name] = _source(before, then, name)
    keys = pd.DataFrame(sources, index=before.index)
    has_several = keys.notna().sum(axis=1) > 1
    is_of_one = has_several & (keys.nunique(axis=1) == 1)
    moved = keys.mask(is_of_one)
    first_key = keys.bfill(axis=1).iloc[:, 0]
    moved[key] = first_key.where(is_of_one)
    for name in (key, *others):
        source = moved[name]
        # One line that takes another's value is a coincidence; columns out of order move several.
        moved_lines = source.notna().groupby(before["number"]).transform("sum")
        is_telling = moved_lines >= _FEWEST_MOVED
        marks = source.where(is_telling).map(memory.marks)
        before = before.assign(**{name + MOVED: marks.astype(object)})
    return before


def _source(before: pd.DataFrame, then: pd.DataFrame, name: str) -> pd.Series:
    """Return the key of the other line that had the value of each line's column before."""
    value = _comparable(before[name])
    own_before = _comparable(before[name + BEFORE])
    known = pd.DataFrame(
        {
            "last": then["report"],
            "value": _comparable(then[name]),
            "source": then["key"],
        }
    )
    # A value on several lines does not say which one it comes from.
    known = known.dropna().drop_duplicates(["last", "value"], keep=False)
    asked = pd.DataFrame({"last": before["last"], "value": value})
    source = asked.merge(known, on=["last", "value"], how="left")["source"]
    # A merge gives its rows new numbers; a left one keeps their order and, here, their number.
    source.index = before.index
    is_changed = value.notna() & (value != own_before)
    is_of_other_line = source != before["key"]
    return source.where(is_changed & is_of_other_line)


def _comparable(values: pd.Series) -> pd.Series:
    """Return figures as they are and texts folded."""
    if pd.api.types.is_numeric_dtype(values):
        return values
    folded = {text: fold(str(text)) for text in values.dropna().unique()}
    return values.map(folded)


def _last_reports(
    requested: AbstractSet[int],
    lines: pd.DataFrame,
    memory: ReportHistory,
    comparables: ComparableIndex,
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
        for other in reversed(comparables.of(index).others):
            period = memory.reports[other].period
            if other in with_lines and period.end < report.period.end:
                rows.append((index, report.number, other, period.label))
                break
    return pd.DataFrame.from_records(rows, columns=["place", "number", "last", "before_period"])


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as rules see it: with `submission_id`, and without internal columns."""
    kept = frame.rename(columns={"number": "submission_id"})
    internal = [name for name in _INTERNAL if name in kept]
    return kept.drop(columns=internal).reset_index(drop=True)
