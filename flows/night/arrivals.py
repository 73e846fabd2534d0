"""Record what a source delivered: some arrivals a transaction, then how far it was read.

An arrival is an offer whose bytes are in the archive already. Fetching and archiving are in
`flows.night.steps`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flows.night.listing import SourceListing
from flows.night.run_context import RunContext
from program.delivery import Arrival, SourcePosition
from program.pack.source import Source
from warehouse.ledger import record_deliveries
from warehouse.source_positions import keep_position
from warehouse.states import DeliveryState

logger = logging.getLogger("mtqg.steps")

_BATCH_SIZE = 100
"""Arrivals in one transaction. A crash makes the next run fetch at most so many files again."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """An arrival that the ledger did not take."""

    arrival: Arrival
    error: Exception


class ArrivalBatch:
    """The arrivals of one source that wait to be recorded, and how far the source is read then.

    The cursor never moves past an offer that is left to the next run.
    """

    def __init__(self, run: RunContext, source: Source, position: SourcePosition) -> None:
        self._run = run
        self._source = source
        self._arrivals: list[Arrival] = []
        self._kept = position
        self._position = position
        self._may_advance = True
        self._is_complete = True

    def add(self, arrival: Arrival, cursor: str | None) -> None:
        """Add an arrival with the cursor that follows it. Record the batch when it is full."""
        self._arrivals.append(arrival)
        self.advance(cursor)
        if len(self._arrivals) >= _BATCH_SIZE:
            self.record()

    def advance(self, cursor: str | None) -> None:
        """Move the cursor past an offer, unless an earlier one is left to the next run."""
        if cursor is not None and self._may_advance:
            self._position = replace(self._position, cursor=cursor)

    def wait(self) -> None:
        """Let a file arrive until the next run. The cursor stays before it.

        The list is complete all the same: the file comes after it.
        """
        self._may_advance = False

    def leave(self) -> None:
        """Leave an offer to the next run. The cursor stays before it, the list is not complete."""
        self._may_advance = False
        self._is_complete = False

    def close(self, listing: SourceListing) -> None:
        """Record the arrivals, and that the list of the source came to its end."""
        self.record()
        cursor = self._position.cursor
        self._position = listing.position(cursor, is_complete=self._is_complete)
        self._keep_position()

    def record(self) -> None:
        """Record the arrivals, then the cursor. The batch is empty afterwards.

        If the ledger does not take the arrivals together, each is recorded alone.
        Raises the first error if the ledger takes none of them.
        """
        arrivals, self._arrivals = self._arrivals, []
        if arrivals:
            try:
                self._record(arrivals)
            except Exception:
                # One bad arrival is enough to roll back the transaction of all.
                logger.warning("collect arrivals=%d retry=one-by-one", len(arrivals), exc_info=True)
                self._record_each(arrivals)
        # Second: after a crash in between, the source offers the recorded arrivals again, and
        # the ledger knows them.
        self._keep_position()

    def _keep_position(self) -> None:
        if self._position != self._kept:
            run = self._run
            keep_position(run.warehouse, self._source.name, self._position, run.now())
            self._kept = self._position

    def _record(self, arrivals: Sequence[Arrival]) -> None:
        run = self._run
        now = run.now()
        states = record_deliveries(run.warehouse, arrivals, run_id=run.run_id, now=now)
        for arrival, state in zip(arrivals, states, strict=True):
            _count(run, arrival, state)

    def _record_each(self, arrivals: Sequence[Arrival]) -> None:
        """Record each arrival in its own transaction, so that one bad arrival stops no other.

        Raises the first error if none can be recorded: then the warehouse is at fault.
        """
        failures: list[_Failure] = []
        for arrival in arrivals:
            try:
                self._record([arrival])
            except Exception as error:  # the boundary of one offer
                failures.append(_Failure(arrival, error))
        if failures:
            # The next run must get the failed offers again, so the cursor stays where it was.
            self.leave()
            self._position = self._kept
        if len(failures) == len(arrivals):
            raise failures[0].error
        for failure in failures:
            offer = failure.arrival.offer
            reason = f"{type(failure.error).__name__}: {failure.error}"
            self._run.fail(f"source {failure.arrival.source}: {offer.name}: {reason}")


_NOT_TO_READ = (
    DeliveryState.ZIP_PENDING,
    DeliveryState.MAIL_PENDING,
    DeliveryState.MAIL_EXTRACTED,
)
"""States of arrivals that are no files to read: `unpack` counts what is in them."""


def _count(run: RunContext, arrival: Arrival, state: DeliveryState | None) -> None:
    """Add an arrival to the run's summary. `state` None: the ledger had it already."""
    name = arrival.offer.name
    if state is None:
        run.summary.known += 1
        return
    if arrival.mail is not None and arrival.mail.is_automatic:
        run.summary.automatic_mails += 1
    if state is DeliveryState.RECEIVED:
        run.summary.received += 1
    elif state is DeliveryState.HELD:
        run.summary.held += 1
        logger.info("collect source=%s held=%r reason=%s", arrival.source, name, arrival.hold)
    elif state in _NOT_TO_READ:
        logger.info("collect source=%s %s=%r", arrival.source, state, name)
    else:
        run.summary.duplicates += 1
        logger.debug("collect source=%s duplicate=%r", arrival.source, name)
