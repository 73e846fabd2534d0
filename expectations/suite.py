"""From rules to Great Expectations suites: what a form's layout implies, and what its YAML adds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_expectation_impl

import expectations.custom  # noqa: F401  (registers our own expectations)
from expectations.rules import CellRule, FormRule, RuleSet, Words
from program.errors import ConfigurationError
from program.form import Column, ColumnType, Form
from program.measure import LARGEST_EXACT
from program.vietnamese import format_number


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation to run: the rule it comes from, its words' extra placeholders, and the cell it points at."""

    words: Words
    expect: str
    kwargs: Mapping[str, Any]
    at: str
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_cell(self) -> bool:
        """Tell whether the rule looks at one cell alone, as those derived from a form's layout do."""
        return isinstance(self.words, CellRule)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expectation looks at."""
        return self.words.columns if isinstance(self.words, FormRule) else (self.at,)

    def expectation(self, number: int) -> Expectation:
        """Return the Great Expectations object; `number` finds this rule again in the results."""
        try:
            kind = get_expectation_impl(self.expect)
            return kind(
                **self.kwargs,
                severity=FailureSeverity(self.words.severity.value),
                meta={"rule": self.words.id, "number": number},
                notes=self.words.message,
            )
        except Exception as wrong:  # GX and pydantic raise many kinds here; all mean that the YAML is wrong
            raise ConfigurationError(f"rule {self.words.id}: {self.expect}: {wrong}") from wrong


def expectations_of(form: Form, frame_name: str, columns: set[str], rules: RuleSet) -> list[Expected]:
    """Return all expectations for one frame: those of its layout and those of the form's YAML.

    A rule about a column that this version of the form does not have is left out.
    """
    derived = [e for t in form.tables if t.name == frame_name for c in t.columns for e in _of_column(c, rules)]
    written = [
        Expected(rule, rule.expect, rule.kwargs, rule.at)
        for rule in rules.of_form(form.code)
        if rule.table == frame_name and columns.issuperset(rule.columns)
    ]
    return derived + written


def _of_column(column: Column, rules: RuleSet) -> Iterator[Expected]:
    for rule in rules.cells:
        kwargs = _derived_kwargs(rule, column)
        if kwargs is not None:
            extra = {
                "column": column.label,
                "measure": column.measure,
                "minimum": format_number(column.minimum or 0),
                "vocabulary": ", ".join(entry.label for entry in column.vocabulary.values()),
            }
            yield Expected(rule, rule.expect, {"column": column.name, **kwargs}, column.name, extra)


def _derived_kwargs(rule: CellRule, column: Column) -> dict[str, Any] | None:
    """Return what `rule` asks of `column` besides its name, or None where it asks nothing."""
    asked: dict[str, tuple[bool, dict[str, Any]]] = {
        "required": (column.required, {}),
        "optional": (not column.required, {}),
        "whole": (column.type is ColumnType.WHOLE, {}),
        "whole_vnd": (column.type is ColumnType.MONEY, {}),
        "minimum": (column.minimum is not None, {"min_value": column.minimum}),
        "vocabulary": (bool(column.vocabulary), {"value_set": list(column.vocabulary)}),
        "exact": (column.type.is_numeric, {"max_value": LARGEST_EXACT}),
    }
    is_asked, kwargs = asked[rule.derive]
    return kwargs if is_asked else None
