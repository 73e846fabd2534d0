"""How the values of a figure spread: quantiles, and bounds beyond which a value is unusual.

Districts and communes differ in size by factors, so that distances are logarithmic.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Enough:
    """The least number of values, units and periods for a proposal."""

    points: int = 20
    units: int = 3
    periods: int = 2


@dataclass(frozen=True, slots=True)
class QuantileSpread:
    """The reported values of one figure, in the kept unit of measure."""

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
        """Return what there is too little of, None if there is enough."""
        counted = (
            ("points", self.points, enough.points),
            ("units", len(self.units), enough.units),
            ("periods", len(self.periods), enough.periods),
        )
        few = []
        for name, found, needed in counted:
            if found < needed:
                few.append(f"{name} {found} (needed: {needed})")
        return f"too little: {', '.join(few)}" if few else None

    @property
    def width(self) -> float:
        """The interquartile range on the logarithmic scale, comparable between all figures."""
        first, third = self.quartiles
        return _scaled(third) - _scaled(first)

    def bounds(self, margin: float) -> tuple[float, float]:
        """Return the quartiles, each moved outwards by `margin` times the interquartile range.

        Both distances are logarithmic. The lower bound is at least 0.
        """
        first, third = self.quartiles
        distance = margin * self.width
        low = math.expm1(_scaled(first) - distance)
        high = math.expm1(_scaled(third) + distance)
        return max(low, 0.0), high


def spread_of(points: pd.DataFrame) -> QuantileSpread:
    """Return the spread of at least one point; no value is below 0.

    `points` has the columns of `warehouse.queries.values`.
    """
    # The smallest value and the largest are quantiles too.
    quantiles = np.quantile(points["value"], (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1))
    low, q05, first, median, third, q95, high = (float(quantile) for quantile in quantiles)
    # The codes of years, halves and quarters do not sort by time.
    periods = points.sort_values("period_end")["period"].drop_duplicates()
    return QuantileSpread(
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
    """Return both bounds rounded outwards to two digits.

    More digits, as in 12,345.67, would claim a precision that the data does not have.
    """
    return _rounded(low, ROUND_FLOOR), _rounded(high, ROUND_CEILING)


def _rounded(value: float, how: str) -> float:
    exact = Decimal(repr(value))
    # Zero has no first digit to round to.
    if not exact:
        return 0.0
    # `adjusted` is the power of ten of the first digit.
    second_digit = Decimal(1).scaleb(exact.adjusted() - 1)
    return float(exact.quantize(second_digit, rounding=how))


def _scaled(value: float) -> float:
    # log1p and not log: a figure may be 0.
    return math.log1p(value)
