"""The YAML of `suites/across.yaml`: three ways in which reports of different units, or of different forms, must agree.

Each rule is judged by one Great Expectations expectation over a frame of cases (`cases.py`).
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from expectations.texts import Words
from program.configuration import Model
from program.form import Form
from program.pack import Pack
from program.table import ColumnType


class _AcrossRule(Words):
    """A finding is put on record at each submission involved; those in `tell` are asked about it, the others not.

    `critical` takes the submissions that are asked out of what is believed, until one of them is sent again.
    """

    source: str


class WholeRule(_AcrossRule):
    """The province's own report of a form says of each figure what its units' reports add up to.

    Compared only where every unit that owes the report has one that is believed: for the very same period or, of cumulative
    figures, for one that ends on the same day. `figures`: only these; none: every count and every amount of money.
    """

    compare: Literal["whole"]
    form: str
    figures: tuple[str, ...] = ()
    tolerance: float = Field(0, ge=0)
    tell: Literal["whole", "each"] = "whole"


class ClaimRule(_AcrossRule):
    """One thing stands in the lists of two units: lines of `table` that are alike in all of `key`, however written.

    The first column of `key` is what it is called.
    """

    compare: Literal["claims"]
    form: str
    table: str
    key: tuple[str, ...] = Field(min_length=1)
    tell: Literal["each"] = "each"


class Side(Model):
    """Figures of one form, added up."""

    form: str
    figures: tuple[str, ...] = Field(min_length=1)


class FormsRule(_AcrossRule):
    """What one form says of a unit and period is at most, or equal to, what another says of it."""

    compare: Literal["forms"]
    left: Side
    relation: Literal["at_most", "equal"]
    right: Side
    tolerance: float = Field(0, ge=0)
    tell: Literal["left", "right", "each"] = "each"


AcrossRule: TypeAlias = Annotated[WholeRule | ClaimRule | FormsRule, Field(discriminator="compare")]

_FILLED: dict[str, frozenset[str]] = {
    "whole": frozenset({"figure", "whole", "parts", "count", "difference", "province", "period"}),
    "claims": frozenset({"what", "others", "period"}),
    "forms": frozenset({"left", "right", "difference", "left_form", "right_form", "period"}),
}
"""The placeholders that the cases of each kind fill."""


class AcrossSuite(Model):
    """The file."""

    rules: tuple[AcrossRule, ...]


def expectation_of(rule: AcrossRule) -> tuple[str, dict[str, Any]]:
    """Return the expectation that judges a rule's cases, with its arguments."""
    match rule:
        case ClaimRule():
            return "expect_column_values_to_be_between", {"column": "units", "max_value": 1}
        case FormsRule(relation="at_most"):
            return "expect_column_values_to_be_between", {"column": "excess", "max_value": rule.tolerance}
        case _:
            return "expect_column_values_to_be_between", {
                "column": "excess",
                "min_value": -rule.tolerance,
                "max_value": rule.tolerance,
            }


def forms_of(rule: AcrossRule) -> frozenset[str]:
    """Return the forms that a rule compares."""
    return frozenset({rule.left.form, rule.right.form} if isinstance(rule, FormsRule) else {rule.form})


def additive_figures(form: Form) -> list[str]:
    """Return the figures that may be added up over units: counts and money, no days or percentages."""
    kinds = (ColumnType.WHOLE, ColumnType.MONEY)
    figures: list[str] = []
    for table in form.tables:
        figures += [name for name, (column, _) in table.elements.items() if column.type in kinds]
    return [*figures, *(name for table in form.tables for name in table.summaries)]


def elements_compared(rules: Iterable[AcrossRule], pack: Pack) -> dict[str, frozenset[str]]:
    """Return the elements that `rules` compare, by form; no others need to be fetched."""
    compared: dict[str, frozenset[str]] = {}
    for rule in rules:
        for form, elements in _named(rule, pack):
            compared[form] = compared.get(form, frozenset()).union(elements)
    return compared


def _named(rule: AcrossRule, pack: Pack) -> Iterator[tuple[str, Iterable[str]]]:
    match rule:
        case FormsRule():
            yield rule.left.form, rule.left.figures
            yield rule.right.form, rule.right.figures
        case WholeRule(figures=()):
            for form in _versions(rule.form, pack):
                yield rule.form, additive_figures(form)
        case WholeRule():
            yield rule.form, rule.figures
        case ClaimRule():
            yield rule.form, rule.key


def wrong_across(rule: AcrossRule, pack: Pack) -> Iterator[str]:
    """Yield what a rule names that the pack's forms do not have, and placeholders that nothing fills."""
    match rule:
        case FormsRule():
            for side in (rule.left, rule.right):
                yield from _strange(side.form, side.figures, pack)
        case WholeRule():
            yield from _strange(rule.form, rule.figures, pack)
        case ClaimRule():
            yield from _strange_columns(rule, pack)
    unfilled = sorted(rule.placeholders() - _FILLED[rule.compare])
    if unfilled:
        yield f"words: nothing fills the placeholder {', '.join('{' + name + '}' for name in unfilled)}"


def _versions(code: str, pack: Pack) -> list[Form]:
    return [form for form in pack.forms if form.code == code]


def _strange(code: str, figures: tuple[str, ...], pack: Pack) -> Iterator[str]:
    versions = _versions(code, pack)
    known = {name for form in versions for name in form.figures}
    strange = sorted(set(figures) - known)
    if versions and strange:
        yield f"form {code} has no figure {', '.join(strange)}"


def _strange_columns(rule: ClaimRule, pack: Pack) -> Iterator[str]:
    tables = [t for form in _versions(rule.form, pack) for t in form.tables if t.name == rule.table]
    if _versions(rule.form, pack) and not any(t.kind == "list" for t in tables):
        yield f"table: form {rule.form} has no list {rule.table}"
        return
    strange = sorted(set(rule.key) - {c.name for t in tables for c in t.columns})
    if tables and strange:
        yield f"key: no version of {rule.form} has the column {', '.join(strange)} in {rule.table}"
