"""Sending what the outbox owes: over one connection, once each, with patience for what a moment cures. No Prefect here."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from connectors.archive import Archive
from flows.bouncing import take_bounces
from flows.posting import open_post
from program.errors import DeliveryFailed, DeliveryRefused, MailServerDown
from program.letter import Letter
from program.pack import Pack, load_pack
from program.settings import Settings
from program.vietnamese import vietnam_day
from publish.mail import compose
from publish.marking.attaching import attachments_of
from publish.marking.process import Marker
from publish.post import Post
from warehouse.dialects import Opening
from warehouse.engine import Warehouse, open_warehouse
from warehouse.letters import put_together
from warehouse.outbox import claim_letter, hold_letter, let_go, mark_failed, mark_sent, next_attempt, put_off

logger = logging.getLogger("mtqg.mailing")

_PATIENCE = timedelta(minutes=10)
"""So long a night waits for letters that the server put off ("try again later"); after it they are the next night's."""


def present() -> datetime:
    """Return the present instant, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Mailroom:
    """What sending needs. `day` is the day that letters speak of; `clock` and `pause` are real time, but for tests."""

    warehouse: Warehouse
    pack: Pack
    settings: Settings
    content_of: Callable[[str], bytes]
    day: date
    clock: Callable[[], datetime] = present
    pause: Callable[[float], None] = time.sleep


@dataclass
class Outcome:
    """What came of it: letters sent, letters that still wait, and by message id why a letter did not go.

    `put_off` are those that the server may yet take; the others are not tried again by whoever is sending now. `held` is why none
    goes out now, `down` why the mail server takes none. `returned` tells of earlier letters that came back, a sentence each.
    """

    sent: int = 0
    waiting: int = 0
    held: str = ""
    down: str = ""
    returned: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    put_off: dict[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> list[str]:
        """What the operator must know, a sentence a letter; one for all where the server is down."""
        return [*self.returned, *([self.down] if self.down else []), *self.failures.values(), *self.put_off.values()]


def send_letters(room: Mailroom, post: Post) -> Outcome:
    """Take note of what came back, and send each letter that is owed and due.

    What fails stays in the outbox; a server that is down is tried once, not for each.

    Exactly once, as far as SMTP can: who dies between handing a letter over and marking it sends it again, with its own
    Message-ID.
    """
    limit, held = _manners(room)
    returned = take_bounces(room.warehouse, room.settings, room.clock())
    outcome = Outcome(returned=returned, waiting=put_together(room.warehouse, room.day, daily_limit=limit))
    if held and outcome.waiting:
        outcome.held = held
        logger.info("mail held=%r waiting=%d", held, outcome.waiting)
        return outcome
    end = room.clock() + _PATIENCE
    try:
        with Marker(room.pack, room.settings.limits) as marker:
            while (letter := _next(room, outcome, end)) is not None:
                _send(room, post, letter, outcome, marker)
    except MailServerDown as down:
        outcome.down = f"mail: {down}; {outcome.waiting} letters wait"
    finally:
        post.close()
    return outcome


def _manners(room: Mailroom) -> tuple[int | None, str]:
    """Return how many letters a recipient may get a day, and why none goes out now; files in the outbox disturb nobody."""
    if not room.settings.smtp_url.get_secret_value():
        return None, ""
    mailing = room.pack.correspondence.mailing
    return mailing.daily_limit, mailing.holds_back(room.clock(), room.pack.calendar.working_days)


def _next(room: Mailroom, outcome: Outcome, end: datetime) -> Letter | None:
    """Claim the next letter; where the only ones left were put off, wait for the soonest, but not beyond `end`."""
    passed_over = list(outcome.failures)
    while (letter := claim_letter(room.warehouse, room.clock(), passed_over=passed_over)) is None:
        moment = next_attempt(room.warehouse, passed_over=passed_over)
        if moment is None or moment > end or moment <= room.clock():
            return None
        room.pause((moment - room.clock()).total_seconds())
    return letter


def _send(room: Mailroom, post: Post, letter: Letter, outcome: Outcome, marker: Marker) -> None:
    number = letter.message_id
    try:
        message = compose(letter, room.pack, attachments_of(letter, room.pack, room.settings, room.content_of, marker))
        if not hold_letter(room.warehouse, number, room.clock()):
            return
        post.send(message)
    except MailServerDown as down:
        let_go(room.warehouse, number, str(down))
        raise
    except DeliveryRefused as refused:
        mark_failed(room.warehouse, number, str(refused))
        outcome.waiting -= 1
        outcome.failures[number] = f"mail to {letter.recipient} refused for good: {refused}"
    except DeliveryFailed as failed:
        put_off(room.warehouse, number, str(failed), room.clock())
        logger.warning("mail letter=%s put_off=%s", number, failed)
        outcome.put_off[number] = f"mail to {letter.recipient}: {failed}"
    except Exception as error:  # the boundary of one letter
        logger.exception("mail letter=%s", number)
        let_go(room.warehouse, number, str(error))
        outcome.failures[number] = f"mail to {letter.recipient}: {error}"
    else:
        mark_sent(room.warehouse, number, room.clock())
        outcome.put_off.pop(number, None)
        outcome.sent, outcome.waiting = outcome.sent + 1, outcome.waiting - 1


def send_now(settings: Settings) -> Outcome:
    """Send what the outbox owes, beside or between nights. Raises MtqgError where there is no warehouse yet."""
    pack, now = load_pack(settings.pack), present()
    warehouse = open_warehouse(settings.warehouse_url, Opening.WRITING)
    room = Mailroom(warehouse, pack, settings, Archive(settings.archive_url).get, vietnam_day(now), clock=present)
    try:
        return send_letters(room, open_post(settings))
    finally:
        warehouse.dispose()
