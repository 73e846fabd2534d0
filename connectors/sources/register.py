"""The interface of a source, and the register of the kinds of sources."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from connectors.sources.folder import Folder
from program.delivery import Offer, RejectedOffer, UnusableOffer
from program.pack.pack import Pack
from program.pack.source import (
    FolderSource,
    KoboSource,
    MailboxSource,
    OdkSource,
    PortalSource,
    Source,
    ToolSource,
)
from program.settings import Settings

if TYPE_CHECKING:
    from connectors.sources.tools.kobo import Kobo
    from connectors.sources.tools.odk import Odk


class Connector(Protocol):
    """A source, as a run uses it."""

    def offers(
        self, cursor: str | None
    ) -> Iterator[tuple[Offer | UnusableOffer | RejectedOffer, str | None]]:
        """Yield what the source has since `cursor`, oldest first, each with the cursor after it.

        `cursor` None asks for everything. A source without cursors yields all it has, each with
        None. What is wrong with one place or entry is an `UnusableOffer` and stops no other. What
        a reviewer refused there is a `RejectedOffer`.
        Raises SourceError, or TransientError if a retry is likely to help.
        """
        ...

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the bytes of an offer, or None if they are more than `max_bytes`.

        Raises the same errors as `offers`.
        """
        ...


def connect(source: Source, settings: Settings, pack: Pack) -> Connector | None:
    """Return the connector of a declared source, or None if it has no address yet.

    Raises ConfigurationError if a secret that it needs is missing. `flows.secrets` reads blocks.
    """
    match source:
        case FolderSource():
            return _folder(source, settings, pack)
        case PortalSource():
            url = settings.portal_url or source.url
            if not url:
                return None
            # Each kind is imported where a source of it has an address: most intakes need no HTTP.
            from connectors.sources.portal import Portal  # noqa: PLC0415
            from connectors.sources.portal_session import Patience  # noqa: PLC0415

            patience = Patience(answer_seconds=source.budget.answer_seconds)
            return Portal(url, settings.portal_token.get_secret_value(), patience)
        case MailboxSource():
            url = settings.mailbox_url.get_secret_value() or source.url
            if not url:
                return None
            from connectors.sources.mailbox import MailFolder  # noqa: PLC0415

            return MailFolder(source, url, pack)
        case KoboSource() | OdkSource():
            return connect_tool(source, settings)


def connect_tool(source: ToolSource, settings: Settings) -> "Kobo | Odk | None":
    """Return the connector of a form tool, or None if it has no address yet."""
    if not source.url:
        return None
    from connectors.sources.portal_session import Patience  # noqa: PLC0415
    from connectors.sources.tools.kobo import Kobo  # noqa: PLC0415
    from connectors.sources.tools.odk import Odk  # noqa: PLC0415

    patience = Patience(answer_seconds=source.budget.answer_seconds)
    if isinstance(source, KoboSource):
        return Kobo(source, source.url, settings.secret(source.token), patience)
    return Odk(source, source.url, settings.secret(source.password), patience)


def _folder(source: FolderSource, settings: Settings, pack: Pack) -> Folder:
    if settings.inbox_url:
        options = settings.revealed(settings.inbox_options)
        return Folder(source, settings.inbox_url, options)
    options = settings.revealed(source.options)
    return Folder(source, _folder_url(source, pack), options)


def _folder_url(source: FolderSource, pack: Pack) -> str:
    """Return the declared URL; a plain path is relative to the pack's folder."""
    if "://" in source.url:
        return source.url
    return str((pack.folder / source.url).resolve())
