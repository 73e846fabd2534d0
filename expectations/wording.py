"""From a failing row to a sentence: the placeholders of a rule's message, as a district reads numbers and dates."""

from collections.abc import Mapping

from expectations.explanations import Row, explain
from expectations.history.columns import AMOUNT_COLUMNS, BEFORE
from expectations.places import Place
from expectations.printing import show
from expectations.suite import Expected
from expectations.texts import Words
from program.finding import Finding, Problem
from program.form import Form

_NONE: Mapping[str, str] = {}


def finding_of_problem(problem: Problem, words: Words) -> Finding:
    """Return the finding for what the reader met."""
    said = {name: _in_terms(text, words) for name, text in problem.values.items()}
    return filled(words, {"value": problem.value or "", **said}, None, (problem.sheet, problem.cell))


def finding_of_row(rule: Expected, row: Row, form: Form, place: Place, texts: Mapping[str, str] = _NONE) -> Finding:
    """Return the finding for one row that broke a rule, pointing at `place` and quoting the value found there.

    `texts` are the cells of those of its columns whose figures are text in the workbook.
    """
    # A night may have a hundred thousand notes of an empty cell, and few of a row's figures are ever said.
    said = {rule.at, *rule.words.placeholders()}
    shown = _shown(row) if "sheet_row" in row else _printed({name: row[name] for name in said if name in row}, form)
    extra, case = explain(rule, row, form, texts)
    return filled(rule.words, {**shown, **extra, **rule.extra, "value": shown.get(rule.at, "")}, case, place)


def _printed(row: Row, form: Form) -> dict[str, str]:
    """Return a row's values as printed."""
    return {str(name): show(value, form.measure_of(str(name).removesuffix(BEFORE))) for name, value in row.items()}


def _shown(row: Row) -> dict[str, str]:
    """Return a row of the frame of figures as printed: with the figure's own measure beside, its own value `amount`."""
    measure = str(row["measure"])
    shown = {str(name): show(value, measure if name in AMOUNT_COLUMNS else "") for name, value in row.items()}
    amounts = {name: f"{shown[name]} {measure}".strip() for name in AMOUNT_COLUMNS if name != "value"}
    return shown | amounts | {"amount": f"{shown['value']} {measure}".strip()}


def _in_terms(text: str, words: Words) -> str:
    """Return what the reader filled in, in the language of `words`; what stands in the workbook has no terms."""
    for term in sorted(words.terms, key=len, reverse=True):
        text = text.replace(term, words.terms[term])
    return text


def filled(words: Words, values: Mapping[str, str], case: str | None, place: Place) -> Finding:
    """Return the finding that a rule's words are with their placeholders filled, `case` adding its sentence."""
    message = f"{words.message} {words.cases[case]}" if case in words.cases else words.message
    return Finding(
        rule=words.id,
        severity=words.severity,
        message=message.format_map(values),
        expected=words.expected.format_map(values),
        fix=words.fix.format_map(values),
        sheet=place[0],
        cell=place[1],
        value=values["value"] or None,
    )
