"""The frame `figures`: a row for each figure of a report, with earlier and peers' values of it.

One rule over this frame checks all figures of a form at once. A figure has no row if there is
nothing to compare it with.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from expectations.history.columns import FIGURE_COLUMNS
from expectations.history.comparable import ComparableIndex
from expectations.history.grid import FigureGrid
from expectations.history.peers import Peers
from expectations.history.reports import ReportHistory
from expectations.history.unit_trend import Columns, UnitTrend
from program.forms.elements import FormElement

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


def figures_frame(
    figures: Mapping[str, FormElement],
    memory: ReportHistory,
    sight: ComparableIndex,
    numbers: Iterable[int],
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`, with the columns `FIGURE_COLUMNS`."""
    grid = FigureGrid(figures, memory)
    past = UnitTrend(memory.reports, grid, sight)
    peers = Peers(memory.reports, grid, past)
    indexes = {report.number: index for index, report in memory.asking}
    parts: list[Columns] = []
    for number in numbers:
        if number in indexes:
            part = _of_report(indexes[number], memory, sight, grid, past, peers)
            if part:
                parts.append(part)
    if not parts:
        return pd.DataFrame(columns=list(FIGURE_COLUMNS))
    frame = _concatenated(parts)
    frame = frame[frame[list(_COMPARED)].notna().any(axis=1)]
    names = grid.named(frame.pop("code").to_numpy())
    frame = frame.assign(**names)
    frame["key"] = [memory.marks.get(key, "") for key in frame["key"]]
    labels_and_keys = zip(frame["label"], frame["key"], strict=True)
    frame["label"] = [_label(label, key) for label, key in labels_and_keys]
    return frame[list(FIGURE_COLUMNS)].reset_index(drop=True)


def _concatenated(parts: Sequence[Columns]) -> pd.DataFrame:
    """Return the rows of all parts, which have the same columns."""
    columns: Columns = {}
    for name in parts[0]:
        columns[name] = np.concatenate([part[name] for part in parts])
    return pd.DataFrame(columns)


def _label(label: str, key: str) -> str:
    return f"{label}, {key}" if key else label


def _of_report(
    index: int,
    memory: ReportHistory,
    sight: ComparableIndex,
    grid: FigureGrid,
    past: UnitTrend,
    peers: Peers,
) -> Columns:
    """Return the columns of one report; none where it cannot be compared with any report."""
    own = memory.reports[index]
    seen = sight.of(index)
    given = grid.given(index)
    count = len(given.values)
    if not count or not seen.is_anything:
        return {}
    replaced = np.full(count, np.nan)
    if seen.replaced is not None:
        replaced = past.rows(own, [seen.replaced], given.pairs)[0]
    return {
        "submission_id": np.full(count, own.number),
        "row": np.arange(count),
        "sheet_row": given.rows,
        "code": given.codes,
        "key": given.keys,
        "value": given.values,
        **past.columns(own, seen, given),
        **peers.columns(own, seen, given),
        **peers.rates(own, seen, given),
        "replaced": replaced,
    }
