"""From rules to Great Expectations suites.

A suite has what a form's layout implies, and what its YAML adds.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_expectation_impl

import expectations.custom  # noqa: F401  (registers our own expectations)
from expectations.findings.cells import COUNTS_KNOWN, SUBMISSION
from expectations.rules.pack_values import CAPITAL, Known
from expectations.rules.rule_models import CellRule, Derivation, columns_in
from expectations.rules.rule_set import RuleSet
from expectations.rules.texts import RuleText
from expectations.run.gx_metrics import Plan
from program.errors import ConfigurationError
from program.forms.form import Form
from program.forms.measure import LARGEST_EXACT, MEASURES_OF_COUNTS, to_kept
from program.forms.table import Column, ColumnType, Table

SUM = "expect_column_total_to_equal_sum_of_parts"
COUNT_MARGIN = 1.1
"""A known count of people or households is of another day, and often rounded; ours (D)."""
# A line left empty is 0 (expectations.run.frames). A cell left empty in a line with figures is
# unknown.
_DERIVED_SUM = {"empty_parts": "unknown"}


@dataclass(frozen=True)
class Expected:
    """One expectation to run.

    `words` is the rule that it comes from, `extra` fills placeholders of its words, and `at` is the
    column or element that its findings point to.
    """

    words: RuleText
    expect: str
    kwargs: Mapping[str, Any]
    at: str
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_cell(self) -> bool:
        """Tell whether the rule looks at one cell at a time.

        The rules that a column's declaration gives (type, limits) do.
        """
        return isinstance(self.words, CellRule) and self.columns == (self.at,)

    @property
    def is_derived_total(self) -> bool:
        """Tell whether the rule is a sum that the form's layout declares."""
        return isinstance(self.words, CellRule) and not self.is_of_cell

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the expectation checks.

        Those of a `row_condition` only choose rows. What the pack knows of the unit is in no cell.
        """
        return tuple(name for name in columns_in(self.kwargs) if name not in COUNTS_KNOWN)

    @cached_property
    def plan(self) -> Plan:
        """What Great Expectations needs to check the rule, kept as long as the rule.

        Raises ConfigurationError if it refuses the rule.
        """
        return Plan(self.expectation())

    def expectation(self) -> Expectation:
        """Return the Great Expectations object.

        Raises ConfigurationError if Great Expectations refuses the rule.
        """
        try:
            kind = get_expectation_impl(self.expect)
            return kind(
                **self.kwargs,
                severity=FailureSeverity(self.words.severity.value),
                meta={"rule": self.words.id},
                notes=self.words.message,
            )
        except Exception as wrong:
            # GX and pydantic raise many kinds here. All mean that the YAML is wrong.
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

    A rule about a column that this version of the form does not have is left out. A total that the
    YAML has a rule for gets none from the layout.

    A second call returns the same objects: what Great Expectations needs to know of a rule is
    worked out once a rule set.
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
    written = _written(form, frame_name, columns, rules)
    written_totals = _totals_of(written)
    return (
        *_of_columns(form, frame_name, rules),
        *_of_totals(form, frame_name, rules, written_totals),
        *written,
    )


def _written(
    form: Form, frame_name: str, columns: frozenset[str], rules: RuleSet
) -> list[Expected]:
    """Return the expectations of the form's YAML and of history that can run on the frame."""
    written: list[Expected] = []
    for rule in (*rules.of_form(form.code), *rules.history):
        if rule.table != frame_name or not columns.issuperset(rule.columns):
            continue
        kwargs = rules.known.filled(rule.kwargs)
        # A pack that lacks the figure of a rule is checked without this rule.
        if kwargs is not None:
            written.append(Expected(rule, rule.expect, kwargs, rule.at))
    return written


def _totals_of(written: Sequence[Expected]) -> set[str]:
    """Return the totals that the YAML has a rule for."""
    totals: set[str] = set()
    for expected in written:
        if expected.expect == SUM:
            totals.update(expected.kwargs["column_list"][:1])
    return totals


def _of_columns(form: Form, frame_name: str, rules: RuleSet) -> Iterator[Expected]:
    """Yield what the layout implies for each column of a table's frame."""
    for table in form.tables:
        if table.name == frame_name:
            for column in table.columns:
                yield from _of_column(column, rules)


def _of_column(column: Column, rules: RuleSet) -> Iterator[Expected]:
    for rule in rules.cells:
        kwargs = _derived_kwargs(rule, column, rules.known)
        if kwargs is not None:
            yield Expected(rule, rule.expect, kwargs, column.name, _words_of(column))


def _words_of(column: Column) -> dict[str, str]:
    labels = [entry.label for entry in column.vocabulary.values()]
    return {
        "column": column.label,
        "measure": column.measure,
        "vocabulary": ", ".join(labels),
    }


def _of_totals(
    form: Form, frame_name: str, rules: RuleSet, written: set[str]
) -> Iterator[Expected]:
    """Yield a sum for each total of the layout that is not among those `written` in the YAML.

    Totals of lines are in the submission's frame, those of columns in their table's own.
    """
    for rule in rules.cells:
        for table in form.tables:
            totals: Iterator[Expected] = iter(())
            if rule.derive is Derivation.COLUMN_TOTAL and table.name == frame_name:
                totals = _column_totals(rule, table)
            elif rule.derive is Derivation.LINE_TOTAL and frame_name == SUBMISSION:
                totals = _line_totals(rule, table)
            for total in totals:
                if total.at not in written:
                    yield total


def _column_totals(rule: CellRule, table: Table) -> Iterator[Expected]:
    for column in table.columns:
        if column.parts:
            columns = [column.name, *column.parts]
            kwargs = {"column_list": columns, **_DERIVED_SUM}
            extra = _words_of(column)
            yield Expected(rule, rule.expect, kwargs, column.name, extra)


def _line_totals(rule: CellRule, table: Table) -> Iterator[Expected]:
    for element, (column, line) in table.elements.items():
        if line.parts and column.type.is_numeric:
            parts = [f"{column.name}_{part}" for part in line.parts]
            kwargs = {"column_list": [element, *parts], **_DERIVED_SUM}
            extra = {**_words_of(column), "line": line.label}
            yield Expected(rule, rule.expect, kwargs, element, extra)


def _derived_kwargs(rule: CellRule, column: Column, known: Known) -> dict[str, Any] | None:
    """Return the arguments of `rule` for `column`; None: it does not apply."""
    counted = rule.derive.value
    if counted in MEASURES_OF_COUNTS:
        known_count = f"{counted}_known"
        is_counted = column.measure == MEASURES_OF_COUNTS[counted]
        pair = {"column_A": column.name, "column_B": known_count, "max_value": COUNT_MARGIN}
        return pair if is_counted and column.type.is_numeric else None
    is_money = column.type is ColumnType.MONEY
    has_capital = is_money and known.figures[CAPITAL] is not None
    has_minimum = column.minimum is not None
    has_maximum = column.maximum is not None
    minimum = _kept(column.minimum, column)
    maximum = _kept(column.maximum, column)
    codes = list(column.vocabulary)
    derived: dict[Derivation, tuple[bool, dict[str, Any]]] = {
        Derivation.REQUIRED: (column.required, {}),
        Derivation.OPTIONAL: (not column.required, {}),
        Derivation.WHOLE: (column.type is ColumnType.WHOLE, {}),
        Derivation.WHOLE_VND: (is_money, {}),
        Derivation.MINIMUM: (has_minimum, {"min_value": minimum}),
        Derivation.MAXIMUM: (has_maximum, {"max_value": maximum}),
        Derivation.VOCABULARY: (bool(codes), {"value_set": codes}),
        Derivation.CAPITAL: (has_capital, {"max_value": known.figures[CAPITAL]}),
        Derivation.EXACT: (column.type.is_numeric, {"max_value": LARGEST_EXACT}),
    }
    # Totals are not of a single column: `_of_totals` derives them.
    applies, kwargs = derived.get(rule.derive, (False, {}))
    return {"column": column.name, **kwargs} if applies else None


def _kept(bound: float | None, column: Column) -> float | None:
    """Return a bound, declared as printed, in the unit in which the column's values are kept."""
    if bound is None:
        return None
    return to_kept(bound, column.measure)
