"""The frame `figures`: a row for each figure of a report, beside what the unit and its peers reported before.

One rule over this frame judges all figures of a form at once. A figure that nothing can be compared with has no row.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from expectations.history.columns import FIGURE_COLUMNS
from expectations.history.grid import Grid
from expectations.history.memory import Memory
from expectations.history.own import Columns, OwnPast
from expectations.history.peers import Peers
from expectations.history.sight import Sight
from program.figures import Figure

_COMPARED = (
    "before",
    "cumulative_after",
    "closing",
    "replaced",
    "own_median",
    "peer_median",
    "rate_median",
)


def figures_frame(
    figures: Mapping[str, Figure], memory: Memory, sight: Sight, numbers: Iterable[int]
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`, with the columns `FIGURE_COLUMNS`."""
    grid = Grid(figures, memory)
    past = OwnPast(memory.reports, grid, sight)
    peers = Peers(memory.reports, grid, past)
    places = {
        report.number: place
        for place, report in enumerate(memory.reports)
        if report.number is not None
    }
    parts = [
        _of_report(places[n], memory, sight, grid, past, peers) for n in numbers if n in places
    ]
    filled = [part for part in parts if part]
    if not filled:
        return pd.DataFrame(columns=list(FIGURE_COLUMNS))
    frame = pd.DataFrame(
        {name: np.concatenate([part[name] for part in filled]) for name in filled[0]}
    )
    frame = frame[frame[list(_COMPARED)].notna().any(axis=1)]
    named = grid.named(frame.pop("code").to_numpy())
    frame = frame.assign(**named)
    frame["key"] = [memory.marks.get(key, "") for key in frame["key"]]
    frame["label"] = [
        f"{label}, {key}" if key else label
        for label, key in zip(frame["label"], frame["key"], strict=True)
    ]
    return frame[list(FIGURE_COLUMNS)].reset_index(drop=True)


def _of_report(
    place: int, memory: Memory, sight: Sight, grid: Grid, past: OwnPast, peers: Peers
) -> Columns:
    own, seen, given = memory.reports[place], sight.of(place), grid.given(place)
    if not len(given.values) or not seen.is_anything:
        return {}
    replaced = past.rows(own, [] if seen.replaced is None else [seen.replaced], given.pairs)
    return {
        "submission_id": np.full(len(given.values), own.number),
        "row": np.arange(len(given.values)),
        "sheet_row": given.rows,
        "code": given.codes,
        "key": given.keys,
        "value": given.values,
        **past.columns(own, seen, given),
        **peers.columns(own, seen, given),
        **peers.rates(own, seen, given),
        "replaced": replaced[0] if len(replaced) else np.full(len(given.values), np.nan),
    }
