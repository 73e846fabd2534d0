"""What is wrong with a form's own rules, seen against its layout: a name that would make a rule never run, or fail at night.

A frame has other columns in other versions of a form, so a name is right where one version has it.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from expectations.from_pack import Known
from expectations.history.columns import FIGURES, history_columns
from expectations.places import SUBMISSION
from program.finding import Severity
from program.form import Form

if TYPE_CHECKING:
    from expectations.rules import FormRule

_OF_PARTS = frozenset({"parts", "parts_sum", "difference"})
_BOUNDS = frozenset({"minimum", "maximum"})
EXPLAINED = {
    "expect_column_total_to_equal_sum_of_parts": _OF_PARTS | {"texts"},
    "expect_column_parts_to_not_exceed_whole": _OF_PARTS,
    "expect_column_values_to_be_whole": frozenset({"thousandfold"}),
    "expect_column_values_to_be_between": _BOUNDS | {"thousandth", "millionth", "thousandfold"},
    "expect_column_ratio_to_be_between": _BOUNDS | {"ratio"},
    "expect_column_pair_values_to_agree": frozenset({"difference"}),
    "expect_column_values_to_be_in_catalogue": frozenset({"nearest"}),
    "expect_figures_to_keep_their_scale": frozenset({"factor", "likely"}),
}
"""The placeholders that `expectations.explanations` adds for an expectation."""

_PERIOD = frozenset({"period_start", "period_end"})
_INDEX = frozenset({"submission_id", "row"})
_LINE = frozenset({"sheet", "line"})


def wrong_rules(rules: Sequence["FormRule"], versions: Sequence[Form], known: Known) -> list[str]:
    """Return a line for each mistake, beginning with the rule's id; none where each rule can run and say its words."""
    strange = [f"{rule.id}: kwargs: {mistake}" for rule in rules if (mistake := known.mistake(rule.kwargs))]
    return strange + [f"{rule.id}: {mistake}" for rule in rules for mistake in _of_rule(rule, versions)]


def frame_columns(form: Form, frame: str) -> frozenset[str]:
    """Return the columns of a table's frame or of the submission's; see `expectations.frames`, which builds them."""
    of_history = history_columns(form)
    if frame in of_history:
        return of_history[frame]
    if frame == SUBMISSION:
        return frozenset(form.figures) | _PERIOD | _INDEX
    return frozenset(column.name for column in form.table(frame).columns) | _PERIOD | _INDEX | _LINE


def frame_names(form: Form) -> tuple[str, ...]:
    """Return the frames that a form is checked in: one a table, the submission's, and those of history."""
    return (*(table.name for table in form.tables), SUBMISSION, *history_columns(form))


def _of_rule(rule: "FormRule", versions: Sequence[Form]) -> Iterator[str]:
    frames = sorted({name for form in versions for name in frame_names(form)})
    if rule.table not in frames:
        yield f"table: expected one of {', '.join(frames)}, found {rule.table}"
        return
    known = [frame_columns(form, rule.table) for form in versions if rule.table in frame_names(form)]
    asked = {"kwargs": rule.columns, "at": (rule.at,)}
    for key, names in asked.items():
        strange = sorted(set(names).difference(*known))
        if strange:
            yield f"{key}: no version of the form has the column {', '.join(strange)} in {rule.table}; it has: {_listed(known)}"
    run = [columns for columns in known if columns.issuperset((*rule.columns, rule.at))]
    if not run and not {*rule.columns, rule.at}.difference(*known):
        yield f"kwargs: no version of the form has all of {', '.join((*rule.columns, rule.at))}: the rule would never run"
    given = EXPLAINED.get(rule.expect, frozenset()) | {"value"} | ({"amount"} if rule.table == FIGURES else set())
    unfilled = sorted({name for columns in run for name in rule.placeholders() - columns - given})
    if unfilled:
        yield f"words: nothing fills the placeholder {', '.join('{' + name + '}' for name in unfilled)}"
    if rule.severity is Severity.CRITICAL and any(rule.table in history_columns(form) for form in versions):
        yield "severity: a rule against other reports may warn; found critical, which would make a verdict hang on who sent first"


def _listed(known: Sequence[Collection[str]]) -> str:
    return ", ".join(sorted(name for columns in known for name in set(columns) - _INDEX))
