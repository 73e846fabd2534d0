"""The frame `reports`: a row for each report that repeats another one, of its unit or of a peer.

Two reports are the same if all figures in them that somebody typed, and that are not 0, are the
same. They are compared by a sum of hashes: the order of a list's lines does not matter, and the
cost does not grow with the number of pairs of reports. `own_copied` and `peer_copied` count the
figures that should have changed; 0 where the reports differ.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.columns import REPORT_COLUMNS
from expectations.history.comparable import ComparableIndex
from expectations.history.grid import FigureGrid
from expectations.history.reports import HistoryReport, ReportHistory
from expectations.history.spread import Booleans, Integers, integers
from program.pack.load import Pack
from program.vietnamese import vietnam_day

# The factor keeps a figure and its value apart where both have the same hash.
_PAIR_FACTOR = np.uint64(31)


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
    grid: FigureGrid,
    memory: ReportHistory,
    sight: ComparableIndex,
    pack: Pack,
    numbers: Iterable[int],
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`; only those that repeat a report have a row."""
    fingerprints = _fingerprints(grid, len(memory.reports))
    requested = set(numbers)
    rows: list[tuple[object, ...]] = []
    for index, report in memory.asking:
        # A report of plans and finished works alone may well stay the same.
        if report.number not in requested or not fingerprints.changing[index]:
            continue
        same = fingerprints.same_as(index)
        if len(same) == 1:
            continue
        own_copies = _own_copies(index, same, memory.reports, sight)
        peer_copies = _peer_copies(index, same, memory.reports, sight)
        if own_copies or peer_copies:
            last = memory.reports[own_copies[-1]] if own_copies else None
            peer = memory.reports[peer_copies[0]] if peer_copies else None
            count = int(fingerprints.changing[index])
            rows.append(_row(report.number, last, peer, count, pack))
    frame = pd.DataFrame.from_records(rows, columns=list(REPORT_COLUMNS))
    return with_dates(frame)


def with_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns `…_date` have the type of a date, also without rows."""
    dates = [name for name in frame.columns if name.endswith("_date")]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in dates})


def _own_copies(
    index: int, same: Sequence[int], reports: Sequence[HistoryReport], sight: ComparableIndex
) -> list[int]:
    """Return of the reports `same` those of the unit itself, for periods as long."""
    kind = reports[index].period.kind
    candidates = set(same)
    same_length = [n for n in sight.of(index).others if reports[n].period.kind is kind]
    return [n for n in same_length if n in candidates]


def _peer_copies(
    index: int, same: Sequence[int], reports: Sequence[HistoryReport], sight: ComparableIndex
) -> list[int]:
    """Return of the reports `same` those of peers for the same period and stage."""
    asking = integers([index])
    peers = sight.of_own_stage(asking, sight.peers(asking, reports[index].period))[0]
    return [n for n in same if peers[n]]


def _row(
    number: int, last: HistoryReport | None, peer: HistoryReport | None, count: int, pack: Pack
) -> tuple[object, ...]:
    """Return a row in the order of `REPORT_COLUMNS`.

    Args:
        number: The number of the submission.
        last: The last report of the same unit that it repeats.
        peer: A peer's report that it repeats.
        count: How many of its figures should have changed.
        pack: Where the peer's name is looked up.
    """
    own_columns: tuple[object, ...] = (0, "", None)
    if last is not None:
        own_columns = (count, last.period.label, vietnam_day(last.received_at))
    peer_columns: tuple[object, ...] = (0, "", None)
    if peer is not None:
        unit = pack.unit_on(peer.unit, peer.period.code)
        unit_name = unit.name if unit else ""
        peer_columns = (count, unit_name, vietnam_day(peer.received_at))
    row = 0
    return (number, row, *own_columns, *peer_columns)


def _fingerprints(grid: FigureGrid, reports: int) -> _Fingerprints:
    """Return what `reports` reports are compared by."""
    # Sums repeat what was typed, and a 0 is the same as an empty cell.
    is_typed = np.array([figure.is_typed for figure in grid.figures], dtype=bool)
    typed = np.flatnonzero(is_typed[grid.code] & (grid.value != 0))
    hashes = np.zeros(reports, dtype=np.uint64)
    np.add.at(hashes, grid.report[typed], _hashes(grid, typed))
    changing = np.bincount(grid.report[typed[_is_changing(grid, typed)]], minlength=reports)
    indexes_by_hash: dict[int, list[int]] = defaultdict(list)
    for index, report_hash in enumerate(hashes.tolist()):
        indexes_by_hash[report_hash].append(index)
    return _Fingerprints(hashes, changing, indexes_by_hash)


def _hashes(grid: FigureGrid, typed: Integers) -> NDArray[np.uint64]:
    """Return a hash of each typed value together with its figure and key."""
    pairs = pd.util.hash_array(grid.pair[typed]) * _PAIR_FACTOR
    return pd.util.hash_array(pairs + pd.util.hash_array(grid.value[typed]))


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
    is_full = (grid.value[typed] >= full[code]) & grid.has_key[typed]
    is_finished = np.isin(grid.line[typed], grid.line[typed][is_full])
    is_changing: Booleans = can_change[code] & ~is_finished
    return is_changing
