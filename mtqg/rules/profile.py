"""Bounds that the past suggests: for each figure of a form, and for money by what it was spent on."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from expectations.rules import FormRule
from mtqg.rules.spread import Enough, Spread, outward, spread_of
from mtqg.rules.subjects import Subject, figures, ratios
from program.form import Form
from program.measure import to_printed


@dataclass(frozen=True, slots=True)
class Proposal:
    """A figure with what was seen of it. Bounds are as printed; None where that side has none.

    `outside` are the points beyond the bounds, which a reviewer looks at first: unit, period, value as printed.
    """

    about: Subject
    spread: Spread
    minimum: float | None
    maximum: float | None
    outside: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """A figure that no bound is proposed for, and why."""

    about: Subject
    reason: str


def profile(
    form: Form, points: pd.DataFrame, rules: Sequence[FormRule], enough: Enough, margin: float
) -> Iterator[Proposal | Passed]:
    """Yield a proposal, or why there is none, for each figure of `form`; then for each money column its steadiest ratio.

    A ratio that is no steadier than the money itself says nothing, and is not yielded.
    """
    own_widths: dict[str, float] = {}
    for subject, of_subject in figures(form, points):
        yield _proposed(subject, of_subject, rules, enough, margin)
    steadiest: dict[tuple[str, str], tuple[float, Subject, pd.DataFrame]] = {}
    for subject, of_subject in ratios(form, points):
        if len(of_subject) < enough.points:
            continue
        width = spread_of(of_subject).width
        own_widths[subject.at] = spread_of(of_subject.assign(value=of_subject[subject.at])).width
        best = steadiest.get((subject.frame, subject.at))
        if width < own_widths[subject.at] and (best is None or width < best[0]):
            steadiest[subject.frame, subject.at] = (width, subject, of_subject)
    for _, subject, of_subject in steadiest.values():
        yield _proposed(subject, of_subject, rules, enough, margin)


def _proposed(
    subject: Subject, points: pd.DataFrame, rules: Sequence[FormRule], enough: Enough, margin: float
) -> Proposal | Passed:
    reason = _unfit(subject, points, rules, enough)
    if reason is not None:
        return Passed(subject, reason)
    spread = spread_of(points)
    low, high = outward(*(to_printed(bound, subject.measure) for bound in spread.bounds(margin)))
    minimum, maximum = _tighter(subject, low, high)
    if minimum is None and maximum is None:
        return Passed(subject, "the layout's own bounds are as tight")
    return Proposal(subject, spread, minimum, maximum, tuple(_outside(points, subject, minimum, maximum)))


def _unfit(subject: Subject, points: pd.DataFrame, rules: Sequence[FormRule], enough: Enough) -> str | None:
    """Return why nothing can be said of a figure, None where something can."""
    bounding = next((rule.id for rule in rules if _bounds(rule, subject)), None)
    if bounding is not None:
        return f"{bounding} bounds it already"
    if points.empty:
        return "never reported"
    spread = spread_of(points)
    if spread.low < 0:
        return "has values below 0"
    if spread.width == 0:
        return f"no spread: at least half of all values are {to_printed(spread.median, subject.measure):g}"
    return spread.lacking(enough)


def _bounds(rule: FormRule, subject: Subject) -> bool:
    columns = {subject.at, subject.per} - {None}
    return rule.table == subject.frame and set(rule.columns) == columns and bool({"min_value", "max_value"} & rule.kwargs.keys())


def _tighter(subject: Subject, low: float, high: float) -> tuple[float | None, float | None]:
    """Return the bounds that ask for more than the layout does already; nothing is below 0, and a count is whole."""
    least, most = subject.bounds
    if subject.is_whole:
        low, high = math.floor(low), math.ceil(high)
    return low if low > (least or 0) else None, high if most is None or high < most else None


def _outside(points: pd.DataFrame, subject: Subject, low: float | None, high: float | None) -> Iterator[tuple[str, str, float]]:
    for unit, period, kept in zip(points["unit"], points["period"], points["value"], strict=True):
        value = to_printed(kept, subject.measure)
        if (low is not None and value < low) or (high is not None and value > high):
            yield str(unit), str(period), value
