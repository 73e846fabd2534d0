"""What a source is, and the register of the kinds there are."""

from collections.abc import Iterator
from typing import Protocol

from connectors.folder import Folder
from connectors.portal import Portal
from program.delivery import Offer
from program.pack import Pack
from program.settings import Settings
from program.source import FolderSource, PortalSource, Source


class Connector(Protocol):
    """A source as the night sees it."""

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer, str | None]]:
        """Yield what the source has to give since `cursor`, oldest first, each with the cursor that follows it.

        `cursor` None asks for everything. A source without cursors yields all it has, each with None. Raises
        SourceError, or TransientError where a retry is likely to help.
        """
        ...

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the offer's bytes, or None where they are more than `max_bytes`. Raises as `offers` does."""
        ...


def connect(source: Source, settings: Settings, pack: Pack) -> Connector | None:
    """Return the connector for a declared source, None where it is declared but has no address yet."""
    match source:
        case FolderSource():
            declared = source.url if "://" in source.url else str((pack.folder / source.url).resolve())
            return Folder(source, settings.inbox_url or declared)
        case PortalSource():
            url = settings.portal_url or source.url
            return Portal(url, settings.portal_token.get_secret_value()) if url else None
