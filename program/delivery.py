"""Deliveries: bytes that arrived, with sender, channel, name, time and sha256. Never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from program.finding import ReaderFinding
from program.mail import HoldReason, InboundMail
from program.vietnamese import vietnam_day


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that a source offers, before its bytes are fetched.

    `external_id` and `external_version` identify it within its source: the same pair is never
    fetched twice. `offered_at` is when the file came to the source, as the source claims it (UTC);
    None where it claims no time, or one outside the calendar. `sender_unit` is None where the
    source does not say who sent it. `sha256` and `size` are what the source claims, None where it
    claims nothing. `refusal` says why there are no bytes to fetch, as with a socket or a link that
    leads nowhere: the offer is recorded once, and its sender is notified. `seen_at` is when an
    earlier listing first had this version of a file that was still arriving, by our clock. `mail`
    is what the headers say, where the offer is a mail.
    """

    external_id: str
    external_version: str
    name: str
    offered_at: datetime | None
    sender_unit: str | None = None
    size: int | None = None
    sha256: str | None = None
    refusal: ReaderFinding | None = None
    seen_at: datetime | None = None
    mail: InboundMail | None = None


@dataclass(frozen=True, slots=True)
class UnusableOffer:
    """A place of a source from which nothing can be taken, as a folder that may not be listed.

    It is no delivery: nobody knows what is in it. `name` says where it is, `reason` what is wrong
    and what to do. Every run reports it to the operator until it is mended.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class RejectedOffer:
    """An entry that a reviewer refused in the system that it comes from.

    It is not taken. Where the ledger has versions of it, they are withdrawn.
    """

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A fetched offer, for the ledger to record. Its bytes are in the archive.

    `received_at` is when it came, by our clock (UTC): the time that its source claims, but not
    before the last complete listing of the source, which did not have it, and not after this one.
    `sha256` None: the bytes were too many, and are not kept. `is_zip`: it is a zip of workbooks.
    `mail` is what it says, where it is a mail. `hold` is why the office must say who sent it.
    """

    offer: Offer
    source: str
    channel: str
    sha256: str | None
    received_at: datetime
    is_synthetic: bool = False
    is_zip: bool = False
    mail: InboundMail | None = None
    hold: HoldReason | None = None


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that was still arriving when its source was last listed. Times are by our clock (UTC).

    `since` is when a listing first had it in this version, `first_at` in any version.
    """

    external_version: str
    since: datetime
    first_at: datetime


@dataclass(frozen=True, slots=True)
class SourcePosition:
    """How far a source was read.

    `cursor` is None where the source has none, or was never read. `listed_at` is the beginning of
    its last listing of which nothing was left to the next run; None before there was one.
    `waiting` has the files that were still arriving, by external id.
    """

    cursor: str | None = None
    listed_at: datetime | None = None
    waiting: Mapping[str, WaitingFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as recorded in the ledger. `received_at` is the arrival by our clock (UTC).

    `offered_at` is the time that its source claims for it. `sha256` None: the bytes are not kept.
    They were too many, or `refusal` says why. `run_id` is the run that recorded it.
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
    offered_at: datetime | None = None
    run_id: int | None = None

    @property
    def claimed_at(self) -> datetime | None:
        """The time that its source claims for it, at the latest its arrival; None without one."""
        return self.offered_at and min(self.offered_at, self.received_at)

    @property
    def received_on(self) -> date:
        """The day of its arrival in Vietnam."""
        return vietnam_day(self.received_at)


@dataclass(frozen=True, slots=True)
class ExtractedFile:
    """A file from a zip or a mail. `name` is for people, and is never used as a path.

    `sha256` None: the file was not extracted, and `refusal` says why. `is_attachment`: it
    accompanies the tables, as a signed scan or a narrative does, and is kept without being read.
    """

    name: str
    size: int
    sha256: str | None
    refusal: ReaderFinding | None = None
    is_attachment: bool = False
