"""Reports as a comparison with others sees them, for whoever asks what other rules would have said. Nothing here writes."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from program.finding import Severity
from program.period import Period
from program.qualifier import Qualifier
from program.stage import Stage
from program.submission import Fact, Submission, Verdict
from warehouse.believed import is_believed, was_taken_out
from warehouse.comparing import Occasion, is_about
from warehouse.engine import Warehouse
from warehouse.findings import findings_of_judging
from warehouse.ledger import WITHDRAWN, delivery_of
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow


def occasions_of(engine: Warehouse, forms: Collection[str]) -> list[list[Occasion]]:
    """Return the periods and stages about which a report of `forms` was ever believed, those that end on one day together."""
    columns = (SubmissionRow.period, SubmissionRow.stage)
    query = select(*columns).where(SubmissionRow.form_code.in_(forms), SubmissionRow.known_from.is_not(None))
    with Session(engine) as session:
        found = [Occasion(p, Stage(stage)) for p, stage in session.execute(query.distinct().order_by(*columns)) if p is not None]
    by_end: dict[date, list[Occasion]] = defaultdict(list)
    for occasion in found:
        by_end[Period.parse(occasion.period).end].append(occasion)
    return [by_end[end] for end in sorted(by_end)]


def has_taken_out(engine: Warehouse, occasions: Collection[Occasion]) -> bool:
    """Tell whether a comparison took out a report about one of `occasions`."""
    with Session(engine) as session:
        return session.scalar(select(SubmissionRow.id).where(was_taken_out(), is_about(occasions)).limit(1)) is not None


def compared_reports(engine: Warehouse, occasions: Collection[Occasion], forms: Collection[str]) -> dict[int, Submission]:
    """Return each report of `forms` about `occasions` by its number, with its facts and the findings made in it alone.

    Those are the reports that are believed, and in place of what came back for it, one that a comparison took out.
    """
    is_last_word = (DeliveryRow.state != WITHDRAWN) & (DeliveryRow.judgement == SubmissionRow.judgement)
    query = (
        select(SubmissionRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(SubmissionRow.form_code.in_(forms), is_about(occasions))
        .where(is_believed() | (was_taken_out() & is_last_word))
        .order_by(DeliveryRow.received_at, DeliveryRow.id, SubmissionRow.judgement)
    )
    with Session(engine) as session:
        last = {
            (row.form_code, row.unit_code, row.period, row.stage): (row, delivery) for row, delivery in session.execute(query)
        }
        return {row.id: _submission(session, row, delivery) for row, delivery in last.values()}


def _submission(session: Session, row: SubmissionRow, delivery: DeliveryRow) -> Submission:
    findings = findings_of_judging(session, row.id)
    is_asked = any(finding.severity is not Severity.INFO for finding in findings)
    return Submission(
        delivery=delivery_of(delivery),
        verdict=Verdict.ACCEPTED_WITH_WARNINGS if is_asked else Verdict.ACCEPTED,
        findings=findings,
        form_code=row.form_code,
        form_version=row.form_version,
        unit_code=row.unit_code,
        period=Period.parse(row.period) if row.period else None,
        stage=Stage(row.stage),
        facts=tuple(_fact(fact) for fact in session.scalars(select(FactRow).where(FactRow.submission_id == row.id))),
        part=row.part,
    )


def _fact(row: FactRow) -> Fact:
    qualifier = Qualifier(row.qualifier) if row.qualifier else None
    return Fact(row.element, row.line, row.value, row.text, row.sheet, row.cell, qualifier)
