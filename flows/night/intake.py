"""Collect what sources offer, and extract zips: each file becomes a delivery.

Every offer is its own boundary. What is wrong with one becomes an outcome of that one.
"""

import logging
import re

from connectors.sources.register import Connector, connect
from connectors.zip_deliveries import ZipMember, is_zip_of_reports, members_of, refuse_zip
from flows.night.arrivals import ArrivalBatch
from flows.night.budget import SourceMeter
from flows.night.run_context import RunContext
from flows.recovery.replay_log import note_arrival
from program.delivery import Arrival, Delivery, ExtractedFile, Offer, UnusableOffer
from program.errors import SourceError, StillArrivingError, TransientError
from program.pack.source import Source
from warehouse.ledger import (
    known_versions,
    pending_zips,
    read_cursor,
    record_extracted,
    record_unextractable,
)
from warehouse.states import DeliveryState

logger = logging.getLogger("mtqg.steps")


def collect(run: RunContext, source: Source) -> int:
    """Bring in the deliveries of a source that the ledger lacks; return how many are new.

    A delivery is archived first and recorded second. The cursor moves only past recorded
    deliveries. So a crash repeats work but loses nothing. What is beyond the source's budget is
    left to the next run, and the summary says how much.

    Raises SourceError if the source itself fails, and TransientError if some of its files
    could not be fetched this time.
    """
    connector = connect(source, run.settings, run.pack)
    if connector is None:
        logger.info("collect source=%s skipped=no-address", source.name)
        return 0
    received_before = run.summary.received
    failures = _take_offers(run, source, connector)
    new = run.summary.received - received_before
    logger.info("collect source=%s new=%d", source.name, new)
    if failures:
        raise TransientError(
            f"{len(failures)} of the offered files could not be fetched, "
            f"the first because: {failures[0]}"
        )
    return new


def _take_offers(run: RunContext, source: Source, connector: Connector) -> list[TransientError]:
    """Fetch, archive and record each new offer; return the failures that a retry may cure."""
    failures: list[TransientError] = []
    known = known_versions(run.warehouse, source.name)
    batch = ArrivalBatch(run, source)
    meter = SourceMeter(source)
    cursor = read_cursor(run.warehouse, source.name)
    try:
        for offer, next_cursor in connector.offers(cursor):
            if meter.is_out_of_time():
                # A portal's list may have no end, so what is behind is not even counted.
                batch.leave()
                break
            if isinstance(offer, UnusableOffer):
                run.fail(f"source {source.name}: {offer.name}: {offer.reason}")
                batch.leave()
                continue
            # A folder offers all its files each time; a portal only what is new.
            if (offer.external_id, offer.external_version) in known:
                run.summary.known += 1
                batch.advance(next_cursor)
                continue
            if not meter.allows(offer):
                batch.leave()
                continue
            arrival = None
            try:
                arrival = _take(run, source, connector, offer)
            except TransientError as error:
                # Go on: a file that never arrives must not block the files behind it.
                failures.append(error)
            if arrival is None:
                batch.leave()
            else:
                batch.add(arrival, next_cursor)
    finally:
        # Also if the source fails half-way: the archive has what came until then.
        batch.record()
    for sentence in meter.exceeded():
        run.summary.left_to_next_run.append(sentence)
        logger.warning("collect source=%s %s", source.name, sentence)
    return failures


def _take(run: RunContext, source: Source, connector: Connector, offer: Offer) -> Arrival | None:
    """Fetch and archive one offer; return None if it is left to the next run.

    Raises TransientError if a retry may help.
    """
    content = None
    if offer.refusal is None:
        try:
            content = connector.fetch(offer, run.settings.max_delivery_bytes)
        except StillArrivingError as reason:
            run.summary.still_arriving += 1
            logger.info("collect source=%s still_arriving=%s", source.name, reason)
            return None
        except TransientError:
            # Not swallowed like other errors of a source: the caller lets the task retry.
            raise
        except SourceError as error:
            # One lost file must not stop the source's other files.
            run.fail(f"source {source.name}: {offer.name}: {error}")
            return None
    # The content is None if there is none to fetch, or if the file is too large. The ledger
    # records it all the same, so that the sender gets an answer.
    sha256 = None if content is None else run.archive.put(content)
    arrival = Arrival(
        offer,
        source.name,
        source.kind,
        sha256=sha256,
        is_synthetic=_is_synthetic(source, offer),
        is_zip=content is not None and is_zip_of_reports(content),
    )
    note_arrival(run.archive, arrival)
    return arrival


def _is_synthetic(source: Source, offer: Offer) -> bool:
    """Tell whether the source's pattern marks a file as invented test data."""
    return bool(source.synthetic and re.search(source.synthetic, offer.name))


def unpack(run: RunContext) -> None:
    """Extract the files of each zip. Each file becomes a delivery of its own.

    The files of a zip are archived first, then recorded in one transaction. So a crash repeats
    work but loses and doubles nothing. A zip that is refused is read as one file, so that its
    sender gets the reason.
    """
    for delivery in pending_zips(run.warehouse):
        try:
            _unpack(run, delivery)
        except Exception as error:  # the boundary of one delivery
            logger.exception("unpack delivery=%d", delivery.id)
            run.skip_until_next_run(delivery, error)


def _unpack(run: RunContext, delivery: Delivery) -> None:
    # A zip that waits to be extracted always has its bytes.
    content = run.archive.get(delivery.sha256 or "")
    limits = run.settings.limits
    refusal = refuse_zip(content, limits)
    if refusal is not None:
        record_unextractable(run.warehouse, delivery.id, refusal)
        run.summary.received += 1
        return
    members = [_archive_member(run, member) for member in members_of(content, limits)]
    states = record_extracted(run.warehouse, delivery.id, members, run_id=run.run_id, now=run.now())
    # Without states another run was faster: the zip was extracted before.
    if states:
        run.summary.zips_extracted += 1
    run.summary.received += states[DeliveryState.RECEIVED]
    run.summary.duplicates += states[DeliveryState.DUPLICATE]
    run.summary.attachments += states[DeliveryState.ATTACHMENT]
    counts = " ".join(f"{state}={count}" for state, count in sorted(states.items()))
    logger.info("unpack delivery=%d %s", delivery.id, counts)


def _archive_member(run: RunContext, member: ZipMember) -> ExtractedFile:
    """Archive one file of a zip and return it without its bytes."""
    sha256 = None if member.content is None else run.archive.put(member.content)
    return ExtractedFile(member.name, member.size, sha256, member.refusal, member.is_attachment)
