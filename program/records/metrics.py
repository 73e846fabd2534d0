"""What a monitoring system learns of a run and of the warehouse after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from program.records.storage import Storage


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """One run, for a monitoring system.

    `completed_at` is when a run of this kind last ended without an error; None if none did.
    `counts` and `step_seconds` are of this run. `kind` is the value of its `states.RunKind`.
    """

    kind: str
    ended_at: datetime
    completed_at: datetime | None
    seconds: float
    errors: int
    warnings: int
    counts: Mapping[str, int]
    step_seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StateMetrics:
    """What waits, and the space that is left, as a run left them.

    `oldest_waiting_since` is when the oldest letter that waits was written; None if none waits.
    `held` counts deliveries that wait for the office.
    """

    letters_waiting: int
    letters_failed: int
    oldest_waiting_since: datetime | None
    held: int
    storage: Storage
