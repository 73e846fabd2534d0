"""From what the figures of each unit and form follow, and which rows follow from it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from sqlalchemy import Engine, bindparam, select, text
from sqlalchemy.orm import Session

from program.finding import Severity
from warehouse.lifecycle.current import is_current
from warehouse.tables import FindingRow, SubmissionRow


class Reporter(NamedTuple):
    """A form and a unit that reports it."""

    form_code: str
    unit_code: str


ReportStates: TypeAlias = Mapping[Reporter, frozenset[tuple[int, int]]]
"""The current reports of each unit and form, and their open findings."""


@dataclass(frozen=True, slots=True)
class MartPart:
    """A part of the marts: the rows of some units about some forms and their indicators."""

    forms: frozenset[str]
    indicators: frozenset[str]
    units: frozenset[str]


def report_states(engine: Engine) -> ReportStates:
    """Return the current reports of each unit and form, with their open findings.

    Each is the number of a submission, beside that of a finding or 0. While these are the same, the
    pack is, and the month, the rows of the unit's figures are: facts never change without their
    submission. Notes (`info`) put no figure in doubt.
    """
    current = select(SubmissionRow.id, SubmissionRow.form_code, SubmissionRow.unit_code)
    doubts = select(FindingRow.submission_id, FindingRow.id).where(
        FindingRow.closed_at.is_(None), FindingRow.severity != Severity.INFO.value
    )
    states: dict[Reporter, set[tuple[int, int]]] = defaultdict(set)
    with Session(engine) as session:
        reporters = {}
        for number, form, unit in session.execute(current.where(is_current())):
            reporters[number] = Reporter(form, unit)
            states[reporters[number]].add((number, 0))
        for number, finding in session.execute(doubts):
            if number in reporters:
                states[reporters[number]].add((number, finding))
    return {reporter: frozenset(numbers) for reporter, numbers in states.items()}


def rows_that_follow(engine: Engine, reporters: Iterable[Reporter]) -> MartPart:
    """Return which rows of the marts follow from the reports of these units.

    Their own, and those of each unit that theirs are summed up to.
    """
    forms = set()
    units = set()
    for form, unit in reporters:
        forms.add(form)
        units.add(unit)
    return MartPart(
        forms=frozenset(forms),
        indicators=frozenset(_indicators_of(engine, forms)),
        units=frozenset(units | _above(engine, units)),
    )


def _indicators_of(engine: Engine, forms: Set[str]) -> Iterable[str]:
    query = text("SELECT code FROM now_indicators WHERE form_code IN :forms")
    expanded = query.bindparams(bindparam("forms", expanding=True))
    with engine.connect() as connection:
        return connection.scalars(expanded, {"forms": sorted(forms)}).all()


def _above(engine: Engine, units: Set[str]) -> set[str]:
    lies_on = text("SELECT unit_code, upper_code FROM unit_land_map")
    with engine.connect() as connection:
        return {upper for unit, upper in connection.execute(lies_on) if unit in units}
