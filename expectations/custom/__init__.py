"""Expectations that Great Expectations does not have, as classes of its own kind.

Importing this package registers them; `expectations.run.suite` does so before it builds a suite. A
condition works on whole columns, never row by row: one batch has all reports of a form in a run.
docs/rules.md explains how to add one.
"""

from expectations.custom.agreement import ExpectColumnPairValuesToAgree
from expectations.custom.catalogue import ExpectColumnValuesToBeInCatalogue
from expectations.custom.dates import ExpectColumnDatesToBeInOrder
from expectations.custom.key import ExpectColumnKeyToBeUnique
from expectations.custom.outlier import ExpectFiguresToBeNoOutliers
from expectations.custom.parts_agree import ExpectPartsToAgreeWhereTotalsDo
from expectations.custom.parts_of_whole import ExpectColumnPartsToNotExceedWhole
from expectations.custom.ratio import ExpectColumnRatioToBeBetween
from expectations.custom.requirement import ExpectColumnPairValuesToMeetRequirement
from expectations.custom.scale import ExpectFiguresToKeepTheirScale
from expectations.custom.sum_of_parts import ExpectColumnTotalToEqualSumOfParts
from expectations.custom.sums_in_list import ExpectLinesToBeNoTotals
from expectations.custom.whole import ExpectColumnValuesToBeWhole

__all__ = [
    "ExpectColumnDatesToBeInOrder",
    "ExpectColumnKeyToBeUnique",
    "ExpectColumnPairValuesToAgree",
    "ExpectColumnPairValuesToMeetRequirement",
    "ExpectColumnPartsToNotExceedWhole",
    "ExpectColumnRatioToBeBetween",
    "ExpectColumnTotalToEqualSumOfParts",
    "ExpectColumnValuesToBeInCatalogue",
    "ExpectColumnValuesToBeWhole",
    "ExpectFiguresToBeNoOutliers",
    "ExpectFiguresToKeepTheirScale",
    "ExpectLinesToBeNoTotals",
    "ExpectPartsToAgreeWhereTotalsDo",
]
