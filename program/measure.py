"""Units of measure: what stands in a column's header, and what is kept.

Money is kept in whole đồng: the whole program's 137,664,959 million đồng is 1.4 × 10^14, and float64 is exact
to 9 × 10^15.
"""

from decimal import Decimal

LARGEST_EXACT = 9_007_199_254_740_991
"""2^53 - 1. Above it float64 no longer tells a whole number from its neighbour: 2^53 + 1 becomes 2^53."""

_DONG_PER = {"đồng": 1, "nghìn đồng": 1_000, "triệu đồng": 1_000_000, "tỷ đồng": 1_000_000_000}
MONEY_MEASURES = tuple(_DONG_PER)


def factor_of(measure: str) -> int:
    """Return what a printed value in `measure` is multiplied by to be kept; 1 for all that is not money."""
    return _DONG_PER.get(measure, 1)


def to_kept(printed: float, measure: str) -> float:
    """Return `printed` in the kept unit, in decimal arithmetic: 152,3 triệu đồng is 152300000 exactly."""
    return float(Decimal(repr(printed)) * factor_of(measure))


def to_printed(kept: float, measure: str) -> float:
    """Return the inverse of `to_kept`."""
    return float(Decimal(repr(kept)) / factor_of(measure))
