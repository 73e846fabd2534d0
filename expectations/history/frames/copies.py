"""The frame `reports`: a row for each report that repeats another one, or may be of another period.

Two reports are the same if all figures in them that somebody typed, and that are not 0, are the
same. They are compared by a sum of hashes: the order of a list's lines does not matter, and the
cost does not grow with the number of pairs of reports. `own_copied`, `peer_copied` and
`estimate_copied` count the figures that should have changed; 0 where the reports differ. `revised`
is about a new version, see `expectations.history.frames.revisions`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.columns import REPORT_COLUMNS
from expectations.history.comparable import ComparableIndex
from expectations.history.frames.revisions import NOT_REVISED, revision_columns
from expectations.history.grid import FigureGrid
from expectations.history.reports import HistoryReport, ReportHistory
from expectations.history.spread import Booleans, Integers, integers
from program.forms.form import Form
from program.pack.pack import Pack
from program.vietnamese import vietnam_day

# The factor keeps a figure and its value apart where both have the same hash.
_PAIR_FACTOR = np.uint64(31)

_NO_OWN_COPY = (0, "", None)
_NO_PEER_COPY = (0, "", None)
_NO_COPY_OF_ESTIMATE = (0, None)
_NOT_COPIED: tuple[object, ...] = (*_NO_OWN_COPY, *_NO_PEER_COPY, *_NO_COPY_OF_ESTIMATE)
"""The columns of a report that is no copy: for each kind the count, of what, and its date."""


@dataclass(frozen=True, slots=True)
class _Fingerprints:
    """What the reports are compared by; an entry for each report.

    Attributes:
        hashes: The sum of the hashes of a report's figures.
        changing: How many of the figures should differ from period to period.
        indexes_by_hash: The indexes of the reports with a sum of hashes.
    """

    hashes: NDArray[np.uint64]
    changing: Integers
    indexes_by_hash: Mapping[int, Sequence[int]]

    def same_as(self, index: int) -> Sequence[int]:
        """Return the indexes of all reports with the same figures, itself among them, in order."""
        return self.indexes_by_hash[int(self.hashes[index])]


def reports_frame(
    form: Form,
    grid: FigureGrid,
    memory: ReportHistory,
    comparables: ComparableIndex,
    pack: Pack,
    numbers: Iterable[int],
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`; only those that are odd have a row."""
    fingerprints = _fingerprints(grid, len(memory.reports))
    requested = set(numbers)
    rows: list[tuple[object, ...]] = []
    for index, report in memory.asking:
        if report.number not in requested:
            continue
        copied = _copied_columns(index, fingerprints, memory.reports, comparables, pack)
        revised = revision_columns(form, grid, index, memory, comparables, pack)
        if copied is None and revised is None:
            continue
        row = 0
        columns = (copied or _NOT_COPIED) + (revised or NOT_REVISED)
        rows.append((report.number, row, *columns))
    frame = pd.DataFrame.from_records(rows, columns=list(REPORT_COLUMNS))
    return with_dates(frame)


def with_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns `…_date` have the type of a date, also without rows."""
    for name in frame.columns:
        if name.endswith("_date"):
            frame = frame.assign(**{name: pd.to_datetime(frame[name])})
    return frame


def _own_copies(
    index: int, same: Sequence[int], reports: Sequence[HistoryReport], comparables: ComparableIndex
) -> list[int]:
    """Return of the reports `same` those of the unit itself, for periods as long."""
    kind = reports[index].period.kind
    candidates = set(same)
    # A year's cumulative figures equal those of its fourth quarter, which makes it no copy.
    same_length = [n for n in comparables.of(index).others if reports[n].period.kind is kind]
    return [n for n in same_length if n in candidates]


def _peer_copies(
    index: int, same: Sequence[int], reports: Sequence[HistoryReport], comparables: ComparableIndex
) -> list[int]:
    """Return of the reports `same` those of peers for the same period and stage."""
    asking = integers([index])
    peers = comparables.peers(asking, reports[index].period)
    is_peer = comparables.of_own_stage(asking, peers)[0]
    return [n for n in same if is_peer[n]]


def _copied_columns(
    index: int,
    fingerprints: _Fingerprints,
    reports: Sequence[HistoryReport],
    comparables: ComparableIndex,
    pack: Pack,
) -> tuple[object, ...] | None:
    """Return the columns of the frame about copies, in order; None where there is no copy."""
    count = int(fingerprints.changing[index])
    same = fingerprints.same_as(index)
    # A report of plans and finished works alone may well stay the same.
    if not count or len(same) == 1:
        return None
    own: tuple[object, ...] = _NO_OWN_COPY
    own_copies = _own_copies(index, same, reports, comparables)
    if own_copies:
        last = reports[own_copies[-1]]
        own = (count, last.period.label, vietnam_day(last.received_at))
    of_peer: tuple[object, ...] = _NO_PEER_COPY
    peer_copies = _peer_copies(index, same, reports, comparables)
    if peer_copies:
        peer = reports[peer_copies[0]]
        unit = pack.unit_on(peer.unit, peer.period.code)
        name = unit.name if unit else ""
        of_peer = (count, name, vietnam_day(peer.received_at))
    of_estimate: tuple[object, ...] = _NO_COPY_OF_ESTIMATE
    estimate = comparables.of(index).estimate
    if estimate is not None and estimate in same:
        of_estimate = (count, vietnam_day(reports[estimate].received_at))
    columns = own + of_peer + of_estimate
    if columns == _NOT_COPIED:
        return None
    return columns


def _fingerprints(grid: FigureGrid, reports: int) -> _Fingerprints:
    """Return what `reports` reports are compared by."""
    # Sums repeat what was typed, and a 0 is the same as an empty cell.
    is_typed = np.array([figure.is_typed for figure in grid.figures], dtype=bool)
    typed = np.flatnonzero(is_typed[grid.code] & (grid.value != 0))
    hashes = np.zeros(reports, dtype=np.uint64)
    np.add.at(hashes, grid.report[typed], _hashes(grid, typed))
    changing_values = typed[_is_changing(grid, typed)]
    changing = np.bincount(grid.report[changing_values], minlength=reports)
    indexes_by_hash: dict[int, list[int]] = defaultdict(list)
    for index, report_hash in enumerate(hashes.tolist()):
        indexes_by_hash[report_hash].append(index)
    return _Fingerprints(hashes, changing, indexes_by_hash)


def _hashes(grid: FigureGrid, typed: Integers) -> NDArray[np.uint64]:
    """Return a hash of each typed value together with its figure and key."""
    pairs = pd.util.hash_array(grid.pair[typed]) * _PAIR_FACTOR
    values = pd.util.hash_array(grid.value[typed])
    return pd.util.hash_array(pairs + values)


def _is_changing(grid: FigureGrid, typed: Integers) -> Booleans:
    """Tell which typed values should differ from period to period.

    They are the cumulative ones, or all where the form has none; but no value of a finished line. A
    plan stays the same for the year, and a finished work stays as it is.
    """
    can_change = np.array([figure.cumulative is not None for figure in grid.figures], dtype=bool)
    if not can_change.any():
        can_change[:] = True
    # A comparison with NaN is false: a figure without an end is never full.
    full = np.array([figure.full for figure in grid.figures], dtype=np.float64)
    code = grid.code[typed]
    line = grid.line[typed]
    has_reached_end = grid.value[typed] >= full[code]
    is_full = has_reached_end & grid.has_key[typed]
    is_finished = np.isin(line, line[is_full])
    is_changing: Booleans = can_change[code] & ~is_finished
    return is_changing
