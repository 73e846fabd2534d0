"""The expectations that Great Expectations does not bring: ordinary classes of its own kind.

Importing this package registers them; `expectations.suite` does so before it builds a suite. A condition looks at whole
columns, never row by row: a night of a form is one batch. docs/rules.md says how to write another.
"""

from expectations.custom.agreement import ExpectColumnPairValuesToAgree
from expectations.custom.catalogue import ExpectColumnValuesToBeInCatalogue
from expectations.custom.dates import ExpectColumnDatesToBeInOrder
from expectations.custom.key import ExpectColumnKeyToBeUnique
from expectations.custom.outlier import ExpectFiguresToBeNoOutliers
from expectations.custom.parts_of_whole import ExpectColumnPartsToNotExceedWhole
from expectations.custom.ratio import ExpectColumnRatioToBeBetween
from expectations.custom.requirement import ExpectColumnPairValuesToMeetRequirement
from expectations.custom.scale import ExpectFiguresToKeepTheirScale
from expectations.custom.sum_of_parts import ExpectColumnTotalToEqualSumOfParts
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
]
