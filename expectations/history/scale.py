"""By which power of ten a figure is wrong, judged by the unit's history, by a rate or by its peers.

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
    *("value", "before", "cumulative_before", "expected_share", "replaced", "shift", "limit"),
    *("own_median", "own_low", "own_high", "own_ceiling", "own_kept", "own_points"),
    *("peer_median", "peer_low", "peer_high", "peer_points"),
    *("rate", "rate_median", "rate_low", "rate_high", "rate_points"),
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
            found = np.where(np.isnan(found), evidence(columns, limits), found)
    return found


def _own_past(c: _Columns, limits: ScaleLimits) -> Floats:
    before = c["cumulative_before"]
    share = c["expected_share"]
    has_few = c["own_points"] < limits.few
    known = _own_range(c, limits)

    # What was hardly begun may grow a thousandfold in a quarter, but not beyond what the unit, or
    # any peer, ever reached.
    is_plausible = c["value"] <= np.fmax(limits.gap * c["own_ceiling"], c["limit"])
    is_below_peers = c["value"] <= limits.gap * _of_peers(c, limits).high
    is_plausible_for_any = is_plausible | (has_few & is_below_peers)
    has_enough = ~has_few | ((c["own_points"] > 0) & (share > 0))

    def may_be(factor: float) -> _Bools:
        share_confirms = _confirms(c["value"] / share, factor)
        confirms = share_confirms & _confirms(c["value"] / before, factor)
        if factor >= limits.large:
            return confirms & ~is_plausible_for_any
        if 1 / factor >= limits.large:
            return confirms
        # A digit too many is in one cell. A wrong unit of measure may be in all of them.
        is_alone = _confirms(c["value"] / known.median / c["shift"], factor)
        if factor >= 1:
            is_alone &= ~is_plausible
        return confirms & is_alone & has_enough

    # The warehouse counts in ones, and money in đồng: no correct value is a part of one. And no
    # cumulative value is below the one before it.
    least = np.fmax(before, 1)
    return _nearest(c["value"], known, _both_ways(limits), may_be, limits, least)


def _own_range(c: _Columns, limits: ScaleLimits) -> _Range:
    """Return the range of the unit's own values, with other evidence where it has few of them."""
    has_few = c["own_points"] < limits.few
    share = np.where(has_few, c["expected_share"], np.nan)
    before = np.where(has_few, c["cumulative_before"], np.nan)
    values = [c["own_low"], c["own_high"], share, before]
    low = np.fmin.reduce(values)
    high = np.fmax.reduce(values)
    median = np.where(np.isnan(c["own_median"]), np.sqrt(low * high), c["own_median"])
    # Of a few values, nobody knows which one is the stray.
    stray = np.where(c["own_points"] > limits.few, limits.stray, np.inf)
    return _Range(median, low, high).without_strays(stray)


def _same_digits(c: _Columns, limits: ScaleLimits) -> Floats:
    """Find the last value with noughts added to it: a plan that stays, with a digit too many.

    16 that becomes 160 is not found: too few digits to recognise.
    """
    ratio = c["value"] / c["before"]
    is_telling = _is_steady(c, limits) | has_digits(c["before"], limits.digits)
    is_not_cumulative = np.isnan(c["cumulative_before"])
    is_candidate = (c["value"] >= limits.least) & is_not_cumulative & is_telling
    # Where the other figures rose as much, the whole report grew. An unknown shift (NaN) does not
    # contradict.
    is_alone = ~(ratio / c["shift"] < limits.slack)
    found = np.full(len(c["value"]), np.nan)
    for factor in limits.factors:
        is_exact = np.abs(ratio / factor - 1) <= _EXACT
        is_wrong = is_candidate & is_exact
        if factor < limits.large:
            is_wrong &= is_alone
        found = np.where(is_wrong, factor, found)
    return found


def _is_steady(c: _Columns, limits: ScaleLimits) -> _Bools:
    is_steady: _Bools = (c["own_kept"] >= limits.steady) | (c["own_low"] == c["own_high"])
    return is_steady


def has_digits(values: Floats, digits: int) -> _Bools:
    """Tell which values have at least so many significant digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        last_place = 10 ** (np.floor(np.log10(values)) - (digits - 2))
        in_digits = values / last_place
    has_digits: _Bools = np.abs(in_digits - np.round(in_digits)) > _EXACT
    return has_digits


def _rate(c: _Columns, limits: ScaleLimits) -> Floats:
    has_few = c["own_points"] < limits.few
    is_candidate = has_few & (c["rate_points"] >= limits.peers)
    known = _Range(c["rate_median"], c["rate_low"], c["rate_high"])
    return _nearest(c["rate"], known, _both_ways(limits), lambda _: is_candidate, limits)


def _replaced(c: _Columns, limits: ScaleLimits) -> Floats:
    is_candidate = _has_no_past(c)
    known = _Range(c["replaced"], c["replaced"], c["replaced"])
    return _nearest(c["value"], known, _large(limits), lambda _: is_candidate, limits)


def _peers(c: _Columns, limits: ScaleLimits) -> Floats:
    known = _of_peers(c, limits)
    is_candidate = _has_no_past(c) & (c["peer_points"] >= limits.peers)
    is_far = c["value"] >= limits.far * known.high

    def may_be(factor: float) -> _Bools:
        distance = np.abs(np.log10(c["value"] / known.median / factor))
        is_close: _Bools = distance <= np.log10(2 * limits.slack)
        return is_candidate & (is_close | is_far)

    return _nearest(c["value"], known, _large(limits), may_be, replace(limits, slack=limits.kin))


def _of_peers(c: _Columns, limits: ScaleLimits) -> _Range:
    known = _Range(c["peer_median"], c["peer_low"], c["peer_high"])
    return known.without_strays(limits.stray)


def _has_no_past(c: _Columns) -> _Bools:
    known = np.fmax.reduce([c["own_points"] > 0, c["cumulative_before"], c["expected_share"]])
    # `known <= 0` would be False for NaN.
    has_none: _Bools = ~(known > 0)
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
    is_beyond: _Bools = ratio >= factor / half_power if factor > 1 else ratio <= factor * half_power
    return is_beyond | ~(ratio > 0)


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
    for factor in factors:
        is_outside = _is_outside(value, known, factor, limits.gap)
        corrected = value / factor
        is_inside = (corrected >= least_correct) & (corrected <= known.high * limits.slack)
        distance = np.abs(np.log10(corrected / known.median))
        is_possible = (value >= limits.least) & is_outside & is_inside & may_be(factor)
        is_better = is_possible & (distance < best_distance)
        best = np.where(is_better, factor, best)
        best_distance = np.where(is_better, distance, best_distance)
    return best


def _is_outside(value: Floats, known: _Range, factor: float, gap: float) -> _Bools:
    """Tell which values lie outside the known ones, on the side where `factor` brings them."""
    is_outside: _Bools = value > gap * known.high if factor > 1 else value < known.low / gap
    return is_outside
