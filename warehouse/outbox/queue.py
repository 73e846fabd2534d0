"""The outbox: a sender claims a letter for a while and records what became of it.

`warehouse.outbox.letters` assembles letters. `warehouse.load`,
`warehouse.lifecycle.cross_checks`, `warehouse.outbox.follow_ups` and
`warehouse.outbox.reminders` put notices into the outbox. Each function is one transaction.
"""

import os
import socket
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from program.records.letter import Letter
from warehouse.outbox.letters import CHANNEL, load_letter
from warehouse.states import OutboxState
from warehouse.tables import OutboxRow

_LEASE = timedelta(minutes=15)
"""Longer than sending a mail takes. After it, a letter of a process that died is free again."""
_BACKOFF_MINUTES = (1, 5, 30, 120, 360)
"""The wait after the first failure, the second …; the last one repeats.

All are shorter than the time until the next run.
"""


def this_sender() -> str:
    """Return the name under which this process claims letters."""
    return f"{socket.gethostname()}/{os.getpid()}"


def claim_letter(
    engine: Engine,
    now: datetime,
    *,
    passed_over: Collection[str] = (),
    channels: Collection[str] | None = None,
) -> Letter | None:
    """Claim the oldest letter that may be tried now; return it, or None if there is none.

    It is a mail, or where `channels` are given a message to one of them.

    Nobody else gets it until its lease ends, or its process is gone from this machine. Letters in
    `passed_over` (message ids) are skipped.
    """
    with Session(engine) as session, session.begin():
        message_id = session.scalar(_oldest_free(session, passed_over, now, channels))
        if message_id is None:
            return None
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.message_id == message_id)
            .values(claimed_by=this_sender(), claimed_until=now + _LEASE)
        )
        # In the same transaction: nobody can change its notices after it is claimed.
        return load_letter(session, message_id)


def renew_lease(engine: Engine, message_id: str, now: datetime) -> bool:
    """Renew our claim on a letter just before it is sent; False if the claim is lost."""
    # Our lease may have ended meanwhile, and another sender may have the letter.
    renewed = (
        update(OutboxRow)
        .where(
            OutboxRow.message_id == message_id,
            OutboxRow.state == OutboxState.PENDING,
            OutboxRow.claimed_by == this_sender(),
        )
        .values(claimed_until=now + _LEASE)
    )
    with Session(engine) as session, session.begin():
        return bool(session.execute(renewed).rowcount)  # type: ignore[attr-defined]


def mark_sent(engine: Engine, message_id: str, now: datetime) -> None:
    """Mark a letter as sent."""
    _end_claim(
        engine,
        message_id,
        OutboxState.SENT,
        sent_at=now,
        attempts=OutboxRow.attempts + 1,
        last_error=None,
    )


def defer(
    engine: Engine,
    message_id: str,
    error: str,
    now: datetime,
) -> None:
    """Record why a letter could not be sent. It is tried again; each wait is longer."""
    moments = [now + timedelta(minutes=minutes) for minutes in _BACKOFF_MINUTES]
    by_attempts = [(OutboxRow.attempts == n, moment) for n, moment in enumerate(moments)]
    _end_claim(
        engine,
        message_id,
        OutboxState.PENDING,
        attempts=OutboxRow.attempts + 1,
        last_error=error,
        next_attempt_at=case(*by_attempts, else_=moments[-1]),
    )


def mark_failed(engine: Engine, message_id: str, error: str) -> None:
    """Record that the mail server refused a letter for good. Only an operator has it retried."""
    _end_claim(
        engine,
        message_id,
        OutboxState.FAILED,
        attempts=OutboxRow.attempts + 1,
        last_error=error,
    )


def mark_bounced(
    engine: Engine,
    message_id: str,
    recipient: str,
    error: str,
) -> OutboxState | None:
    """Record that a letter bounced: it fails, as if it had been refused.

    A letter that is not marked as sent is unchanged: it may be on its way.

    Returns:
        The state of the letter before; None if there is no such letter to that recipient.
    """
    is_of_letter = OutboxRow.message_id == message_id
    query = select(OutboxRow.recipient, OutboxRow.state).where(is_of_letter).limit(1)
    with Session(engine) as session, session.begin():
        found = session.execute(query).first()
        if found is None:
            return None
        # A bounce may write the address in another case.
        if found.recipient.casefold() != recipient.casefold():
            return None
        session.execute(
            update(OutboxRow)
            .where(is_of_letter, OutboxRow.state == OutboxState.SENT)
            # Without `sent_at`, as every letter that failed: then the run's document holds it,
            # however long ago it was sent.
            .values(state=OutboxState.FAILED, sent_at=None, last_error=error)
        )
        return OutboxState(found.state)


def release(engine: Engine, message_id: str, error: str) -> None:
    """Release a claimed letter that was not tried. Anybody may try it at once."""
    _end_claim(engine, message_id, OutboxState.PENDING, last_error=error)


def next_attempt(engine: Engine, *, passed_over: Collection[str] = ()) -> datetime | None:
    """Return when the next deferred letter may be tried, None if none waits."""
    soonest = select(func.min(OutboxRow.next_attempt_at)).where(_is_pending_letter(passed_over))
    with Session(engine) as session:
        return session.scalar(soonest)


def retry_failed(engine: Engine, recipient: str | None = None) -> int:
    """Make failed letters pending again, of one recipient where given; return how many."""
    is_failed = OutboxRow.state == OutboxState.FAILED
    if recipient:
        is_failed &= OutboxRow.recipient == recipient
    letters = select(func.count(OutboxRow.message_id.distinct())).where(is_failed)
    with Session(engine) as session, session.begin():
        count = session.scalar(letters) or 0
        session.execute(
            update(OutboxRow)
            .where(is_failed)
            .values(state=OutboxState.PENDING, next_attempt_at=None)
        )
        return count


def _oldest_free(
    session: Session,
    passed_over: Collection[str],
    now: datetime,
    channels: Collection[str] | None,
) -> Select[Any]:
    """Query the message id of the oldest pending letter that is due and that nobody claims."""
    is_free = or_(
        OutboxRow.claimed_by.is_(None),
        OutboxRow.claimed_until <= now,
        OutboxRow.claimed_by.in_(_gone_senders(session)),
    )
    is_due = or_(OutboxRow.next_attempt_at.is_(None), OutboxRow.next_attempt_at <= now)
    return (
        select(OutboxRow.message_id)
        .where(_is_pending_letter(passed_over, channels), is_free, is_due)
        .order_by(OutboxRow.id)
        .limit(1)
    )


def _gone_senders(session: Session) -> list[str]:
    """Return the senders whose claims do not count: dead processes, and this one's own claims."""
    senders = select(OutboxRow.claimed_by).where(
        OutboxRow.state == OutboxState.PENDING, OutboxRow.claimed_by.is_not(None)
    )
    ours = this_sender()
    return [
        sender
        for sender in session.scalars(senders.distinct())
        if sender and (sender == ours or _is_gone(sender))
    ]


def _end_claim(
    engine: Engine,
    message_id: str,
    state: OutboxState,
    **values: object,
) -> None:
    """Release a pending letter and set what became of it.

    A letter that another sender has ended meanwhile is unchanged.
    """
    no_claim = {"claimed_by": None, "claimed_until": None, "next_attempt_at": None}
    with Session(engine) as session, session.begin():
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.message_id == message_id, OutboxRow.state == OutboxState.PENDING)
            .values(no_claim | {"state": state} | values)
        )


def _is_pending_letter(
    passed_over: Collection[str], channels: Collection[str] | None = None
) -> ColumnElement[bool]:
    is_mine = ~_is_for_channel()
    if channels is not None:
        is_mine = OutboxRow.recipient.in_(channels)
    return and_(
        is_mine,
        OutboxRow.state == OutboxState.PENDING,
        OutboxRow.message_id.is_not(None),
        OutboxRow.message_id.not_in(passed_over),
    )


def _is_for_channel() -> ColumnElement[bool]:
    return OutboxRow.recipient.startswith(CHANNEL, autoescape=True)


def retire_channels(engine: Engine, kept: Collection[str]) -> int:
    """Mark the messages to channels that are no longer set as obsolete; return how many."""
    retired = (
        update(OutboxRow)
        .where(
            OutboxRow.state == OutboxState.PENDING,
            _is_for_channel(),
            OutboxRow.recipient.not_in(kept),
        )
        .values(state=OutboxState.OBSOLETE)
    )
    with Session(engine) as session, session.begin():
        return int(session.execute(retired).rowcount)  # type: ignore[attr-defined]


def _is_gone(sender: str) -> bool:
    """Tell whether a sender's process has ended. Of other machines nothing is known: False."""
    host, _, number = sender.rpartition("/")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        # It runs as another user.
        return False
    return False
