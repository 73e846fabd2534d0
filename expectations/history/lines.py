"""A list's lines beside the same lines in the unit's last report: the frames `<table>__before` and `<table>__lost`."""

from collections.abc import Iterable

import pandas as pd

from expectations.history.columns import BEFORE, LOST
from expectations.history.memory import Memory
from expectations.history.sight import Sight


def lines_frames(
    table: str, memory: Memory, sight: Sight, numbers: Iterable[int]
) -> dict[str, pd.DataFrame]:
    """Return both frames of a list with a key, of the submissions `numbers`.

    `<table>__before`: the lines that the last report has too, with `<column>__before` for each column and `row` the sheet's
    own. `<table>__lost`: the last report's lines that are missing now, `row` counted from 0. Both say `before_period`.
    """
    lines = memory.lines[table]
    known = lines[lines["key"] != ""]
    asked = set(numbers)
    last = _last_reports(
        {p: r.number for p, r in memory.asking if r.number in asked}, known, memory, sight
    )
    now = known.merge(last, left_on="report", right_on="place")
    columns = [
        name
        for name in lines.columns
        if name not in ("report", "key", "submission_id", "sheet", "line", "row")
    ]
    then = known[["report", "key", *columns]]
    before = now[["number", "row", "last", "key", "before_period", *columns]].merge(
        then, left_on=["last", "key"], right_on=["report", "key"], suffixes=("", BEFORE)
    )
    old = last.merge(then, left_on="last", right_on="report")
    lost = old.merge(now[["number", "key"]], on=["number", "key"], how="left", indicator=True)
    lost = lost[lost["_merge"] == "left_only"]
    lost = lost.assign(row=lost.groupby("number").cumcount())
    return {table + BEFORE: _numbered(before), table + LOST: _numbered(lost)}


def _last_reports(
    asking: dict[int, int | None], lines: pd.DataFrame, memory: Memory, sight: Sight
) -> pd.DataFrame:
    """Return for each report its unit's last one before it that has such lines: `place`, `number`, `last`, `before_period`."""
    with_lines = set(lines["report"])
    rows = []
    for place, number in asking.items():
        own = memory.reports[place]
        past = [
            n
            for n in sight.of(place).others
            if memory.reports[n].period.end < own.period.end and n in with_lines
        ]
        if past:
            rows.append((place, number, past[-1], memory.reports[past[-1]].period.label))
    return pd.DataFrame.from_records(rows, columns=["place", "number", "last", "before_period"])


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame.rename(columns={"number": "submission_id"})
    inside = ("report", "report__before", "place", "last", "_merge", "key")
    return kept.drop(columns=[name for name in inside if name in kept]).reset_index(drop=True)
