"""A code that the pack knows: of a project, a unit, an indicator, a word of a vocabulary."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import Field
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import column_condition_partial
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import ColumnMapMetricProvider

from expectations.custom.rendering import prescriptive
from program.labels import fold


class ColumnValuesInCatalogue(ColumnMapMetricProvider):
    """True where a value, however written, is one of the catalogue's. Empty cells are left out before it is asked."""

    condition_metric_name = "column_values.in_catalogue"
    condition_value_keys = ("value_set",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, value_set: list[str], **_kwargs: Any) -> pd.Series:  # noqa: N805
        known = {fold(value) for value in value_set}
        return column.isin([value for value in column.unique() if fold(str(value)) in known])


def _sentence(kwargs: Mapping[str, Any]) -> str:
    return f"${kwargs['column']} must be in the pack's catalogue of {kwargs['catalogue']}, however written."


class ExpectColumnValuesToBeInCatalogue(ColumnMapExpectation):
    """Expect column values to be known to the pack's `catalogue`: projects, indicators, units, a form's vocabulary.

    A rule gives the catalogue's name; what is in it, `value_set`, is filled in from the pack when the suite is built
    (`expectations.from_pack`). Writings that differ in capitals, diacritics, signs and spaces are one ("da5_tda4" is "DA5-TDA4").
    """

    catalogue: str = Field(min_length=1)
    value_set: list[str] = Field(min_items=1)

    map_metric = "column_values.in_catalogue"
    success_keys = ("catalogue", "value_set", "mostly")
    args_keys = ("column", "catalogue", "value_set")
    _prescriptive_renderer = prescriptive(_sentence)
