"""Units of measure: the printed one in a column's header, and the one in which values are kept.

Money is kept in whole đồng, as float64. That is exact to 9 × 10^15, and the whole program costs 1.4
× 10^14 (137,664,959 million đồng).
"""

from decimal import Decimal

LARGEST_EXACT = 9_007_199_254_740_991
"""2^53 - 1. Above it, float64 does not hold every whole number: 2^53 + 1 becomes 2^53."""

_DONG_PER = {"đồng": 1, "nghìn đồng": 1_000, "triệu đồng": 1_000_000, "tỷ đồng": 1_000_000_000}
MONEY_MEASURES = tuple(_DONG_PER)
COUNTED_MEASURES = frozenset({"người", "hộ", "lớp", "công trình", "mô hình"})
"""Measures of which there is no fraction."""
MEASURES_OF_COUNTS = {"households": "hộ", "people": "người"}
"""The measure of what a unit has a known number of."""
PERCENT_SIGN = "%"


def factor_of(measure: str) -> int:
    """Return by how much a printed value is multiplied to be kept.

    1 for a measure that is not of money.
    """
    return _DONG_PER.get(measure, 1)


def to_kept(printed: float, measure: str) -> float:
    """Return a printed value in the kept unit.

    The arithmetic is decimal: 152,3 triệu đồng is exactly 152300000.
    """
    return float(Decimal(repr(printed)) * factor_of(measure))


def to_printed(kept: float, measure: str) -> float:
    """Return a kept value in the printed unit: the inverse of `to_kept`."""
    return float(Decimal(repr(kept)) / factor_of(measure))
