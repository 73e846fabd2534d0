"""Messages to channels: the outbox keeps them like letters, so that each goes once.

Prefect is not used here.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from expectations.rules.rule_set import RuleSet
from program.errors import ConfigurationError, MailDeferredError
from program.pack.pack import Pack
from program.records.letter import Letter, NoticeKind
from program.settings import Settings
from program.vietnamese import vietnam_day
from publish.mail.channels import Channel, alarm_channels, office_channels, send_to_channel
from publish.reports.office_inbox import office_inbox
from warehouse.database.engine import Warehouse
from warehouse.outbox.enqueue import NewNotice
from warehouse.outbox.letters import assemble_letters
from warehouse.outbox.queue import (
    claim_letter,
    defer,
    mark_sent,
    release,
    renew_lease,
    retire_channels,
)
from warehouse.outbox.reminders import enqueue_reminders
from warehouse.queries.reports import reporting, submissions_between

logger = logging.getLogger("mtqg.mailing")


def alarm_operator(
    warehouse: Warehouse,
    pack: Pack,
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    run_id: int,
    days_without: int = 0,
) -> list[str]:
    """Tell the operator's channels what is wrong with a run, once; return what could not be sent.

    `days_without`: for so many days no run has completed since that one; 0: it failed.
    """
    now = clock()
    labels = [channel.label for channel in alarm_channels(settings)]
    alarms = [
        NewNotice(NoticeKind.ALARM, label, now, run_id=run_id, step=days_without)
        for label in labels
    ]
    if not alarms or not enqueue_reminders(warehouse, alarms):
        return []
    daily_limit = pack.correspondence.mailing.daily_limit
    assemble_letters(warehouse, vietnam_day(now), daily_limit=daily_limit)
    return send_to_channels(warehouse, pack, settings, clock)


def send_to_channels(
    warehouse: Warehouse, pack: Pack, settings: Settings, clock: Callable[[], datetime]
) -> list[str]:
    """Send the assembled messages to channels; return a sentence for each that failed.

    A message that fails stays in the outbox and is tried again by a later sending. The office has
    its quiet hours; an alarm has none. Messages to channels that are no longer set are dropped.
    """
    of_office = office_channels(settings)
    channels = {each.label: each for each in (*alarm_channels(settings), *of_office)}
    retire_channels(warehouse, channels)
    if not channels:
        return []
    mailing = pack.correspondence.mailing
    is_quiet = bool(mailing.holds_back(clock(), pack.calendar.working_days))
    if is_quiet:
        for channel in of_office:
            del channels[channel.label]
    failures: dict[str, str] = {}
    while True:
        # A released message may be claimed again at once: each is tried once in a sending.
        letter = claim_letter(warehouse, clock(), passed_over=[*failures], channels=channels)
        if letter is None:
            return list(failures.values())
        failure = _send(warehouse, pack, channels[letter.recipient], letter, clock)
        if failure:
            failures[letter.message_id] = failure


def _send(
    warehouse: Warehouse,
    pack: Pack,
    channel: Channel,
    letter: Letter,
    clock: Callable[[], datetime],
) -> str:
    """Send one message and record the result; return what went wrong, "" if nothing did."""
    message_id = letter.message_id
    try:
        title, body = _text(warehouse, pack, letter)
        if not renew_lease(warehouse, message_id, clock()):
            return ""
        send_to_channel(channel, title, body)
    except (MailDeferredError, ConfigurationError) as failed:
        defer(warehouse, message_id, str(failed), clock())
        logger.warning("channel message=%s deferred=%s", message_id, failed)
        return f"channel: {failed}"
    except Exception as error:  # the boundary of one message
        logger.exception("channel message=%s", message_id)
        release(warehouse, message_id, type(error).__name__)
        return f"channel: {channel.label}: {type(error).__name__}"
    mark_sent(warehouse, message_id, clock())
    return ""


def _text(warehouse: Warehouse, pack: Pack, letter: Letter) -> tuple[str, str]:
    """Return title and text of a message."""
    # With the morning mail it imports what makes reports, which runs without a message do without.
    from publish.mail.channel_texts import alarm_text, office_text  # noqa: PLC0415

    if letter.news is None:
        return alarm_text(letter.alarms, pack.program)
    came = submissions_between(
        warehouse, letter.news.after_submission, letter.news.up_to_submission
    )
    decisions = len(office_inbox(warehouse, RuleSet(pack).confirmable).lines(pack))
    return office_text(came, reporting(warehouse), decisions, pack, letter.day)
