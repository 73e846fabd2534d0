"""The frames that the rules of history check, for one form version of a batch.

The frame `figures` has a row for each figure of a report, with earlier and peers' values of it. One
rule over this frame checks all figures of a form at once. A figure has no row if there is nothing
to compare it with.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from expectations.history.columns import (
    FIGURE_COLUMNS,
    FIGURES,
    INDICATORS,
    LINES,
    REPORTS,
    VERSION_COLUMNS,
    VERSIONS,
)
from expectations.history.comparable import ComparableIndex
from expectations.history.frames.copies import reports_frame
from expectations.history.frames.indicators import indicators_frame
from expectations.history.frames.lines import lines_frames
from expectations.history.frames.matrix_lines import matrix_lines_frame
from expectations.history.frames.peers import Peers
from expectations.history.frames.unit_trend import UnitTrend
from expectations.history.grid import FigureGrid
from expectations.history.reports import HistoryReport, ReportHistory
from expectations.history.spread import integers
from program.forms.elements import form_elements
from program.forms.form import Form
from program.pack.pack import Pack
from program.vietnamese import format_instant

_COMPARED = (
    "before",
    "cumulative_after",
    "closing",
    "replaced",
    "own_median",
    "peer_median",
    "rate_median",
)
"""A figure has a row if one of these columns has a value."""


def history_frames(
    form: Form, memory: ReportHistory, pack: Pack, numbers: Sequence[int]
) -> dict[str, pd.DataFrame]:
    """Return the frames of the submissions `numbers`, by name.

    A frame has no rows where there is nothing to compare.

    Args:
        form: The form version of all these submissions.
        memory: The history of the form.
        pack: Has the indicators and the names of the units.
        numbers: The submissions that get rows.
    """
    comparables = ComparableIndex(memory)
    grid = FigureGrid(form_elements(form), memory)
    frames = {
        FIGURES: _figures_frame(grid, memory, comparables, numbers),
        REPORTS: reports_frame(form, grid, memory, comparables, pack, numbers),
        VERSIONS: _versions_frame(memory, numbers),
        INDICATORS: indicators_frame(form.code, memory, comparables, pack, numbers),
        LINES: matrix_lines_frame(form, grid, memory, comparables, numbers),
    }
    for table in form.tables:
        if table.key and table.name in memory.lines:
            frames |= lines_frames(table, memory, comparables, numbers)
    return frames


def _figures_frame(
    grid: FigureGrid, memory: ReportHistory, comparables: ComparableIndex, numbers: Sequence[int]
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`, with the columns `FIGURE_COLUMNS`."""
    indexes: dict[int, int] = {}
    for index, report in memory.asking:
        if report.number is not None:
            indexes[report.number] = index
    asked = [number for number in numbers if number in indexes]
    asking = integers(indexes[number] for number in asked)
    given = grid.given(asking)
    past = UnitTrend(memory.reports, grid, comparables, asking)
    peers = Peers(grid, comparables, asking)
    columns = {
        "submission_id": integers(asked)[given.askers],
        "row": given.counts,
        "sheet_row": given.rows,
        "code": given.codes,
        "key": given.keys,
        "value": given.values,
        **past.columns(given),
        **peers.columns(given, past),
    }
    is_compared = np.zeros(len(given.values), dtype=bool)
    for name in _COMPARED:
        is_compared |= ~np.isnan(columns[name])
    # The lines of a list are compared one by one. Their sum grows with their number.
    is_compared &= ~grid.is_summary[given.codes]
    kept = np.flatnonzero(is_compared)
    frame = pd.DataFrame({name: column[kept] for name, column in columns.items()})
    codes = frame.pop("code").to_numpy()
    frame = frame.assign(**grid.named(codes))
    # Senders read the key as they write it, not as it is compared.
    frame["key"] = [memory.marks.get(key, "") for key in frame["key"]]
    labels_and_keys = zip(frame["label"], frame["key"], strict=True)
    frame["label"] = [_label(label, key) for label, key in labels_and_keys]
    return frame[list(FIGURE_COLUMNS)]


def _versions_frame(memory: ReportHistory, numbers: Sequence[int]) -> pd.DataFrame:
    """Return a row for each submission of `numbers` that replaces what claims to be newer."""
    requested = set(numbers)
    current: dict[object, HistoryReport] = {}
    rows: list[tuple[object, ...]] = []
    # The warehouse's reports come first, then those of the batch in the order of their arrival.
    for report in memory.reports:
        replaced = current.get(report.key)
        is_requested = report.number in requested
        if replaced is not None and is_requested and _is_older(report, replaced):
            moments = (report.claimed_at, replaced.claimed_at, replaced.received_at)
            # With the hour: both files may be of one day.
            times = [format_instant(moment) for moment in moments if moment is not None]
            rows.append((report.number, 0, 1, *times))
        # A version that does not load never becomes current.
        if report.loads:
            current[report.key] = report
    return pd.DataFrame.from_records(rows, columns=list(VERSION_COLUMNS))


def _is_older(report: HistoryReport, replaced: HistoryReport) -> bool:
    """Tell whether a report came after another, and claims to be from before it."""
    if report.claimed_at is None or replaced.claimed_at is None:
        return False
    came = (report.received_at, report.delivery)
    # A file that is checked again may find a later one in force, which it does not replace.
    is_later = came > (replaced.received_at, replaced.delivery)
    return is_later and report.claimed_at < replaced.claimed_at


def _label(label: str, key: str) -> str:
    if not key:
        return label
    return f"{label}, {key}"
