"""Reports as cross-checks see them, for trying out other rules on them. Nothing here writes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.finding import Severity
from program.forms.qualifier import Qualifier
from program.records.current_report import CurrentReport
from program.submission import Fact, Submission, Verdict
from warehouse.database.engine import Warehouse
from warehouse.ledger import delivery_of
from warehouse.lifecycle.cross_checks import WarehousePeriodStage, by_year, is_about
from warehouse.lifecycle.current import is_current, is_rejected_by_cross_check
from warehouse.lifecycle.current_reports import (
    HAS_FACTS,
    REPORT,
    NumberedReport,
    reports_with_facts,
)
from warehouse.lifecycle.stored_findings import findings_of_check
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow


def period_stages_of(engine: Warehouse, forms: Collection[str]) -> list[list[WarehousePeriodStage]]:
    """Return the periods and stages of all reports of `forms` that were ever current.

    Those of one year are grouped.
    """
    columns = (SubmissionRow.period, SubmissionRow.stage)
    was_current = SubmissionRow.known_from.is_not(None)
    query = (
        select(*columns)
        .where(SubmissionRow.form_code.in_(forms), was_current)
        .distinct()
        .order_by(*columns)
    )
    with Session(engine) as session:
        rows = session.execute(query).all()
    period_stages: list[WarehousePeriodStage] = []
    for period, stage in rows:
        if period is not None:
            period_stages.append(WarehousePeriodStage(period, Stage(stage)))
    return by_year(period_stages)


def has_rejected(engine: Warehouse, period_stages: Collection[WarehousePeriodStage]) -> bool:
    """Tell whether a cross-check rejected a report about one of `period_stages`."""
    query = (
        select(SubmissionRow.id)
        .where(is_rejected_by_cross_check(), is_about(period_stages))
        .limit(1)
    )
    with Session(engine) as session:
        return session.scalar(query) is not None


def reports_with_rejected(
    engine: Warehouse,
    period_stages: Collection[WarehousePeriodStage],
    elements: Mapping[str, Collection[str]],
) -> list[CurrentReport]:
    """Return the reports about `period_stages` that would be current without any cross-check.

    Those are the current reports. Where a cross-check rejected a later version, it stands in place
    of the one that is current again. Each has those of its facts that are `elements` of its form.
    """
    with engine.connect() as connection:
        rows = connection.execute(_cross_checked(REPORT, period_stages, elements).where(HAS_FACTS))
        # The versions of one report come in their order: the last one stays.
        last: dict[object, NumberedReport] = {}
        for key in rows.tuples():
            _, *report = key
            last[tuple(report)] = key
        return reports_with_facts(connection, list(last.values()), elements)


def cross_checked_reports(
    engine: Warehouse,
    period_stages: Collection[WarehousePeriodStage],
    forms: Collection[str],
) -> dict[int, Submission]:
    """Return the reports of `forms` that take part in cross-checks, by submission id.

    Each has all its facts, and the findings of its own check.
    """
    with Session(engine) as session:
        query = _cross_checked((SubmissionRow, DeliveryRow), period_stages, forms)
        # A report may have a current version and a later one that a cross-check rejected.
        last: dict[object, tuple[SubmissionRow, DeliveryRow]] = {}
        for row, delivery in session.execute(query):
            report = (row.form_code, row.unit_code, row.period, row.stage)
            last[report] = (row, delivery)
        submissions: dict[int, Submission] = {}
        for row, delivery in last.values():
            submissions[row.id] = _submission(session, row, delivery)
        return submissions


def _cross_checked(
    columns: Sequence[Any],
    period_stages: Collection[WarehousePeriodStage],
    forms: Collection[str],
) -> Select[Any]:
    """Query `columns` of reports that are current or rejected, the last version last."""
    is_last_check = DeliveryRow.attempt == SubmissionRow.attempt
    is_rejected = is_rejected_by_cross_check() & DeliveryRow.withdrawn_at.is_(None) & is_last_check
    return (
        select(*columns)
        .join_from(SubmissionRow, DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(SubmissionRow.form_code.in_(forms), is_about(period_stages))
        .where(is_current() | is_rejected)
        .order_by(DeliveryRow.received_at, DeliveryRow.id, SubmissionRow.attempt)
    )


def _submission(
    session: Session,
    row: SubmissionRow,
    delivery: DeliveryRow,
) -> Submission:
    """Return a submission as its own check left it."""
    findings = findings_of_check(session, row.id)
    has_warnings = any(finding.severity is not Severity.INFO for finding in findings)
    verdict = Verdict.ACCEPTED_WITH_WARNINGS if has_warnings else Verdict.ACCEPTED
    facts = session.scalars(select(FactRow).where(FactRow.submission_id == row.id))
    return Submission(
        delivery=delivery_of(delivery),
        verdict=verdict,
        findings=findings,
        form_code=row.form_code,
        form_version=row.form_version,
        unit_code=row.unit_code,
        period=Period.parse(row.period) if row.period else None,
        stage=Stage(row.stage),
        facts=tuple(_fact(fact) for fact in facts),
        report_no=row.report_no,
    )


def _fact(row: FactRow) -> Fact:
    qualifier = Qualifier(row.qualifier) if row.qualifier else None
    return Fact(
        row.element,
        row.line,
        row.value,
        row.text,
        row.sheet,
        row.cell,
        qualifier,
    )
