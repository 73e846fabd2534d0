"""Reports with those facts that cross-checks need: many at once, as plain values."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, exists, select

from program.calendar.stage import Stage
from program.forms.qualifier import Qualifier
from program.records.current_report import CurrentReport
from program.submission import Fact
from warehouse.database.portions import portions
from warehouse.tables import FactRow, SubmissionRow

NumberedReport: TypeAlias = tuple[int, str | None, str | None, str | None, str]
"""A submission's number, form, unit, period and stage."""
REPORT = (
    SubmissionRow.id,
    SubmissionRow.form_code,
    SubmissionRow.unit_code,
    SubmissionRow.period,
    SubmissionRow.stage,
)
"""The columns of a `NumberedReport`."""
HAS_FACTS = exists().where(FactRow.submission_id == SubmissionRow.id)
"""SQL condition: the submission has facts."""
_REPORTS_AT_ONCE = 500


def reports_with_facts(
    connection: Connection,
    keys: Sequence[NumberedReport],
    elements: Mapping[str, Collection[str]],
) -> list[CurrentReport]:
    """Return the reports `keys` in their order, each with its facts by line and element.

    Only facts that are `elements` of the report's form are read.
    """
    facts: dict[int, list[Fact]] = {}
    for form, elements_of_form in elements.items():
        submissions = [number for number, form_code, *_ in keys if form_code == form]
        submissions.sort()
        for portion in portions(submissions, _REPORTS_AT_ONCE):
            facts |= _facts(connection, portion, elements_of_form)
    reports: list[CurrentReport] = []
    for number, form_code, unit, period, stage in keys:
        report = CurrentReport(
            number,
            form_code or "",
            unit or "",
            period or "",
            Stage(stage),
            facts.get(number, ()),
        )
        reports.append(report)
    return reports


def _facts(
    connection: Connection,
    submissions: Sequence[int],
    elements: Collection[str],
) -> dict[int, list[Fact]]:
    query = select(
        FactRow.submission_id,
        FactRow.element,
        FactRow.line,
        FactRow.value,
        FactRow.text,
        FactRow.sheet,
        FactRow.cell,
        FactRow.qualifier,
    ).where(FactRow.submission_id.in_(submissions), FactRow.element.in_(sorted(elements)))
    found: dict[int, list[Fact]] = defaultdict(list)
    # Reports of one form have nearly the same elements, sheets and cells: keep each text once.
    texts: dict[str, str] = {}
    for number, element, line, value, text, sheet, cell, qualifier in connection.execute(query):
        fact = Fact(
            texts.setdefault(element, element),
            line,
            value,
            text,
            texts.setdefault(sheet, sheet),
            texts.setdefault(cell, cell),
            Qualifier(qualifier) if qualifier else None,
        )
        found[number].append(fact)
    for facts in found.values():
        facts.sort(key=_line_and_element)
    return found


def _line_and_element(fact: Fact) -> tuple[int, str]:
    return fact.line, fact.element
