"""The operator's digest of a run: its steps and counts, what waits, and the free disk space."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from program.records.storage import Storage, is_disk_short

_LEAST_DIFFERENCE = 5
"""A count that differs by less from the usual one is not unusual."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A mail that was not delivered: refused for good (`is_final`), or still tried."""

    recipient: str
    about: tuple[str, ...]
    is_final: bool
    attempts: int
    since: datetime
    error: str


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """How many letters wait and how many failed; `oldest_since` is the oldest that waits."""

    waiting: int
    failed: int
    oldest_since: datetime | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of the run and of the intakes before it, and the median of earlier runs.

    `usual` is None without earlier runs. It counts the intakes before each, too.
    """

    name: str
    this_run: int
    usual: float | None
    by_intakes: int = 0

    @property
    def is_unusual(self) -> bool:
        """Tell whether the count differs much from the usual one.

        It is then less than half or more than twice as large, and differs by five or more.
        """
        if self.usual is None:
            return False
        # Twice a small number is no surprise.
        count = self.this_run + self.by_intakes
        if abs(count - self.usual) < _LEAST_DIFFERENCE:
            return False
        return count * 2 < self.usual or count > self.usual * 2


@dataclass(frozen=True, slots=True)
class Digest:
    """One run, for the data engineer.

    `seconds` gives the duration of each step, `links` each link by what it leads to. `waiting`
    counts mails in the outbox. `due_for_purge` counts files with personal data whose retention
    period is over. `left_to_next_run` has a sentence for each budget of a source that was used up,
    `warnings` one for whatever else a person should see. `has_intakes`: the counts of intakes
    before the run are shown.
    """

    run_id: int
    as_of: date
    started_at: datetime
    lasted: timedelta
    errors: tuple[str, ...]
    counts: tuple[Counted, ...]
    earlier_runs: int
    seconds: Mapping[str, float]
    undelivered: tuple[Undelivered, ...]
    waiting: int
    due_for_purge: int
    storage: Storage
    links: Mapping[str, str]
    left_to_next_run: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_intake: bool = False
    has_intakes: bool = False

    @property
    def is_disk_short(self) -> bool:
        """Tell whether less than a tenth of the disk is free."""
        return is_disk_short(self.storage.disk_free_bytes, self.storage.disk_bytes)


@dataclass(frozen=True, slots=True)
class LastRuns:
    """The state of the latest runs.

    `completed_at` is None if no run ever completed. `newest_*` are of the run that began last.
    `newest_was_mailed`: a digest with all of its errors was mailed.
    """

    completed_at: datetime | None
    newest_id: int
    newest_state: str
    newest_started_at: datetime
    newest_as_of: date
    newest_errors: tuple[str, ...]
    newest_was_mailed: bool = False
