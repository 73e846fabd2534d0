"""Where the answers to our letters go."""

from program.pack.pack import Pack
from program.pack.source import MailboxSource
from program.settings import Settings


def reply_address(pack: Pack, settings: Settings) -> str:
    """Return the address of the mailbox from which a run takes mails; "" if there is none.

    Without it, an answer goes to the office, and no program reads it.
    """
    for source in pack.sources:
        if not isinstance(source, MailboxSource) or not source.address:
            continue
        if source.url or settings.mailbox_url.get_secret_value():
            return source.address
    return ""
