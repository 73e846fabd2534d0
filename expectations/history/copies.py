"""The frame `reports`: a row a report, with the earlier report of the unit, or the peer's, that says the very same.

What is compared is all that somebody typed in and that is not 0: a sum over hashes, so that the order of a list's lines
does not matter and the cost does not grow with the number of pairs of reports. `own_copied` and `peer_copied` count the
figures that should have moved since; 0 where the reports are not the same.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.columns import REPORT_COLUMNS
from expectations.history.memory import Memory, Report
from expectations.history.sight import Sight
from program.figures import Figure
from program.pack import Pack
from program.vietnamese import vietnam_day


def reports_frame(
    figures: Mapping[str, Figure], memory: Memory, sight: Sight, pack: Pack, numbers: Iterable[int]
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers`; only those that repeat another report have a row."""
    marks, moving = _marks(figures, memory)
    asked, rows = set(numbers), []
    for place, own in memory.asking:
        if own.number in asked and moving[place]:
            seen = sight.of(place)
            mine = [
                n
                for n in seen.others
                if memory.reports[n].period.kind is own.period.kind and marks[n] == marks[place]
            ]
            theirs = seen.peers[marks[seen.peers] == marks[place]].tolist()
            if mine or theirs:
                count = int(moving[place])
                rows.append(
                    _row(
                        own,
                        [memory.reports[n] for n in mine],
                        [memory.reports[n] for n in theirs],
                        count,
                        pack,
                    )
                )
    frame = pd.DataFrame.from_records(rows, columns=list(REPORT_COLUMNS))
    return frame.assign(
        **{name: pd.to_datetime(frame[name]) for name in REPORT_COLUMNS if name.endswith("_date")}
    )


def _row(
    own: Report, mine: list[Report], theirs: list[Report], count: int, pack: Pack
) -> tuple[object, ...]:
    last, peer = (mine[-1] if mine else None), (theirs[0] if theirs else None)
    unit = pack.unit_on(peer.unit, peer.period.code) if peer else None
    return (
        *(own.number, 0, count if last else 0, last.period.label if last else "", _day(last)),
        *(count if peer else 0, unit.name if unit else "", _day(peer)),
    )


def _day(report: Report | None) -> date | None:
    return vietnam_day(report.received_at) if report else None


def _marks(
    figures: Mapping[str, Figure], memory: Memory
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return for each report what stands for its figures, and how many of them should move from period to period."""
    typed = {name for name, figure in figures.items() if figure.is_typed}
    values = memory.values[memory.values["element"].isin(typed) & (memory.values["value"] != 0)]
    elements, keys = (
        pd.factorize(values[name].astype(object))[0].astype(np.uint64)
        for name in ("element", "key")
    )
    numbers = pd.util.hash_array(values["value"].to_numpy(np.float64))
    said = pd.util.hash_array(
        pd.util.hash_array(elements) * np.uint64(31)
        + pd.util.hash_array(keys) * np.uint64(17)
        + numbers
    )
    report = values["report"].to_numpy(np.int64)
    marks = np.zeros(len(memory.reports), dtype=np.uint64)
    np.add.at(marks, report, said)
    return marks, np.bincount(report[_moves(values, figures)], minlength=len(memory.reports))


def _moves(values: pd.DataFrame, figures: Mapping[str, Figure]) -> NDArray[np.bool_]:
    """Tell which values should differ from period to period: cumulative ones, where the form has any, of unfinished lines.

    A plan stays for the year, and a work that is finished stays as it is.
    """
    of = {name: figures[name] for name in values["element"].unique()}
    if any(figure.cumulative for figure in figures.values()):
        moves = (
            values["element"]
            .map({name: figure.cumulative is not None for name, figure in of.items()})
            .to_numpy(bool)
        )
    else:
        moves = np.ones(len(values), dtype=bool)
    full = (
        values["element"].map({name: figure.full for name, figure in of.items()}).astype("float64")
    )
    finished = values[(values["value"] >= full) & (values["key"] != "")]
    lines = pd.MultiIndex.from_frame(values[["report", "key"]])
    is_finished = (
        lines.isin(pd.MultiIndex.from_frame(finished[["report", "key"]]))
        if len(finished)
        else np.zeros(len(values), bool)
    )
    result: NDArray[np.bool_] = moves & ~is_finished
    return result
