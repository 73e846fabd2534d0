"""Held deliveries: the office releases each to a unit, or refuses it.

A decision stands until it is undone. Each function is one transaction.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from program.delivery import Delivery
from program.mail import HoldReason, InboundMail
from program.records.audit import AuditAction, Signature
from warehouse.audit import record_act
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
    """The decision that stands about a held delivery. `is_new` tells whether it was made now.

    `unit_code` is the unit to which the delivery was released, None where it was refused.
    """

    unit_code: str | None
    decided_by: str
    decided_at: datetime
    is_new: bool


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
    engine: Engine, number: int, unit_code: str, signature: Signature
) -> HoldDecision | None:
    """Have a held delivery taken as sent by a unit: the next run extracts or checks it.

    Its time of arrival stays: a later delivery of the same report stays current. Returns the
    decision that stands, None where the office has nothing to decide.
    """
    with Session(engine) as session, session.begin():
        delivery = session.get(DeliveryRow, number, with_for_update=True)
        hold = session.get(HoldRow, number)
        if delivery is None or hold is None or delivery.state is not DeliveryState.HELD:
            return _earlier(hold)
        delivery.state = hold.waits_as
        delivery.sender_unit = unit_code
        hold.outcome = HoldOutcome.RELEASED
        hold.unit_code = unit_code
        _sign(hold, signature)
        # The trail says to which unit.
        reason = f"{unit_code}: {signature.reason}".removesuffix(": ")
        signed = replace(signature, reason=reason)
        record_act(session, AuditAction.RELEASE, f"delivery {number}", signed)
        return HoldDecision(unit_code, signature.by, signature.at, is_new=True)


def refuse_held(engine: Engine, number: int, signature: Signature) -> HoldDecision | None:
    """Refuse a held delivery for good. Nothing of it is deleted, and nobody gets an answer.

    Returns the decision that stands, None where the office has nothing to decide.
    """
    with Session(engine) as session, session.begin():
        delivery = session.get(DeliveryRow, number, with_for_update=True)
        hold = session.get(HoldRow, number)
        if delivery is None or hold is None or delivery.state is not DeliveryState.HELD:
            return _earlier(hold)
        delivery.state = DeliveryState.WITHDRAWN
        delivery.withdrawn_at = signature.at
        delivery.withdrawn_reason = signature.reason
        hold.outcome = HoldOutcome.REFUSED
        _sign(hold, signature)
        record_act(session, AuditAction.REFUSE, f"delivery {number}", signature)
        return HoldDecision(None, signature.by, signature.at, is_new=True)


def undo_held(engine: Engine, number: int, signature: Signature) -> HoldDecision | None:
    """Take back what the office decided about a held delivery: it waits for the office again.

    Returns the decision, None where none stands. It is unchanged, and not `is_new`, where a run has
    taken the delivery in since: then only a withdrawal takes it back.
    """
    with Session(engine) as session, session.begin():
        delivery = session.get(DeliveryRow, number, with_for_update=True)
        hold = session.get(HoldRow, number)
        earlier = _earlier(hold)
        if delivery is None or hold is None or earlier is None:
            return None
        is_refused = hold.outcome is HoldOutcome.REFUSED
        state_of_decision = DeliveryState.WITHDRAWN if is_refused else hold.waits_as
        if delivery.state is not state_of_decision or delivery.attempt > 1:
            return earlier
        delivery.state = DeliveryState.HELD
        # What is held has no sender.
        delivery.sender_unit = None
        delivery.withdrawn_at = None
        delivery.withdrawn_reason = None
        hold.outcome = None
        hold.unit_code = None
        _sign(hold, signature)
        record_act(session, AuditAction.UNDO, f"delivery {number}", signature)
        return replace(earlier, is_new=True)


def decision_on_held(engine: Engine, number: int) -> HoldDecision | None:
    """Return what the office decided about a held delivery, None if it decided nothing."""
    with Session(engine) as session:
        return _earlier(session.get(HoldRow, number))


def _earlier(hold: HoldRow | None) -> HoldDecision | None:
    if hold is None or hold.outcome is None:
        return None
    if hold.decided_by is None or hold.decided_at is None:
        raise ValueError(f"the decision about delivery {hold.delivery_id} is not signed")
    return HoldDecision(hold.unit_code, hold.decided_by, hold.decided_at, is_new=False)


def _sign(hold: HoldRow, signature: Signature) -> None:
    hold.decided_by = signature.by
    hold.decided_at = signature.at
    hold.decision_reason = signature.reason
