"""The steps of a night as plain functions: each joins rooms that do not know each other. No Prefect here."""

import logging
import re
from collections.abc import Sequence
from functools import partial
from itertools import groupby

from connectors.packages import is_package, members_of, refuse_packed
from connectors.sources import Connector, connect
from expectations.surviving import check_surviving
from flows.comparing import compare_believed
from flows.keeping import note_arrival
from flows.mailing import Mailroom, send_letters
from flows.night import Night
from flows.posting import open_post
from flows.reminding import owe_what_follows
from program.delivery import Arrival, Delivery, Offer, Packed
from program.errors import ArchiveError, SourceError, StillArriving, TransientError
from program.history import Past, asked_of, line_elements
from program.reading import Reading
from program.source import Source
from program.submission import Submission, Verdict
from publish.marking.shelf import clear_shelf
from publish.site import docs_folder, prune_docs, publish_site
from warehouse.comparing import uncompared
from warehouse.ledger import (
    ENCLOSED,
    KNOWN,
    PACKED,
    RECEIVED,
    REPEATED,
    keep_cursor,
    known_versions,
    packed_deliveries,
    read_cursor,
    record_deliveries,
    record_unpackable,
    record_unpacked,
)
from warehouse.load import CheckedDelivery, load_deliveries
from warehouse.rejudging import overruled_since, put_back
from warehouse.views import ready_for_questions

logger = logging.getLogger("mtqg.steps")
_RECORDED_AT_ONCE = 100
"""Arrivals in one transaction; so many files at most are fetched again after a crash."""


def collect(night: Night, source: Source) -> int:
    """Bring in what a source has that the ledger does not know; return how many deliveries are new.

    Each delivery is archived before it is recorded, and the cursor moves only past what is recorded: a crash
    anywhere repeats work, never loses it. Raises SourceError where the source itself fails.
    """
    connector = connect(source, night.settings, night.pack)
    if connector is None:
        logger.info("collect source=%s skipped=no-address", source.name)
        return 0
    before = night.summary.received
    known = known_versions(night.warehouse, source.name)
    taken = _Taken(night, source)
    failed: list[TransientError] = []
    try:
        for offer, next_cursor in connector.offers(read_cursor(night.warehouse, source.name)):
            arrival = None
            is_known = (offer.external_id, offer.external_version) in known
            if is_known:
                night.summary.known += 1
            else:
                try:
                    arrival = _take(night, source, connector, offer)
                except TransientError as error:
                    # The others first: a file that never comes right must not keep those behind it out for ever.
                    failed.append(error)
            taken.note(arrival, next_cursor, is_left=arrival is None and not is_known)
    finally:
        # Also where the source fails half-way: what it gave until then is in the archive.
        taken.record()
    logger.info("collect source=%s new=%d", source.name, night.summary.received - before)
    if failed:
        raise TransientError(f"{len(failed)} of the offered files could not be fetched, the first because: {failed[0]}")
    return night.summary.received - before


class _Taken:
    """What was fetched and archived, and is to be recorded: some offers a transaction, and then the cursor behind them."""

    def __init__(self, night: Night, source: Source) -> None:
        self._night = night
        self._source = source
        self._arrivals: list[Arrival] = []
        self._cursor: str | None = None
        self._is_complete = True

    def note(self, arrival: Arrival | None, cursor: str | None, *, is_left: bool) -> None:
        """Note an offer with the cursor that follows it. `is_left`: it is for the next run, and the cursor stays before it."""
        if is_left:
            self._is_complete = False
        if arrival is not None:
            self._arrivals.append(arrival)
        if cursor is not None and self._is_complete:
            self._cursor = cursor
        if len(self._arrivals) >= _RECORDED_AT_ONCE:
            self.record()

    def record(self) -> None:
        """Record what was noted."""
        arrivals, self._arrivals = self._arrivals, []
        if arrivals:
            try:
                self._record(arrivals)
            except Exception:
                logger.warning("collect arrivals=%d retry=one-by-one", len(arrivals), exc_info=True)
                self._record_each(arrivals)
        if self._cursor is not None:
            keep_cursor(self._night.warehouse, self._source.name, self._cursor, self._night.now())
            self._cursor = None

    def _record(self, arrivals: Sequence[Arrival]) -> None:
        night = self._night
        states = record_deliveries(night.warehouse, arrivals, run_id=night.run_id, now=night.now())
        for arrival, state in zip(arrivals, states, strict=True):
            _count(night, arrival, state)

    def _record_each(self, arrivals: Sequence[Arrival]) -> None:
        """Record arrivals in a transaction each: one that the ledger cannot take keeps no other out.

        Raises what the first one met where none can be recorded: then it is the warehouse that fails.
        """
        failed: list[tuple[Arrival, Exception]] = []
        for arrival in arrivals:
            try:
                self._record([arrival])
            except Exception as error:  # the boundary of one offer
                failed.append((arrival, error))
        if failed:
            self._is_complete = False
            self._cursor = None
        if len(failed) == len(arrivals):
            raise failed[0][1]
        for arrival, wrong in failed:
            self._night.fail(f"source {arrival.source}: {arrival.offer.name}: {type(wrong).__name__}: {wrong}")


def _count(night: Night, arrival: Arrival, state: str) -> None:
    """Add a recorded arrival to what the summary says."""
    if state == RECEIVED:
        night.summary.received += 1
    elif state == PACKED:
        logger.info("collect source=%s packed=%r", arrival.source, arrival.offer.name)
    elif state == KNOWN:
        night.summary.known += 1
    else:
        night.summary.repeated += 1
        logger.debug("collect source=%s repeated=%r", arrival.source, arrival.offer.name)


def _take(night: Night, source: Source, connector: Connector, offer: Offer) -> Arrival | None:
    """Fetch and archive one offer; return None where it is left for the next night."""
    try:
        content = connector.fetch(offer, night.settings.max_delivery_bytes)
    except StillArriving as reason:
        night.summary.still_arriving += 1
        logger.info("collect source=%s still_arriving=%s", source.name, reason)
        return None
    except TransientError:
        raise
    except SourceError as error:
        # One lost file must not keep the source's other files from coming in.
        night.fail(f"source {source.name}: {offer.name}: {error}")
        return None
    arrival = Arrival(
        offer,
        source.name,
        source.kind,
        sha256=night.archive.put(content) if content is not None else None,
        is_synthetic=bool(source.synthetic and re.search(source.synthetic, offer.name)),
        is_packed=content is not None and is_package(content),
    )
    note_arrival(night.archive, arrival)
    return arrival


def unpack(night: Night) -> None:
    """Take out what zips of workbooks hold, each a delivery of its own; archived first, then recorded in one transaction a zip.

    A zip that is not unpacked is read as it is: its sender hears why. A crash anywhere repeats work, never loses or doubles it.
    """
    for delivery in packed_deliveries(night.warehouse):
        try:
            _unpack(night, delivery)
        except Exception as error:  # the boundary of one delivery
            logger.exception("unpack delivery=%d", delivery.id)
            night.give_up(delivery, error)


def _unpack(night: Night, delivery: Delivery) -> None:
    content, limits = night.archive.get(delivery.sha256 or ""), night.settings.limits
    refusal = refuse_packed(content, limits)
    if refusal is not None:
        record_unpackable(night.warehouse, delivery.id, refusal)
        night.summary.received += 1
        return
    members = [
        Packed(m.name, m.size, None if m.content is None else night.archive.put(m.content), m.refusal, m.is_enclosure)
        for m in members_of(content, limits)
    ]
    states = record_unpacked(night.warehouse, delivery.id, members, run_id=night.run_id, now=night.now())
    night.summary.unpacked += 1 if states else 0
    night.summary.received += states[RECEIVED]
    night.summary.repeated += states[REPEATED]
    night.summary.enclosed += states[ENCLOSED]
    logger.info("unpack delivery=%d %s", delivery.id, " ".join(f"{state}={count}" for state, count in sorted(states.items())))


def reopen(night: Night) -> None:
    """Put back what was judged by a finding that somebody has overruled since: it is judged again with the rest."""
    numbers = overruled_since(night.warehouse, night.pack.corrections)
    if numbers:
        waiting, _ = put_back(night.warehouse, numbers)
        logger.info("reopen deliveries=%s", ",".join(map(str, waiting)))


def read(night: Night, deliveries: Sequence[Delivery]) -> list[Reading]:
    """Return a reading for each part of each delivery; one that the system cannot handle is left out and reported.

    A delivery that takes its reader's process down is a reading with that problem. Raises ReaderError where no process starts.
    """
    from connectors.reader.workers import Unread  # noqa: PLC0415  (a night with nothing to read does without)

    def content_of(delivery: Delivery) -> bytes | None:
        return night.archive.get(delivery.sha256) if delivery.sha256 else None

    readings = []
    for outcome in night.readers.read(deliveries, content_of):
        if isinstance(outcome, Unread):
            if not isinstance(outcome.error, ArchiveError):
                logger.error("read delivery=%d", outcome.delivery.id, exc_info=outcome.error)
            night.give_up(outcome.delivery, outcome.error)
        else:
            readings.append(outcome)
    return readings


def check(night: Night, readings: Sequence[Reading]) -> list[Submission]:
    """Return the checked submissions: one batch; where that fails, without those that fail alone, which are reported.

    Raises ConfigurationError for a rule that is wrong in itself: it would fail each of them alike.
    """
    past = _past(night, readings)
    return check_surviving(
        lambda batch: night.checker.check(batch, past), readings, lambda reading, error: night.give_up(reading.delivery, error)
    )


def _past(night: Night, readings: Sequence[Reading]) -> Past:
    """Return what was reported before, of the units and periods that these readings are about."""
    from warehouse.history import past_of  # noqa: PLC0415  (it brings pandas)

    return past_of(
        night.warehouse, asked_of(readings, night.pack.units), line_elements(night.pack.forms), night.settings.history_periods
    )


def load(night: Night, submissions: Sequence[Submission]) -> None:
    """Record the deliveries' submissions with their facts, findings and notices; all or nothing of each delivery.

    A delivery of which one part could not be checked waits as a whole.
    """
    by_delivery = groupby(submissions, key=lambda submission: submission.delivery.id)
    groups = [list(parts) for _, parts in by_delivery]
    checked = [_checked(night, parts) for parts in groups if not night.is_given_up(parts[0].delivery)]
    for delivery, facts in zip(checked, _load(night, checked), strict=True):
        if facts is None:
            continue
        verdicts = [submission.verdict.value for submission, _ in delivery.submissions]
        night.summary.facts_loaded += facts
        night.summary.verdicts.update(verdicts)
        logger.debug("load delivery=%d verdicts=%s facts=%d", delivery.id, ",".join(verdicts), facts)


def _checked(night: Night, parts: Sequence[Submission]) -> CheckedDelivery:
    owed = [(part, _recipient(night, part.verdict, part.delivery.sender_unit, part.unit_code)) for part in parts]
    return CheckedDelivery(owed, night.now())


def _load(night: Night, checked: Sequence[CheckedDelivery]) -> list[int | None]:
    """Return how many facts of each delivery were loaded; None where none are to be, or the night had to leave it.

    All are one transaction. Where that fails, each is one of its own, so that only those wait that fail alone.
    """
    load_these = partial(load_deliveries, night.warehouse, run_id=night.run_id, rule_set_version=night.rules.version)
    try:
        return load_these(checked)
    except Exception:
        logger.warning("load deliveries=%d retry=one-by-one", len(checked), exc_info=True)
    loaded: list[int | None] = []
    for delivery in checked:
        try:
            loaded += load_these([delivery])
        except Exception as error:  # the boundary of one delivery
            logger.exception("load delivery=%d", delivery.id)
            night.give_up(delivery.submissions[0][0].delivery, error)
            loaded.append(None)
    return loaded


def _recipient(night: Night, verdict: Verdict, sender_unit: str | None, unit_code: str | None) -> str | None:
    """Return whom to write to: the sender, never the unit that a mistaken file claims to be about."""
    if verdict not in night.pack.correspondence.notify:
        return None
    return night.pack.contact_of(sender_unit or unit_code).email


def compare(night: Night) -> None:
    """Hold what is newly believed against what other units, and other forms, say of the same period."""
    if not uncompared(night.warehouse):
        # Before the checker is asked for, which brings Great Expectations.
        return
    night.summary.compared = compare_believed(
        night.warehouse,
        night.checker,
        night.rules,
        run_id=night.run_id,
        recipient=partial(_recipient, night, Verdict.ACCEPTED_WITH_WARNINGS),
        clock=night.now,
    )


def publish(night: Night) -> None:
    """Write Data Docs of what was checked this night, and the page of what is believed now."""
    if night.summary.verdicts:
        night.summary.data_docs = str(night.checker.publish_docs(docs_folder(night.settings, night.run_id)))
    ready_for_questions(night.warehouse)
    night.summary.page = str(publish_site(night.warehouse, night.pack, night.settings, night.now()))
    prune_docs(night.settings)


def remind(night: Night) -> None:
    """Put into the outbox what follows from what is on record: all clear, overruled, still to be mended, not yet received."""
    owe_what_follows(night.warehouse, night.pack, night.as_of, night.now())


def alert(night: Night) -> None:
    """Send what the outbox owes; what cannot be sent stays there and the operator is told."""
    room = Mailroom(night.warehouse, night.pack, night.settings, night.archive.get, night.as_of, clock=night.now)
    outcome = send_letters(room, open_post(night.settings))
    clear_shelf(night.settings, night.now())
    night.summary.mails_written, night.summary.mails_waiting = outcome.sent, outcome.waiting
    for error in outcome.errors:
        night.fail(error)
