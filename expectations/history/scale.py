"""By which power of ten a figure is wrong, compared with the unit's history, a rate or its peers.

A figure is reported only if it lies well outside all known values, and lies within them again when
it is divided by the power.

The evidence, the best first:

- *Own past*, unless the last value (of a figure that only grows) or the usual share of the peers
  contradicts: when a whole province gets ten times the money, nobody made an error. Below a factor
  of a thousand, neither did a unit whose other figures rose as much.
- *Same digits*: the last value with noughts added to it.
- *Rate*: the figure divided by its column's `per`, where the unit has hardly any history.
- *Replaced*: the version that this one replaces, where there is nothing else.
- *Peers*: thousands and millions only, and only where there is no history. A large district is ten
  times the size of a small one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.spread import Floats

SCALE_COLUMNS = (
    "value",
    "before",
    "cumulative_before",
    "expected_share",
    "replaced",
    "shift",
    "limit",
    "own_median",
    "own_low",
    "own_high",
    "own_ceiling",
    "own_kept",
    "own_points",
    "peer_median",
    "peer_low",
    "peer_high",
    "peer_points",
    "rate",
    "rate_median",
    "rate_low",
    "rate_high",
    "rate_points",
)
_Columns = dict[str, Floats]
_Bools = NDArray[np.bool_]
_May = Callable[[float], _Bools]
"""Tells for a factor which figures may be wrong by it."""

_EXACT = 1e-6
"""How far a ratio may be from a power of ten, because of the arithmetic of floats."""


@dataclass(frozen=True, slots=True)
class ScaleLimits:
    """How strong the evidence of an error must be.

    Attributes:
        factors: The factors that are looked for. All are looked for upwards, those from `small` on
            downwards too.
        gap: A wrong figure lies so many times outside all known values.
        slack: A corrected figure lies at most so many times outside them.
        few: With fewer values of its own, a unit's figure is reported only for factors from `large`
            on. One value is enough if the unit's usual share of its peers is known too.
        peers: The fewest peers that are evidence.
        large: See `few`.
        small: A figure that is too small is reported only for factors from this on.
        far: So many times the largest of its peers is too much in any case.
        least: No figure below this is reported: 1 class and then 12 is no error.
        stray: A value so many times from the median was probably an error itself. It widens no
            range.
        digits: A last value with so many digits is recognised when noughts are added to it.
        steady: A last value with fewer digits is recognised too if it never changed, or stayed the
            same in this share of the periods.
        kin: `slack` for a first report: its unit may be larger than all of its peers.
    """

    factors: Sequence[float] = (10, 100, 1000, 1_000_000)
    gap: float = 3
    slack: float = 2
    few: int = 2
    peers: int = 4
    large: float = 1000
    small: float = 100
    far: float = 20
    least: float = 20
    stray: float = 30
    digits: int = 3
    steady: float = 0.5
    kin: float = 5


@dataclass(frozen=True, slots=True)
class _Range:
    """The known values of each figure."""

    median: Floats
    low: Floats
    high: Floats

    def without_strays(self, times: float | Floats) -> "_Range":
        """Return the range without the values at least so many times from its median."""
        low = np.fmax(self.low, self.median / times)
        high = np.fmin(self.high, self.median * times)
        return _Range(self.median, low, high)


def factors_of(frame: pd.DataFrame, limits: ScaleLimits) -> Floats:
    """Return for each row the factor by which its figure is probably wrong.

    1000 means a thousand times too large, 0.001 a thousand times too small, NaN no error.

    Args:
        frame: Has the columns `SCALE_COLUMNS`; NaN where a value is not known.
        limits: How strong the evidence must be.
    """
    columns = {name: frame[name].to_numpy(np.float64) for name in SCALE_COLUMNS}
    found = np.full(len(frame), np.nan)
    # A figure that one kind of evidence finds wrong keeps that factor: the best comes first.
    with np.errstate(divide="ignore", invalid="ignore"):
        for evidence in (_own_past, _same_digits, _rate, _replaced, _peers):
            factors = evidence(columns, limits)
            found = np.where(np.isnan(found), factors, found)
    return found


def _own_past(c: _Columns, limits: ScaleLimits) -> Floats:
    value = c["value"]
    before = c["cumulative_before"]
    share = c["expected_share"]
    points = c["own_points"]
    has_few = points < limits.few
    known = _own_range(c, limits)

    # What was hardly begun may grow a thousandfold in a quarter, but not beyond what the unit, or
    # any peer, ever reached.
    own_most = limits.gap * c["own_ceiling"]
    is_plausible = value <= np.fmax(own_most, c["limit"])
    peers_most = limits.gap * _of_peers(c, limits).high
    is_below_peers = value <= peers_most
    is_plausible_for_any = is_plausible | (has_few & is_below_peers)
    # One value of its own may itself be wrong: then the share among the peers has to agree.
    has_value_and_share = (points > 0) & (share > 0)
    has_enough = ~has_few | has_value_and_share

    def may_be(factor: float) -> _Bools:
        share_confirms = _confirms(value / share, factor)
        before_confirms = _confirms(value / before, factor)
        confirms = share_confirms & before_confirms
        if factor >= limits.large:
            return confirms & ~is_plausible_for_any
        if 1 / factor >= limits.large:
            return confirms
        # A digit too many is in one cell. A wrong unit of measure may be in all of them.
        own_growth = value / known.median
        is_alone = _confirms(own_growth / c["shift"], factor)
        if factor >= 1:
            is_alone &= ~is_plausible
        return confirms & is_alone & has_enough

    # The warehouse counts in ones, and money in đồng: no correct value is a part of one. And no
    # cumulative value is below the one before it.
    least = np.fmax(before, 1)
    factors = _both_ways(limits)
    return _nearest(value, known, factors, may_be, limits, least)


def _own_range(c: _Columns, limits: ScaleLimits) -> _Range:
    """Return the range of the unit's own values, with other evidence where it has few of them."""
    points = c["own_points"]
    has_few = points < limits.few
    share = np.where(has_few, c["expected_share"], np.nan)
    before = np.where(has_few, c["cumulative_before"], np.nan)
    values = [c["own_low"], c["own_high"], share, before]
    low = np.fmin.reduce(values)
    high = np.fmax.reduce(values)
    # With no value of its own: the geometric middle, because errors are powers of ten.
    middle = np.sqrt(low * high)
    own_median = c["own_median"]
    median = np.where(np.isnan(own_median), middle, own_median)
    # Of a few values, nobody knows which one is the stray.
    stray = np.where(points > limits.few, limits.stray, np.inf)
    own_range = _Range(median, low, high)
    return own_range.without_strays(stray)


def _same_digits(c: _Columns, limits: ScaleLimits) -> Floats:
    """Find the last value with noughts added to it: a plan that stays, with a digit too many.

    16 that becomes 160 is not found: too few digits to recognise.
    """
    value = c["value"]
    before = c["before"]
    ratio = value / before
    is_telling = _is_steady(c, limits) | has_digits(before, limits.digits)
    is_not_cumulative = np.isnan(c["cumulative_before"])
    is_large_enough = value >= limits.least
    is_candidate = is_large_enough & is_not_cumulative & is_telling
    # Where the other figures rose as much, the whole report grew. An unknown shift (NaN) does not
    # contradict.
    rose_with_others = ratio / c["shift"] < limits.slack
    is_alone = ~rose_with_others
    found = np.full(len(value), np.nan)
    for factor in limits.factors:
        deviation = ratio / factor - 1
        is_exact = np.abs(deviation) <= _EXACT
        is_wrong = is_candidate & is_exact
        # A wrong unit of measure may be in all cells: from `large` on, the others prove nothing.
        if factor < limits.large:
            is_wrong &= is_alone
        found = np.where(is_wrong, factor, found)
    return found


def _is_steady(c: _Columns, limits: ScaleLimits) -> _Bools:
    is_mostly_kept = c["own_kept"] >= limits.steady
    never_changed = c["own_low"] == c["own_high"]
    is_steady: _Bools = is_mostly_kept | never_changed
    return is_steady


def has_digits(values: Floats, digits: int) -> _Bools:
    """Tell which values have at least so many significant digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first_power = np.floor(np.log10(values))
        # The place of the digit before the last one wanted: a rest behind it is that last one.
        place = 10 ** (first_power - (digits - 2))
        in_places = values / place
    rest = np.abs(in_places - np.round(in_places))
    has_digits: _Bools = rest > _EXACT
    return has_digits


def _rate(c: _Columns, limits: ScaleLimits) -> Floats:
    has_few = c["own_points"] < limits.few
    is_candidate = has_few & (c["rate_points"] >= limits.peers)
    known = _Range(c["rate_median"], c["rate_low"], c["rate_high"])
    factors = _both_ways(limits)
    return _nearest(c["rate"], known, factors, lambda _: is_candidate, limits)


def _replaced(c: _Columns, limits: ScaleLimits) -> Floats:
    is_candidate = _has_no_past(c)
    replaced = c["replaced"]
    known = _Range(replaced, replaced, replaced)
    factors = _large(limits)
    return _nearest(c["value"], known, factors, lambda _: is_candidate, limits)


def _peers(c: _Columns, limits: ScaleLimits) -> Floats:
    value = c["value"]
    known = _of_peers(c, limits)
    has_enough_peers = c["peer_points"] >= limits.peers
    is_candidate = _has_no_past(c) & has_enough_peers
    is_far = value >= limits.far * known.high

    def may_be(factor: float) -> _Bools:
        growth = value / known.median
        distance = np.abs(np.log10(growth / factor))
        is_close: _Bools = distance <= np.log10(2 * limits.slack)
        return is_candidate & (is_close | is_far)

    factors = _large(limits)
    limits_of_kin = replace(limits, slack=limits.kin)
    return _nearest(value, known, factors, may_be, limits_of_kin)


def _of_peers(c: _Columns, limits: ScaleLimits) -> _Range:
    known = _Range(c["peer_median"], c["peer_low"], c["peer_high"])
    return known.without_strays(limits.stray)


def _has_no_past(c: _Columns) -> _Bools:
    has_own = c["own_points"] > 0
    most = np.fmax.reduce([has_own, c["cumulative_before"], c["expected_share"]])
    # `most <= 0` would be False for NaN.
    has_none: _Bools = ~(most > 0)
    return has_none


def _both_ways(limits: ScaleLimits) -> list[float]:
    """Return all factors: those that make a figure too large, then those that make it too small."""
    too_small = [1 / factor for factor in limits.factors if factor >= limits.small]
    return [*limits.factors, *too_small]


def _large(limits: ScaleLimits) -> list[float]:
    return [factor for factor in limits.factors if factor >= limits.large]


def _confirms(ratio: Floats, factor: float) -> _Bools:
    """Tell where `ratio` is about `factor` or beyond it; an unknown ratio contradicts nothing."""
    # Half the way to the next power of ten, on a scale of powers.
    half_power = np.sqrt(10)
    is_known: _Bools = ratio > 0
    is_beyond: _Bools = ratio <= factor * half_power
    if factor > 1:
        is_beyond = ratio >= factor / half_power
    return is_beyond | ~is_known


def _nearest(
    value: Floats,
    known: _Range,
    factors: Sequence[float],
    may_be: _May,
    limits: ScaleLimits,
    least: Floats | float = 1,
) -> Floats:
    """Return the factor that brings each value nearest to the median of the known ones.

    A factor counts only if it brings the value back into the range, and if the value `may_be` wrong
    by it. NaN where no factor counts. No correct value is below `least`.
    """
    best = np.full(len(value), np.nan)
    best_distance = np.full(len(value), np.inf)
    least_correct = np.fmax(known.low / limits.slack, least)
    most_correct = known.high * limits.slack
    is_large_enough = value >= limits.least
    for factor in factors:
        is_outside = _is_outside(value, known, factor, limits.gap)
        corrected = value / factor
        is_inside = (corrected >= least_correct) & (corrected <= most_correct)
        is_possible = is_large_enough & is_outside & is_inside & may_be(factor)
        distance = np.abs(np.log10(corrected / known.median))
        is_better = is_possible & (distance < best_distance)
        best = np.where(is_better, factor, best)
        best_distance = np.where(is_better, distance, best_distance)
    return best


def _is_outside(value: Floats, known: _Range, factor: float, gap: float) -> _Bools:
    """Tell which values lie outside the known ones, on the side where `factor` brings them."""
    if factor > 1:
        is_above: _Bools = value > gap * known.high
        return is_above
    is_below: _Bools = value < known.low / gap
    return is_below
