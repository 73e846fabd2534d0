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


def collect(run: RunContext, source: Source) -> int:
    """Bring in the deliveries of a source that the ledger lacks; return how many are new.

    A delivery is archived first and recorded second. The cursor moves only past recorded
    deliveries. So a crash repeats work but loses nothing.

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
    cursor = read_cursor(run.warehouse, source.name)
    try:
        for offer, next_cursor in connector.offers(cursor):
            # A folder offers all its files each time; a portal only what is new.
            if (offer.external_id, offer.external_version) in known:
                run.summary.known += 1
                batch.advance(next_cursor)
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
    return failures


def _take(run: RunContext, source: Source, connector: Connector, offer: Offer) -> Arrival | None:
    """Fetch and archive one offer; return None if it is left to the next run.

    Raises TransientError if a retry may help.
    """
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
    # The content is None if the file is too large. The ledger records it all the same, so that
    # the sender gets an answer.
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


def reopen(run: RunContext) -> None:
    """Requeue deliveries with a finding that was waived since their last check."""
    numbers = newly_waived(run.warehouse, run.pack.corrections)
    if numbers:
        requeued, _ = requeue(run.warehouse, numbers)
        logger.info("reopen deliveries=%s", ",".join(str(number) for number in requeued))


def read(run: RunContext, deliveries: Sequence[Delivery]) -> list[ParsedReport]:
    """Return each parsed report of each delivery.

    A delivery that the system cannot read is left out and reported to the operator. A delivery
    that ends its reader process gives a parsed report with that finding.
    Raises ReaderError if no reader process starts.
    """
    # A run with nothing to read does not import the reader.
    from connectors.reader.isolate.reader_pool import Unread  # noqa: PLC0415

    def content_of(delivery: Delivery) -> bytes | None:
        return run.archive.get(delivery.sha256) if delivery.sha256 else None

    readings = []
    for outcome in run.readers.read(deliveries, content_of):
        if not isinstance(outcome, Unread):
            readings.append(outcome)
            continue
        # An ArchiveError explains itself. Any other error is a bug and needs its traceback.
        if not isinstance(outcome.error, ArchiveError):
            logger.error("read delivery=%d", outcome.delivery.id, exc_info=outcome.error)
        run.skip_until_next_run(outcome.delivery, outcome.error)
    return readings


def check(run: RunContext, readings: Sequence[ParsedReport]) -> list[Submission]:
    """Return the checked submissions of a batch.

    If the batch fails, the reports that also fail alone are left out and reported to the
    operator. Raises ConfigurationError for a rule that is wrong itself: it fails every report.
    """
    past = _past(run, readings)

    def check_batch(batch: Sequence[ParsedReport]) -> list[Submission]:
        return run.checker.check(batch, past)

    def skip_until_next_run(reading: ParsedReport, error: Exception) -> None:
        run.skip_until_next_run(reading.delivery, error)

    return check_isolating_failures(check_batch, readings, skip_until_next_run)


def _past(run: RunContext, readings: Sequence[ParsedReport]) -> History:
    """Return the earlier reports that these parsed reports are compared with."""
    # The module imports pandas: a run with nothing to check does without.
    from warehouse.queries.history import past_of  # noqa: PLC0415

    requested = history_keys(readings, run.pack.units)
    elements = line_elements(run.pack.forms)
    return past_of(run.warehouse, requested, elements, run.settings.history_periods)


def load(run: RunContext, submissions: Sequence[Submission]) -> None:
    """Record the submissions with their facts, findings and notices: all of a delivery or nothing.

    A delivery waits as a whole if one of its reports could not be checked. The submissions of one
    delivery must stand together.
    """
    checked = [parts for parts in _by_delivery(submissions) if not run.is_skipped(parts.delivery)]
    for parts, facts in zip(checked, _load(run, checked), strict=True):
        # Another run recorded it before, or it was given up: this run has nothing to count.
        if facts is None:
            continue
        verdicts = [submission.verdict.value for submission in parts.submissions]
        run.summary.facts_loaded += facts
        run.summary.verdicts.update(verdicts)
        logger.debug(
            "load delivery=%d verdicts=%s facts=%d", parts.delivery.id, ",".join(verdicts), facts
        )


def _by_delivery(submissions: Sequence[Submission]) -> Iterator[_DeliveryParts]:
    """Yield the submissions grouped by their delivery."""
    groups = groupby(submissions, key=lambda submission: submission.delivery.id)
    for _, group in groups:
        parts = list(group)
        yield _DeliveryParts(parts[0].delivery, parts)


def _load(run: RunContext, checked: Sequence[_DeliveryParts]) -> list[int | None]:
    """Return how many facts of each delivery were loaded.

    None stands for a delivery that was recorded before or could not be recorded. All deliveries
    are one transaction. If it fails, each gets its own, so that only the faulty ones wait.
    """
    load_in_one_transaction = partial(
        load_deliveries,
        run.warehouse,
        run_id=run.run_id,
        rule_set_version=run.rules.version,
    )
    to_record = [_to_record(run, parts) for parts in checked]
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
            run.skip_until_next_run(parts.delivery, error)
            loaded.append(None)
    return loaded


def _to_record(run: RunContext, parts: _DeliveryParts) -> CheckedDelivery:
    """Return a delivery as the warehouse records it, with the recipient of each notice."""
    sender = parts.delivery.sender_unit
    with_recipients = [
        (submission, _recipient(run, submission.verdict, sender, submission.unit_code))
        for submission in parts.submissions
    ]
    return CheckedDelivery(with_recipients, run.now())


def _recipient(
    run: RunContext, verdict: Verdict, sender_unit: str | None, unit_code: str | None
) -> str | None:
    """Return the address for a notice, or None if nobody gets one.

    The sender gets it. The unit that a file is about gets it only if the sender is unknown: a
    file may name the wrong unit by mistake.
    """
    if verdict not in run.pack.correspondence.notify:
        return None
    return run.pack.contact_of(sender_unit or unit_code).email


def compare(run: RunContext) -> None:
    """Cross-check the newly current reports with those of other units and forms."""
    # Ask first: `night.checker` imports Great Expectations, which takes seconds.
    if not due_for_cross_check(run.warehouse):
        return
    run.summary.compared = cross_check_current(
        run.warehouse,
        run.checker,
        run.rules,
        run_id=run.run_id,
        recipient=partial(_recipient, run, Verdict.ACCEPTED_WITH_WARNINGS),
        clock=run.now,
    )


def publish(run: RunContext) -> None:
    """Write the Data Docs of this run's checks and the page of all current reports."""
    # A run that checked nothing has no Data Docs.
    if run.summary.verdicts:
        folder = docs_folder(run.settings, run.run_id)
        run.summary.data_docs = str(run.checker.publish_docs(folder))
    # After a large load the database plans the page's queries badly without new statistics.
    ready_for_questions(run.warehouse)
    page = publish_site(run.warehouse, run.pack, run.settings, run.now())
    run.summary.page = str(page)
    # Together with the pages, which link to the kept Data Docs only.
    prune_docs(run.settings)


def remind(run: RunContext) -> None:
    """Queue the notices that follow from the ledger: all clear, waived, still open, missing."""
    enqueue_follow_ups(run.warehouse, run.pack, run.as_of, run.now())


def alert(run: RunContext) -> None:
    """Send the letters of the outbox. What cannot be sent stays there; the operator learns why."""
    room = MailContext(
        run.warehouse,
        run.pack,
        run.settings,
        run.archive.get,
        run.as_of,
        clock=run.now,
    )
    outcome = send_letters(room, transport_of(run.settings))
    # Workbooks behind download links go when no letter promises them any more.
    remove_expired_downloads(run.settings, run.now())
    run.summary.mails_written = outcome.sent
    run.summary.mails_waiting = outcome.waiting
    for error in outcome.errors:
        run.fail(error)
