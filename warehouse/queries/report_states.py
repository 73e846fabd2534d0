"""From what the figures of each unit and form follow, and which rows follow from it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Engine, Row, bindparam, select, text
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.finding import Severity
from warehouse.lifecycle.current import is_current
from warehouse.tables import FindingRow, SubmissionRow


class Reporter(NamedTuple):
    """A form and a unit that reports it."""

    form_code: str
    unit_code: str


class ReportGroup(NamedTuple):
    """The reports of all units about a form, a period and a stage."""

    form_code: str
    period: str
    stage: Stage


Group = TypeVar("Group", bound=Hashable)
State: TypeAlias = frozenset[tuple[int, int]]
"""Current reports and their open findings: the number of each, a report's own beside 0."""
ReportStates: TypeAlias = Mapping[Reporter, State]
"""The current reports of each unit and form, and their open findings."""


@dataclass(frozen=True, slots=True)
class MartPart:
    """A part of the marts: the rows of some units about some forms and their indicators."""

    forms: frozenset[str]
    indicators: frozenset[str]
    units: frozenset[str]


def report_states(engine: Engine) -> ReportStates:
    """Return the current reports of each unit and form, with their open findings.

    While these are the same, the pack is, and the month, the rows of the unit's figures are: facts
    never change without their submission. Notes (`info`) put no figure in doubt.
    """
    return _states(engine, lambda row: Reporter(row.form_code, row.unit_code))


def group_states(engine: Engine) -> Mapping[ReportGroup, State]:
    """Return the current reports of each form, period and stage, with their open findings.

    While these are the same, the facts of the reports and the doubts about them are.
    """
    return _states(engine, lambda row: ReportGroup(row.form_code, row.period, Stage(row.stage)))


def _states(engine: Engine, group_of: Callable[[Row[Any]], Group]) -> Mapping[Group, State]:
    current = select(
        SubmissionRow.id,
        SubmissionRow.form_code,
        SubmissionRow.unit_code,
        SubmissionRow.period,
        SubmissionRow.stage,
    )
    doubts = select(FindingRow.submission_id, FindingRow.id).where(
        FindingRow.closed_at.is_(None), FindingRow.severity != Severity.INFO.value
    )
    states: dict[Group, set[tuple[int, int]]] = defaultdict(set)
    with Session(engine) as session:
        groups = {}
        for row in session.execute(current.where(is_current())):
            groups[row.id] = group_of(row)
            states[groups[row.id]].add((row.id, 0))
        for number, finding in session.execute(doubts):
            if number in groups:
                states[groups[number]].add((number, finding))
    return {group: frozenset(numbers) for group, numbers in states.items()}


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
