"""The frame `indicators`: a row for each target that the unit reached in its last report.

`figure` is the numerator of the indicator. `value` and `before` are the indicator itself, now and
in the last report. `is_reached` is 1 where the target is reached now, else 0.
"""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from expectations.history.columns import INDICATOR_COLUMNS
from expectations.history.comparable import Comparable, ComparableIndex
from expectations.history.reports import HistoryReport, ReportHistory
from program.pack.catalogue import Indicator, IndicatorKind, Target
from program.pack.pack import Pack

_MEETS: dict[str, Callable[[float, float], bool]] = {
    "at_least": operator.ge,
    "more_than": operator.gt,
    "at_most": operator.le,
    "less_than": operator.lt,
}

_PERCENT = 100

_Values = dict[tuple[int, str], float]
"""The values of numerators and denominators, by the report's index and the element."""


@dataclass(frozen=True, slots=True)
class _Goal:
    """An indicator, and the target that it is compared with."""

    indicator: Indicator
    target: Target

    def is_met_by(self, value: float) -> bool:
        """Tell whether a value of the indicator reaches the target."""
        return _MEETS[self.target.comparison](value, self.target.value)


def indicators_frame(
    code: str,
    memory: ReportHistory,
    comparables: ComparableIndex,
    pack: Pack,
    numbers: Iterable[int],
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers` of form `code`.

    Only quotients have rows: the target of a count is one of the whole province. An indicator with
    several targets is compared with the one that `target_of` returns.
    """
    goals = _goals_of(code, pack)
    rows: list[tuple[object, ...]] = []
    if goals:
        values = _values_of(goals, memory)
        requested = set(numbers)
        for index, report in memory.asking:
            if report.number not in requested:
                continue
            last = _last_index(report, comparables.of(index), memory)
            if last is not None:
                rows.extend(_rows(goals, index, last, memory, values))
    return pd.DataFrame.from_records(rows, columns=list(INDICATOR_COLUMNS))


def target_of(indicator: Indicator) -> Target:
    """Return the target that counts: the latest one of the province, else of the nation."""
    return max(indicator.targets, key=_rank)


def _rank(target: Target) -> tuple[bool, str]:
    return target.scope == "province", target.period or ""


def _goals_of(code: str, pack: Pack) -> list[_Goal]:
    goals: list[_Goal] = []
    for indicator in pack.indicators:
        is_quotient = indicator.form == code and indicator.kind.has_denominator
        if is_quotient and indicator.targets:
            goals.append(_Goal(indicator, target_of(indicator)))
    return goals


def _values_of(goals: Iterable[_Goal], memory: ReportHistory) -> _Values:
    elements: set[str | None] = set()
    for goal in goals:
        elements |= {goal.indicator.numerator, goal.indicator.denominator}
    # A line of a list has a key; an indicator is about the report as a whole.
    is_of_report = memory.values["key"] == ""
    is_part = memory.values["element"].isin(elements)
    chosen = memory.values[is_part & is_of_report]
    values: _Values = {}
    columns = (chosen["report"], chosen["element"], chosen["value"])
    for report, element, value in zip(*columns, strict=True):
        values[int(report), element] = float(value)
    return values


def _last_index(report: HistoryReport, seen: Comparable, memory: ReportHistory) -> int | None:
    """Return the index of the unit's last report of an earlier period."""
    for index in reversed(seen.others):
        if memory.reports[index].period.end < report.period.end:
            return index
    return None


def _rows(
    goals: Iterable[_Goal], index: int, last: int, memory: ReportHistory, values: _Values
) -> list[tuple[object, ...]]:
    """Return a row for each target that the report at `last` reached, about that at `index`."""
    rows: list[tuple[object, ...]] = []
    for row, goal in enumerate(goals):
        indicator = goal.indicator
        now = _quotient(indicator, index, values)
        before = _quotient(indicator, last, values)
        if now is None or before is None:
            continue
        # A target that was not reached cannot be lost.
        if not goal.is_met_by(before):
            continue
        # In the order of INDICATOR_COLUMNS.
        rows.append(
            (
                memory.reports[index].number,
                row,
                indicator.numerator,
                indicator.name,
                indicator.unit,
                goal.target.value,
                now,
                before,
                memory.reports[last].period.label,
                int(goal.is_met_by(now)),
            )
        )
    return rows


def _quotient(indicator: Indicator, index: int, values: _Values) -> float | None:
    """Return the indicator of one report; None if a part is missing, or the denominator is 0."""
    numerator = values.get((index, indicator.numerator or ""))
    denominator = values.get((index, indicator.denominator or ""))
    if numerator is None or not denominator:
        return None
    factor = _PERCENT if indicator.kind is IndicatorKind.SHARE else 1
    return numerator / denominator * factor
