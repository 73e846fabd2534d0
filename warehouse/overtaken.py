"""Which notices need not be sent any more: what they say was settled before it was told."""

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from program.submission import Verdict
from warehouse.findings import findings_of_comparing
from warehouse.ledger import WITHDRAWN
from warehouse.load import COMPARED
from warehouse.tables import DeliveryRow, OutboxRow, SubmissionRow

FIXED, OVERTAKEN = "fixed", "overtaken"
_LOADED = (Verdict.ACCEPTED.value, Verdict.ACCEPTED_WITH_WARNINGS.value)


def is_overtaken(session: Session, row: OutboxRow) -> bool:
    """Tell whether what a notice says was settled before it was told.

    The report that is missed has come; a newer version stands in for this one; its question ended by itself; where it says
    that all is clear, another question arose; or its file was withdrawn. A newer version stands in where it was accepted, or
    where it has a notice of its own: nothing is lost.
    """
    if row.submission_id is None:
        return any(session.scalar(each.limit(1)) is not None for each in (_come(row), _reminded_since(row)))
    if row.kind.startswith(COMPARED) and not findings_of_comparing(session, row.submission_id, row.created_at):
        return True
    if row.kind.startswith(FIXED) and session.get_one(SubmissionRow, row.submission_id).verdict != Verdict.ACCEPTED.value:
        return True
    if session.scalar(stands(select(SubmissionRow.id).where(SubmissionRow.id == row.submission_id))) is None:
        return True
    return session.scalar(_newer(row.submission_id, row.recipient)) is not None


def stands(query: Select[tuple[int]]) -> Select[tuple[int]]:
    """Narrow a query of submissions to those that were not withdrawn."""
    return query.join(DeliveryRow, and_(DeliveryRow.id == SubmissionRow.delivery_id, DeliveryRow.state != WITHDRAWN))


def _come(row: OutboxRow) -> Select[tuple[int]]:
    return stands(select(SubmissionRow.id).where(same_report(SubmissionRow, row)))


def _reminded_since(row: OutboxRow) -> Select[tuple[int]]:
    later = (OutboxRow.recipient == row.recipient, OutboxRow.id > row.id)
    return select(OutboxRow.id).where(same_report(OutboxRow, row), *later)


def _newer(number: int, recipient: str) -> Select[tuple[int]]:
    """The newer versions of a submission that stand in for it, in the eyes of a recipient."""
    newer = aliased(SubmissionRow)
    told = select(OutboxRow.id).where(OutboxRow.submission_id == newer.id, OutboxRow.recipient == recipient)
    return (
        select(newer.id)
        .join(SubmissionRow, same_report(SubmissionRow, newer))
        .where(SubmissionRow.id == number, newer.version > SubmissionRow.version)
        .where(or_(newer.verdict.in_(_LOADED), told.exists()))
        .limit(1)
    )


def same_report(one: type[SubmissionRow] | type[OutboxRow], other: type[SubmissionRow] | OutboxRow) -> ColumnElement[bool]:
    """The condition that two submissions or notices are about the same form, unit, period and stage."""
    return and_(
        one.form_code == other.form_code,
        one.unit_code == other.unit_code,
        one.period == other.period,
        one.stage == other.stage,
    )
