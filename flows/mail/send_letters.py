"""Send the letters of the outbox: over one connection, each once, again after a passing failure.

Prefect is not used here.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import Message

from expectations.rules.rule_set import RuleSet
from flows.archive import open_archive
from flows.mail.bounces import take_bounces
from flows.mail.channels import send_to_channels
from flows.mail.mail_transport import transport_of
from program.errors import (
    MailDeferredError,
    MailRejectedError,
    MailServerSilentError,
    MailServerUnavailableError,
)
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.records.letter import Letter
from program.settings import Settings
from program.vietnamese import vietnam_day
from publish.mail.reply_address import reply_address
from publish.mail.transport import MailTransport
from publish.marking.letter_attachments import attachments_of
from publish.marking.marking_process import MarkerPool
from publish.reports.office_inbox import office_inbox
from warehouse.database.backends import OpenMode
from warehouse.database.engine import Warehouse, open_warehouse
from warehouse.outbox.letters import assemble_letters
from warehouse.outbox.queue import (
    claim_letter,
    defer,
    mark_failed,
    mark_sent,
    next_attempt,
    release,
    renew_lease,
)
from warehouse.queries.reports import reporting, submissions_between

logger = logging.getLogger("mtqg.mailing")

_MAX_WAIT = timedelta(minutes=10)
"""How long one sending waits for letters that the server deferred ("try again later").

After that, the next run sends them.
"""


def present() -> datetime:
    """Return the present instant, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class MailContext:
    """What sending needs.

    `day` is the date that the letters are written for. `content_of` returns archived bytes by
    their sha256. `clock` and `pause` are real time; tests replace them.
    """

    warehouse: Warehouse
    pack: Pack
    settings: Settings
    content_of: Callable[[str], bytes]
    day: date
    clock: Callable[[], datetime] = present
    pause: Callable[[float], None] = time.sleep


@dataclass
class SendResult:
    """The result of sending.

    `sent` and `waiting` count letters. `held` is why no letter may go out now, `down` why the
    mail server takes none; both are "" otherwise. `returned` has a sentence for each earlier
    letter that bounced, `channels` one for each message that a channel did not take.

    `failures` and `deferred` give the reason by message id for letters that did not go. The
    letters of `deferred` are tried again while this sending lasts, those of `failures` are not.
    """

    sent: int = 0
    waiting: int = 0
    held: str = ""
    down: str = ""
    returned: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    deferred: dict[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> list[str]:
        """The sentences for the operator: one for each letter, one for a server that is down."""
        sentences = [*self.returned, *self.channels]
        if self.down:
            sentences.append(self.down)
        sentences += self.failures.values()
        sentences += self.deferred.values()
        return sentences


def send_letters(context: MailContext, post: MailTransport) -> SendResult:
    """Record bounced letters, assemble the due notices into letters, and send them.

    A letter that fails stays in the outbox. If the server is down, no further letter is tried.

    A letter is sent exactly once, as far as SMTP allows it. A process that dies after it handed
    a letter over and before it marked it as sent makes the next run send it again, with the same
    Message-ID. Closes `post`.
    """
    daily_limit, held = _sending_limits(context)
    outcome = SendResult(
        returned=take_bounces(context.warehouse, context.settings, context.clock())
    )
    outcome.waiting = assemble_letters(context.warehouse, context.day, daily_limit=daily_limit)
    outcome.channels = send_to_channels(
        context.warehouse, context.pack, context.settings, context.clock
    )
    # Letters are assembled also in quiet hours, so that the digest counts what waits.
    if held and outcome.waiting:
        outcome.held = held
        logger.info("mail held=%r waiting=%d", held, outcome.waiting)
        return outcome
    end = context.clock() + _MAX_WAIT
    try:
        with MarkerPool(context.pack, context.settings.limits) as marker:
            while (letter := _next(context, outcome, end)) is not None:
                _send(context, post, letter, outcome, marker)
    except MailServerUnavailableError as down:
        outcome.down = f"mail: {down}; {outcome.waiting} letters wait"
    finally:
        post.close()
    return outcome


def _sending_limits(context: MailContext) -> tuple[int | None, str]:
    """Return how many letters a recipient may get a day, and why none may go out now.

    The limit is None and the reason "" if there is none.
    """
    # Without a mail server the letters become files in a folder, which disturb nobody.
    if not context.settings.smtp_url.get_secret_value():
        return None, ""
    mailing = context.pack.correspondence.mailing
    held = mailing.holds_back(context.clock(), context.pack.calendar.working_days)
    return mailing.daily_limit, held


def _next(context: MailContext, outcome: SendResult, end: datetime) -> Letter | None:
    """Claim the next letter; wait for one that was deferred, but not beyond `end`.

    Returns None if no letter is left that this sending may still try.
    """
    warehouse = context.warehouse
    passed_over = list(outcome.failures)
    while True:
        letter = claim_letter(warehouse, context.clock(), passed_over=passed_over)
        if letter is not None:
            return letter
        due_at = next_attempt(warehouse, passed_over=passed_over)
        if due_at is None or due_at > end:
            return None
        now = context.clock()
        # A letter that is due already and cannot be claimed is another sender's.
        if due_at <= now:
            return None
        wait = due_at - now
        context.pause(wait.total_seconds())


def _send(
    context: MailContext,
    post: MailTransport,
    letter: Letter,
    outcome: SendResult,
    marker: MarkerPool,
) -> None:
    """Send one letter and record the result, in the outbox and in `outcome`.

    Raises MailServerUnavailableError if the server takes no letter at all.
    """
    message_id = letter.message_id
    try:
        message = _message(context, letter, marker)
        # Marking workbooks takes time: the lease may be over, and another sender has the letter.
        if not renew_lease(context.warehouse, message_id, context.clock()):
            return
        post.send(message)
    except MailServerSilentError as silent:
        # It counts as an attempt: perhaps the server chokes on this letter only.
        defer(context.warehouse, message_id, str(silent), context.clock())
        raise
    except MailServerUnavailableError as down:
        # No fault of this letter: it does not count as an attempt.
        release(context.warehouse, message_id, str(down))
        raise
    except MailRejectedError as refused:
        mark_failed(context.warehouse, message_id, str(refused))
        outcome.waiting -= 1
        outcome.failures[message_id] = f"mail to {letter.recipient} refused for good: {refused}"
    except MailDeferredError as failed:
        # It passes: the letter gets a time for the next attempt.
        defer(context.warehouse, message_id, str(failed), context.clock())
        logger.warning("mail letter=%s deferred=%s", message_id, failed)
        outcome.deferred[message_id] = f"mail to {letter.recipient}: {failed}"
    except Exception as error:  # the boundary of one letter
        logger.exception("mail letter=%s", message_id)
        release(context.warehouse, message_id, str(error))
        outcome.failures[message_id] = f"mail to {letter.recipient}: {error}"
    else:
        mark_sent(context.warehouse, message_id, context.clock())
        # An earlier try of this sending may have been deferred.
        outcome.deferred.pop(message_id, None)
        outcome.sent += 1
        outcome.waiting -= 1


def _message(context: MailContext, letter: Letter, marker: MarkerPool) -> Message:
    """Return a letter as a mail: the office's morning mail, or one about reports."""
    pack, settings = context.pack, context.settings
    if letter.news is not None:
        # It needs what makes reports, which most letters and runs do without.
        from publish.mail.morning import compose_morning, morning_files  # noqa: PLC0415

        warehouse = context.warehouse
        news = letter.news
        came = submissions_between(warehouse, news.after_submission, news.up_to_submission)
        files = morning_files(settings)
        waiting = office_inbox(warehouse, RuleSet(pack).confirmable).lines(pack)
        return compose_morning(letter, came, reporting(warehouse), pack, files, waiting)
    # Most intakes have no letter to compose.
    from publish.mail.blank_templates import blank_templates  # noqa: PLC0415
    from publish.mail.message import compose  # noqa: PLC0415

    attachments = attachments_of(letter, pack, settings, context.content_of, marker)
    templates = blank_templates(letter, pack, attachments, settings.max_mail_bytes)
    return compose(
        letter,
        pack,
        attachments,
        templates,
        reply_address(pack, settings),
        has_intake=settings.intake,
    )


def send_now(settings: Settings) -> SendResult:
    """Send the letters of the outbox outside a run, or beside one.

    Raises MtqgError if there is no warehouse yet.
    """
    pack = load_pack(settings.pack)
    now = present()
    warehouse = open_warehouse(settings.warehouse_url, OpenMode.WRITING)
    archive = open_archive(settings)
    day = vietnam_day(now)
    # `present` is named here, not taken from the class: a test replaces it.
    context = MailContext(warehouse, pack, settings, archive.get, day, clock=present)
    try:
        return send_letters(context, transport_of(settings))
    finally:
        warehouse.dispose()
