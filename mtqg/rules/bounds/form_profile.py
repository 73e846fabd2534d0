"""Bounds that past reports suggest: for each figure of a form, and for money per counted thing."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from expectations.rules.rule_models import FormRule
from mtqg.rules.bounds.spread import Enough, QuantileSpread, outward, spread_of
from mtqg.rules.bounds.subjects import Subject, figures, ratios
from program.forms.form import Form
from program.forms.measure import to_printed


@dataclass(frozen=True, slots=True)
class Proposal:
    """Bounds for a figure, in the printed unit of measure. None: no bound on that side.

    `outside` are the points beyond the bounds: unit, period, printed value. A reviewer looks at
    them first.
    """

    about: Subject
    spread: QuantileSpread
    minimum: float | None
    maximum: float | None
    outside: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """A figure without a proposal, and the reason."""

    about: Subject
    reason: str


@dataclass(frozen=True, slots=True)
class _Ratio:
    """A ratio, its points, and how wide they spread."""

    subject: Subject
    points: pd.DataFrame
    width: float


def profile(
    form: Form,
    points: pd.DataFrame,
    rules: Sequence[FormRule],
    enough: Enough,
    margin: float,
) -> Iterator[Proposal | Passed]:
    """Yield a proposal or a reason for each figure, then for each money column's steadiest ratio.

    A money column has no ratio where every ratio varies at least as much as the money itself.
    """
    for subject, of_subject in figures(form, points):
        yield _proposed(subject, of_subject, rules, enough, margin)
    for ratio in _steadiest_ratios(form, points, enough):
        yield _proposed(ratio.subject, ratio.points, rules, enough, margin)


def _steadiest_ratios(form: Form, points: pd.DataFrame, enough: Enough) -> list[_Ratio]:
    """Return for each money column the ratio that varies least, if it varies less than money."""
    steadiest: dict[tuple[str, str], _Ratio] = {}
    for subject, of_subject in ratios(form, points):
        if len(of_subject) < enough.points:
            continue
        width = spread_of(of_subject).width
        # The money of the same lines: a figure of other lines would not compare.
        money = of_subject.assign(value=of_subject[subject.at])
        if width >= spread_of(money).width:
            continue
        column = (subject.frame, subject.at)
        best = steadiest.get(column)
        if best is None or width < best.width:
            steadiest[column] = _Ratio(subject, of_subject, width)
    return list(steadiest.values())


def _proposed(
    subject: Subject,
    points: pd.DataFrame,
    rules: Sequence[FormRule],
    enough: Enough,
    margin: float,
) -> Proposal | Passed:
    reason = _reason_against(subject, points, rules, enough)
    if reason is not None:
        return Passed(subject, reason)
    spread = spread_of(points)
    kept_low, kept_high = spread.bounds(margin)
    # Rounded in the printed unit of measure, in which a reviewer reads them.
    low, high = outward(
        to_printed(kept_low, subject.measure), to_printed(kept_high, subject.measure)
    )
    minimum, maximum = _tighter(subject, low, high)
    if minimum is None and maximum is None:
        return Passed(subject, "the layout's own bounds are as tight")
    outside = tuple(_outside(points, subject, minimum, maximum))
    return Proposal(subject, spread, minimum, maximum, outside)


def _reason_against(
    subject: Subject,
    points: pd.DataFrame,
    rules: Sequence[FormRule],
    enough: Enough,
) -> str | None:
    """Return why there are no bounds to propose, None if there are."""
    for rule in rules:
        if _bounds(rule, subject):
            return f"{rule.id} bounds it already"
    if points.empty:
        return "never reported"
    spread = spread_of(points)
    # The scale is logarithmic: it has no place for values below 0.
    if spread.low < 0:
        return "has values below 0"
    # Bounds at the quartiles would refuse every other value.
    if spread.width == 0:
        usual = to_printed(spread.median, subject.measure)
        return f"no spread: at least half of all values are {usual:g}"
    return spread.lacking(enough)


def _bounds(rule: FormRule, subject: Subject) -> bool:
    """Return whether a rule bounds this figure or ratio already."""
    if rule.table != subject.frame:
        return False
    columns = {subject.at, subject.per} - {None}
    has_bound = bool({"min_value", "max_value"} & rule.kwargs.keys())
    return has_bound and set(rule.columns) == columns


def _tighter(
    subject: Subject,
    low: float,
    high: float,
) -> tuple[float | None, float | None]:
    """Return the bounds that are tighter than those of the layout, None for one that is not."""
    least, most = subject.bounds
    if subject.is_whole:
        low = math.floor(low)
        high = math.ceil(high)
    # No figure is below 0, also where the layout has no minimum.
    if least is None:
        least = 0
    minimum = low if low > least else None
    is_high_tighter = most is None or high < most
    maximum = high if is_high_tighter else None
    return minimum, maximum


def _outside(
    points: pd.DataFrame,
    subject: Subject,
    low: float | None,
    high: float | None,
) -> Iterator[tuple[str, str, float]]:
    columns = zip(points["unit"], points["period"], points["value"], strict=True)
    for unit, period, kept in columns:
        # Bounds are in the printed unit of measure.
        value = to_printed(kept, subject.measure)
        is_below = low is not None and value < low
        is_above = high is not None and value > high
        if is_below or is_above:
            yield str(unit), str(period), value
