"""Reports with those of their facts that rules across submissions look at: many at once, as plain values."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, exists, select

from program.current import CurrentReport
from program.qualifier import Qualifier
from program.stage import Stage
from program.submission import Fact
from warehouse.portions import portions
from warehouse.tables import FactRow, SubmissionRow

ReportKey: TypeAlias = tuple[int, str | None, str | None, str | None, str]
REPORT = (
    SubmissionRow.id,
    SubmissionRow.form_code,
    SubmissionRow.unit_code,
    SubmissionRow.period,
    SubmissionRow.stage,
)
"""What a report is about, as a `ReportKey`."""
HAS_FACTS = exists().where(FactRow.submission_id == SubmissionRow.id)
"""The condition that a submission holds facts, whichever."""
_REPORTS_AT_ONCE = 500


def reports_with_facts(
    connection: Connection, keys: Sequence[ReportKey], elements: Mapping[str, Collection[str]]
) -> list[CurrentReport]:
    """Return the reports `keys` in their order, each with those facts that are `elements` of its form, line by line."""
    facts: dict[int, list[Fact]] = {}
    for form, of_form in elements.items():
        numbers = sorted(key[0] for key in keys if key[1] == form)
        for portion in portions(numbers, _REPORTS_AT_ONCE):
            facts |= _facts(connection, portion, of_form)
    return [
        CurrentReport(number, form or "", unit or "", period or "", Stage(stage), facts.get(number, ()))
        for number, form, unit, period, stage in keys
    ]


def _facts(connection: Connection, numbers: Sequence[int], elements: Collection[str]) -> dict[int, list[Fact]]:
    query = select(
        FactRow.submission_id,
        FactRow.element,
        FactRow.line,
        FactRow.value,
        FactRow.text,
        FactRow.sheet,
        FactRow.cell,
        FactRow.qualifier,
    ).where(FactRow.submission_id.in_(numbers), FactRow.element.in_(sorted(elements)))
    found: dict[int, list[Fact]] = defaultdict(list)
    # Reports of one form say nearly the same names and cells: each is kept once.
    same: dict[str, str] = {}
    for number, element, line, value, text, sheet, cell, qualifier in connection.execute(query):
        found[number].append(
            Fact(
                same.setdefault(element, element),
                line,
                value,
                text,
                same.setdefault(sheet, sheet),
                same.setdefault(cell, cell),
                Qualifier(qualifier) if qualifier else None,
            )
        )
    for facts in found.values():
        facts.sort(key=_place)
    return found


def _place(fact: Fact) -> tuple[int, str]:
    return fact.line, fact.element
