"""The reports that each report may be compared with."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from expectations.history.reports import HistoryReport, ReportHistory
from expectations.history.robust import Integers
from program.calendar.period import Period
from program.calendar.stage import Stage

_NO_REPORTS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Comparable:
    """The reports that one report may be compared with, as indexes into the history's reports.

    Attributes:
        others: Those of the same unit for other periods, by the end of the period. Of a period that
            has an estimate and a final report, only the final one.
        like: Those of `others` whose period is as long as the report's own; then the other stage of
            its own period.
        peers: Those of other units of the same kind, for the same period and stage.
        peers_before: Those of other units of the same kind for the period just before, one for each
            unit.
        replaced: The version that the report replaces.
    """

    others: tuple[int, ...]
    like: tuple[int, ...]
    peers: Integers
    peers_before: Integers
    replaced: int | None

    @property
    def is_anything(self) -> bool:
        """Tell whether there is anything to compare with."""
        if self.replaced is not None:
            return True
        return bool(self.others or self.like or len(self.peers))


class ComparableIndex:
    """Finds the comparable reports of each report.

    `window`: the number of periods, back and ahead, that a report is compared with.
    """

    def __init__(self, memory: ReportHistory, window: int) -> None:
        self._reports = memory.reports
        self._window = window
        self._of_unit: dict[str, list[int]] = defaultdict(list)
        of_period: dict[Period, list[int]] = defaultdict(list)
        for index, report in enumerate(memory.reports):
            self._of_unit[report.unit].append(index)
            of_period[report.period].append(index)
        self._of_period: dict[Period, Integers] = {}
        for period, indexes in of_period.items():
            self._of_period[period] = np.array(indexes, dtype=np.int64)
        self._seen: dict[int, Comparable] = {}

        # Arrays with an entry for each report: a province has thousands of peers.
        unit_codes = {unit: code for code, unit in enumerate(self._of_unit)}
        kind_codes = {report.kind: code for code, report in enumerate(memory.reports)}
        self._unit = np.array([unit_codes[r.unit] for r in memory.reports], dtype=np.int64)
        self._kind = np.array([kind_codes[r.kind] for r in memory.reports], dtype=np.int64)
        self._is_final = np.array([r.stage is Stage.FINAL for r in memory.reports], dtype=bool)
        self._position = np.array([r.position for r in memory.reports])
        self._until = np.array([_end_of(r) for r in memory.reports])

    def of(self, place: int) -> Comparable:
        """Return the reports that the report at index `place` may be compared with."""
        if place not in self._seen:
            self._seen[place] = self._looked_up(place)
        return self._seen[place]

    def of_unit(self, unit: str) -> list[int]:
        """Return the indexes of all reports of a unit."""
        return self._of_unit[unit]

    def _looked_up(self, index: int) -> Comparable:
        own = self._reports[index]
        near = self._near(own)
        of_own_period = [n for n in near if self._reports[n].period == own.period]
        of_other_periods = [n for n in near if self._reports[n].period != own.period]
        others = self._one_a_period(of_other_periods)
        like = [n for n in others if self._reports[n].period.kind is own.period.kind]
        like += [n for n in of_own_period if self._reports[n].stage is not own.stage]
        peers = self._peers(index, own.period)
        same_stage = self._is_final[peers] == self._is_final[index]
        return Comparable(
            others=tuple(others),
            like=tuple(like),
            peers=peers[same_stage],
            peers_before=self._one_a_unit(self._peers(index, own.period.moved(-1))),
            replaced=self._first_of_stage(of_own_period, own.stage),
        )

    def _near(self, own: HistoryReport) -> list[int]:
        """Return the reports of the same unit whose periods end within the window."""
        of_unit = np.array(self._of_unit[own.unit], dtype=np.int64)
        first = own.period.moved(-self._window).end
        last = own.period.moved(self._window).end
        visible = self._visible(own, of_unit).tolist()
        return [n for n in visible if first <= self._reports[n].period.end <= last]

    def _first_of_stage(self, indexes: Iterable[int], stage: Stage) -> int | None:
        for index in indexes:
            if self._reports[index].stage is stage:
                return index
        return None

    def _peers(self, index: int, period: Period) -> Integers:
        """Return the reports for `period` of other units of the same kind, of both stages."""
        of_period = self._of_period.get(period, _NO_REPORTS)
        visible = self._visible(self._reports[index], of_period)
        is_other = self._unit[visible] != self._unit[index]
        is_peer: NDArray[np.bool_] = is_other & (self._kind[visible] == self._kind[index])
        return visible[is_peer]

    def _visible(self, own: HistoryReport, indexes: Integers) -> Integers:
        """Return those that came before `own` and that no newer version had replaced by then."""
        came_before = self._position[indexes] < own.position
        is_visible: NDArray[np.bool_] = came_before & (own.position <= self._until[indexes])
        return indexes[is_visible]

    def _one_a_period(self, indexes: Iterable[int]) -> list[int]:
        """Return one report for each period, the final before the estimate, by the period's end."""
        best: dict[Period, int] = {}
        for index in indexes:
            report = self._reports[index]
            if report.period not in best or report.stage is Stage.FINAL:
                best[report.period] = index
        periods = sorted(best, key=lambda period: (period.end, period))
        return [best[period] for period in periods]

    def _one_a_unit(self, indexes: Integers) -> Integers:
        """Return one report for each unit, the final before the estimate."""
        has_final = np.zeros(len(self._of_unit), dtype=bool)
        is_final = self._is_final[indexes]
        has_final[self._unit[indexes[is_final]]] = True
        is_best: NDArray[np.bool_] = is_final | ~has_final[self._unit[indexes]]
        return indexes[is_best]


def _end_of(report: HistoryReport) -> int:
    """Return the last position that sees a report: none where it does not load."""
    return report.until if report.loads else -1
