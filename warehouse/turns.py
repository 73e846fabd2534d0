"""Whose turn it is: a report's versions count in the order in which they came, whichever night judges them.

"Later" is what came later: by the time of arrival, then by the number in the ledger, which is the order of a night.
"""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from warehouse.believed import is_believed
from warehouse.tables import DeliveryRow, SubmissionRow

Same = tuple[ColumnElement[bool], ...]
"""The condition that a submission is of one report: its form, unit, period and stage."""


def versions_of(form: str | None, unit: str | None, period: str | None, stage: str) -> Same:
    """Return the condition that a submission is of this report; no condition where it is not known which one it is."""
    if form is None or unit is None or period is None:
        return ()
    return (
        SubmissionRow.form_code == form,
        SubmissionRow.unit_code == unit,
        SubmissionRow.period == period,
        SubmissionRow.stage == stage,
    )


def has_waited(session: Session, delivery: DeliveryRow, run_id: int) -> bool:
    """Tell whether an earlier night than this one had it already, alone or in a zip: others may have passed it by."""
    whole = session.get(DeliveryRow, delivery.packed_in_id) if delivery.packed_in_id is not None else None
    return (whole or delivery).run_id != run_id


def current_of_later(session: Session, delivery: DeliveryRow, same: Same) -> int | None:
    """Return the submission of a later delivery that is believed now for a report, None where there is none."""
    return session.scalar(select(SubmissionRow.id).where(*same, is_believed(), _came_after(delivery)))


def make_room(session: Session, delivery: DeliveryRow, same: Same) -> int | None:
    """Return the version of a report that is this delivery's by its turn; those of later ones move up by one.

    None where no later one was judged: it is the newest.
    """
    first = session.scalar(select(func.min(SubmissionRow.version)).where(*same, _came_after(delivery)))
    if first is None:
        return None
    following = select(SubmissionRow).where(*same, SubmissionRow.version >= first).order_by(SubmissionRow.version.desc())
    for row in session.scalars(following).all():
        row.version = (row.version or 0) + 1
        # One at a time, from the newest on: no two rows have one version at any instant.
        session.flush()
    return first


def _came_after(delivery: DeliveryRow) -> ColumnElement[bool]:
    at_once = and_(DeliveryRow.received_at == delivery.received_at, DeliveryRow.id > delivery.id)
    is_later = or_(DeliveryRow.received_at > delivery.received_at, at_once)
    return select(DeliveryRow.id).where(DeliveryRow.id == SubmissionRow.delivery_id, is_later).exists()
