"""A code of the pack: of a project, a unit, an indicator, or a word of a vocabulary."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_expectations.compatibility.pydantic import Field
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation

from expectations.custom.map_metrics import ColumnMapMetricProvider, column_condition_partial
from expectations.custom.rendering import prescriptive
from program.labels import fold


class ColumnValuesInCatalogue(ColumnMapMetricProvider):
    """True where a value, however written, is in the catalogue.

    Great Expectations leaves out empty cells before.
    """

    condition_metric_name = "column_values.in_catalogue"
    condition_value_keys = ("value_set",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, value_set: list[str], **_kwargs: Any) -> pd.Series:  # noqa: N805
        known = {fold(value) for value in value_set}
        found = [value for value in column.unique() if fold(str(value)) in known]
        return column.isin(found)


def _sentence(kwargs: Mapping[str, Any]) -> str:
    column, catalogue = kwargs["column"], kwargs["catalogue"]
    return f"${column} must be in the pack's catalogue of {catalogue}, however written."


class ExpectColumnValuesToBeInCatalogue(ColumnMapExpectation):
    """Expect column values to be in a `catalogue` of the pack.

    It has projects, indicators, units and the vocabularies of forms. A rule gives the catalogue's
    name; its content (`value_set`) is filled in from the pack when the suite is built
    (`expectations.rules.pack_values`). Capitals, diacritics, signs and spaces make no difference:
    "da5_tda4" is "DA5-TDA4".
    """

    catalogue: str = Field(min_length=1)
    value_set: list[str] = Field(min_items=1)

    map_metric = "column_values.in_catalogue"
    success_keys = ("catalogue", "value_set", "mostly")
    args_keys = ("column", "catalogue", "value_set")
    _prescriptive_renderer = prescriptive(_sentence)
