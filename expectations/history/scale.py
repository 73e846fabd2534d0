"""Which power of ten a figure is away from what it should be, judged by the unit's own past, a rate, or its peers.

A figure is told only where it lies well outside all that was seen, and where, divided by the power, it lies within again.
The witnesses, the best first. *Own past*, unless what the figure was last (where it only grows) or its usual share of the
peers contradicts: when a whole province gets ten times the money, nobody erred; nor, below a thousand, where the figures
beside it rose as much. *Same digits*: the last figure, but for its noughts. *Rate*: the figure divided by its column's
`per`, where the unit has hardly a past. *Replaced*: the version that this one takes the place of, where there is nothing
else. *Peers*: thousands and millions only, and only where there is no past; a large district is ten times a small one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from expectations.history.robust import Floats

SCALE_COLUMNS = (
    *("value", "before", "cumulative_before", "expected_share", "replaced", "shift"),
    *("own_median", "own_low", "own_high", "own_ceiling", "own_kept", "own_points"),
    *("peer_median", "peer_low", "peer_high", "peer_points"),
    *("rate", "rate_median", "rate_low", "rate_high", "rate_points"),
)
_Columns = dict[str, Floats]
_Bools = NDArray[np.bool_]
_EXACT = 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """How sure to be.

    `gap`: how many times outside all that was seen; `slack`: how far outside it may still be once corrected. With fewer than
    `few` points of its own (one does, with a usual share of its peers; of these `peers` at least) only factors from `large` on
    are told; figures too small only by factors from `small` on. None below `least` is told at all: 1 class and then 12 is no
    error. `far`: how many times the largest of its peers is too much in any case. `stray`: what lies so many times from the
    median was probably an error itself, and widens no range. `digits`: so many at least has a last figure that is known again
    with noughts added to it, unless it never moved, or stayed in a share of `steady` of the periods. `kin`: `slack` for a first
    report, whose unit may be larger than all of its peers.
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
    median: Floats
    low: Floats
    high: Floats

    def without_strays(self, times: float | Floats) -> "_Range":
        """Return the range without what lies so many times from its median."""
        return _Range(
            self.median,
            np.fmax(self.low, self.median / times),
            np.fmin(self.high, self.median * times),
        )


def factors_of(frame: pd.DataFrame, limits: Limits) -> Floats:
    """Return for each row how many times too large (1000) or too small (0.001) its figure probably is; NaN where it is not."""
    columns = {name: frame[name].to_numpy(np.float64) for name in SCALE_COLUMNS}
    found = np.full(len(frame), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        for witness in (_own_past, _same_digits, _rate, _replaced, _peers):
            found = np.where(np.isnan(found), witness(columns, limits), found)
    return found


def _own_past(c: _Columns, limits: Limits) -> Floats:
    before, share = c["cumulative_before"], c["expected_share"]
    has_few = c["own_points"] < limits.few
    seen = [
        c["own_low"],
        c["own_high"],
        np.where(has_few, share, np.nan),
        np.where(has_few, before, np.nan),
    ]
    low, high = np.fmin.reduce(seen), np.fmax.reduce(seen)
    median = np.where(np.isnan(c["own_median"]), np.sqrt(low * high), c["own_median"])
    known = _Range(median, low, high).without_strays(
        np.where(c["own_points"] > limits.few, limits.stray, np.inf)
    )

    # What was hardly begun may grow a thousandfold in a quarter, but not beyond what the unit, or anybody, ever reached.
    is_plausible = c["value"] <= limits.gap * c["own_ceiling"]
    is_plausible_for_any = is_plausible | (
        has_few & (c["value"] <= limits.gap * _of_peers(c, limits).high)
    )

    def may_be(factor: float) -> _Bools:
        confirms = _confirms(c["value"] / share, factor) & _confirms(c["value"] / before, factor)
        if factor >= limits.large:
            return confirms & ~is_plausible_for_any
        if 1 / factor >= limits.large:
            return confirms
        # A digit too many is in one cell; a unit of measure mistaken may be in all of them.
        is_alone = _confirms(c["value"] / median / c["shift"], factor) & (
            (factor < 1) | ~is_plausible
        )
        return confirms & is_alone & (~has_few | ((c["own_points"] > 0) & (share > 0)))

    return _nearest(c["value"], known, [*limits.factors, *_below(limits)], may_be, limits)


def _same_digits(c: _Columns, limits: Limits) -> Floats:
    """A figure that is the last one but for its noughts: a plan that stays, with a digit too many. No 16 that becomes 160."""
    ratio, found = c["value"] / c["before"], np.full(len(c["value"]), np.nan)
    in_digits = c["before"] / 10 ** (np.floor(np.log10(c["before"])) - (limits.digits - 2))
    is_steady = (c["own_kept"] >= limits.steady) | (c["own_low"] == c["own_high"])
    is_telling = is_steady | (np.abs(in_digits - np.round(in_digits)) > _EXACT)
    is_asked = (c["value"] >= limits.least) & np.isnan(c["cumulative_before"]) & is_telling
    for factor in limits.factors:
        is_alone = ~(ratio / c["shift"] < limits.slack) | (factor >= limits.large)
        found = np.where(
            is_asked & is_alone & (np.abs(ratio / factor - 1) <= _EXACT), factor, found
        )
    return found


def _rate(c: _Columns, limits: Limits) -> Floats:
    is_asked = (c["own_points"] < limits.few) & (c["rate_points"] >= limits.peers)
    known = _Range(c["rate_median"], c["rate_low"], c["rate_high"])
    return _nearest(
        c["rate"], known, [*limits.factors, *_below(limits)], lambda _: is_asked, limits
    )


def _replaced(c: _Columns, limits: Limits) -> Floats:
    is_asked = _has_no_past(c)
    known = _Range(c["replaced"], c["replaced"], c["replaced"])
    return _nearest(c["value"], known, _large(limits), lambda _: is_asked, limits)


def _peers(c: _Columns, limits: Limits) -> Floats:
    known = _of_peers(c, limits)
    is_asked = _has_no_past(c) & (c["peer_points"] >= limits.peers)

    def may_be(factor: float) -> _Bools:
        off = np.abs(np.log10(c["value"] / known.median / factor))
        is_close: _Bools = off <= np.log10(2 * limits.slack)
        return is_asked & (is_close | (c["value"] >= limits.far * known.high))

    return _nearest(c["value"], known, _large(limits), may_be, replace(limits, slack=limits.kin))


def _of_peers(c: _Columns, limits: Limits) -> _Range:
    return _Range(c["peer_median"], c["peer_low"], c["peer_high"]).without_strays(limits.stray)


def _has_no_past(c: _Columns) -> _Bools:
    known = np.fmax.reduce([c["own_points"] > 0, c["cumulative_before"], c["expected_share"]])
    is_without: _Bools = ~(known > 0)
    return is_without


def _below(limits: Limits) -> list[float]:
    return [1 / factor for factor in limits.factors if factor >= limits.small]


def _large(limits: Limits) -> list[float]:
    return [factor for factor in limits.factors if factor >= limits.large]


def _confirms(ratio: Floats, factor: float) -> _Bools:
    """Tell whether `ratio` is about `factor` or beyond; what is unknown does not contradict."""
    is_beyond: _Bools = (
        ratio >= factor / np.sqrt(10) if factor > 1 else ratio <= factor * np.sqrt(10)
    )
    return is_beyond | ~(ratio > 0)


def _nearest(
    value: Floats,
    known: _Range,
    factors: Sequence[float],
    may_be: Callable[[float], _Bools],
    limits: Limits,
) -> Floats:
    """Return the factor that brings `value` nearest to the median, of those that bring it back into the known range."""
    best, distance = np.full(len(value), np.nan), np.full(len(value), np.inf)
    for factor in factors:
        is_outside = (
            value > limits.gap * known.high if factor > 1 else value < known.low / limits.gap
        )
        right = value / factor
        # What is kept is counted in ones, money in đồng: nothing right is a part of one.
        is_inside = (right >= np.fmax(known.low / limits.slack, 1)) & (
            right <= known.high * limits.slack
        )
        off = np.abs(np.log10(right / known.median))
        is_better = (
            (value >= limits.least) & is_outside & is_inside & may_be(factor) & (off < distance)
        )
        best, distance = np.where(is_better, factor, best), np.where(is_better, off, distance)
    return best
