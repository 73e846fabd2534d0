"""Letters that came back as mail: marked for the operator, as one is that the server refused at once."""

import logging
from contextlib import closing
from datetime import datetime, timedelta

from connectors.bounces import Bounce, bounce_of
from connectors.mailboxes import open_mailbox
from program.errors import MtqgError
from program.settings import Settings
from warehouse.engine import Warehouse
from warehouse.outbox import FAILED, SENT, return_letter

logger = logging.getLogger("mtqg.mailing")

_AS_FAR_BACK = timedelta(days=14)
"""Servers give up on a letter after five days; a night may miss some."""


def take_bounces(warehouse: Warehouse, settings: Settings, now: datetime) -> list[str]:
    """Mark letters that came back, and return what the operator must know: a sentence a letter, or why the mailbox is not read.

    Raises nothing: mails go out although their bounces cannot be read. Any other mail is left as it is.
    """
    told: list[str] = []
    url = settings.bounces_url.get_secret_value()
    if not url:
        return told
    try:
        with closing(open_mailbox(url)) as mailbox:
            for name, mail in mailbox.unread(now - _AS_FAR_BACK):
                bounce = bounce_of(mail)
                state = return_letter(warehouse, bounce.message_id, bounce.recipient, _reason(bounce)) if bounce else None
                if bounce and state == SENT:
                    told.append(f"mail to {bounce.recipient} refused for good: {_reason(bounce)}")
                if state in (SENT, FAILED):
                    mailbox.mark_read(name)
    except MtqgError as wrong:
        told.append(f"mailbox: {wrong}")
    except Exception as wrong:  # the boundary of the mailbox
        logger.exception("mailbox")
        told.append(f"mailbox: {type(wrong).__name__}: {wrong}")
    return told


def _reason(bounce: Bounce) -> str:
    return f"it came back: {bounce.reason}"
