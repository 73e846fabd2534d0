"""The steps of a run as plain functions. A step joins packages that do not know each other.

Prefect is not used here: `flows.nightly` wraps each step in a task.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from connectors.sources.register import Connector, connect
from connectors.zip_deliveries import ZipMember, is_zip_of_reports, members_of, refuse_zip
from expectations.run.isolate_failures import check_isolating_failures
from flows.mail.mail_transport import transport_of
from flows.mail.send_letters import MailContext, send_letters
from flows.night.arrivals import ArrivalBatch
from flows.night.cross_checks import cross_check_current
from flows.night.reminders import enqueue_follow_ups
from flows.night.run_context import RunContext
from flows.recovery.replay_log import note_arrival
from program.delivery import Arrival, Delivery, ExtractedFile, Offer
from program.errors import ArchiveError, SourceError, StillArrivingError, TransientError
from program.pack.source import Source
from program.parsed_report import ParsedReport
from program.records.history import History, history_keys, line_elements
from program.submission import Submission, Verdict
from publish.marking.download_links import remove_expired_downloads
from publish.site.site import docs_folder, prune_docs, publish_site
from warehouse.database.views import ready_for_questions
from warehouse.ledger import (
    known_versions,
    pending_zips,
    read_cursor,
    record_extracted,
    record_unextractable,
)
from warehouse.lifecycle.cross_checks import due_for_cross_check
from warehouse.lifecycle.reprocess import newly_waived, requeue
from warehouse.load import CheckedDelivery, load_deliveries
from warehouse.states import DeliveryState

logger = logging.getLogger("mtqg.steps")


@dataclass(frozen=True, slots=True)
class _DeliveryParts:
    """The checked submissions of one delivery."""

    delivery: Delivery
    submissions: Sequence[Submission]


def collect(night: RunContext, source: Source) -> int:
    """Bring in the deliveries of a source that the ledger lacks; return how many are new.

    A delivery is archived first and recorded second. The cursor moves only past recorded
    deliveries. So a crash repeats work but loses nothing.

    Raises SourceError if the source itself fails, and TransientError if some of its files
    could not be fetched this time.
    """
    connector = connect(source, night.settings, night.pack)
    if connector is None:
        logger.info("collect source=%s skipped=no-address", source.name)
        return 0
    received_before = night.summary.received
    failures = _take_offers(night, source, connector)
    new = night.summary.received - received_before
    logger.info("collect source=%s new=%d", source.name, new)
    if failures:
        raise TransientError(
            f"{len(failures)} of the offered files could not be fetched, "
            f"the first because: {failures[0]}"
        )
    return new


def _take_offers(night: RunContext, source: Source, connector: Connector) -> list[TransientError]:
    """Fetch, archive and record each new offer; return the failures that a retry may cure."""
    failures: list[TransientError] = []
    known = known_versions(night.warehouse, source.name)
    batch = ArrivalBatch(night, source)
    cursor = read_cursor(night.warehouse, source.name)
    try:
        for offer, next_cursor in connector.offers(cursor):
            # A folder offers all its files each time; a portal only what is new.
            if (offer.external_id, offer.external_version) in known:
                night.summary.known += 1
                batch.advance(next_cursor)
                continue
            arrival = None
            try:
                arrival = _take(night, source, connector, offer)
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
    return failures


def _take(night: RunContext, source: Source, connector: Connector, offer: Offer) -> Arrival | None:
    """Fetch and archive one offer; return None if it is left to the next run.

    Raises TransientError if a retry may help.
    """
    try:
        content = connector.fetch(offer, night.settings.max_delivery_bytes)
    except StillArrivingError as reason:
        night.summary.still_arriving += 1
        logger.info("collect source=%s still_arriving=%s", source.name, reason)
        return None
    except TransientError:
        # Not swallowed like other errors of a source: the caller lets the task retry.
        raise
    except SourceError as error:
        # One lost file must not stop the source's other files.
        night.fail(f"source {source.name}: {offer.name}: {error}")
        return None
    # The content is None if the file is too large. The ledger records it all the same, so that
    # the sender gets an answer.
    sha256 = None if content is None else night.archive.put(content)
    arrival = Arrival(
        offer,
        source.name,
        source.kind,
        sha256=sha256,
        is_synthetic=_is_synthetic(source, offer),
        is_zip=content is not None and is_zip_of_reports(content),
    )
    note_arrival(night.archive, arrival)
    return arrival


def _is_synthetic(source: Source, offer: Offer) -> bool:
    """Tell whether the source's pattern marks a file as invented test data."""
    return bool(source.synthetic and re.search(source.synthetic, offer.name))


def unpack(night: RunContext) -> None:
    """Extract the files of each zip. Each file becomes a delivery of its own.

    The files of a zip are archived first, then recorded in one transaction. So a crash repeats
    work but loses and doubles nothing. A zip that is refused is read as one file, so that its
    sender gets the reason.
    """
    for delivery in pending_zips(night.warehouse):
        try:
            _unpack(night, delivery)
        except Exception as error:  # the boundary of one delivery
            logger.exception("unpack delivery=%d", delivery.id)
            night.skip_until_next_run(delivery, error)


def _unpack(night: RunContext, delivery: Delivery) -> None:
    # A zip that waits to be extracted always has its bytes.
    content = night.archive.get(delivery.sha256 or "")
    limits = night.settings.limits
    refusal = refuse_zip(content, limits)
    if refusal is not None:
        record_unextractable(night.warehouse, delivery.id, refusal)
        night.summary.received += 1
        return
    members = [_archive_member(night, member) for member in members_of(content, limits)]
    states = record_extracted(
        night.warehouse, delivery.id, members, run_id=night.run_id, now=night.now()
    )
    # Without states another run was faster: the zip was extracted before.
    if states:
        night.summary.zips_extracted += 1
    night.summary.received += states[DeliveryState.RECEIVED]
    night.summary.duplicates += states[DeliveryState.DUPLICATE]
    night.summary.attachments += states[DeliveryState.ATTACHMENT]
    counts = " ".join(f"{state}={count}" for state, count in sorted(states.items()))
    logger.info("unpack delivery=%d %s", delivery.id, counts)


def _archive_member(night: RunContext, member: ZipMember) -> ExtractedFile:
    """Archive one file of a zip and return it without its bytes."""
    sha256 = None if member.content is None else night.archive.put(member.content)
    return ExtractedFile(member.name, member.size, sha256, member.refusal, member.is_attachment)


def reopen(night: RunContext) -> None:
    """Requeue deliveries with a finding that was waived since their last check."""
    numbers = newly_waived(night.warehouse, night.pack.corrections)
    if numbers:
        requeued, _ = requeue(night.warehouse, numbers)
        logger.info("reopen deliveries=%s", ",".join(str(number) for number in requeued))


def read(night: RunContext, deliveries: Sequence[Delivery]) -> list[ParsedReport]:
    """Return each parsed report of each delivery.

    A delivery that the system cannot read is left out and reported to the operator. A delivery
    that ends its reader process gives a parsed report with that finding.
    Raises ReaderError if no reader process starts.
    """
    # A run with nothing to read does not import the reader.
    from connectors.reader.isolate.reader_pool import Unread  # noqa: PLC0415

    def content_of(delivery: Delivery) -> bytes | None:
        return night.archive.get(delivery.sha256) if delivery.sha256 else None

    readings = []
    for outcome in night.readers.read(deliveries, content_of):
        if not isinstance(outcome, Unread):
            readings.append(outcome)
            continue
        # An ArchiveError explains itself. Any other error is a bug and needs its traceback.
        if not isinstance(outcome.error, ArchiveError):
            logger.error("read delivery=%d", outcome.delivery.id, exc_info=outcome.error)
        night.skip_until_next_run(outcome.delivery, outcome.error)
    return readings


def check(night: RunContext, readings: Sequence[ParsedReport]) -> list[Submission]:
    """Return the checked submissions of a batch.

    If the batch fails, the reports that also fail alone are left out and reported to the
    operator. Raises ConfigurationError for a rule that is wrong itself: it fails every report.
    """
    past = _past(night, readings)

    def check_batch(batch: Sequence[ParsedReport]) -> list[Submission]:
        return night.checker.check(batch, past)

    def skip_until_next_run(reading: ParsedReport, error: Exception) -> None:
        night.skip_until_next_run(reading.delivery, error)

    return check_isolating_failures(check_batch, readings, skip_until_next_run)


def _past(night: RunContext, readings: Sequence[ParsedReport]) -> History:
    """Return the earlier reports that these parsed reports are compared with."""
    # The module imports pandas: a run with nothing to check does without.
    from warehouse.queries.history import past_of  # noqa: PLC0415

    requested = history_keys(readings, night.pack.units)
    elements = line_elements(night.pack.forms)
    return past_of(night.warehouse, requested, elements, night.settings.history_periods)


def load(night: RunContext, submissions: Sequence[Submission]) -> None:
    """Record the submissions with their facts, findings and notices: all of a delivery or nothing.

    A delivery waits as a whole if one of its reports could not be checked. The submissions of one
    delivery must stand together.
    """
    checked = [parts for parts in _by_delivery(submissions) if not night.is_skipped(parts.delivery)]
    for parts, facts in zip(checked, _load(night, checked), strict=True):
        # Another run recorded it before, or it was given up: this run has nothing to count.
        if facts is None:
            continue
        verdicts = [submission.verdict.value for submission in parts.submissions]
        night.summary.facts_loaded += facts
        night.summary.verdicts.update(verdicts)
        logger.debug(
            "load delivery=%d verdicts=%s facts=%d", parts.delivery.id, ",".join(verdicts), facts
        )


def _by_delivery(submissions: Sequence[Submission]) -> Iterator[_DeliveryParts]:
    """Yield the submissions grouped by their delivery."""
    groups = groupby(submissions, key=lambda submission: submission.delivery.id)
    for _, group in groups:
        parts = list(group)
        yield _DeliveryParts(parts[0].delivery, parts)


def _load(night: RunContext, checked: Sequence[_DeliveryParts]) -> list[int | None]:
    """Return how many facts of each delivery were loaded.

    None stands for a delivery that was recorded before or could not be recorded. All deliveries
    are one transaction. If it fails, each gets its own, so that only the faulty ones wait.
    """
    load_in_one_transaction = partial(
        load_deliveries,
        night.warehouse,
        run_id=night.run_id,
        rule_set_version=night.rules.version,
    )
    to_record = [_to_record(night, parts) for parts in checked]
    try:
        return load_in_one_transaction(to_record)
    except Exception:
        logger.warning("load deliveries=%d retry=one-by-one", len(checked), exc_info=True)
    loaded: list[int | None] = []
    for parts, delivery in zip(checked, to_record, strict=True):
        try:
            loaded += load_in_one_transaction([delivery])
        except Exception as error:  # the boundary of one delivery
            logger.exception("load delivery=%d", parts.delivery.id)
            night.skip_until_next_run(parts.delivery, error)
            loaded.append(None)
    return loaded


def _to_record(night: RunContext, parts: _DeliveryParts) -> CheckedDelivery:
    """Return a delivery as the warehouse records it, with the recipient of each notice."""
    sender = parts.delivery.sender_unit
    with_recipients = [
        (submission, _recipient(night, submission.verdict, sender, submission.unit_code))
        for submission in parts.submissions
    ]
    return CheckedDelivery(with_recipients, night.now())


def _recipient(
    night: RunContext, verdict: Verdict, sender_unit: str | None, unit_code: str | None
) -> str | None:
    """Return the address for a notice, or None if nobody gets one.

    The sender gets it. The unit that a file is about gets it only if the sender is unknown: a
    file may name the wrong unit by mistake.
    """
    if verdict not in night.pack.correspondence.notify:
        return None
    return night.pack.contact_of(sender_unit or unit_code).email


def compare(night: RunContext) -> None:
    """Cross-check the newly current reports with those of other units and forms."""
    # Ask first: `night.checker` imports Great Expectations, which takes seconds.
    if not due_for_cross_check(night.warehouse):
        return
    night.summary.compared = cross_check_current(
        night.warehouse,
        night.checker,
        night.rules,
        run_id=night.run_id,
        recipient=partial(_recipient, night, Verdict.ACCEPTED_WITH_WARNINGS),
        clock=night.now,
    )


def publish(night: RunContext) -> None:
    """Write the Data Docs of this run's checks and the page of all current reports."""
    # A run that checked nothing has no Data Docs.
    if night.summary.verdicts:
        folder = docs_folder(night.settings, night.run_id)
        night.summary.data_docs = str(night.checker.publish_docs(folder))
    # After a large load the database plans the page's queries badly without new statistics.
    ready_for_questions(night.warehouse)
    page = publish_site(night.warehouse, night.pack, night.settings, night.now())
    night.summary.page = str(page)
    # Together with the pages, which link to the kept Data Docs only.
    prune_docs(night.settings)


def remind(night: RunContext) -> None:
    """Queue the notices that follow from the ledger: all clear, waived, still open, missing."""
    enqueue_follow_ups(night.warehouse, night.pack, night.as_of, night.now())


def alert(night: RunContext) -> None:
    """Send the letters of the outbox. What cannot be sent stays there; the operator learns why."""
    room = MailContext(
        night.warehouse,
        night.pack,
        night.settings,
        night.archive.get,
        night.as_of,
        clock=night.now,
    )
    outcome = send_letters(room, transport_of(night.settings))
    # Workbooks behind download links go when no letter promises them any more.
    remove_expired_downloads(night.settings, night.now())
    night.summary.mails_written = outcome.sent
    night.summary.mails_waiting = outcome.waiting
    for error in outcome.errors:
        night.fail(error)
