"""Taking a delivery back: its reports are believed no longer, and what they had replaced is judged again by the next night."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session, aliased

from warehouse.believed import is_believed, is_heard
from warehouse.rejudging import believe_no_longer
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What came of it. `state`: of the delivery before, None where there is none; `reports` are believed no longer.

    `reopened` are the deliveries that come back with the next night.
    """

    state: str | None
    is_done: bool
    reports: int = 0
    reopened: tuple[int, ...] = ()


def withdraw(engine: Engine, number: int, reason: str, now: datetime) -> Withdrawal:
    """Take a delivery back for good, in one transaction; nothing of it is deleted.

    Only one that was judged, or waits to be: any other is left as it is. What else was reported of the same periods is
    compared anew by the next night.
    """
    with Session(engine) as session, session.begin():
        delivery = session.get(DeliveryRow, number, with_for_update=True)
        if delivery is None or delivery.state not in (
            DeliveryState.PROCESSED,
            DeliveryState.RECEIVED,
        ):
            return Withdrawal(delivery.state if delivery else None, is_done=False)
        before = delivery.state
        delivery.state, delivery.withdrawn_at, delivery.withdrawn_reason = (
            DeliveryState.WITHDRAWN,
            now,
            reason,
        )
        session.flush()
        believed = is_believed()
        rows = session.scalars(
            select(SubmissionRow).where(SubmissionRow.delivery_id == number, believed)
        ).all()
        reopened: set[int] = set()
        for row in rows:
            reopened |= believe_no_longer(session, row, now)
            session.flush()
        _compare_anew(session, number)
        return Withdrawal(before, is_done=True, reports=len(rows), reopened=tuple(sorted(reopened)))


def _compare_anew(session: Session, delivery: int) -> None:
    """Have the next night compare again what else was reported of the periods of a delivery, and what was taken out of that."""
    own = aliased(SubmissionRow)
    of_same_time = select(own.id).where(
        own.delivery_id == delivery,
        own.period == SubmissionRow.period,
        own.stage == SubmissionRow.stage,
    )
    session.execute(
        update(SubmissionRow)
        .where(is_heard(), SubmissionRow.delivery_id != delivery, of_same_time.exists())
        .values(compared_at=None)
        .execution_options(synchronize_session=False)
    )
