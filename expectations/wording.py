"""From a failing row to a sentence: the placeholders of a rule's message, as a district reads numbers and dates."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from expectations.places import Place
from expectations.suite import Expected
from expectations.texts import Words
from program.finding import Finding, Problem
from program.form import Form
from program.measure import to_printed
from program.vietnamese import format_date, format_number

Row = Mapping[Any, Any]
Explanation = tuple[dict[str, str], str | None]
"""Extra placeholders, and which of a rule's `cases` adds its sentence."""


def finding_of_problem(problem: Problem, words: Words) -> Finding:
    """Return the finding for what the reader met."""
    said = {name: _in_terms(text, words) for name, text in problem.values.items()}
    return filled(words, {"value": problem.value or "", **said}, None, (problem.sheet, problem.cell))


def finding_of_row(rule: Expected, row: Row, form: Form, place: Place) -> Finding:
    """Return the finding for one row that broke a rule, pointing at `place` and quoting the value found there."""
    shown = {str(name): show(value, form.measure_of(str(name))) for name, value in row.items()}
    explain = _EXPLAIN.get(rule.expect)
    extra, case = explain(rule, row, form) if explain else ({}, None)
    return filled(rule.words, {**shown, **extra, **rule.extra, "value": shown.get(rule.at, "")}, case, place)


def show(value: Any, measure: str) -> str:
    """Return a kept value as its sender printed it: in the column's measure, with Vietnamese separators."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return format_date(value)
    if isinstance(value, int | float):
        return format_number(to_printed(float(value), measure), decimals=6)
    return str(value)


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


def _sum_of_parts(rule: Expected, row: Row, form: Form) -> Explanation:
    """`parts` reads "3 + 8 = 11", `parts_sum` is the 11; the case is `above` where the total exceeds it."""
    total, *names = rule.kwargs["column_list"]
    given = [float(row[name]) for name in names if row[name] != 0 and not pd.isna(row[name])]
    difference = float(row[total]) - sum(given)
    measure = form.measure_of(total)
    parts_sum = show(float(sum(given)), measure)
    addition = " + ".join(show(part, measure) for part in given)
    values = {
        "parts": f"{addition} = {parts_sum}" if len(given) > 1 else parts_sum,
        "parts_sum": parts_sum,
        "difference": show(abs(difference), measure),
    }
    return values, "above" if difference > 0 else "below"


def _whole(rule: Expected, row: Row, _form: Form) -> Explanation:
    """A value with at most three decimals may be a whole number whose thousands dot was taken for a decimal point."""
    thousandfold = round(float(row[rule.at]) * 1000, 6)
    return {"thousandfold": show(thousandfold, "")}, "thousandfold" if thousandfold.is_integer() else None


_EXPLAIN: dict[str, Callable[[Expected, Row, Form], Explanation]] = {
    "expect_column_total_to_equal_sum_of_parts": _sum_of_parts,
    "expect_column_values_to_be_whole": _whole,
}
