"""The frame `lines`: lines of matrices that are odd as a whole.

A row is about one line of one report, and says one of three things about it:

- `shifted`: so many of its figures stood on another line in the unit's last report.
- `copied`: so many of its figures are all those of another line of the same report.
- `is_lost`: it held a cumulative figure in the last report and is empty now.

The last report is that of an earlier period of the same year: plans and what was paid of them stay
on their lines within a year.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
_NOWHERE = (-1, -1, -1)
_ROW_COLUMNS = [
    "asker",
    "code",
    "line",
    "other",
    "value",
    "before",
    "shifted",
    "copied",
    "is_lost",
]
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
        place_by_name: dict[str, tuple[int, int, int]] = {}
        labels: list[str] = []
        for table_code, table in enumerate(form.tables):
            column_codes = {column.name: code for code, column in enumerate(table.columns)}
            # Lines are counted on through all tables: a code stands for one label of the form.
            line_codes: dict[str, int] = {}
            for line in table.lines:
                line_codes[line.key] = len(labels)
                labels.append(line.label)
            for name, (column, line) in table.elements.items():
                column_code = column_codes[column.name]
                place_by_name[name] = (table_code, column_code, line_codes[line.key])
        tables: list[int] = []
        columns: list[int] = []
        lines: list[int] = []
        is_cumulative: list[bool] = []
        for figure in grid.figures:
            place = _NOWHERE
            # A computed figure follows its parts: it neither moves nor is copied by itself.
            if figure.is_typed:
                place = place_by_name.get(figure.name, _NOWHERE)
            table_code, column_code, line_code = place
            tables.append(table_code)
            columns.append(column_code)
            lines.append(line_code)
            is_cumulative.append(figure.cumulative is not None)
        return cls(
            table=integers(tables),
            column=integers(columns),
            line=integers(lines),
            is_cumulative=integers(is_cumulative),
            labels=labels,
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The reports that get rows; each array has an entry for each of them.

    Attributes:
        indexes: Their indexes in the history.
        numbers: The numbers of their submissions.
        last: The index of the unit's last report of the same year; -1 where there is none.
        last_periods: The label of the period of that report, else "".
    """

    indexes: Integers
    numbers: Integers
    last: Integers
    last_periods: NDArray[np.object_]

    @classmethod
    def of(
        cls, memory: ReportHistory, comparables: ComparableIndex, requested: AbstractSet[int]
    ) -> "_Asked":
        """Return the reports of this batch with the numbers `requested`."""
        indexes: list[int] = []
        numbers: list[int] = []
        last: list[int] = []
        last_periods: list[str] = []
        for index, report in memory.asking:
            if report.number is None or report.number not in requested:
                continue
            last_index = _last_of_year(index, memory, comparables)
            indexes.append(index)
            numbers.append(report.number)
            last.append(last_index)
            if last_index == NO_REPORT:
                last_periods.append("")
            else:
                last_periods.append(memory.reports[last_index].period.label)
        return cls(
            indexes=integers(indexes),
            numbers=integers(numbers),
            last=integers(last),
            last_periods=np.array(last_periods, dtype=object),
        )


def matrix_lines_frame(
    form: Form,
    grid: FigureGrid,
    memory: ReportHistory,
    comparables: ComparableIndex,
    numbers: Iterable[int],
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`, with the columns `LINE_COLUMNS`."""
    if all(table.kind == "list" for table in form.tables):
        return pd.DataFrame(columns=list(LINE_COLUMNS))
    asked = _Asked.of(memory, comparables, set(numbers))
    places = _Places.of(form, grid)
    now = _figures(grid, places, asked.indexes)
    last = asked.last[now["asker"].to_numpy()]
    now["before"] = grid.values(last, now["pair"].to_numpy())
    then = _figures(grid, places, asked.last)
    found = [_shifted(now, then), _copied(now), _lost(now, then)]
    rows = pd.concat(found, ignore_index=True)
    codes = rows["code"].to_numpy(np.int64)
    askers = rows["asker"].to_numpy(np.int64)
    named = grid.named(codes)
    frame = pd.DataFrame(
        {
            "submission_id": asked.numbers[askers],
            "row": np.arange(len(rows)),
            "sheet_row": 0,
            "figure": named["figure"],
            "measure": named["measure"],
            "label": _labels(places, rows["line"]),
            "value": rows["value"],
            "before": rows["before"],
            "before_period": asked.last_periods[askers],
            "shifted": rows["shifted"],
            "copied": rows["copied"],
            "is_lost": rows["is_lost"],
            "other_line": _labels(places, rows["other"]),
        }
    )
    return frame[list(LINE_COLUMNS)]


def _last_of_year(index: int, memory: ReportHistory, comparables: ComparableIndex) -> int:
    """Return the index of the unit's last report of the same year and length; else -1."""
    own = memory.reports[index].period
    for other in reversed(comparables.of(index).others):
        period = memory.reports[other].period
        is_same_year = period.kind is own.kind and period.year == own.year
        if is_same_year and period < own:
            return other
    return NO_REPORT


def _figures(grid: FigureGrid, places: _Places, reports: Integers) -> pd.DataFrame:
    """Return the typed figures in lines of matrices; `asker` is the position of their report."""
    known = np.flatnonzero(reports != NO_REPORT)
    given = grid.given(reports[known])
    codes = given.codes
    frame = pd.DataFrame(
        {
            "asker": known[given.askers],
            "code": codes,
            "pair": given.pairs,
            "table": places.table[codes],
            "column": places.column[codes],
            "line": places.line[codes],
            "is_cumulative": places.is_cumulative[codes],
            "value": given.values,
        }
    )
    in_lines = frame[frame["line"] >= 0]
    return in_lines.sort_values(["asker", "code"], kind="stable")


def _shifted(now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with figures that stood on another line before."""
    at = ["asker", "table", "column", "value"]
    # Small counts are alike by chance, above all those that grow from report to report.
    value = now["value"]
    is_plan = (now["is_cumulative"] == 0) & (value >= _LEAST_PLAN)
    is_telling = is_plan | has_digits(value.to_numpy(), _DIGITS)
    is_new = (value != 0) & (value != now["before"])
    changed = now[is_telling & is_new]
    # A value on several lines does not say which one it comes from.
    sources = then[then["value"] != 0].drop_duplicates(at, keep=False)
    sources = sources[[*at, "line"]].rename(columns={"line": "other"})
    matched = changed.merge(sources, on=at)
    matched = matched[matched["line"] != matched["other"]]
    pairs_of_lines = matched.groupby([*_LINE, "other"])["value"]
    matched = matched.assign(shifted=pairs_of_lines.transform("size"))
    # Each line comes from one other, the one that it has most figures of.
    best = matched.groupby(_LINE)["shifted"].transform("max")
    kept = matched[matched["shifted"] == best].drop_duplicates(_LINE)
    of_report = kept.groupby("asker")["shifted"].transform("sum")
    return _rows(kept[of_report >= _FEWEST_SHIFTED])


def _copied(now: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that are copies of another line of the same report."""
    filled = now[now["value"] != 0]
    # The factor keeps a column and its value apart where both have the same hash. The hashes of a
    # line are added up: lines with the same figures in the same columns have the same sum.
    columns = pd.util.hash_array(filled["column"].to_numpy()) * np.uint64(31)
    values = pd.util.hash_array(filled["value"].to_numpy())
    hashes = pd.util.hash_array(columns + values)
    is_kept = filled["value"] == filled["before"]
    hashed = filled.assign(hash=hashes, is_kept=is_kept)
    lines = (
        hashed.groupby(_LINE)
        .agg(
            hash=("hash", "sum"),
            copied=("value", "size"),
            different=("value", "nunique"),
            kept=("is_kept", "sum"),
            code=("code", "first"),
            value=("value", "first"),
            before=("before", "first"),
        )
        .reset_index()
    )
    has_enough = lines["copied"] >= _FEWEST_COPIED
    # A line of one figure throughout, as 1, 1, 1, 1, is like many others by chance.
    has_enough_different = lines["different"] >= _FEWEST_DIFFERENT
    lines = lines[has_enough & has_enough_different]
    same = ["asker", "table", "hash", "copied"]
    # The line that is as it was in the last report is the one that was copied.
    lines = lines.sort_values(["kept", "line"], ascending=[False, True], kind="stable")
    original = lines.groupby(same)["line"].transform("first")
    lines = lines.assign(other=original)
    return _rows(lines[lines["line"] != lines["other"]])


def _lost(now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that held a cumulative figure before and have no figure now."""
    is_cumulative = then["is_cumulative"] == 1
    held = then[is_cumulative & (then["value"] > 0)]
    # A finding names one figure of the line: the largest, which is missed most.
    largest_first = held.sort_values("value", ascending=False, kind="stable")
    held_lines = largest_first.drop_duplicates(_LINE)
    # A table without any figure says that there is nothing: another rule asks about that.
    present_tables = now[["asker", "table"]].drop_duplicates()
    expected = held_lines.merge(present_tables, on=["asker", "table"])
    present_lines = now[_LINE].drop_duplicates()
    # An anti-join: the indicator tells which lines have no partner now.
    lost = expected.merge(present_lines, on=_LINE, how="left", indicator="is_there")
    lost = lost[lost["is_there"] == "left_only"]
    lost = lost.assign(before=lost["value"], value=np.nan, other=lost["line"], is_lost=1)
    return _rows(lost)


def _rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return the lines found, with the columns that all kinds have."""
    missing = [name for name in ("shifted", "copied", "is_lost") if name not in found]
    counts = dict.fromkeys(missing, 0)
    return found.assign(**counts)[_ROW_COLUMNS]


def _labels(places: _Places, lines: pd.Series) -> list[str]:
    return [places.labels[int(line)] for line in lines]
