"""What the pages of the site ask, beside the questions of `reports` and `quality`.

Nothing here writes.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Engine, case, func, select
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.finding import Finding, Severity
from program.forms.qualifier import Qualifier
from program.records.site_rows import (
    SubmissionContent,
    SubmissionFact,
    SubmissionLine,
)
from program.submission import Verdict
from warehouse.lifecycle.stored_findings import findings_by_submission, findings_of
from warehouse.tables import DeliveryRow, FactRow, FindingRow, SubmissionRow


def all_submissions(engine: Engine) -> list[SubmissionLine]:
    """Return every submission, without its figures, in the order of the checks."""
    counts = (
        select(
            FindingRow.submission_id,
            func.count().label("findings"),
            func.count(FindingRow.closed_at).label("closed_findings"),
            func.sum(case((_is_open(), 1), else_=0)).label("open_findings"),
        )
        .group_by(FindingRow.submission_id)
        .subquery()
    )
    counted = (counts.c.findings, counts.c.closed_findings, counts.c.open_findings)
    query = (
        select(SubmissionRow, DeliveryRow, *counted)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .outerjoin(counts, counts.c.submission_id == SubmissionRow.id)
        .order_by(SubmissionRow.id)
    )
    with Session(engine) as session:
        rows = session.execute(query).tuples()
        return [_line(*row) for row in rows]


def _is_open() -> ColumnElement[bool]:
    """Return the condition that a finding still holds and is more than a note."""
    return FindingRow.closed_at.is_(None) & (FindingRow.severity != Severity.INFO.value)


def _line(
    submission: SubmissionRow,
    delivery: DeliveryRow,
    findings: int | None,
    closed_findings: int | None,
    open_findings: int | None,
) -> SubmissionLine:
    is_current = submission.known_from is not None and submission.known_to is None
    return SubmissionLine(
        submission_id=submission.id,
        form_code=submission.form_code,
        unit_code=submission.unit_code,
        period=submission.period,
        stage=Stage(submission.stage),
        version=submission.version,
        verdict=Verdict(submission.verdict),
        rule_set_version=submission.rule_set_version,
        is_current=is_current,
        loaded_at=submission.loaded_at,
        superseded_by_id=submission.superseded_by_id,
        name=delivery.name,
        sender_unit=delivery.sender_unit,
        channel=delivery.channel,
        received_at=delivery.received_at,
        sha256=delivery.sha256 or "",
        is_withdrawn=delivery.withdrawn_at is not None,
        is_synthetic=delivery.is_synthetic,
        findings=findings or 0,
        closed_findings=closed_findings or 0,
        open_findings=open_findings or 0,
    )


def contents_of(engine: Engine, submission_ids: Sequence[int]) -> dict[int, SubmissionContent]:
    """Return figures and open findings of submissions, by their number.

    A submission that was not loaded has no figures.
    """
    contents = {}
    with Session(engine) as session:
        for number in submission_ids:
            query = select(FactRow).where(FactRow.submission_id == number)
            rows = session.scalars(query.order_by(FactRow.element, FactRow.line))
            facts = tuple(_fact(row) for row in rows)
            contents[number] = SubmissionContent(facts, findings_of(session, number))
            # Facts of one submission at a time: a country has hundreds of thousands.
            session.expunge_all()
    return contents


def _fact(row: FactRow) -> SubmissionFact:
    return SubmissionFact(
        element=row.element,
        line=row.line,
        value=row.value,
        text=row.text,
        qualifier=Qualifier(row.qualifier) if row.qualifier else None,
        sheet=row.sheet,
        cell=row.cell,
    )


def findings_of_submissions(
    engine: Engine, submission_ids: Sequence[int]
) -> dict[int, tuple[Finding, ...]]:
    """Return the open findings of submissions, by their number."""
    with Session(engine) as session:
        return findings_by_submission(session, submission_ids)
