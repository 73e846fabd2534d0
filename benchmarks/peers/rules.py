"""The rules that both peers check: of cells and sums as the layout has them, and between columns.

They are the kinds of rules that ours has for one report (required, ranges, words, sums, one
figure within another, days in order), with ours' severity. Neither history nor comparisons with
other reports are among them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from benchmarks.peers.templates import Region
from program.forms.measure import LARGEST_EXACT, to_kept
from program.forms.table import Column, ColumnType, Line

_NOT_MORE = {
    "training.levels": [("women", "participants"), ("ethnic_minority", "participants")],
    "works.work_list": [
        ("work_disbursed_vnd", "work_investment_vnd"),
        ("work_start", "work_planned_end"),
        ("work_start", "work_actual_end"),
    ],
    "training.class_list": [("class_first_day", "class_last_day")],
    "disbursement.capital": [("disbursed_total_vnd", "plan_total_vnd")],
    "livelihoods.support": [
        ("supported_poor", "supported"),
        ("supported_ethnic", "supported"),
        ("supported_women", "supported"),
    ],
}
"""Columns that may not be more, or later, than another."""
_HALF_A_DONG = 0.5


@dataclass(frozen=True, slots=True)
class Check:
    """One rule on a frame, for a column; a report that breaks a critical one is not loaded."""

    kind: Literal["required", "between", "in_set", "not_more", "unique"]
    column: str
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    than: str = ""
    is_critical: bool = True


def checks_of(region: Region) -> list[Check]:
    """Return the rules of a table."""
    checks = [check for column in region.table.columns for check in _of_column(column)]
    pairs = _NOT_MORE.get(region.name, [])
    checks += [Check("not_more", column, than=than) for column, than in pairs]
    for gap in _gaps(region):
        checks.append(Check("between", gap, -_HALF_A_DONG, _HALF_A_DONG, is_critical=False))
    checks += [Check("unique", column.name) for column in region.table.columns if column.key]
    return checks


def _of_column(column: Column) -> Iterator[Check]:
    if column.required:
        yield Check("required", column.name)
    if column.type.is_numeric:
        yield Check("between", column.name, column.minimum, _highest(column))
    if column.type in (ColumnType.WHOLE, ColumnType.MONEY):
        yield Check("between", f"{column.name}__rest", 0, 0)
    if column.vocabulary:
        yield Check("in_set", column.name, words=tuple(column.vocabulary))


def _highest(column: Column) -> float:
    return LARGEST_EXACT if column.maximum is None else to_kept(column.maximum, column.measure)


def with_gaps(frame: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Return the data frame with the columns that some rules need.

    `__rest` is what a whole figure has behind the decimal point, `__gap` and `__lines_gap` what a
    sum of columns or of lines lacks.
    """
    whole = [c.name for c in region.table.columns if c.type in (ColumnType.WHOLE, ColumnType.MONEY)]
    gaps = {f"{name}__rest": frame[name] % 1 for name in whole}
    for column in region.table.columns:
        if column.parts:
            gaps[f"{column.name}__gap"] = frame[column.name] - frame[list(column.parts)].sum(axis=1)
    numeric = [column.name for column in region.table.columns if column.type.is_numeric]
    if _has_line_totals(region):
        gaps |= _gaps_of_lines(frame[[*numeric, "file", "line"]], region)
    return frame.assign(**gaps)


def _gaps_of_lines(frame: pd.DataFrame, region: Region) -> dict[str, pd.Series]:
    """Return what the figures of all total lines lack; 0 in the other lines."""
    figures = frame.columns.drop(["file", "line"])
    gaps = {f"{name}__lines_gap": pd.Series(0.0, frame.index) for name in figures}
    for line in region.table.lines:
        if line.parts:
            gap = _gaps_of_line(frame, line)
            for name in figures:
                gaps[f"{name}__lines_gap"][gap.index] = gap[name]
    return gaps


def _gaps_of_line(frame: pd.DataFrame, line: Line) -> pd.DataFrame:
    """Return what the figures of a total line lack, by row of the data frame."""
    figures = frame.columns.drop(["file", "line"])
    parts = frame[frame["line"].isin(line.parts)].groupby("file")[list(figures)].sum()
    totals = frame[frame["line"] == line.key]
    expected = parts.reindex(totals["file"]).set_axis(totals.index)
    return (totals[figures] - expected).fillna(0)


def _gaps(region: Region) -> list[str]:
    gaps = [f"{column.name}__gap" for column in region.table.columns if column.parts]
    if _has_line_totals(region):
        gaps += [f"{c.name}__lines_gap" for c in region.table.columns if c.type.is_numeric]
    return gaps


def _has_line_totals(region: Region) -> bool:
    return any(line.parts for line in region.table.lines)
