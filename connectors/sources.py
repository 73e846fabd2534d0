"""The protocol of a connector, and the register of the kinds of sources."""

from collections.abc import Iterator
from typing import Protocol

from connectors.folder import Folder
from connectors.portal import Portal
from program.delivery import Offer
from program.pack import Pack
from program.settings import Settings
from program.source import FolderSource, PortalSource, Source


class Connector(Protocol):
    """A source as a run uses it."""

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer, str | None]]:
        """Yield what the source offers after `cursor`, oldest first, each with its next cursor.

        Without a cursor the source yields everything. A source that has no cursors yields
        everything each time, each offer with None.

        Raises:
            SourceError: where the source fails.
            TransientError: where a retry may help.
        """
        ...

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the bytes of an offer, None where they are more than `max_bytes`.

        Raises:
            SourceError: where the source fails.
            TransientError: where a retry may help.
        """
        ...


def connect(source: Source, settings: Settings, pack: Pack) -> Connector | None:
    """Return the connector of a declared source, None where it has no address yet.

    Addresses in the settings replace those in the pack.
    """
    match source:
        case FolderSource():
            return Folder(source, settings.inbox_url or _folder_url(source, pack))
        case PortalSource():
            url = settings.portal_url or source.url
            token = settings.portal_token.get_secret_value()
            return Portal(url, token) if url else None


def _folder_url(source: FolderSource, pack: Pack) -> str:
    """Return a folder's address; a path in a pack is relative to the pack."""
    if "://" in source.url:
        return source.url
    return str((pack.folder / source.url).resolve())
