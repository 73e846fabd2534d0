"""How figures are spread: robust quantiles, and the bounds beyond which a value is far from all usual ones.

Reports are of districts and communes, so that figures differ by factors: what is usual is measured on a logarithmic scale.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Enough:
    """From how much on the past says something."""

    points: int = 20
    units: int = 3
    periods: int = 2


@dataclass(frozen=True, slots=True)
class Spread:
    """What was seen of one figure, in the kept unit."""

    points: int
    units: tuple[str, ...]
    periods: tuple[str, ...]
    synthetic: int
    low: float
    q05: float
    median: float
    q95: float
    high: float
    quartiles: tuple[float, float]

    def lacking(self, enough: Enough) -> str | None:
        """Return of what there is too little, None where there is enough."""
        counted = (
            ("points", self.points, enough.points),
            ("units", len(self.units), enough.units),
            ("periods", len(self.periods), enough.periods),
        )
        few = [f"{name} {found} (needed: {needed})" for name, found, needed in counted if found < needed]
        return f"too little: {', '.join(few)}" if few else None

    @property
    def width(self) -> float:
        """The interquartile range on the logarithmic scale: the same for figures of any size."""
        first, third = self.quartiles
        return _scaled(third) - _scaled(first)

    def bounds(self, margin: float) -> tuple[float, float]:
        """Return the quartiles, each moved outwards by `margin` times the interquartile range (both logarithmic)."""
        first, third = self.quartiles
        return max(math.expm1(_scaled(first) - margin * self.width), 0.0), math.expm1(_scaled(third) + margin * self.width)


def spread_of(points: pd.DataFrame) -> Spread:
    """Return the spread of `points`, which has at least one row and the columns of `warehouse.points`; none is below 0."""
    values = points["value"]
    low, q05, first, median, third, q95, high = (float(q) for q in np.quantile(values, (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)))
    periods = points.sort_values("period_end")["period"].drop_duplicates()
    return Spread(
        points=len(points),
        units=tuple(sorted(points["unit"].unique())),
        periods=tuple(periods),
        synthetic=int(points["is_synthetic"].sum()),
        low=low,
        q05=q05,
        median=median,
        q95=q95,
        high=high,
        quartiles=(first, third),
    )


def outward(low: float, high: float) -> tuple[float, float]:
    """Return both bounds rounded to two digits, never inwards: a bound of 12,345.67 promises what nobody knows."""
    return _rounded(low, ROUND_FLOOR), _rounded(high, ROUND_CEILING)


def _rounded(value: float, how: str) -> float:
    exact = Decimal(repr(value))
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 1), rounding=how)) if exact else 0.0


def _scaled(value: float) -> float:
    return math.log1p(value)
