"""From a figure back to cells: the facts of a report, and the parts of a sum. Nothing writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, bindparam, select, text
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.finding import Finding
from program.forms.qualifier import Qualifier
from program.records.query_rows import TracedFact
from program.submission import Verdict
from warehouse.lifecycle.current import is_current
from warehouse.lifecycle.stored_findings import findings_of
from warehouse.lifecycle.versions import versions_of
from warehouse.queries.view_rows import view_rows
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class SumRow:
    """A figure of an indicator as the sum of the units below (`mart_rollups.sql`)."""

    basis: str
    period: str
    stage: Stage
    actual: float | None
    reported: int
    expected: int
    units: int
    is_enough: bool
    doubtful: int
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class SumMember:
    """A unit on the land of a sum.

    `submission_id` is its current report; None where there is none. `is_member`: its report is due
    or was sent. A unit that `is_shared` has land of another district too, and is in no sum.
    """

    unit_code: str
    submission_id: int | None
    is_member: bool
    is_shared: bool


@dataclass(frozen=True, slots=True)
class FigureDoubt:
    """Why a figure is in doubt: a row of mart_doubts about it or about a part of it."""

    submission_id: int
    element: str
    line: int
    sheet: str
    cell: str
    reason: str
    rule: str | None
    message: str | None


def trace(
    engine: Engine,
    *,
    form: str,
    unit: str,
    period: str,
    elements: Sequence[str],
    stage: Stage = Stage.FINAL,
) -> list[TracedFact]:
    """Return every version of the facts `elements` of a report.

    The current version comes first, then the newest.
    """
    return _facts(engine, elements, *versions_of(form, unit, period, stage.value))


def current_facts(
    engine: Engine, submission_ids: Sequence[int], elements: Sequence[str]
) -> list[TracedFact]:
    """Return the facts `elements` of current reports."""
    return _facts(engine, elements, SubmissionRow.id.in_(submission_ids), is_current())


def _facts(
    engine: Engine, elements: Sequence[str], *conditions: ColumnElement[bool]
) -> list[TracedFact]:
    query = (
        select(FactRow, SubmissionRow, DeliveryRow)
        .join(SubmissionRow, SubmissionRow.id == FactRow.submission_id)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(*conditions, FactRow.element.in_(elements), FactRow.line == 0)
        .order_by(
            SubmissionRow.known_to.is_not(None),
            SubmissionRow.version.desc(),
            SubmissionRow.unit_code,
            FactRow.element,
        )
    )
    with Session(engine) as session:
        rows = list(session.execute(query).tuples())
        numbers = {submission.id for _, submission, _ in rows}
        findings = {number: findings_of(session, number) for number in numbers}
        return [_traced(*row, findings[row[1].id]) for row in rows]


def _traced(
    fact: FactRow,
    submission: SubmissionRow,
    delivery: DeliveryRow,
    findings: Sequence[Finding],
) -> TracedFact:
    """Return a fact with where it came from, and the findings at its cell."""
    return TracedFact(
        element=fact.element,
        value=fact.value,
        text=fact.text,
        qualifier=Qualifier(fact.qualifier) if fact.qualifier else None,
        stage=Stage(submission.stage),
        sheet=fact.sheet,
        cell=fact.cell,
        submission_id=submission.id,
        version=submission.version or 0,
        verdict=Verdict(submission.verdict),
        rule_set_version=submission.rule_set_version,
        loaded_at=submission.loaded_at,
        known_from=submission.known_from or submission.loaded_at,
        known_to=submission.known_to,
        delivery_id=delivery.id,
        sha256=delivery.sha256 or "",
        source=delivery.source,
        channel=delivery.channel,
        name=delivery.name,
        sender_unit=delivery.sender_unit,
        received_at=delivery.received_at,
        is_synthetic=delivery.is_synthetic,
        findings=tuple(finding for finding in findings if _is_at(finding, fact)),
    )


def _is_at(finding: Finding, fact: FactRow) -> bool:
    # A list's summary has a range of cells; a finding about it points to the first of them.
    first_cell = fact.cell.partition(":")[0]
    return finding.sheet == fact.sheet and finding.cell in (fact.cell, first_cell)


def sums_of(
    engine: Engine, indicator: str, unit: str, period: str, stage: Stage | None
) -> list[SumRow]:
    """Return the sums of the units below a unit, one for each level that has reports.

    Without a stage: the one that the marts show, the final figure where there is enough of it.
    """
    condition = "is_current = 1" if stage is None else "stage = :stage"
    query = text(
        "SELECT basis, period, stage, actual, reported, expected, units, is_enough, "  # noqa: S608
        "doubtful, is_synthetic FROM mart_rollups "
        "WHERE indicator_code = :indicator AND unit_code = :unit AND period = :period "
        f"AND {condition} ORDER BY basis"
    )
    values = {"indicator": indicator, "unit": unit, "period": period}
    if stage is not None:
        values["stage"] = stage.value
    return view_rows(engine, SumRow, query, **values)


def members_of_sum(engine: Engine, form: str, unit: str, summed: SumRow) -> list[SumMember]:
    """Return every unit on the land of a sum in its period, by code."""
    query = text(
        "SELECT l.unit_code, l.is_shared, m.submission_id, m.unit_code IS NOT NULL AS is_member "
        "FROM unit_land_map l "
        "JOIN periods p ON p.code = :period AND p.last_day BETWEEN l.first_day AND l.last_day "
        "LEFT JOIN rollup_members m ON m.upper_code = l.upper_code AND m.unit_code = l.unit_code "
        "AND m.form_code = :form AND m.period = p.code AND m.stage = :stage AND m.basis = :basis "
        "WHERE l.upper_code = :unit AND 'sum_of_' || l.kind || 's' = :basis "
        "ORDER BY l.unit_code"
    )
    values = {
        "form": form,
        "unit": unit,
        "period": summed.period,
        "stage": summed.stage.value,
        "basis": summed.basis,
    }
    return view_rows(engine, SumMember, query, **values)


def doubts_of(
    engine: Engine, submission_ids: Sequence[int], elements: Sequence[str]
) -> list[FigureDoubt]:
    """Return what is in doubt in figures of current reports, and in the parts they add up."""
    query = text(
        "SELECT DISTINCT d.submission_id, d.element, d.line, d.sheet, d.cell, d.reason, d.rule, "
        "d.message FROM mart_doubts d WHERE d.submission_id IN :submissions "
        "AND (d.element IN :elements OR EXISTS (SELECT 1 FROM now_element_parts p "
        "WHERE p.form_code = d.form_code AND p.part = d.element AND p.element IN :elements)) "
        "ORDER BY d.submission_id, d.sheet, d.cell, d.rule"
    ).bindparams(bindparam("submissions", expanding=True), bindparam("elements", expanding=True))
    values = {"submissions": list(submission_ids), "elements": list(elements)}
    return view_rows(engine, FigureDoubt, query, **values)


def periods_with_figures(engine: Engine, indicator: str, unit: str) -> list[str]:
    """Return the periods of which a unit has a figure, its own or a sum, in the order of codes."""
    query = text(
        "SELECT f.period FROM mart_figures f "
        "WHERE f.indicator_code = :indicator AND f.unit_code = :unit "
        "UNION SELECT r.period FROM mart_rollups r "
        "WHERE r.indicator_code = :indicator AND r.unit_code = :unit AND r.reported > 0 "
        "ORDER BY 1"
    )
    with engine.connect() as connection:
        found = connection.execute(query, {"indicator": indicator, "unit": unit})
        return list(found.scalars())
