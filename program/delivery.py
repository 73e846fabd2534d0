"""Deliveries: bytes that arrived, with sender, channel, name, time and sha256. Never changed."""

from dataclasses import dataclass
from datetime import date, datetime

from program.finding import ReaderFinding
from program.vietnamese import vietnam_day


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that a source offers, before its bytes are fetched.

    `external_id` and `external_version` identify it within its source: the same pair is never
    fetched twice. `offered_at` is when the file came to the source (UTC). `sender_unit` is None
    where the source does not say who sent it. `sha256` and `size` are what the source claims, None
    where it claims nothing. `refusal` says why there are no bytes to fetch, as with a socket or a
    link that leads nowhere: the offer is recorded once, and its sender is notified.
    """

    external_id: str
    external_version: str
    name: str
    offered_at: datetime
    sender_unit: str | None = None
    size: int | None = None
    sha256: str | None = None
    refusal: ReaderFinding | None = None


@dataclass(frozen=True, slots=True)
class UnusableOffer:
    """A place of a source from which nothing can be taken, as a folder that may not be listed.

    It is no delivery: nobody knows what is in it. `name` says where it is, `reason` what is wrong
    and what to do. Every run reports it to the operator until it is mended.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A fetched offer, for the ledger to record. Its bytes are in the archive.

    `sha256` None: the bytes were too many, and are not kept. `is_zip`: it is a zip of workbooks.
    """

    offer: Offer
    source: str
    channel: str
    sha256: str | None
    is_synthetic: bool = False
    is_zip: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as recorded in the ledger. `received_at` is the arrival by our clock (UTC).

    `sha256` None: the bytes are not kept. They were too many, or `refusal` says why.
    """

    id: int
    source: str
    channel: str
    name: str
    received_at: datetime
    sha256: str | None
    sender_unit: str | None = None
    is_synthetic: bool = False
    refusal: ReaderFinding | None = None

    @property
    def received_on(self) -> date:
        """The day of its arrival in Vietnam."""
        return vietnam_day(self.received_at)


@dataclass(frozen=True, slots=True)
class ExtractedFile:
    """A file from a zip. `name` is for people, and is never used as a path.

    `sha256` None: the file was not extracted, and `refusal` says why. `is_attachment`: it
    accompanies the tables, as a signed scan or a narrative does, and is kept without being read.
    """

    name: str
    size: int
    sha256: str | None
    refusal: ReaderFinding | None = None
    is_attachment: bool = False
