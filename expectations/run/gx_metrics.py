"""Great Expectations' metrics without its planner.

A `Validator` works out for each rule and each batch which metrics it needs. That takes 15 ms a
rule, where computing them takes less than one (1.24.1). Here the metrics of a rule are worked out
once, and computed batch by batch. An expectation still declares what it needs, the execution engine
still computes it, and the expectation still decides; only the plan is kept.

Great Expectations does not promise to keep what this module calls: `get_validation_dependencies`,
`get_evaluation_dependencies`, `_validate` and `resolve_metrics`. No other module calls them, and
`tests/integration/test_gx_metrics.py` compares each rule's result with that of a checkpoint.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    Expectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import (
    MetricConfiguration,
    MetricConfigurationID,
)
from great_expectations.validator.validation_graph import ValidationGraph
from numpy.typing import NDArray

from expectations.rules.rule_models import columns_in
from expectations.run.frames import INDEX

SHOWN = 20
"""A result has the values of so many failing rows. Their number and share are those of all."""

RESULT_FORMAT: Mapping[str, Any] = {
    "result_format": "SUMMARY",
    "unexpected_index_column_names": list(INDEX),
    "partial_unexpected_count": SHOWN,
}
_DETAILS = ("unexpected_values", "unexpected_index_list")
_JUDGED_BY_CONDITION = (
    ColumnMapExpectation.get_validation_dependencies,
    ColumnPairMapExpectation.get_validation_dependencies,
    MulticolumnMapExpectation.get_validation_dependencies,
)
"""How expectations declare their metrics that need only the series of failing rows.

That takes longer than computing them, so these are not called.
"""

Metrics = Sequence[MetricConfiguration]
Values = dict[MetricConfigurationID, Any]


@dataclass(frozen=True, slots=True)
class RuleResult:
    """An expectation's result for a batch, as a checkpoint gives it for `RESULT_FORMAT`."""

    expectation: Expectation
    success: bool
    result: dict[str, Any]


class Batch:
    """A frame for the engine. The engine copies what it gets, so a rule gets only its columns."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame.reset_index(drop=True)
        self._views: dict[tuple[str, ...], View] = {}

    def view(self, columns: Iterable[str]) -> "View":
        """Return the frame with these columns and the index; with none given, the whole frame."""
        chosen: tuple[str, ...] = ()
        if columns:
            distinct = dict.fromkeys((*INDEX, *columns))
            chosen = tuple(distinct)
        if chosen not in self._views:
            frame = self._frame
            if chosen:
                frame = frame[list(chosen)]
            self._views[chosen] = View(frame)
        return self._views[chosen]


class View:
    """Some columns of a batch, and what was computed of them so far.

    Rules about one column share most of it.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.engine = PandasExecutionEngine(batch_data_dict={"frame": frame})
        self.values: Values = {}

    def compute(self, metrics: Metrics) -> None:
        """Compute what is not yet known. Each of `metrics` comes after those that it needs."""
        _compute(self.engine, metrics, self.values)


class Plan:
    """What an expectation needs of any batch.

    It is worked out at the first batch, as some expectations look at the type of a column.
    """

    def __init__(self, expectation: Expectation) -> None:
        self.expectation = expectation
        self._kwargs = expectation.configuration.kwargs
        self._map: str | None = getattr(expectation, "map_metric", None)
        # Only the expectation knows which columns a condition uses, or one of another kind.
        is_of_rows = self._map and not self._kwargs.get("row_condition")
        self._columns = columns_in(self._kwargs) if is_of_rows else ()
        self._needed: Metrics = ()
        self._requested: dict[str, MetricConfiguration] = {}
        self._condition: MetricConfiguration | None = None
        self._details: dict[str, MetricConfiguration] = {}

    def evaluate(self, batch: Batch) -> tuple[RuleResult, NDArray[np.int64]]:
        """Return the expectation's result for a batch, and the positions of all rows that fail it.

        There are none for an expectation that is not about rows. Raises GreatExpectationsError
        where it cannot be computed.
        """
        view = batch.view(self._columns)
        if not self._needed:
            self._work_out(view.engine)
        view.compute(self._needed)
        values = {name: view.values[metric.id] for name, metric in self._requested.items()}
        rows = np.empty(0, dtype=np.int64)
        if self._condition is not None:
            is_failing: pd.Series = view.values[self._condition.id][0]
            positions = is_failing.index.to_numpy()
            rows = positions[is_failing.to_numpy(dtype=bool)]
            values |= self._counts(view.engine, is_failing)
            values |= self._shown(view, rows[:SHOWN])
        outcome = self.expectation._validate(
            metrics=values,
            # Some expectations write into what they are given.
            runtime_configuration={"result_format": dict(RESULT_FORMAT)},
            execution_engine=view.engine,
        )
        result = outcome.get("result", {})
        return RuleResult(self.expectation, bool(outcome["success"]), result), rows

    def _counts(self, engine: PandasExecutionEngine, is_failing: pd.Series) -> dict[str, int]:
        """Return the numbers that an expectation about rows decides by.

        They are the numbers of its domain's rows, and of the rows that fail its condition.
        """
        condition = {key: self._kwargs.get(key) for key in ("row_condition", "condition_parser")}
        domain: pd.DataFrame = engine.get_domain_records(condition)
        counts = {
            "table.row_count": len(domain),
            f"{self._map}.filtered_row_count": len(is_failing),
            f"{self._map}.unexpected_count": int(is_failing.sum()),
        }
        # Rules about one column pass over empty cells, and want to know how many there are.
        if "column" in self._kwargs:
            column = domain[self._kwargs["column"]]
            counts["column_values.nonnull.unexpected_count"] = int(column.isna().sum())
        return counts

    def _shown(self, view: View, rows: NDArray[np.int64]) -> dict[str, Any]:
        """Return the values of these failing rows, computed as if no other row failed."""
        if not len(rows) or self._condition is None:
            return {name: [] for name in self._details}
        is_failing, *domain = view.values[self._condition.id]
        positions = is_failing.index
        is_shown = pd.Series(positions.isin(rows), index=positions)
        # A copy: what the view computed for all rows stays as it is.
        values = view.values | {self._condition.id: (is_shown, *domain)}
        details = list(self._details.values())
        _compute(view.engine, details, values)
        return {name: values[metric.id] for name, metric in self._details.items()}

    def _work_out(self, engine: PandasExecutionEngine) -> None:
        order = _Order(engine)
        condition = f"{self._map}.condition"
        if type(self.expectation).get_validation_dependencies in _JUDGED_BY_CONDITION:
            domain, values = self._keys_of(condition)
            order.add(MetricConfiguration(condition, domain, values))
        else:
            runtime = {"result_format": dict(RESULT_FORMAT)}
            requested = self.expectation.get_validation_dependencies(engine, runtime)
            for name, metric in requested.metric_configurations.items():
                self._requested[name] = order.add(metric)
        # Details are computed later, for the rows that are shown.
        self._needed = order.metrics
        for metric in self._needed:
            if metric.metric_name == condition:
                self._condition = metric
                break
        if self._condition is not None:
            domain = self._condition.metric_domain_kwargs
            values = {**self._condition.metric_value_kwargs, "result_format": RESULT_FORMAT}
            for detail in _DETAILS:
                name = f"{self._map}.{detail}"
                self._details[name] = order.add(MetricConfiguration(name, domain, values))

    def _keys_of(self, metric: str) -> tuple[dict[str, Any], dict[str, Any]]:
        keys = get_metric_kwargs(metric, configuration=self.expectation.configuration)
        return keys["metric_domain_kwargs"], keys["metric_value_kwargs"]


class _Order:
    """Metrics, each once, and after those that it needs."""

    def __init__(self, engine: PandasExecutionEngine) -> None:
        self._engine = engine
        self._graph = ValidationGraph(engine)
        self._known: dict[MetricConfigurationID, MetricConfiguration] = {}

    @property
    def metrics(self) -> Metrics:
        """All metrics so far."""
        return tuple(self._known.values())

    def add(self, metric: MetricConfiguration) -> MetricConfiguration:
        """Add a metric after all that it needs; return it, or the equal one added before."""
        if metric.id not in self._known:
            provider, _ = self._graph.set_metric_configuration_default_kwargs_if_absent(metric)
            needed = provider.get_evaluation_dependencies(
                metric=metric, execution_engine=self._engine
            )
            dependencies = {name: self.add(other) for name, other in needed.items()}
            metric.metric_dependencies = dependencies
            # Last, so that the dict has it after all that it needs.
            self._known[metric.id] = metric
        return self._known[metric.id]


def _compute(engine: PandasExecutionEngine, metrics: Metrics, values: Values) -> None:
    for metric in metrics:
        if metric.id not in values:
            values |= engine.resolve_metrics([metric], values)
