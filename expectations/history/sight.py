"""Which reports one report may be compared with."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from expectations.history.memory import Memory, Report
from expectations.history.robust import Integers
from program.period import Period
from program.stage import Stage

_NOBODY = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one report sees, as places in the memory's reports.

    `others`: its unit's reports of other periods, one a period (final before estimate), by their ends. `like`: those of the
    same length of period, and the other stage of its own. `peers`, `peers_before`: other units' of its period and stage, and
    of the period just before. `replaced`: the version that it takes the place of.
    """

    others: tuple[int, ...]
    like: tuple[int, ...]
    peers: Integers
    peers_before: Integers
    replaced: int | None

    @property
    def is_anything(self) -> bool:
        """Tell whether there is anything to compare with."""
        return bool(self.others or self.like or len(self.peers) or self.replaced is not None)


class Sight:
    """Looks reports up by unit and by period; `window` is how many periods back, and ahead, a report looks."""

    def __init__(self, memory: Memory, window: int) -> None:
        self._reports = memory.reports
        self._window = window
        self._of_unit: dict[str, list[int]] = defaultdict(list)
        of_period: dict[Period, list[int]] = defaultdict(list)
        for place, report in enumerate(memory.reports):
            self._of_unit[report.unit].append(place)
            of_period[report.period].append(place)
        self._of_period = {period: np.array(at, dtype=np.int64) for period, at in of_period.items()}
        self._seen: dict[int, Seen] = {}
        units = {unit: number for number, unit in enumerate(self._of_unit)}
        kinds = {report.kind: number for number, report in enumerate(memory.reports)}
        self._unit = np.array([units[report.unit] for report in memory.reports], dtype=np.int64)
        self._kind = np.array([kinds[report.kind] for report in memory.reports], dtype=np.int64)
        self._is_final = np.array(
            [report.stage is Stage.FINAL for report in memory.reports], dtype=bool
        )
        self._position = np.array([report.position for report in memory.reports])
        self._until = np.array([report.until if report.loads else -1 for report in memory.reports])

    def of(self, place: int) -> Seen:
        """Return what the report at `place` sees."""
        if place not in self._seen:
            self._seen[place] = self._looked_up(place)
        return self._seen[place]

    def _looked_up(self, place: int) -> Seen:
        own = self._reports[place]
        unit = self._visible(own, np.array(self._of_unit[own.unit], dtype=np.int64)).tolist()
        peers = self._peers(place, own.period)
        first, last = own.period.moved(-self._window), own.period.moved(self._window)
        near = [n for n in unit if first.end <= self._reports[n].period.end <= last.end]
        others = self._one_a_period([n for n in near if self._reports[n].period != own.period])
        same = [n for n in near if self._reports[n].period == own.period]
        like = [n for n in others if self._reports[n].period.kind is own.period.kind]
        like += [n for n in same if self._reports[n].stage is not own.stage]
        return Seen(
            others=tuple(others),
            like=tuple(like),
            peers=peers[self._is_final[peers] == self._is_final[place]],
            peers_before=self._one_a_unit(self._peers(place, own.period.moved(-1))),
            replaced=next((n for n in same if self._reports[n].stage is own.stage), None),
        )

    def of_unit(self, unit: str) -> list[int]:
        """Return all reports of a unit."""
        return self._of_unit[unit]

    def _peers(self, place: int, period: Period) -> Integers:
        at = self._visible(self._reports[place], self._of_period.get(period, _NOBODY))
        is_other = self._unit[at] != self._unit[place]
        is_peer: NDArray[np.bool_] = is_other & (self._kind[at] == self._kind[place])
        return at[is_peer]

    def _visible(self, own: Report, at: Integers) -> Integers:
        is_seen = (self._position[at] < own.position) & (own.position <= self._until[at])
        return at[is_seen]

    def _one_a_period(self, places: Iterable[int]) -> list[int]:
        best: dict[Period, int] = {}
        for place in places:
            report = self._reports[place]
            if report.period not in best or report.stage is Stage.FINAL:
                best[report.period] = place
        return sorted(
            best.values(), key=lambda n: (self._reports[n].period.end, self._reports[n].period)
        )

    def _one_a_unit(self, at: Integers) -> Integers:
        """Return of each unit's reports one, the final before the estimate."""
        has_final = np.zeros(len(self._of_unit), dtype=bool)
        has_final[self._unit[at[self._is_final[at]]]] = True
        is_best: NDArray[np.bool_] = self._is_final[at] | ~has_final[self._unit[at]]
        return at[is_best]
