"""The outbox: letters are claimed for a while by who sends them, and marked: sent, put off, refused for good, come back.

What goes into a letter is `warehouse.letters`; what is owed `warehouse.load`, `warehouse.comparing` and `warehouse.owing`. Each
function is its own transaction.
"""

import os
import socket
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, case, func, or_, select, update
from sqlalchemy.orm import Session

from program.letter import Letter
from warehouse.letters import letter_of
from warehouse.load import PENDING
from warehouse.tables import OutboxRow

SENT, FAILED = "sent", "failed"
_LEASE = timedelta(minutes=15)
"""Longer than handing over any mail takes; after it, a letter of a process that died is anybody's."""
_BACKOFF_MINUTES = (1, 5, 30, 120, 360)
"""After the first failure, the second …; later ones as the last. Shorter than from one night to the next."""


def this_sender() -> str:
    """Return the name under which this process claims letters."""
    return f"{socket.gethostname()}/{os.getpid()}"


def claim_letter(engine: Engine, now: datetime, *, passed_over: Collection[str] = ()) -> Letter | None:
    """Claim the oldest letter that may be tried now and return it, None where there is none.

    Nobody else gets it until its lease has run out, or its process is gone from this machine. Letters `passed_over` by message id
    wait for another time.
    """
    with Session(engine) as session, session.begin():
        claimants = select(OutboxRow.claimed_by).where(OutboxRow.state == PENDING, OutboxRow.claimed_by.is_not(None)).distinct()
        gone = [name for name in session.scalars(claimants) if name and (name == this_sender() or _is_gone(name))]
        is_free = or_(OutboxRow.claimed_by.is_(None), OutboxRow.claimed_until <= now, OutboxRow.claimed_by.in_(gone))
        is_due = or_(OutboxRow.next_attempt_at.is_(None), OutboxRow.next_attempt_at <= now)
        oldest = select(OutboxRow.message_id).where(_is_pending_letter(passed_over), is_free, is_due)
        message_id = session.scalar(oldest.order_by(OutboxRow.id).limit(1))
        if message_id is None:
            return None
        claim = update(OutboxRow).where(OutboxRow.message_id == message_id)
        session.execute(claim.values(claimed_by=this_sender(), claimed_until=now + _LEASE))
        return letter_of(session, message_id)


def hold_letter(engine: Engine, message_id: str, now: datetime) -> bool:
    """Renew our claim on a letter, just before it is handed over; False where it is no longer ours to send."""
    ours = (OutboxRow.message_id == message_id, OutboxRow.state == PENDING, OutboxRow.claimed_by == this_sender())
    with Session(engine) as session, session.begin():
        return bool(session.execute(update(OutboxRow).where(*ours).values(claimed_until=now + _LEASE)).rowcount)  # type: ignore[attr-defined]


def mark_sent(engine: Engine, message_id: str, now: datetime) -> None:
    """Mark a letter's notices as sent."""
    _end_claim(engine, message_id, state=SENT, sent_at=now, attempts=OutboxRow.attempts + 1, last_error=None)


def put_off(engine: Engine, message_id: str, error: str, now: datetime) -> None:
    """Note why a letter could not be sent; it is tried again, the later the oftener it was tried."""
    waits = {n: now + timedelta(minutes=minutes) for n, minutes in enumerate(_BACKOFF_MINUTES)}
    last = now + timedelta(minutes=_BACKOFF_MINUTES[-1])
    later = case(*((OutboxRow.attempts == n, moment) for n, moment in waits.items()), else_=last)
    _end_claim(engine, message_id, attempts=OutboxRow.attempts + 1, last_error=error, next_attempt_at=later)


def mark_failed(engine: Engine, message_id: str, error: str) -> None:
    """Note that a letter was refused for good; it is the operator's, and not tried again."""
    _end_claim(engine, message_id, state=FAILED, attempts=OutboxRow.attempts + 1, last_error=error)


def return_letter(engine: Engine, message_id: str, recipient: str, error: str) -> str | None:
    """Note that a letter that was sent came back: it is the operator's, as if it had been refused. Return the state it was in.

    None where there is no such letter to that recipient. One that is not marked as sent stays as it is: it may be on its way.
    """
    of_letter = OutboxRow.message_id == message_id
    with Session(engine) as session, session.begin():
        found = session.execute(select(OutboxRow.recipient, OutboxRow.state).where(of_letter).limit(1)).first()
        if found is None or found.recipient.casefold() != recipient.casefold():
            return None
        # Without `sent_at`, as any that failed: so the night's document tells of it, however long ago it was sent.
        returned = {"state": FAILED, "sent_at": None, "last_error": error}
        session.execute(update(OutboxRow).where(of_letter, OutboxRow.state == SENT).values(returned))
        return str(found.state)


def let_go(engine: Engine, message_id: str, error: str) -> None:
    """Give a claimed letter back untried; whoever comes next may try it at once."""
    _end_claim(engine, message_id, last_error=error)


def next_attempt(engine: Engine, *, passed_over: Collection[str] = ()) -> datetime | None:
    """Return when the next letter that was put off may be tried, None where none waits."""
    soonest = select(func.min(OutboxRow.next_attempt_at)).where(_is_pending_letter(passed_over))
    with Session(engine) as session:
        return session.scalar(soonest)


def try_again(engine: Engine, recipient: str | None = None) -> int:
    """Have letters that were refused for good tried again, of one recipient where given; return how many."""
    failed = [OutboxRow.state == FAILED, *([OutboxRow.recipient == recipient] if recipient else [])]
    with Session(engine) as session, session.begin():
        count = session.scalar(select(func.count(OutboxRow.message_id.distinct())).where(*failed)) or 0
        session.execute(update(OutboxRow).where(*failed).values(state=PENDING, next_attempt_at=None))
        return count


def _end_claim(engine: Engine, message_id: str, **values: object) -> None:
    free = {"claimed_by": None, "claimed_until": None, "next_attempt_at": None}
    with Session(engine) as session, session.begin():
        session.execute(update(OutboxRow).where(OutboxRow.message_id == message_id).values({**free, **values}))


def _is_pending_letter(passed_over: Collection[str]) -> ColumnElement[bool]:
    return (OutboxRow.state == PENDING) & OutboxRow.message_id.is_not(None) & OutboxRow.message_id.not_in(passed_over)


def _is_gone(sender: str) -> bool:
    """Tell whether a process of this machine lives no more; of another machine nobody knows."""
    host, _, number = sender.rpartition("/")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
