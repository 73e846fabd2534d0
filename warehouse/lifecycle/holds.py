"""Held deliveries: the office releases each to a unit, or refuses it.

Both are decided once. Each function is one transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from program.delivery import Delivery
from program.mail import HoldReason, InboundMail
from warehouse.ledger import delivery_of, mail_of
from warehouse.states import DeliveryState, HoldOutcome
from warehouse.tables import DeliveryRow, HoldRow, MailRow


@dataclass(frozen=True, slots=True)
class HeldDelivery:
    """A delivery that waits for the office. `mail` is None where it is no mail."""

    delivery: Delivery
    reason: HoldReason
    held_at: datetime
    mail: InboundMail | None


@dataclass(frozen=True, slots=True)
class HoldDecision:
    """What a decision changed.

    `state` is the delivery's state before, None if there is no such delivery. Only a held delivery
    is decided; any other is unchanged.
    """

    state: DeliveryState | None
    is_done: bool


def held_deliveries(engine: Engine) -> list[HeldDelivery]:
    """Return the deliveries that wait for the office, in order of arrival."""
    query = (
        select(DeliveryRow, HoldRow, MailRow)
        .join(HoldRow, HoldRow.delivery_id == DeliveryRow.id)
        .outerjoin(MailRow, MailRow.delivery_id == DeliveryRow.id)
        .where(DeliveryRow.state == DeliveryState.HELD)
        .order_by(DeliveryRow.received_at, DeliveryRow.id)
    )
    held: list[HeldDelivery] = []
    with Session(engine) as session:
        for row, hold, mail_row in session.execute(query):
            # An outer join gives None for a row that does not exist.
            mail = mail_of(mail_row) if mail_row else None
            held.append(HeldDelivery(delivery_of(row), hold.reason, hold.held_at, mail))
    return held


def release_held(
    engine: Engine,
    number: int,
    unit_code: str,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> HoldDecision:
    """Have a held delivery taken as sent by a unit: the next run extracts or checks it.

    Its time of arrival stays: a later delivery of the same report stays current.
    """
    with Session(engine) as session, session.begin():
        delivery = session.get(DeliveryRow, number, with_for_update=True)
        if delivery is None:
            return HoldDecision(None, is_done=False)
        if delivery.state is not DeliveryState.HELD:
            return HoldDecision(delivery.state, is_done=False)
        hold = session.get_one(HoldRow, number)
        delivery.state = hold.waits_as
        delivery.sender_unit = unit_code
        hold.outcome = HoldOutcome.RELEASED
        hold.unit_code = unit_code
        _sign(hold, by, reason, now)
        return HoldDecision(DeliveryState.HELD, is_done=True)


def refuse_held(
    engine: Engine,
    number: int,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> HoldDecision:
    """Refuse a held delivery for good. Nothing of it is deleted, and nobody gets an answer."""
    with Session(engine) as session, session.begin():
        delivery = session.get(DeliveryRow, number, with_for_update=True)
        if delivery is None:
            return HoldDecision(None, is_done=False)
        if delivery.state is not DeliveryState.HELD:
            return HoldDecision(delivery.state, is_done=False)
        delivery.state = DeliveryState.WITHDRAWN
        delivery.withdrawn_at = now
        delivery.withdrawn_reason = reason
        hold = session.get_one(HoldRow, number)
        hold.outcome = HoldOutcome.REFUSED
        _sign(hold, by, reason, now)
        return HoldDecision(DeliveryState.HELD, is_done=True)


def _sign(hold: HoldRow, by: str, reason: str, now: datetime) -> None:
    hold.decided_by = by
    hold.decided_at = now
    hold.decision_reason = reason
