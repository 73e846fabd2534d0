"""What the operator is told each night: what ran, what it counted, what waits and how much room is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A mail that did not get through: refused for good (`is_final`), or still tried."""

    recipient: str
    about: tuple[str, ...]
    is_final: bool
    attempts: int
    since: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of the night beside the median of earlier nights; None where there is no earlier night."""

    name: str
    tonight: int
    usual: float | None

    @property
    def is_unusual(self) -> bool:
        """Tell whether it is less than half or more than twice what is usual, and not by a handful."""
        if self.usual is None or abs(self.tonight - self.usual) < 5:
            return False
        return self.tonight * 2 < self.usual or self.tonight > self.usual * 2


@dataclass(frozen=True, slots=True)
class Digest:
    """One night, for the data engineer. `seconds` by step; sizes in bytes; `links` by what they lead to.

    `due_for_purge`: files that tell of persons and whose time is over.
    """

    run_id: int
    as_of: date
    started_at: datetime
    lasted: timedelta
    errors: tuple[str, ...]
    counts: tuple[Counted, ...]
    earlier_nights: int
    seconds: Mapping[str, float]
    undelivered: tuple[Undelivered, ...]
    waiting: int
    due_for_purge: int
    warehouse_bytes: int
    disk_free_bytes: int
    disk_bytes: int
    links: Mapping[str, str]

    @property
    def is_disk_short(self) -> bool:
        """Tell whether less than a tenth of the disk is free."""
        return self.disk_free_bytes * 10 < self.disk_bytes


@dataclass(frozen=True, slots=True)
class LastNights:
    """How the nights went lately. `completed_at` None: none ever completed; `newest_*` are of the one that began last.

    `newest_was_told`: a digest with all of its errors was mailed.
    """

    completed_at: datetime | None
    newest_id: int
    newest_state: str
    newest_started_at: datetime
    newest_errors: tuple[str, ...]
    newest_was_told: bool = False
