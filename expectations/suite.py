"""From rules to Great Expectations suites: what a form's layout implies, and what its YAML adds."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_expectation_impl

import expectations.custom  # noqa: F401  (registers our own expectations)
from expectations.from_pack import CAPITAL, Known
from expectations.gx_metrics import Plan
from expectations.places import SUBMISSION
from expectations.rules import CellRule, RuleSet, columns_in
from expectations.texts import Words
from program.errors import ConfigurationError
from program.form import Form
from program.measure import LARGEST_EXACT, to_kept
from program.table import Column, ColumnType

SUM = "expect_column_total_to_equal_sum_of_parts"
_BETWEEN = "expect_column_values_to_be_between"
# A line left empty is nought (expectations.frames); a cell left empty in a line with figures is unknown.
_DERIVED_SUM = {"empty_parts": "unknown"}


@dataclass(frozen=True)
class Expected:
    """One expectation to run: the rule it comes from, its words' extra placeholders, and the cell it points at."""

    words: Words
    expect: str
    kwargs: Mapping[str, Any]
    at: str
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_cell(self) -> bool:
        """Tell whether the rule looks at one cell alone, as those derived from a column's layout do."""
        return isinstance(self.words, CellRule) and self.columns == (self.at,)

    @property
    def is_derived_total(self) -> bool:
        """Tell whether the rule is a sum that the form's layout declares."""
        return isinstance(self.words, CellRule) and not self.is_of_cell

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expectation judges; those of a `row_condition` only choose the rows."""
        return columns_in(self.kwargs)

    @cached_property
    def plan(self) -> Plan:
        """What Great Expectations needs to judge the rule, kept as long as the rule. Raises ConfigurationError."""
        return Plan(self.expectation())

    def expectation(self) -> Expectation:
        """Return the Great Expectations object. Raises ConfigurationError where it refuses the rule."""
        try:
            kind = get_expectation_impl(self.expect)
            return kind(
                **self.kwargs,
                severity=FailureSeverity(self.words.severity.value),
                meta={"rule": self.words.id},
                notes=self.words.message,
            )
        except Exception as wrong:  # GX and pydantic raise many kinds here; all mean that the YAML is wrong
            raise ConfigurationError(f"rule {self.words.id}: {self.expect}: {wrong}") from wrong


@dataclass(frozen=True, slots=True)
class Suite:
    """The expectations for one frame of a form."""

    form: Form
    expected: tuple[Expected, ...]


def expectations_of(
    form: Form,
    frame_name: str,
    columns: Collection[str],
    rules: RuleSet,
) -> Sequence[Expected]:
    """Return all expectations for one frame: those of its layout and those of the form's YAML.

    A rule about a column that this version of the form does not have is left out. A total that the YAML has a rule for
    gets none from the layout, and a figure that it has an upper bound for is not compared with the province's capital.

    Asked again, it returns the same objects: what Great Expectations needs to know of a rule is worked out once a rule set.
    """
    key = form.code, form.version, frame_name, frozenset(columns)
    known = rules.suites.get(key)
    # A test may have two forms of one version.
    if known is None or known.form != form:
        known = Suite(form, _expectations(form, frame_name, key[-1], rules))
        rules.suites[key] = known
    return known.expected


def _expectations(
    form: Form,
    frame_name: str,
    columns: frozenset[str],
    rules: RuleSet,
) -> tuple[Expected, ...]:
    written = [
        Expected(rule, rule.expect, kwargs, rule.at)
        for rule in (*rules.of_form(form.code), *rules.history)
        if rule.table == frame_name
        and columns.issuperset(rule.columns)
        and (kwargs := rules.known.filled(rule.kwargs)) is not None
    ]
    capped = _capped(form, rules)
    totals = {tuple(e.kwargs["column_list"][:1]) for e in written if e.expect == SUM}
    derived = [
        *(e for t in form.tables if t.name == frame_name for c in t.columns for e in _of_column(c, rules, capped)),
        *(e for e in _of_totals(form, frame_name, rules) if (e.at,) not in totals),
    ]
    return *derived, *written


def _capped(form: Form, rules: RuleSet) -> set[str]:
    """Return the columns of `form` for whose figures its YAML has an upper bound, and their parts: no part is more."""
    bounded = [rule for rule in rules.of_form(form.code) if rule.expect == _BETWEEN and "max_value" in rule.kwargs]
    named = {name for rule in bounded for name in rule.columns}
    named |= {column.name for t in form.tables for name, (column, _) in t.elements.items() if name in named}
    return named | {part for t in form.tables for column in t.columns if column.name in named for part in column.parts}


def _of_column(column: Column, rules: RuleSet, capped: set[str]) -> Iterator[Expected]:
    for rule in rules.cells:
        if rule.derive == "capital" and column.name in capped:
            continue
        kwargs = _derived_kwargs(rule, column, rules.known)
        if kwargs is not None:
            yield Expected(rule, rule.expect, {"column": column.name, **kwargs}, column.name, _words_of(column))


def _words_of(column: Column) -> dict[str, str]:
    return {
        "column": column.label,
        "measure": column.measure,
        "vocabulary": ", ".join(entry.label for entry in column.vocabulary.values()),
    }


def _of_totals(form: Form, frame_name: str, rules: RuleSet) -> Iterator[Expected]:
    """Yield a sum for each total of the layout: of lines in the submission's frame, of columns in their table's own.

    Where a line is a total its columns' totals are left to it; both would say the same of one cell.
    """
    for rule in rules.cells:
        for table in form.tables:
            if rule.derive == "column_total" and table.name == frame_name:
                for column in table.columns:
                    if column.parts:
                        kwargs = {"column_list": [column.name, *column.parts], **_DERIVED_SUM}
                        yield Expected(rule, rule.expect, kwargs, column.name, _words_of(column))
            elif rule.derive == "line_total" and frame_name == SUBMISSION:
                for element, (column, line) in table.elements.items():
                    if line.parts and column.type.is_numeric:
                        parts = [f"{column.name}_{part}" for part in line.parts]
                        kwargs = {"column_list": [element, *parts], **_DERIVED_SUM}
                        yield Expected(rule, rule.expect, kwargs, element, {**_words_of(column), "line": line.label})


def _derived_kwargs(rule: CellRule, column: Column, known: Known) -> dict[str, Any] | None:
    """Return what `rule` asks of `column` besides its name, or None where it asks nothing."""
    capital = known.figures[CAPITAL]
    asked: dict[str, tuple[bool, dict[str, Any]]] = {
        "required": (column.required, {}),
        "optional": (not column.required, {}),
        "whole": (column.type is ColumnType.WHOLE, {}),
        "whole_vnd": (column.type is ColumnType.MONEY, {}),
        "minimum": (column.minimum is not None, {"min_value": _kept(column.minimum, column)}),
        "maximum": (column.maximum is not None, {"max_value": _kept(column.maximum, column)}),
        "vocabulary": (bool(column.vocabulary), {"value_set": list(column.vocabulary)}),
        "capital": (column.type is ColumnType.MONEY and capital is not None, {"max_value": capital}),
        "exact": (column.type.is_numeric, {"max_value": LARGEST_EXACT}),
    }
    is_asked, kwargs = asked.get(rule.derive, (False, {}))
    return kwargs if is_asked else None


def _kept(bound: float | None, column: Column) -> float | None:
    """Return a bound, declared as it is printed, in the unit in which the column's values are kept."""
    return None if bound is None else to_kept(bound, column.measure)
