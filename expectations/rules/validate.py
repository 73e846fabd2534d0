"""What is wrong with a form's own rules: names that its layout does not have.

Such a rule would never run, or would fail during a run. A frame has other columns in other
versions of a form, so a name is right where one version has it.
"""

from collections.abc import Iterator, Mapping, Sequence

from expectations.findings.cells import COUNTS_KNOWN, SUBMISSION
from expectations.history.columns import FIGURES, REPORTS, history_columns
from expectations.rules.pack_values import Known
from expectations.rules.rule_models import FormRule
from expectations.rules.texts import Situation
from program.finding import RuleLevel, Severity
from program.forms.form import Form

_OF_PARTS = frozenset({"parts", "parts_sum", "difference"})
_BOUNDS = frozenset({"minimum", "maximum"})
EXPLAINED: Mapping[str, frozenset[str]] = {
    "expect_column_total_to_equal_sum_of_parts": _OF_PARTS,
    "expect_column_parts_to_not_exceed_whole": _OF_PARTS,
    "expect_column_values_to_be_whole": frozenset({"thousandfold"}),
    "expect_column_values_to_be_between": _BOUNDS | {"thousandth", "millionth", "thousandfold"},
    "expect_column_ratio_to_be_between": _BOUNDS | {"ratio"},
    "expect_column_pair_values_to_agree": frozenset({"difference"}),
    "expect_column_values_to_be_in_catalogue": frozenset({"nearest"}),
    "expect_figures_to_keep_their_scale": frozenset({"factor", "likely"}),
}
"""The placeholders that `expectations.findings.placeholders` adds for an expectation."""
OF_SITUATIONS: Mapping[Situation, frozenset[str]] = {
    Situation.TEXTS: frozenset({"texts"}),
    Situation.EVERYWHERE: frozenset({"count", "columns", "cells"}),
}
"""The placeholders of the words that a rule has for a situation."""

_PERIOD = frozenset({"period_start", "period_end"})
_INDEX = frozenset({"submission_id", "row"})
_LINE = frozenset({"sheet", "line"})


def rule_errors(
    rules: Sequence[FormRule],
    versions: Sequence[Form],
    known: Known,
) -> list[str]:
    """Return a line for each mistake, beginning with the rule's id.

    There is none where each rule can run and every placeholder of its words is filled.
    """
    mistakes: list[str] = []
    for rule in rules:
        mistake = known.mistake(rule.kwargs)
        if mistake:
            mistakes.append(f"{rule.id}: kwargs: {mistake}")
    for rule in rules:
        mistakes += [f"{rule.id}: {mistake}" for mistake in _mistakes_in(rule, versions)]
    return mistakes


def frame_columns(form: Form, frame: str) -> frozenset[str]:
    """Return the columns of a table's frame, of the submission's or of one of history.

    `expectations.run.frames` and `expectations.history` build these frames.
    """
    of_history = history_columns(form)
    if frame in of_history:
        return of_history[frame]
    if frame == SUBMISSION:
        return frozenset(form.figures) | _PERIOD | _INDEX | COUNTS_KNOWN.keys()
    columns = frozenset(column.name for column in form.table(frame).columns)
    return columns | _PERIOD | _INDEX | _LINE


def frame_names(form: Form) -> tuple[str, ...]:
    """Return the frames that a form is checked in: of its tables, the submission and history."""
    tables = [table.name for table in form.tables]
    return (*tables, SUBMISSION, *history_columns(form))


def _mistakes_in(rule: FormRule, versions: Sequence[Form]) -> Iterator[str]:
    """Yield the mistakes of one rule; of a frame that does not exist, nothing else is checked."""
    frames: set[str] = set()
    # The columns of the rule's frame, in each version of the form that has this frame.
    known: list[frozenset[str]] = []
    for form in versions:
        names = frame_names(form)
        frames.update(names)
        if rule.table in names:
            known.append(frame_columns(form, rule.table))
    if not known:
        listed = ", ".join(sorted(frames))
        yield f"table: expected one of {listed}, found {rule.table}"
        return
    yield from _unknown_columns(rule, known)
    yield from _unfilled_placeholders(rule, known)
    yield from _wrong_level(rule, versions)


def _unknown_columns(rule: FormRule, known: Sequence[frozenset[str]]) -> Iterator[str]:
    """Yield the columns that no version has, or that no single version has together."""
    every = frozenset[str]().union(*known)
    # The index is a matter of the program. No rule needs its columns.
    offered = ", ".join(sorted(every - _INDEX))
    named = {"kwargs": rule.columns, "at": (rule.at,)}
    for key, names in named.items():
        unknown = sorted(set(names) - every)
        if unknown:
            missing = ", ".join(unknown)
            yield (
                f"{key}: no version of the form has the column {missing} "
                f"in {rule.table}; it has: {offered}"
            )
    needed = (*rule.columns, rule.at)
    if every.issuperset(needed) and not _versions_that_run(rule, known):
        listed = ", ".join(needed)
        yield f"kwargs: no version of the form has all of {listed}: the rule would never run"


def _unfilled_placeholders(rule: FormRule, known: Sequence[frozenset[str]]) -> Iterator[str]:
    """Yield the placeholders of a rule's words that neither a column nor an explanation fills."""
    filled = EXPLAINED.get(rule.expect, frozenset()) | {"value"}
    # Only the rows of this frame bring their measure with them.
    if rule.table == FIGURES:
        filled |= {"amount"}
    for situation in rule.instead:
        filled |= OF_SITUATIONS[situation]
    unfilled: set[str] = set()
    for columns in _versions_that_run(rule, known):
        unfilled |= rule.placeholders() - columns - filled
    if unfilled:
        in_braces = [f"{{{name}}}" for name in sorted(unfilled)]
        listed = ", ".join(in_braces)
        yield f"words: nothing fills the placeholder {listed}"


def _wrong_level(rule: FormRule, versions: Sequence[Form]) -> Iterator[str]:
    is_of_history = any(rule.table in history_columns(form) for form in versions)
    expected = RuleLevel.TABLE
    if is_of_history:
        expected = RuleLevel.HISTORY
    if rule.level is not expected:
        yield f"level: expected {expected} for a rule of {rule.table}, found {rule.level}"
    # Versions of one report have one sender, and an order of their own.
    may_refuse = not is_of_history or rule.table == REPORTS
    if not may_refuse and rule.severity is Severity.CRITICAL:
        yield (
            "severity: a rule against other reports may warn; found critical, "
            "which would make a verdict hang on who sent first"
        )


def _versions_that_run(rule: FormRule, known: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Return the columns of each version that has all columns of the rule."""
    needed = (*rule.columns, rule.at)
    return [columns for columns in known if columns.issuperset(needed)]
