"""Withdraw a delivery: its reports count no longer, and what they had replaced is requeued."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session, aliased

from program.records.audit import AuditAction, Signature
from warehouse.audit import record_act
from warehouse.lifecycle.current import is_current, takes_part_in_cross_checks
from warehouse.lifecycle.reprocess import close_version
from warehouse.states import DELIVERY_TRANSITIONS, DeliveryState, states_before
from warehouse.tables import DeliveryRow, SubmissionRow

_MAY_BE_WITHDRAWN = states_before(DELIVERY_TRANSITIONS, DeliveryState.WITHDRAWN)
_REJECTED = "a reviewer rejected it in the tool that it came from"
"""The reason by which such a withdrawal is known: one that a person made is never undone."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal changed.

    `state` is the delivery's state before, None if there is no such delivery. `reports` is how
    many reports count no longer. `reopened` are the deliveries that the next run checks again.
    """

    state: DeliveryState | None
    is_done: bool
    reports: int = 0
    reopened: tuple[int, ...] = ()


def withdraw(engine: Engine, number: int, signature: Signature) -> Withdrawal:
    """Withdraw a delivery for good, in one transaction. Nothing of it is deleted.

    Only a delivery that was checked, or waits to be, can be withdrawn; any other is unchanged. The
    other reports about the same periods are due for a cross-check in the next run.
    """
    with Session(engine) as session, session.begin():
        # The lock makes a second withdrawal wait, which then finds the new state.
        delivery = session.get(DeliveryRow, number, with_for_update=True)
        if delivery is None:
            return Withdrawal(None, is_done=False)
        state_before = delivery.state
        if state_before not in _MAY_BE_WITHDRAWN:
            return Withdrawal(state_before, is_done=False)
        delivery.state = DeliveryState.WITHDRAWN
        delivery.withdrawn_at = signature.at
        delivery.withdrawn_reason = signature.reason
        record_act(session, AuditAction.WITHDRAW, f"delivery {number}", signature)
        session.flush()
        current = select(SubmissionRow).where(SubmissionRow.delivery_id == number, is_current())
        rows = session.scalars(current).all()
        reopened: set[int] = set()
        for row in rows:
            reopened |= close_version(session, row, signature.at)
            session.flush()
        _require_cross_check(session, number)
        return Withdrawal(
            state_before,
            is_done=True,
            reports=len(rows),
            reopened=tuple(sorted(reopened)),
        )


def withdraw_rejected(engine: Engine, source: str, external_id: str, now: datetime) -> list[int]:
    """Withdraw all versions of what a reviewer rejected at its source; return their numbers.

    Idempotent: what is withdrawn is not withdrawn again.
    """
    with Session(engine) as session:
        numbers = session.scalars(
            select(DeliveryRow.id)
            .where(
                DeliveryRow.source == source,
                DeliveryRow.external_id == external_id,
                DeliveryRow.state.in_(_MAY_BE_WITHDRAWN),
            )
            # The newest first: what an earlier one had replaced is not requeued for nothing.
            .order_by(DeliveryRow.id.desc())
        ).all()
    by_program = Signature("", now, _REJECTED)
    return [number for number in numbers if withdraw(engine, number, by_program).is_done]


def rejected_versions(engine: Engine, source: str) -> set[tuple[str, str]]:
    """Return each (external_id, external_version) of a source that was rejected there."""
    columns = (DeliveryRow.external_id, DeliveryRow.external_version)
    query = select(*columns).where(
        DeliveryRow.source == source, DeliveryRow.withdrawn_reason == _REJECTED
    )
    with Session(engine) as session:
        return set(session.execute(query).tuples())


def _require_cross_check(session: Session, delivery: int) -> None:
    """Make the other reports about a delivery's periods due for a cross-check.

    Those that an earlier cross-check rejected, too.
    """
    own = aliased(SubmissionRow)
    of_same_period = select(own.id).where(
        own.delivery_id == delivery,
        own.period == SubmissionRow.period,
        own.stage == SubmissionRow.stage,
    )
    session.execute(
        update(SubmissionRow)
        .where(
            takes_part_in_cross_checks(),
            SubmissionRow.delivery_id != delivery,
            of_same_period.exists(),
        )
        .values(compared_at=None)
        .execution_options(synchronize_session=False)
    )
