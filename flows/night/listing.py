"""One listing of a source by our clock: when its files came, and which of them still arrive.

The times that a source gives are claims. They order the files of one listing, and say that a file
lay there before we looked; they decide nothing beyond that.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from connectors.sources.folder import NEVER_SETTLED
from program.delivery import Offer, SourcePosition, WaitingFile


class SourceListing:
    """One listing of a source, which began at `began`.

    `position` is how far the source was read before it.
    """

    def __init__(self, position: SourcePosition, began: datetime) -> None:
        self.began = began
        self._listed_at = position.listed_at
        self._waiting: dict[str, WaitingFile] = dict(position.waiting)
        self._offered: set[str] = set()

    @property
    def is_before_the_last(self) -> bool:
        """Tell whether the clock is behind the last listing: it was set back."""
        return self._listed_at is not None and self.began < self._listed_at

    def with_time_seen(self, offer: Offer) -> Offer:
        """Return the offer with the time at which an earlier listing had this very version."""
        self._offered.add(offer.external_id)
        waiting = self._waiting.get(offer.external_id)
        if waiting is None or waiting.external_version != offer.external_version:
            return offer
        return replace(offer, seen_at=waiting.since)

    def received_at(self, offer: Offer) -> datetime:
        """Return when an offer came: the time that it claims, within what our clock knows.

        It was there when a listing first had it, and not yet at the last complete listing. So no
        file of this listing goes before one of an earlier listing.
        """
        seen_at = offer.seen_at or self.began
        claimed = min(offer.offered_at or seen_at, seen_at)
        if self._listed_at is None:
            return claimed
        return max(claimed, self._listed_at)

    def settled(self, offer: Offer) -> None:
        """Note that a file has arrived whole."""
        self._waiting.pop(offer.external_id, None)

    def wait_for(self, offer: Offer, settle_seconds: int) -> Offer | None:
        """Note that a file is still arriving, and return what its sender is to learn, if due.

        That is a refused offer, the same one as long as the file does not settle: the ledger
        records it once. It is due where the file still changes after an earlier listing had it. The
        file itself goes on waiting.
        """
        before = self._waiting.get(offer.external_id)
        if before is None:
            version = offer.external_version
            self._waiting[offer.external_id] = WaitingFile(version, self.began, self.began)
            return None
        if before.external_version != offer.external_version:
            after = replace(before, external_version=offer.external_version, since=self.began)
            self._waiting[offer.external_id] = after
        # Two runs may follow each other at once.
        if (self.began - before.first_at).total_seconds() < settle_seconds:
            return None
        return replace(
            offer,
            external_version=f"still arriving since {before.first_at.isoformat()}",
            offered_at=None,
            size=None,
            sha256=None,
            refusal=NEVER_SETTLED,
            seen_at=None,
        )

    def position(self, cursor: str | None, *, is_complete: bool) -> SourcePosition:
        """Return how far the source is read now that its list has come to its end.

        `is_complete`: nothing of it was left to the next run.
        """
        waiting: Mapping[str, WaitingFile] = {
            name: file for name, file in self._waiting.items() if name in self._offered
        }
        listed_at = self._listed_at
        # The clock may have been set back: the time of the last listing is never before an earlier.
        if is_complete and not self.is_before_the_last:
            listed_at = self.began
        return SourcePosition(cursor, listed_at, waiting)
