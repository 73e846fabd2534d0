"""The YAML of `suites/across.yaml`: three ways in which reports must agree.

The reports are of different units, or of different forms. Each rule becomes one Great Expectations
expectation over a frame of cases (`cases.py`).
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from expectations.rules.texts import RuleText
from program.finding import RuleLevel
from program.forms.form import Form
from program.forms.table import ColumnType, Table
from program.pack.pack import Pack
from program.pack.yaml_file import Model


class _AcrossRule(RuleText):
    """A rule that records a finding at each submission involved.

    Only the submissions in `tell` must be corrected; the others get a note. A `critical` rule makes
    them not current until one of them is sent again.
    """

    level: Literal[RuleLevel.ACROSS]
    source: str


class TotalRule(_AcrossRule):
    """The province's own report of a form states for each figure the sum of its units' reports.

    It is compared only if every unit that has to report has a current report: for the same period
    or, for cumulative figures, for one that ends on the same day. A flow of the year is compared
    with the sum of its quarters; where quarters are missing, only if their sum is already above it.
    `figures` limits the comparison
    to these; without them it covers every count and every amount of money.
    """

    compare: Literal["whole"]
    form: str
    figures: tuple[str, ...] = ()
    tolerance: float = Field(0, ge=0)
    tell: Literal["whole", "each"] = "whole"


class DuplicateClaimRule(_AcrossRule):
    """Two units must not have a line in their lists that is equal in all columns of `key`.

    The lists are those of `table`. How a value is written makes no difference. The first column of
    `key` has the name of the thing.
    """

    compare: Literal["claims"]
    form: str
    table: str
    key: tuple[str, ...] = Field(min_length=1)
    tell: Literal["each"] = "each"


class FormSide(Model):
    """Figures of one form, added up."""

    form: str
    figures: tuple[str, ...] = Field(min_length=1)


class FormsRule(_AcrossRule):
    """What one form states for a unit and period is at most, or equal to, what another states."""

    compare: Literal["forms"]
    left: FormSide
    relation: Literal["at_most", "equal"]
    right: FormSide
    tolerance: float = Field(0, ge=0)
    tell: Literal["left", "right", "each"] = "each"


AcrossRule: TypeAlias = Annotated[
    TotalRule | DuplicateClaimRule | FormsRule, Field(discriminator="compare")
]

_FILLED: dict[str, frozenset[str]] = {
    "whole": frozenset({"figure", "whole", "parts", "count", "difference", "province", "period"}),
    "claims": frozenset({"what", "others", "period"}),
    "forms": frozenset({"left", "right", "difference", "left_form", "right_form", "period"}),
}
"""The placeholders that the cases of each kind fill."""


class CrossCheckSuite(Model):
    """The file `across.yaml`."""

    rules: tuple[AcrossRule, ...]


def expectation_of(rule: AcrossRule) -> tuple[str, dict[str, Any]]:
    """Return the expectation that checks a rule's cases, with its arguments."""
    kwargs: dict[str, Any]
    match rule:
        case DuplicateClaimRule():
            kwargs = {"column": "units", "max_value": 1}
        case FormsRule(relation="at_most"):
            kwargs = {"column": "excess", "max_value": rule.tolerance}
        case _:
            bounds = {"min_value": -rule.tolerance, "max_value": rule.tolerance}
            kwargs = {"column": "excess", **bounds}
    return "expect_column_values_to_be_between", kwargs


def forms_of(rule: AcrossRule) -> frozenset[str]:
    """Return the forms that a rule compares."""
    if isinstance(rule, FormsRule):
        return frozenset({rule.left.form, rule.right.form})
    return frozenset({rule.form})


def additive_figures(form: Form) -> list[str]:
    """Return the figures that add up over units: counts and money, no days or percentages."""
    kinds = (ColumnType.WHOLE, ColumnType.MONEY)
    figures: list[str] = []
    for table in form.tables:
        for name, (column, _) in table.elements.items():
            if column.type in kinds:
                figures.append(name)
    for table in form.tables:
        figures += table.summaries
    return figures


def elements_compared(rules: Iterable[AcrossRule], pack: Pack) -> dict[str, frozenset[str]]:
    """Return the elements that `rules` compare, by form. No others need to be queried."""
    compared: dict[str, frozenset[str]] = {}
    for rule in rules:
        for form, elements in _named(rule, pack):
            known = compared.get(form, frozenset())
            compared[form] = known.union(elements)
    return compared


def _named(rule: AcrossRule, pack: Pack) -> Iterator[tuple[str, Iterable[str]]]:
    match rule:
        case FormsRule():
            yield rule.left.form, rule.left.figures
            yield rule.right.form, rule.right.figures
        case TotalRule(figures=()):
            for form in pack.versions_of(rule.form):
                yield rule.form, additive_figures(form)
        case TotalRule():
            yield rule.form, rule.figures
        case DuplicateClaimRule():
            yield rule.form, rule.key


def cross_check_errors(rule: AcrossRule, pack: Pack) -> Iterator[str]:
    """Yield the names of a rule that the pack's forms do not have, and unfilled placeholders."""
    match rule:
        case FormsRule():
            for side in (rule.left, rule.right):
                yield from _unknown_figures(side.form, side.figures, pack)
        case TotalRule():
            yield from _unknown_figures(rule.form, rule.figures, pack)
        case DuplicateClaimRule():
            yield from _unknown_columns(rule, pack)
    unfilled = sorted(rule.placeholders() - _FILLED[rule.compare])
    if unfilled:
        in_braces = [f"{{{name}}}" for name in unfilled]
        listed = ", ".join(in_braces)
        yield f"words: nothing fills the placeholder {listed}"


def _unknown_figures(code: str, figures: tuple[str, ...], pack: Pack) -> Iterator[str]:
    versions = pack.versions_of(code)
    known: set[str] = set()
    for form in versions:
        known.update(form.figures)
    unknown = sorted(set(figures) - known)
    # A pack without the form does not run the rule.
    if versions and unknown:
        listed = ", ".join(unknown)
        yield f"form {code} has no figure {listed}"


def _unknown_columns(rule: DuplicateClaimRule, pack: Pack) -> Iterator[str]:
    versions = pack.versions_of(rule.form)
    # A pack without the form does not run the rule.
    if not versions:
        return
    tables: list[Table] = []
    for form in versions:
        tables += [table for table in form.tables if table.name == rule.table]
    has_list = any(table.kind == "list" for table in tables)
    if not has_list:
        yield f"table: form {rule.form} has no list {rule.table}"
        return
    known: set[str] = set()
    for table in tables:
        known |= {column.name for column in table.columns}
    unknown = sorted(set(rule.key) - known)
    if unknown:
        columns = ", ".join(unknown)
        yield f"key: no version of {rule.form} has the column {columns} in {rule.table}"
