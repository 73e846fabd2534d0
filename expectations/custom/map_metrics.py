"""What Great Expectations has for conditions on rows."""

# Its package has these names and does not declare them as exported (1.24.1).
from great_expectations.expectations.metrics.map_metric_provider import (  # type: ignore[attr-defined]
    ColumnMapMetricProvider,
    ColumnPairMapMetricProvider,
    MulticolumnMapMetricProvider,
    column_condition_partial,
    column_pair_condition_partial,
    multicolumn_condition_partial,
)

__all__ = [
    "ColumnMapMetricProvider",
    "ColumnPairMapMetricProvider",
    "MulticolumnMapMetricProvider",
    "column_condition_partial",
    "column_pair_condition_partial",
    "multicolumn_condition_partial",
]
