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
from expectations.history.reports import HistoryReport, ReportHistory
from program.forms.elements import FormElement
from program.pack.load import Pack
from program.vietnamese import vietnam_day

# Two factors keep an element and a key apart where their codes are the same.
_ELEMENT_FACTOR = np.uint64(31)
_KEY_FACTOR = np.uint64(17)


@dataclass(frozen=True, slots=True)
class _Fingerprints:
    """What the reports are compared by; an entry for each report.

    Attributes:
        hashes: The sum of the hashes of a report's figures.
        changing: How many of the figures should differ from period to period.
        indexes_by_hash: The indexes of the reports with a sum of hashes.
    """

    hashes: NDArray[np.uint64]
    changing: NDArray[np.int64]
    indexes_by_hash: Mapping[int, Sequence[int]]

    def same_as(self, index: int) -> Sequence[int]:
        """Return the indexes of all reports with the same figures, itself among them, in order."""
        return self.indexes_by_hash[int(self.hashes[index])]


def reports_frame(
    figures: Mapping[str, FormElement],
    memory: ReportHistory,
    sight: ComparableIndex,
    pack: Pack,
    numbers: Iterable[int],
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`; only those that repeat a report have a row."""
    fingerprints = _fingerprints(figures, memory)
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
    dates = [name for name in REPORT_COLUMNS if name.endswith("_date")]
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
    asking = np.array([index], dtype=np.int64)
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


def _fingerprints(figures: Mapping[str, FormElement], memory: ReportHistory) -> _Fingerprints:
    # Sums repeat what was typed, and a 0 is the same as an empty cell.
    typed = {name for name, figure in figures.items() if figure.is_typed}
    is_nonzero = memory.values["value"] != 0
    values = memory.values[memory.values["element"].isin(typed) & is_nonzero]
    report = values["report"].to_numpy(np.int64)
    hashes = np.zeros(len(memory.reports), dtype=np.uint64)
    np.add.at(hashes, report, _hashes(values))
    changing_reports = report[_is_changing(values, figures)]
    changing = np.bincount(changing_reports, minlength=len(memory.reports))
    indexes_by_hash: dict[int, list[int]] = defaultdict(list)
    for index, report_hash in enumerate(hashes.tolist()):
        indexes_by_hash[report_hash].append(index)
    return _Fingerprints(hashes, changing, indexes_by_hash)


def _hashes(values: pd.DataFrame) -> NDArray[np.uint64]:
    """Return a hash of each value together with its element and key."""
    elements = pd.util.hash_array(_codes(values["element"])) * _ELEMENT_FACTOR
    keys = pd.util.hash_array(_codes(values["key"])) * _KEY_FACTOR
    numbers = pd.util.hash_array(values["value"].to_numpy(np.float64))
    return pd.util.hash_array(elements + keys + numbers)


def _codes(texts: pd.Series) -> NDArray[np.uint64]:
    """Return a number for each text: the same for equal texts."""
    codes, _ = pd.factorize(texts.astype(object))
    return codes.astype(np.uint64)


def _is_changing(values: pd.DataFrame, figures: Mapping[str, FormElement]) -> NDArray[np.bool_]:
    """Tell which values should differ from period to period.

    They are the cumulative ones, or all where the form has none; but no value of a finished line. A
    plan stays the same for the year, and a finished work stays as it is.
    """
    elements = values["element"]
    used = {name: figures[name] for name in elements.unique()}
    if any(figure.cumulative for figure in figures.values()):
        is_cumulative = {name: figure.cumulative is not None for name, figure in used.items()}
        can_change = elements.map(is_cumulative).to_numpy(bool)
    else:
        can_change = np.ones(len(values), dtype=bool)
    full_values = {name: figure.full for name, figure in used.items()}
    full = elements.map(full_values).astype("float64")
    is_full = (values["value"] >= full) & (values["key"] != "")
    result: NDArray[np.bool_] = can_change & ~_is_in_same_line(values, values[is_full])
    return result


def _is_in_same_line(values: pd.DataFrame, chosen: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which of `values` stand in the same line of the same report as one of `chosen`."""
    if not len(chosen):
        return np.zeros(len(values), dtype=bool)
    lines = pd.MultiIndex.from_frame(values[["report", "key"]])
    return lines.isin(pd.MultiIndex.from_frame(chosen[["report", "key"]]))
