"""The reports that each report may be compared with."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from expectations.history.reports import HistoryReport, ReportHistory
from expectations.history.spread import Booleans, Integers, integers
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.records.history import HISTORY_PERIODS
from program.units.unit import UnitKind

_NO_REPORTS = integers(())


@dataclass(frozen=True, slots=True)
class Comparable:
    """The reports of its own unit that one report may be compared with.

    They are indexes into the history's reports.

    Attributes:
        others: Those for other periods, by the end of the period. Of a period that has an estimate
            and a final report, only the final one.
        like: Those of `others` whose period is as long as the report's own; then the other stage of
            its own period.
        replaced: The version that the report replaces.
        estimate: The estimate for its own period, where the report is final.
    """

    others: tuple[int, ...]
    like: tuple[int, ...]
    replaced: int | None
    estimate: int | None


class ComparableIndex:
    """Finds the comparable reports of each report.

    A report is compared with `HISTORY_PERIODS` periods, back and ahead.
    """

    def __init__(self, memory: ReportHistory) -> None:
        self._reports = memory.reports
        of_unit: dict[str, list[int]] = defaultdict(list)
        of_period: dict[Period, list[int]] = defaultdict(list)
        for index, report in enumerate(memory.reports):
            of_unit[report.unit].append(index)
            of_period[report.period].append(index)
        self._of_unit = {unit: integers(indexes) for unit, indexes in of_unit.items()}
        self._of_period = {period: integers(indexes) for period, indexes in of_period.items()}
        self._seen: dict[int, Comparable] = {}

        # Arrays with an entry for each report: a province has thousands of peers.
        unit_codes = {unit: code for code, unit in enumerate(of_unit)}
        kind_codes: dict[UnitKind | None, int] = {}
        units: list[int] = []
        kinds: list[int] = []
        is_final: list[bool] = []
        positions: list[int] = []
        ends: list[int] = []
        for report in memory.reports:
            units.append(unit_codes[report.unit])
            kinds.append(kind_codes.setdefault(report.kind, len(kind_codes)))
            is_final.append(report.stage is Stage.FINAL)
            positions.append(report.position)
            ends.append(_end_of(report))
        self._unit = integers(units)
        self._kind = integers(kinds)
        self._is_final = np.array(is_final, dtype=bool)
        self._position = integers(positions)
        self._until = integers(ends)

    @property
    def reports(self) -> int:
        """The number of reports in the history."""
        return len(self._reports)

    def of(self, place: int) -> Comparable:
        """Return the reports of its unit that the report at index `place` may be compared with."""
        if place not in self._seen:
            self._seen[place] = self._looked_up(place)
        return self._seen[place]

    def by_period(self, places: Integers, size: int) -> Iterator[tuple[Period, Integers]]:
        """Yield the positions in `places` in groups of at most `size`, each of one period."""
        positions: dict[Period, list[int]] = defaultdict(list)
        for position, place in enumerate(places.tolist()):
            period = self._reports[place].period
            positions[period].append(position)
        for period, of_period in positions.items():
            for start in range(0, len(of_period), size):
                group = of_period[start : start + size]
                yield period, integers(group)

    def peers(self, places: Integers, period: Period) -> Booleans:
        """For each of the reports `places`, tell which reports are its peers' about `period`.

        The array has a row for each of `places` and a column for each report. Peers are other units
        of the same kind; their reports are of both stages.
        """
        peers = np.zeros((len(places), self.reports), dtype=bool)
        columns = self._of_period.get(period, _NO_REPORTS)
        own = places[:, np.newaxis]
        is_other = self._unit[columns] != self._unit[own]
        is_of_kind = self._kind[columns] == self._kind[own]
        is_visible = self._is_visible(own, columns)
        peers[:, columns] = is_other & is_of_kind & is_visible
        return peers

    def of_own_stage(self, places: Integers, peers: Booleans) -> Booleans:
        """Return those of `peers` that have the same stage as the asking report."""
        own_is_final = self._is_final[places[:, np.newaxis]]
        is_own_stage: Booleans = self._is_final == own_is_final
        return peers & is_own_stage

    def one_a_unit(self, peers: Booleans) -> Booleans:
        """Return one of `peers` for each unit: its final report, else its estimate."""
        has_final = np.zeros((len(peers), len(self._of_unit)), dtype=bool)
        row, report = np.nonzero(peers & self._is_final)
        has_final[row, self._unit[report]] = True
        is_best: Booleans = self._is_final | ~has_final[:, self._unit]
        return peers & is_best

    def _looked_up(self, index: int) -> Comparable:
        own = self._reports[index]
        of_own_period: list[int] = []
        of_other_periods: list[int] = []
        for near in self._near(index, own):
            if self._reports[near].period == own.period:
                of_own_period.append(near)
            else:
                of_other_periods.append(near)
        others = self._one_a_period(of_other_periods)
        like = [n for n in others if self._reports[n].period.kind is own.period.kind]
        # The estimate of a period tells how large its final figures are, and the other way round.
        like += [n for n in of_own_period if self._reports[n].stage is not own.stage]
        estimate = None
        if own.stage is Stage.FINAL:
            estimate = self._first_of_stage(of_own_period, Stage.ESTIMATE)
        return Comparable(
            others=tuple(others),
            like=tuple(like),
            replaced=self._first_of_stage(of_own_period, own.stage),
            estimate=estimate,
        )

    def _near(self, index: int, own: HistoryReport) -> list[int]:
        """Return the reports of the same unit whose periods end within the window."""
        of_unit = self._of_unit[own.unit]
        first = own.period.moved(-HISTORY_PERIODS).end
        last = own.period.moved(HISTORY_PERIODS).end
        is_visible = self._is_visible(index, of_unit)
        visible = of_unit[is_visible].tolist()
        return [n for n in visible if first <= self._reports[n].period.end <= last]

    def _first_of_stage(self, indexes: Iterable[int], stage: Stage) -> int | None:
        for index in indexes:
            if self._reports[index].stage is stage:
                return index
        return None

    def _is_visible(self, own: int | Integers, indexes: Integers) -> Booleans:
        """Tell which came before `own`, and no newer version had replaced them by then."""
        position = self._position[own]
        came_before = self._position[indexes] < position
        is_visible: Booleans = came_before & (position <= self._until[indexes])
        return is_visible

    def _one_a_period(self, indexes: Iterable[int]) -> list[int]:
        """Return one report for each period, the final before the estimate, by the period's end."""
        best: dict[Period, int] = {}
        for index in indexes:
            report = self._reports[index]
            if report.period not in best or report.stage is Stage.FINAL:
                best[report.period] = index
        # A year and its fourth quarter end on the same day: then the periods' own order counts.
        periods = sorted(best, key=lambda period: (period.end, period))
        return [best[period] for period in periods]


def _end_of(report: HistoryReport) -> int:
    """Return the last position that sees a report: none where it does not load."""
    return report.until if report.loads else -1
