"""What tables of all units are made of: facts, files and doubts of one form, period and stage."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, select, text
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.forms.qualifier import Qualifier
from program.records.site_rows import DisbursementRow
from warehouse.lifecycle.current import is_current
from warehouse.queries.view_rows import view_rows
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class ReportFact:
    """A fact of a current report; `is_doubtful` as in mart_doubts, its totals included."""

    unit_code: str
    element: str
    line: int
    value: float | None
    text: str | None
    qualifier: Qualifier | None
    is_doubtful: bool


@dataclass(frozen=True, slots=True)
class CurrentFile:
    """The file of a current report."""

    unit_code: str
    submission_id: int
    version: int
    name: str
    received_at: datetime
    is_synthetic: bool


def report_facts(engine: Engine, form: str, period: str, stage: Stage) -> list[ReportFact]:
    """Return the facts of the current reports of a form and period, by unit and line."""
    query = (
        # Columns, not objects: of a country these are hundreds of thousands.
        select(
            SubmissionRow.unit_code,
            FactRow.submission_id,
            FactRow.element,
            FactRow.line,
            FactRow.value,
            FactRow.text,
            FactRow.qualifier,
        )
        .join(SubmissionRow, SubmissionRow.id == FactRow.submission_id)
        .where(is_current(), *_is_of(form, period, stage))
        .order_by(SubmissionRow.unit_code, FactRow.line, FactRow.element)
    )
    with Session(engine) as session:
        doubtful = _doubtful(session, form, period, stage)
        return [_fact(row, doubtful) for row in session.execute(query)]


def current_files(engine: Engine, form: str, period: str, stage: Stage) -> list[CurrentFile]:
    """Return the file of each current report of a form and period, by unit."""
    query = (
        select(SubmissionRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(is_current(), *_is_of(form, period, stage))
        .order_by(SubmissionRow.unit_code)
    )
    with Session(engine) as session:
        return [
            CurrentFile(
                submission.unit_code or "",
                submission.id,
                submission.version or 0,
                delivery.name,
                delivery.received_at,
                delivery.is_synthetic,
            )
            for submission, delivery in session.execute(query).tuples()
        ]


def _is_of(form: str, period: str, stage: Stage) -> tuple[ColumnElement[bool], ...]:
    return (
        SubmissionRow.form_code == form,
        SubmissionRow.period == period,
        SubmissionRow.stage == stage.value,
    )


def _doubtful(
    session: Session, form: str, period: str, stage: Stage
) -> set[tuple[int, str, int | None]]:
    """Return submission and element of each figure in doubt; its line too, of those of a list."""
    of_report = (
        "JOIN submissions s ON s.id = d.submission_id "
        "WHERE s.form_code = :form AND s.period = :period AND s.stage = :stage"
    )
    values = {"form": form, "period": period, "stage": stage.value}
    elements = text(f"SELECT d.submission_id, d.element FROM doubtful_elements d {of_report}")  # noqa: S608
    lines = text(f"SELECT d.submission_id, d.element, d.line FROM doubtful_facts d {of_report}")  # noqa: S608
    # A doubtful figure on one line of a list says nothing of the other lines.
    found = {(number, element, 0) for number, element in session.execute(elements, values)}
    return found | {tuple(row) for row in session.execute(lines, values)}


def _fact(row: Row[Any], doubtful: set[tuple[int, str, int | None]]) -> ReportFact:
    return ReportFact(
        row.unit_code or "",
        row.element,
        row.line,
        row.value,
        row.text,
        Qualifier(row.qualifier) if row.qualifier else None,
        (row.submission_id, row.element, row.line) in doubtful,
    )


def disbursement_rows(
    engine: Engine, period: str | None = None, stage: Stage | None = None
) -> list[DisbursementRow]:
    """Return plan and disbursement by period, unit, project and source of capital.

    Of one period and stage where given.
    """
    columns = ", ".join(DisbursementRow.__slots__)
    # PostgreSQL needs the type of a parameter that may be null.
    wanted, wanted_stage = "CAST(:period AS VARCHAR)", "CAST(:stage AS VARCHAR)"
    query = (
        f"SELECT {columns} FROM mart_disbursement "  # noqa: S608  (our own names)
        f"WHERE ({wanted} IS NULL OR period = {wanted}) "
        f"AND ({wanted_stage} IS NULL OR stage = {wanted_stage}) "
        "ORDER BY period, stage, unit_code, basis, project_code, source"
    )
    values = {"period": period, "stage": stage.value if stage else None}
    return view_rows(engine, DisbursementRow, query, **values)


def total_money(engine: Engine, unit: str) -> list[DisbursementRow]:
    """Return a unit's totals of plan and disbursement, a row for each period, stage and basis."""
    columns = ", ".join(DisbursementRow.__slots__)
    query = (
        f"SELECT {columns} FROM mart_disbursement "  # noqa: S608  (our own names)
        "WHERE unit_code = :unit AND project_code = 'total' AND source = 'total' "
        "ORDER BY period, stage, basis"
    )
    return view_rows(engine, DisbursementRow, query, unit=unit)


@dataclass(frozen=True, slots=True)
class TrainingOfPeriod:
    """Classes and participants of a province: its own report, or the sum of units below it."""

    period: str
    stage: Stage
    basis: str
    classes: float | None
    participants: float | None
    women_percent: float | None
    ethnic_minority_percent: float | None
    reported: int
    expected: int
    is_synthetic: bool


def training_by_period(engine: Engine, unit: str) -> list[TrainingOfPeriod]:
    """Return the training of a unit, a row for each period, stage and basis."""
    columns = ", ".join(TrainingOfPeriod.__slots__)
    query = (
        f"SELECT {columns} FROM mart_training WHERE unit_code = :unit "  # noqa: S608  (our own names)
        "ORDER BY period_end DESC, period, stage, basis"
    )
    return view_rows(engine, TrainingOfPeriod, query, unit=unit)


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """A row of mart_doubts: a figure in doubt, and why. `message` is None for a mere word."""

    unit_code: str
    element: str
    line: int
    sheet: str
    cell: str
    value: float | None
    qualifier: str | None
    reason: str
    rule: str | None
    message: str | None


def doubt_rows(engine: Engine, form: str, period: str, stage: Stage) -> list[DoubtRow]:
    """Return what is in doubt in the current reports of a form and period."""
    columns = [field.name for field in fields(DoubtRow)]
    query = (
        f"SELECT {', '.join(columns)} FROM mart_doubts "  # noqa: S608  (our own names)
        "WHERE form_code = :form AND period = :period AND stage = :stage "
        "ORDER BY unit_code, sheet, cell, reason, rule"
    )
    values = {"form": form, "period": period, "stage": stage.value}
    return view_rows(engine, DoubtRow, query, **values)
