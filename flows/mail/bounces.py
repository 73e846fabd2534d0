"""Letters that bounced: they are marked in the outbox like those that a server refused at once."""

import logging
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from program.errors import MtqgError
from program.settings import Settings
from warehouse.database.engine import Warehouse
from warehouse.outbox.queue import mark_bounced
from warehouse.states import OutboxState

if TYPE_CHECKING:
    from connectors.bounce_mailbox import Mailbox
    from connectors.bounces import Bounce

logger = logging.getLogger("mtqg.mailing")

_AS_FAR_BACK = timedelta(days=14)
"""How old a mail may be. Servers give up on a letter after five days, and runs may fail."""


def take_bounces(warehouse: Warehouse, settings: Settings, now: datetime) -> list[str]:
    """Mark bounced letters as failed; return the sentences for the operator.

    There is one for each bounced letter, and one if the mailbox cannot be read.
    Raises nothing: letters go out although the mailbox fails. Other mails stay unread.
    """
    url = settings.bounces_url.get_secret_value()
    if not url:
        return []
    # Imported here: an intake without such a mailbox does without.
    from connectors.bounce_mailbox import open_mailbox  # noqa: PLC0415
    from connectors.bounces import bounce_of  # noqa: PLC0415

    sentences: list[str] = []
    try:
        with closing(open_mailbox(url)) as mailbox:
            for name, mail in mailbox.unread(now - _AS_FAR_BACK):
                bounce = bounce_of(mail)
                if bounce is not None:
                    _take(warehouse, mailbox, name, bounce, sentences)
    except MtqgError as wrong:
        sentences.append(f"mailbox: {wrong}")
    except Exception as wrong:  # the boundary of the mailbox
        logger.exception("mailbox")
        sentences.append(f"mailbox: {type(wrong).__name__}: {wrong}")
    return sentences


def _take(
    warehouse: Warehouse,
    mailbox: "Mailbox",
    name: str,
    bounce: "Bounce",
    sentences: list[str],
) -> None:
    """Mark the letter of one bounce, add a sentence about it, and mark the mail as read."""
    reason = f"it came back: {bounce.reason}"
    state_before = mark_bounced(warehouse, bounce.message_id, bounce.recipient, reason)
    if state_before is OutboxState.SENT:
        sentences.append(f"mail to {bounce.recipient} refused for good: {reason}")
    # Also if the letter had failed already: a run may have died before it marked the mail.
    # Any other state means that the mail is about no letter of ours.
    if state_before in (OutboxState.SENT, OutboxState.FAILED):
        mailbox.mark_read(name)
