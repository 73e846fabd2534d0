"""Deliveries: bytes that arrived, with sender, channel, name, time and sha256. Kept for ever, never changed."""

from dataclasses import dataclass
from datetime import date, datetime

from program.finding import Problem
from program.vietnamese import vietnam_day


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a source has to give, before its bytes are fetched.

    `external_id` and `external_version` name it within its source: the same pair is never fetched twice.
    `offered_at` is when it came to the source, UTC. `sender_unit` None: the source does not say who sent it.
    `sha256` and `size` are what the source claims, None where it claims nothing.
    """

    external_id: str
    external_version: str
    name: str
    offered_at: datetime
    sender_unit: str | None = None
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """An offer whose bytes are in the archive, as the ledger is to record it. `is_packed`: a zip of workbooks.

    `sha256` None: its bytes were not kept, refused for their size.
    """

    offer: Offer
    source: str
    channel: str
    sha256: str | None
    is_synthetic: bool = False
    is_packed: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as the ledger knows it. `sha256` None: its bytes were not kept, refused for their size or for `refusal`."""

    id: int
    source: str
    channel: str
    name: str
    received_at: datetime
    sha256: str | None
    sender_unit: str | None = None
    is_synthetic: bool = False
    refusal: Problem | None = None

    @property
    def received_on(self) -> date:
        """The day in Vietnam on which it came."""
        return vietnam_day(self.received_at)


@dataclass(frozen=True, slots=True)
class Packed:
    """What stood in a zip. `name` is for people, never a path; `sha256` None: not taken out, for `refusal`.

    `is_enclosure`: it goes with the tables, a signed scan or a narrative, and is kept unread.
    """

    name: str
    size: int
    sha256: str | None
    refusal: Problem | None = None
    is_enclosure: bool = False
