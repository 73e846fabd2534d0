"""The expectations that Great Expectations does not bring: ordinary classes of its own kind.

Importing this package registers them; `expectations.checking` does so before it builds a suite.
"""

from expectations.custom.sum_of_parts import ExpectColumnTotalToEqualSumOfParts
from expectations.custom.whole import ExpectColumnValuesToBeWhole

__all__ = ["ExpectColumnTotalToEqualSumOfParts", "ExpectColumnValuesToBeWhole"]
