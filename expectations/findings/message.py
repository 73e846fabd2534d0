"""From a failing row to a finding: a rule's message with its placeholders filled.

Numbers and dates are written as a district writes them.
"""

from collections.abc import Mapping

from expectations.findings.cells import CellRef
from expectations.findings.format import format_value
from expectations.findings.placeholders import Row, explain
from expectations.history.columns import AMOUNT_COLUMNS, BEFORE
from expectations.rules.texts import RuleText
from expectations.run.suite import Expected
from program.finding import Finding, ReaderFinding
from program.forms.form import Form

_NONE: Mapping[str, str] = {}


def finding_of_problem(problem: ReaderFinding, words: RuleText) -> Finding:
    """Return the finding for a problem of the reader."""
    values = {"value": problem.value or ""}
    for name, text in problem.values.items():
        values[name] = _in_terms(text, words)
    return filled(words, values, problem.case or None, (problem.sheet, problem.cell))


def finding_of_row(
    rule: Expected, row: Row, form: Form, place: CellRef, texts: Mapping[str, str] = _NONE
) -> Finding:
    """Return the finding for one row that breaks a rule.

    It points to `place` and quotes the value there. `texts` are the cells of those of the row's
    columns whose figures are text in the workbook.
    """
    if "sheet_row" in row:
        printed = _printed_amounts(row)
    else:
        # A run may have a hundred thousand notes of an empty cell, and words use few of a row's
        # figures: only these are printed.
        needed = {rule.at, *rule.words.placeholders()}
        printed = _printed({name: row[name] for name in needed if name in row}, form)
    explained, case = explain(rule, row, form, texts)
    value = printed.get(rule.at, "")
    return filled(rule.words, {**printed, **explained, **rule.extra, "value": value}, case, place)


def filled(words: RuleText, values: Mapping[str, str], case: str | None, place: CellRef) -> Finding:
    """Return a rule's words as a finding, with their placeholders filled from `values`.

    `case` adds its sentence, if the rule has one for it.
    """
    message = words.message
    if case in words.cases:
        message = f"{message} {words.cases[case]}"
    sheet, cell = place
    return Finding(
        rule=words.id,
        severity=words.severity,
        message=message.format_map(values),
        expected=words.expected.format_map(values),
        fix=words.fix.format_map(values),
        sheet=sheet,
        cell=cell,
        value=values["value"] or None,
    )


def _printed(row: Row, form: Form) -> dict[str, str]:
    """Return a row's values as printed, each in the measure of its column."""
    printed: dict[str, str] = {}
    for key, value in row.items():
        name = str(key)
        printed[name] = format_value(value, form.measure_of(name.removesuffix(BEFORE)))
    return printed


def _printed_amounts(row: Row) -> dict[str, str]:
    """Return a row of the frame of figures as printed.

    Its amounts have the figure's measure beside them, except `value`; `amount` is the value with
    the measure.
    """
    measure = str(row["measure"])
    printed: dict[str, str] = {}
    for key, value in row.items():
        name = str(key)
        is_amount = name in AMOUNT_COLUMNS
        text = format_value(value, measure if is_amount else "")
        is_with_measure = is_amount and name != "value"
        printed[name] = f"{text} {measure}".strip() if is_with_measure else text
    printed["amount"] = f"{printed['value']} {measure}".strip()
    return printed


def _in_terms(text: str, words: RuleText) -> str:
    """Return what the reader filled in, in the language of `words`.

    Texts of the workbook have no terms, and are unchanged.
    """
    # The longest first: a short term may be part of a longer one.
    for term in sorted(words.terms, key=len, reverse=True):
        text = text.replace(term, words.terms[term])
    return text
