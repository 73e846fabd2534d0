"""The frame `reports`: a row for each report that repeats another one, or may be of another period.

Two reports are the same if all figures in them that somebody typed, and that are not 0, are the
same. They are compared by a sum of hashes: the order of a list's lines does not matter, and the
cost does not grow with the number of pairs of reports. `own_copied`, `peer_copied` and
`estimate_copied` count the figures that should have changed; 0 where the reports differ. `revised`
is about a new version, see `expectations.history.revisions`.
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
from expectations.history.revisions import NOT_REVISED, revision_columns
from expectations.history.spread import Booleans, Integers, integers
from program.forms.form import Form
from program.pack.load import Pack
from program.vietnamese import vietnam_day

# The factor keeps a figure and its value apart where both have the same hash.
_PAIR_FACTOR = np.uint64(31)

_NOT_COPIED: tuple[object, ...] = (0, "", None, 0, "", None, 0, None)


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
    sight: ComparableIndex,
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
        copied = _copied_columns(index, fingerprints, memory.reports, sight, pack)
        revised = revision_columns(form, grid, index, memory, sight, pack)
        if copied is not None or revised is not None:
            row = 0
            rows.append((report.number, row, *(copied or _NOT_COPIED), *(revised or NOT_REVISED)))
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


def _copied_columns(
    index: int,
    fingerprints: _Fingerprints,
    reports: Sequence[HistoryReport],
    sight: ComparableIndex,
    pack: Pack,
) -> tuple[object, ...] | None:
    """Return the columns of the frame about copies, in order; None where there is no copy."""
    count = int(fingerprints.changing[index])
    same = fingerprints.same_as(index)
    # A report of plans and finished works alone may well stay the same.
    if not count or len(same) == 1:
        return None
    own_copies = _own_copies(index, same, reports, sight)
    peer_copies = _peer_copies(index, same, reports, sight)
    estimate = sight.of(index).estimate
    columns: list[object] = [*_NOT_COPIED]
    if own_copies:
        last = reports[own_copies[-1]]
        columns[0:3] = [count, last.period.label, vietnam_day(last.received_at)]
    if peer_copies:
        peer = reports[peer_copies[0]]
        unit = pack.unit_on(peer.unit, peer.period.code)
        columns[3:6] = [count, unit.name if unit else "", vietnam_day(peer.received_at)]
    if estimate is not None and estimate in same:
        columns[6:8] = [count, vietnam_day(reports[estimate].received_at)]
    return tuple(columns) if any(columns) else None


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
