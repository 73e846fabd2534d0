"""How much one run takes from one source, so that no source and no sender keeps others waiting."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from program.delivery import Offer
from program.pack.source import Source


@dataclass(slots=True)
class SourceMeter:
    """Counts what a run took from a source against the source's budget (`sources.yaml`)."""

    source: Source
    clock: Callable[[], float] = time.monotonic
    files: int = 0
    bytes: int = 0
    _by_sender: Counter[str] = field(default_factory=Counter)
    _left_by_sender: Counter[str] = field(default_factory=Counter)
    _left: int = 0
    _is_late: bool = False
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.clock()

    def is_out_of_time(self) -> bool:
        """Tell whether the source has had its seconds."""
        self._is_late = self.clock() - self._started > self.source.budget.seconds
        return self._is_late

    def allows(self, offer: Offer) -> bool:
        """Tell whether this run may take an offer, and count it as taken or as left."""
        budget = self.source.budget
        sender = offer.sender_unit or ""
        # Files without a known sender share one allowance: nobody gets more by hiding.
        if self._by_sender[sender] >= budget.files_per_sender:
            self._left_by_sender[sender] += 1
            return False
        if self.files >= budget.files or self.bytes >= budget.bytes:
            self._left += 1
            return False
        self.files += 1
        self.bytes += offer.size or 0
        self._by_sender[sender] += 1
        return True

    def exceeded(self) -> list[str]:
        """Return a sentence for each limit that was met; none where all came."""
        budget = self.source.budget
        name = self.source.name
        sentences = [
            f"source {name}: {left} files of {sender or 'unknown senders'} are left to the next "
            f"run: files_per_sender is {budget.files_per_sender}"
            for sender, left in sorted(self._left_by_sender.items())
        ]
        if self._left:
            sentences.append(
                f"source {name}: {self._left} files are left to the next run after {self.files} "
                f"files of {self.bytes:,} bytes: the budget is {budget.files} files "
                f"and {budget.bytes:,} bytes"
            )
        if self._is_late:
            sentences.append(
                f"source {name}: it did not end its list in {budget.seconds} seconds; "
                "what is behind comes with the next run"
            )
        return sentences
