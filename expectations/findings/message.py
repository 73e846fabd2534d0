"""From a failing row to a finding: a rule's message with its placeholders filled.

Numbers and dates are written as a district writes them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from expectations.findings.cells import CellRef
from expectations.findings.format import format_estimate, format_value, with_measure
from expectations.findings.placeholders import Row, explain
from expectations.history.columns import AMOUNT_COLUMNS, BEFORE
from expectations.rules.texts import RuleText, Situation, Wording
from expectations.run.suite import Expected
from program.finding import Finding, ReaderFinding
from program.forms.form import Form
from program.vietnamese import close_percents


def finding_of_problem(problem: ReaderFinding, words: RuleText) -> Finding:
    """Return the finding for a problem of the reader."""
    values = {"value": problem.value or ""}
    for name, text in problem.values.items():
        values[name] = _in_terms(text, words)
    return filled(words, values, problem.case or None, (problem.sheet, problem.cell))


LEAST_EVERYWHERE = 2
SHARE_EVERYWHERE = 2 / 3
"""So many figures of a table or column, and this share of them, break a rule everywhere."""
LEAST_BEYOND_ALL = 3
SHARE_BEYOND_ALL = 1 / 10
"""The same for a rule that no right figure can break: the rest is only too small to break it."""
_CELLS_NAMED = 6


@dataclass(frozen=True, slots=True)
class Instead:
    """A situation for which the rule has other words, and the values of their placeholders.

    `quoted` is the column whose value the finding quotes; "" for none.
    """

    situation: Situation
    values: Mapping[str, str]
    quoted: str = ""

    @classmethod
    def everywhere(cls, count: int, cells: Sequence[str], columns: Iterable[str]) -> "Instead":
        """Return the situation in which `count` figures of a table or column break a rule."""
        named = list(cells[:_CELLS_NAMED])
        if len(cells) > _CELLS_NAMED:
            named.append("…")
        quoted_columns = [f'"{column}"' for column in columns]
        values = {
            "count": str(count),
            "columns": ", ".join(quoted_columns),
            "cells": ", ".join(named),
        }
        return cls(Situation.EVERYWHERE, values)


def finding_of_row(
    rule: Expected, row: Row, form: Form, place: CellRef, instead: Instead | None = None
) -> Finding:
    """Return the finding for one row that breaks a rule.

    It points to `place` and quotes the value there, in the words that the rule has for its
    situation.
    """
    if "sheet_row" in row:
        printed = _printed_amounts(row)
    else:
        # A run may have a hundred thousand notes of an empty cell, and words use few of a row's
        # figures: only these are printed.
        needed = {rule.at, *rule.words.placeholders()}
        if instead is not None:
            needed.add(instead.quoted)
        used = {name: row[name] for name in needed if name in row}
        printed = _printed(used, form)
    explained, case = explain(rule, row, form)
    value = printed.get(rule.at, "")
    values = {**printed, **explained, **rule.extra, "value": value}
    if instead is None:
        return filled(rule.words, values, case, place)
    values |= instead.values
    other_words = rule.words.instead[instead.situation]
    # A case is about the figure of one cell: the other words have none.
    finding = filled(rule.words, values, None, place, other_words)
    return replace(finding, value=printed.get(instead.quoted) or None)


def filled(
    words: RuleText,
    values: Mapping[str, str],
    case: str | None,
    place: CellRef,
    instead: Wording | None = None,
) -> Finding:
    """Return a rule's words as a finding, with their placeholders filled from `values`.

    `case` adds its sentence, if the rule has one for it. `instead` are other words for the rule.
    """
    wording = instead or words
    message = wording.message
    if case in words.cases:
        message = f"{message} {words.cases[case]}"
    expected = close_percents(wording.expected.format_map(values))
    sheet, cell = place
    return Finding(
        rule=words.id,
        severity=words.severity,
        message=close_percents(message.format_map(values)),
        expected=words.labelled(expected, is_sure=instead is not None),
        fix=close_percents(wording.fix.format_map(values)),
        sheet=sheet,
        cell=cell,
        value=values["value"] or None,
    )


def _printed(row: Row, form: Form) -> dict[str, str]:
    """Return a row's values as printed, each in the measure of its column; codes by their words."""
    printed: dict[str, str] = {}
    for key, value in row.items():
        name = str(key)
        column = name.removesuffix(BEFORE)
        text = format_value(value, form.measure_of(column))
        printed[name] = _word_of(text, column, form)
    return printed


def _word_of(text: str, column: str, form: Form) -> str:
    """Return the word of the vocabulary for a code of a column; any other text as it is."""
    for table in form.tables:
        for each in table.columns:
            if each.name == column and text in each.vocabulary:
                return each.vocabulary[text].label
    return text


def _printed_amounts(row: Row) -> dict[str, str]:
    """Return a row of the frame of figures as printed.

    Its amounts have the figure's measure beside them, except `value`; `amount` is the value with
    the measure.
    """
    measure = str(row["measure"])
    printed: dict[str, str] = {}
    for key, value in row.items():
        name = str(key)
        if name not in AMOUNT_COLUMNS:
            printed[name] = format_value(value, "")
        elif name == "value":
            # It is quoted as it stands in its cell.
            printed[name] = format_value(value, measure)
        else:
            estimate = format_estimate(value, measure)
            printed[name] = with_measure(estimate, measure)
    printed["amount"] = with_measure(printed["value"], measure)
    return printed


def _in_terms(text: str, words: RuleText) -> str:
    """Return what the reader filled in, in the language of `words`.

    Texts of the workbook have no terms, and are unchanged.
    """
    # The longest first: a short term may be part of a longer one.
    for term in sorted(words.terms, key=len, reverse=True):
        text = text.replace(term, words.terms[term])
    return text
