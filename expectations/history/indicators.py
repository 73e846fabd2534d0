"""The frame `indicators`: a row for each indicator with a target that the unit's last report had reached.

`figure` is the indicator's numerator, `value` and `before` are the indicator itself; `is_reached` is 1 or 0.
"""

import operator
from collections.abc import Callable, Iterable

import pandas as pd

from expectations.history.columns import INDICATOR_COLUMNS
from expectations.history.memory import Memory
from expectations.history.sight import Sight
from program.catalogue import Indicator, IndicatorKind, Target
from program.pack import Pack

_MEETS: dict[str, Callable[[float, float], bool]] = {
    "at_least": operator.ge,
    "more_than": operator.gt,
    "at_most": operator.le,
    "less_than": operator.lt,
}


def indicators_frame(
    code: str, memory: Memory, sight: Sight, pack: Pack, numbers: Iterable[int]
) -> pd.DataFrame:
    """Return the frame of the submissions `numbers` of form `code`.

    Only quotients are looked at: the target of a count is the whole province's. Of several targets the last one counts, the
    province's before the nation's.
    """
    judged = [
        (i, target_of(i))
        for i in pack.indicators
        if i.form == code and i.kind.has_denominator and i.targets
    ]
    names = {name for i, _ in judged for name in (i.numerator, i.denominator)}
    chosen = memory.values[memory.values["element"].isin(names) & (memory.values["key"] == "")]
    values = {
        (int(r), e): float(v)
        for r, e, v in zip(chosen["report"], chosen["element"], chosen["value"], strict=True)
    }
    asked, rows = set(numbers), []
    for place, own in memory.asking:
        past = (
            [n for n in sight.of(place).others if memory.reports[n].period.end < own.period.end]
            if judged
            else []
        )
        if own.number not in asked or not past:
            continue
        for row, (indicator, target) in enumerate(judged):
            now, then = (_quotient(indicator, n, values) for n in (place, past[-1]))
            meets = _MEETS[target.comparison]
            if now is not None and then is not None and meets(then, target.value):
                when = memory.reports[past[-1]].period.label
                said = (
                    own.number,
                    row,
                    indicator.numerator,
                    indicator.name,
                    indicator.unit,
                    target.value,
                    now,
                    then,
                    when,
                )
                rows.append((*said, int(meets(now, target.value))))
    return pd.DataFrame.from_records(rows, columns=list(INDICATOR_COLUMNS))


def target_of(indicator: Indicator) -> Target:
    """Return the target that counts of those of an indicator."""
    return max(
        indicator.targets, key=lambda target: (target.scope == "province", target.period or "")
    )


def _quotient(
    indicator: Indicator, place: int, values: dict[tuple[int, str], float]
) -> float | None:
    numerator, denominator = (
        values.get((place, name or "")) for name in (indicator.numerator, indicator.denominator)
    )
    if numerator is None or not denominator:
        return None
    return numerator / denominator * (100 if indicator.kind is IndicatorKind.SHARE else 1)
