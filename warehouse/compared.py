"""Reports as a comparison with others sees them, for whoever asks what other rules would have said. Nothing here writes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from program.current import CurrentReport
from program.finding import Severity
from program.period import Period
from program.qualifier import Qualifier
from program.stage import Stage
from program.submission import Fact, Submission, Verdict
from warehouse.believed import is_believed, was_taken_out
from warehouse.comparing import Occasion, by_last_day, is_about
from warehouse.current import HAS_FACTS, REPORT, ReportKey, reports_with_facts
from warehouse.engine import Warehouse
from warehouse.findings import findings_of_judging
from warehouse.ledger import WITHDRAWN, delivery_of
from warehouse.tables import DeliveryRow, FactRow, SubmissionRow


def occasions_of(engine: Warehouse, forms: Collection[str]) -> list[list[Occasion]]:
    """Return the periods and stages about which a report of `forms` was ever believed, those that end on one day together."""
    columns = (SubmissionRow.period, SubmissionRow.stage)
    query = select(*columns).where(SubmissionRow.form_code.in_(forms), SubmissionRow.known_from.is_not(None))
    with Session(engine) as session:
        found = session.execute(query.distinct().order_by(*columns)).all()
    return by_last_day([Occasion(period, Stage(stage)) for period, stage in found if period is not None])


def has_taken_out(engine: Warehouse, occasions: Collection[Occasion]) -> bool:
    """Tell whether a comparison took out a report about one of `occasions`."""
    with Session(engine) as session:
        return session.scalar(select(SubmissionRow.id).where(was_taken_out(), is_about(occasions)).limit(1)) is not None


def reports_with_taken_out(
    engine: Warehouse, occasions: Collection[Occasion], elements: Mapping[str, Collection[str]]
) -> list[CurrentReport]:
    """Return the reports about `occasions` that would be believed, had no comparison taken any out.

    Those are the reports that are believed, and in place of what came back for it, one that a
    comparison took out. Each has those of its facts that are `elements` of its form.
    """
    with engine.connect() as connection:
        rows = connection.execute(_compared(REPORT, occasions, elements).where(HAS_FACTS))
        # Of several that one report came as, the last one stands.
        last: dict[object, ReportKey] = {key[1:]: key for key in rows.tuples()}
        return reports_with_facts(connection, list(last.values()), elements)


def compared_reports(engine: Warehouse, occasions: Collection[Occasion], forms: Collection[str]) -> dict[int, Submission]:
    """Return each such report of `forms` by its number, with all its facts and the findings made in it alone."""
    with Session(engine) as session:
        last = {
            (row.form_code, row.unit_code, row.period, row.stage): (row, delivery)
            for row, delivery in session.execute(_compared((SubmissionRow, DeliveryRow), occasions, forms))
        }
        return {row.id: _submission(session, row, delivery) for row, delivery in last.values()}


def _compared(what: Sequence[Any], occasions: Collection[Occasion], forms: Collection[str]) -> Select[Any]:
    """Return the question for `what` of reports believed or taken out, the last word last."""
    is_last_word = (DeliveryRow.state != WITHDRAWN) & (DeliveryRow.judgement == SubmissionRow.judgement)
    return (
        select(*what)
        .join_from(SubmissionRow, DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(SubmissionRow.form_code.in_(forms), is_about(occasions))
        .where(is_believed() | (was_taken_out() & is_last_word))
        .order_by(DeliveryRow.received_at, DeliveryRow.id, SubmissionRow.judgement)
    )


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
