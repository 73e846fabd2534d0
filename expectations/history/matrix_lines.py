"""The frame `lines`: lines of matrices that are odd as a whole.

A row is about one line of one report, and says one of three things about it:

- `shifted`: so many of its figures stood on another line in the unit's last report.
- `copied`: so many of its figures are all those of another line of the same report.
- `is_lost`: it held a cumulative figure in the last report and is empty now.

The last report is that of an earlier period of the same year: plans and what was paid of them stay
on their lines within a year.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from expectations.history.columns import LINE_COLUMNS
from expectations.history.comparable import ComparableIndex
from expectations.history.grid import NO_REPORT, FigureGrid
from expectations.history.reports import ReportHistory
from expectations.history.scale import has_digits
from expectations.history.spread import Integers, integers
from program.forms.form import Form

_FEWEST_SHIFTED = 3
"""So many figures of a report must have moved to another line: fewer are a coincidence."""
_LEAST_PLAN = 10
_DIGITS = 3
"""A figure is recognised by so many digits; one that is not cumulative from so large on."""
_FEWEST_COPIED = 4
_FEWEST_DIFFERENT = 3
"""A line is a copy if it has so many figures, and so many different ones among them."""
_LINE = ["asker", "table", "line"]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where each figure of a form stands, by its code; -1 for a figure in no line of a matrix."""

    table: Integers
    column: Integers
    line: Integers
    is_cumulative: Integers
    labels: Sequence[str]

    @classmethod
    def of(cls, form: Form, grid: FigureGrid) -> "_Places":
        """Return the places of the figures that somebody types in."""
        rows: dict[str, tuple[int, int, int]] = {}
        labels: list[str] = []
        for table_no, table in enumerate(form.tables):
            numbers = {line.key: len(labels) + n for n, line in enumerate(table.lines)}
            columns = {column.name: n for n, column in enumerate(table.columns)}
            labels += [line.label for line in table.lines]
            for name, (column, line) in table.elements.items():
                rows[name] = (table_no, columns[column.name], numbers[line.key])
        placed: list[tuple[int, int, int]] = []
        for figure in grid.figures:
            is_placed = figure.is_typed and figure.name in rows
            placed.append(rows[figure.name] if is_placed else (-1, -1, -1))
        table_of, column_of, line_of = (integers(each[n] for each in placed) for n in range(3))
        is_cumulative = integers(figure.cumulative is not None for figure in grid.figures)
        return cls(table_of, column_of, line_of, is_cumulative, labels)


def matrix_lines_frame(
    form: Form,
    grid: FigureGrid,
    memory: ReportHistory,
    sight: ComparableIndex,
    numbers: Iterable[int],
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`, with the columns `LINE_COLUMNS`."""
    if all(table.kind == "list" for table in form.tables):
        return pd.DataFrame(columns=list(LINE_COLUMNS))
    requested = set(numbers)
    asked = [(index, report) for index, report in memory.asking if report.number in requested]
    asking = integers(index for index, _ in asked)
    last = integers(_last_of_year(index, memory, sight) for index in asking.tolist())
    places = _Places.of(form, grid)
    now = _figures(grid, places, asking)
    now["before"] = grid.values(last[now["asker"].to_numpy()], now["pair"].to_numpy())
    then = _figures(grid, places, last)
    found = [_shifted(now, then), _copied(now), _lost(now, then)]
    rows = pd.concat(found, ignore_index=True)
    codes = rows["code"].to_numpy(np.int64)
    askers = rows["asker"].to_numpy(np.int64)
    periods = [memory.reports[n].period.label if n != NO_REPORT else "" for n in last.tolist()]
    named = grid.named(codes)
    frame = pd.DataFrame(
        {
            "submission_id": integers(report.number or 0 for _, report in asked)[askers],
            "row": np.arange(len(rows)),
            "sheet_row": 0,
            "figure": named["figure"],
            "measure": named["measure"],
            "label": _labels(places, rows["line"]),
            "value": rows["value"],
            "before": rows["before"],
            "before_period": np.array(periods, dtype=object)[askers],
            "shifted": rows["shifted"],
            "copied": rows["copied"],
            "is_lost": rows["is_lost"],
            "other_line": _labels(places, rows["other"]),
        }
    )
    return frame[list(LINE_COLUMNS)]


def _last_of_year(index: int, memory: ReportHistory, sight: ComparableIndex) -> int:
    """Return the index of the unit's last report of the same year and length; else -1."""
    own = memory.reports[index].period
    for other in reversed(sight.of(index).others):
        period = memory.reports[other].period
        if period.kind is own.kind and period.year == own.year and period < own:
            return other
    return NO_REPORT


def _figures(grid: FigureGrid, places: _Places, reports: Integers) -> pd.DataFrame:
    """Return the typed figures in lines of matrices; `asker` is the position of their report."""
    known = np.flatnonzero(reports != NO_REPORT)
    given = grid.given(reports[known])
    frame = pd.DataFrame(
        {
            "asker": known[given.askers],
            "code": given.codes,
            "pair": given.pairs,
            "table": places.table[given.codes],
            "column": places.column[given.codes],
            "line": places.line[given.codes],
            "is_cumulative": places.is_cumulative[given.codes],
            "value": given.values,
        }
    )
    return frame[frame["line"] >= 0].sort_values(["asker", "code"], kind="stable")


def _shifted(now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with figures that stood on another line before."""
    at = ["asker", "table", "column", "value"]
    # Small counts are alike by chance, above all those that grow from report to report.
    is_plan = (now["is_cumulative"] == 0) & (now["value"] >= _LEAST_PLAN)
    is_telling = is_plan | has_digits(now["value"].to_numpy(), _DIGITS)
    changed = now[is_telling & (now["value"] != 0) & (now["value"] != now["before"])]
    # A value on several lines does not say which one it comes from.
    sources = then[then["value"] != 0].drop_duplicates(at, keep=False)
    matched = changed.merge(sources[[*at, "line"]], on=at, suffixes=("", "_then"))
    matched = matched[matched["line"] != matched["line_then"]]
    matched = matched.rename(columns={"line_then": "other"})
    of_pair = matched.groupby([*_LINE, "other"])["value"]
    matched = matched.assign(shifted=of_pair.transform("size"))
    # Each line comes from one other, the one that it has most figures of.
    best = matched.groupby(_LINE)["shifted"].transform("max")
    kept = matched[matched["shifted"] == best].drop_duplicates(_LINE)
    of_report = kept.groupby("asker")["shifted"].transform("sum")
    return _rows(kept[of_report >= _FEWEST_SHIFTED])


def _copied(now: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that are copies of another line of the same report."""
    filled = now[now["value"] != 0]
    hashes = pd.util.hash_array(filled["column"].to_numpy()) * np.uint64(31)
    hashes = pd.util.hash_array(hashes + pd.util.hash_array(filled["value"].to_numpy()))
    filled = filled.assign(hash=hashes, is_kept=filled["value"] == filled["before"])
    by_line = filled.groupby(_LINE)
    lines = by_line.agg(
        hash=("hash", "sum"),
        copied=("value", "size"),
        different=("value", "nunique"),
        kept=("is_kept", "sum"),
        code=("code", "first"),
        value=("value", "first"),
        before=("before", "first"),
    ).reset_index()
    is_telling = (lines["copied"] >= _FEWEST_COPIED) & (lines["different"] >= _FEWEST_DIFFERENT)
    lines = lines[is_telling]
    same = ["asker", "table", "hash", "copied"]
    # The line that is as it was in the last report is the one that was copied.
    lines = lines.sort_values(["kept", "line"], ascending=[False, True], kind="stable")
    original = lines.groupby(same)["line"].transform("first")
    lines = lines.assign(other=original)
    return _rows(lines[lines["line"] != lines["other"]])


def _lost(now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that held a cumulative figure before and have no figure now."""
    held = then[(then["is_cumulative"] == 1) & (then["value"] > 0)]
    held = held.sort_values("value", ascending=False, kind="stable").drop_duplicates(_LINE)
    # A table without any figure says that there is nothing: another rule asks about that.
    with_table = held.merge(now[["asker", "table"]].drop_duplicates(), on=["asker", "table"])
    present = now[_LINE].drop_duplicates()
    lost = with_table.merge(present, on=_LINE, how="left", indicator="is_there")
    lost = lost[lost["is_there"] == "left_only"]
    lost = lost.assign(before=lost["value"], value=np.nan, other=lost["line"], is_lost=1)
    return _rows(lost)


def _rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return the lines found, with the columns that all kinds have."""
    counts = {name: 0 for name in ("shifted", "copied", "is_lost") if name not in found}
    names = ["asker", "code", "line", "other", "value", "before", "shifted", "copied", "is_lost"]
    return found.assign(**counts)[names]


def _labels(places: _Places, lines: pd.Series) -> list[str]:
    return [places.labels[int(line)] for line in lines]
