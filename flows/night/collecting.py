"""Collect what sources offer, and extract zips and mails: each file becomes a delivery.

Every offer is its own boundary. What is wrong with one becomes an outcome of that one.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from connectors.mails.inbound import read_mail
from connectors.mails.mail_deliveries import extractable_mail, files_of_mail
from connectors.packed_file import PackedFile
from connectors.reader.open.signatures import is_mail
from connectors.sources.register import Connector, connect
from connectors.zip_deliveries import is_zip_of_reports, members_of, refuse_zip
from flows.night.arrivals import ArrivalBatch
from flows.night.budget import SourceMeter
from flows.night.listing import SourceListing
from flows.night.run_context import RunContext
from flows.recovery.replay_log import note_arrival
from flows.secrets import with_blocks
from program.delivery import (
    Arrival,
    Delivery,
    ExtractedFile,
    Offer,
    RejectedOffer,
    UnusableOffer,
)
from program.errors import SourceError, StillArrivingError, TransientError
from program.finding import ReaderFinding
from program.mail import HoldReason, InboundMail
from program.pack.senders import MailSender, sender_of
from program.pack.source import FolderSource, MailboxSource, Source, ToolSource
from program.vietnamese import vietnam_day
from warehouse.ledger import (
    known_versions,
    pending_mails,
    pending_zips,
    record_extracted,
    record_unextractable,
    recorded_mail,
)
from warehouse.lifecycle.withdraw import rejected_versions, withdraw_rejected
from warehouse.source_positions import read_position
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
    settings = with_blocks(run.settings, source.secrets())
    connector = connect(source, settings, run.pack)
    if connector is None:
        logger.info("collect source=%s skipped=no-address", source.name)
        return 0
    received_before = run.summary.received
    failures = _Intake(run, source, connector).take_offers()
    new = run.summary.received - received_before
    logger.info("collect source=%s new=%d", source.name, new)
    if failures:
        raise TransientError(
            f"{len(failures)} of the offered files could not be fetched, "
            f"the first because: {failures[0]}"
        )
    return new


class _Intake:
    """One listing of a source, and what a run takes of it."""

    def __init__(self, run: RunContext, source: Source, connector: Connector) -> None:
        self._run = run
        self._source = source
        self._connector = connector
        self._known = known_versions(run.warehouse, source.name)
        self._known_ids = {external_id for external_id, _ in self._known}
        self._rejected = rejected_versions(run.warehouse, source.name)
        self._position = read_position(run.warehouse, source.name)
        self._listing = SourceListing(self._position, run.now())
        self._batch = ArrivalBatch(run, source, self._position)
        self._meter = SourceMeter(source)
        self._failures: list[TransientError] = []

    def take_offers(self) -> list[TransientError]:
        """Take each new offer, and return the failures that a retry may cure."""
        if self._listing.is_before_the_last:
            self._run.warn(
                f"source {self._source.name}: the clock of this machine is behind the last run, at "
                f"{self._position.listed_at}; until then, files are recorded with that time. "
                "Set the clock right"
            )
        try:
            for offer, next_cursor in self._connector.offers(self._position.cursor):
                if self._meter.is_out_of_time():
                    # A portal's list may have no end, so what is behind is not even counted.
                    self._batch.leave()
                    break
                self._take(offer, next_cursor)
            else:
                self._batch.close(self._listing)
        finally:
            # Also if the source fails half-way: the archive has what came until then.
            self._batch.record()
        for sentence in self._meter.exceeded():
            self._run.summary.left_to_next_run.append(sentence)
            logger.warning("collect source=%s %s", self._source.name, sentence)
        return self._failures

    def _take(self, found: Offer | UnusableOffer | RejectedOffer, next_cursor: str | None) -> None:
        """Take one offer: fetch it, archive it and add it to the batch, or leave it."""
        if isinstance(found, UnusableOffer):
            self._fail(found.name, found.reason)
            return
        if isinstance(found, RejectedOffer):
            self._withdraw(found)
            self._batch.advance(next_cursor)
            return
        offer = self._listing.with_time_seen(self._reoffered(found))
        # A folder offers all its files each time; a portal only what is new.
        if self._is_known(offer):
            self._run.summary.known += 1
            self._listing.settled(offer)
            self._batch.advance(next_cursor)
            return
        if not self._meter.allows(offer):
            self._batch.leave()
            return
        try:
            content = self._fetched(offer)
        except StillArrivingError as reason:
            self._wait_for(offer, reason)
        except TransientError as error:
            # Go on: a file that never arrives must not block the files behind it.
            self._failures.append(error)
            self._batch.leave()
        except SourceError as error:
            # One lost file must not stop the source's other files.
            self._fail(offer.name, str(error))
        else:
            self._listing.settled(offer)
            self._batch.add(self._archived(offer, content), next_cursor)

    def _is_known(self, offer: Offer) -> bool:
        return (offer.external_id, offer.external_version) in self._known

    def _withdraw(self, rejected: RejectedOffer) -> None:
        """Withdraw what a reviewer rejected after an earlier run took it."""
        if rejected.external_id not in self._known_ids:
            return
        run = self._run
        name = self._source.name
        for number in withdraw_rejected(run.warehouse, name, rejected.external_id, run.now()):
            run.warn(
                f"source {name}: {rejected.name} was rejected there; delivery {number} is withdrawn"
            )

    def _reoffered(self, offer: Offer) -> Offer:
        """Return an offer; as a new version where it was rejected once and is no longer.

        The ledger keeps each version for good, a withdrawn one too.
        """
        version = offer.external_version
        times = 1
        while (offer.external_id, version) in self._rejected:
            times += 1
            version = f"{offer.external_version}#{times}"
        return replace(offer, external_version=version)

    def _fail(self, name: str, reason: str) -> None:
        self._run.fail(f"source {self._source.name}: {name}: {reason}")
        self._batch.leave()

    def _fetched(self, offer: Offer) -> bytes | None:
        """Return the bytes of an offer; None if there are none to fetch, or too many."""
        if offer.refusal is not None:
            return None
        return self._connector.fetch(offer, self._run.settings.max_delivery_bytes)

    def _wait_for(self, offer: Offer, reason: StillArrivingError) -> None:
        """Leave a file that still arrives to the next run. One that never ends is reported."""
        self._run.summary.still_arriving += 1
        logger.info("collect source=%s still_arriving=%s", self._source.name, reason)
        self._batch.wait()
        settle_seconds = 0
        if isinstance(self._source, FolderSource):
            settle_seconds = self._source.settle_seconds
        refused = self._listing.wait_for(offer, settle_seconds)
        if refused is None:
            return
        self._run.warn(
            f"source {self._source.name}: {offer.name} is {refused.external_version}; its sender "
            "was asked to close it and copy it again"
        )
        if not self._is_known(refused):
            self._batch.add(self._archived(refused, None), None)

    def _archived(self, offer: Offer, content: bytes | None) -> Arrival:
        """Archive the bytes of an offer, and return it as an arrival for the ledger.

        The ledger records an offer without bytes too, so that its sender gets an answer.
        """
        sha256 = None if content is None else self._run.archive.put(content)
        received_at = self._listing.received_at(offer)
        mail = self._mail_in(offer, content)
        sender = self._sender(offer, mail, received_at)
        arrival = Arrival(
            # When it was seen is part of when it came, and a mail stands beside its offer.
            replace(offer, seen_at=None, mail=None, sender_unit=sender.unit_code),
            self._source.name,
            self._source.kind,
            sha256=sha256,
            received_at=received_at,
            is_synthetic=_is_synthetic(self._source, offer),
            is_zip=content is not None and mail is None and is_zip_of_reports(content),
            mail=mail,
            hold=sender.hold,
        )
        note_arrival(self._run.archive, arrival)
        return arrival

    def _mail_in(self, offer: Offer, content: bytes | None) -> InboundMail | None:
        """Return what the mail says that was offered, None for any other file."""
        if content is None:
            return offer.mail
        if isinstance(self._source, MailboxSource):
            return read_mail(content, self._source.authentication_server)
        # A mail that somebody exported: nobody knows which server wrote what in it.
        return read_mail(content, None) if is_mail(content) else None

    def _sender(self, offer: Offer, mail: InboundMail | None, received_at: datetime) -> MailSender:
        """Return who sent a file. Where the source does not say it, a mail does by its address."""
        source = self._source
        day = vietnam_day(received_at)
        pack = self._run.pack
        if mail is not None and isinstance(source, MailboxSource):
            required = source.require_authentication
            return sender_of(mail, pack, day, requires_authentication=required)
        if mail is not None and offer.sender_unit is None:
            return sender_of(mail, pack, day)
        # A form tool knows who fills a form in: where the pack lists accounts, another one waits.
        if isinstance(source, ToolSource) and source.senders and offer.sender_unit is None:
            return MailSender(None, HoldReason.UNKNOWN_SENDER)
        return MailSender(offer.sender_unit)


def _is_synthetic(source: Source, offer: Offer) -> bool:
    """Tell whether the source's pattern marks a file as invented test data."""
    return bool(source.synthetic and re.search(source.synthetic, offer.name))


def unpack(run: RunContext) -> None:
    """Extract the files of each zip and each mail. Each file becomes a delivery of its own.

    The files of one are archived first, then recorded in one transaction. So a crash repeats work
    but loses and doubles nothing. One that is refused is read as one file, so that its sender gets
    the reason.
    """
    for delivery in pending_zips(run.warehouse):
        _unpack(run, delivery, _unpack_zip)
    for delivery in pending_mails(run.warehouse):
        _unpack(run, delivery, _unpack_mail)


def _unpack(
    run: RunContext,
    delivery: Delivery,
    unpack_content: Callable[[RunContext, Delivery, bytes], None],
) -> None:
    try:
        # What waits to be extracted always has its bytes.
        unpack_content(run, delivery, run.archive.get(delivery.sha256 or ""))
    except Exception as error:  # the boundary of one delivery
        logger.exception("unpack delivery=%d", delivery.id)
        run.skip_until_next_run(delivery, error)


def _unpack_zip(run: RunContext, delivery: Delivery, content: bytes) -> None:
    limits = run.settings.limits
    refusal = refuse_zip(content, limits)
    if refusal is not None:
        _refuse(run, delivery, refusal)
        return
    states = _record_files(run, delivery, members_of(content, limits))
    # Without states another run was faster: the zip was extracted before.
    if states is not None:
        run.summary.zips_extracted += 1


def _unpack_mail(run: RunContext, delivery: Delivery, content: bytes) -> None:
    limits = run.settings.limits
    mail = recorded_mail(run.warehouse, delivery.id)
    opened = extractable_mail(content, limits)
    files: Iterator[PackedFile] = iter(())
    if not isinstance(opened, ReaderFinding):
        files = files_of_mail(opened, mail, limits)
    elif not mail.is_automatic:
        _refuse(run, delivery, opened)
        return
    # Nobody answers a program: a mail of one that cannot be opened is kept as it is.
    states = _record_files(run, delivery, files)
    if states is None:
        return
    run.summary.mails_extracted += 1
    if not states:
        run.summary.mails_without_file += 1
    elif mail.is_automatic and delivery.sender_unit is not None:
        run.warn(
            f"mail {delivery.id} ({delivery.name}) of unit {delivery.sender_unit} has files, and "
            "a program or a list sent it: they are kept and not checked. If they are reports, ask "
            "the unit to send them itself"
        )


def _refuse(run: RunContext, delivery: Delivery, refusal: ReaderFinding) -> None:
    record_unextractable(run.warehouse, delivery.id, refusal)
    run.summary.received += 1


def _record_files(
    run: RunContext, delivery: Delivery, files: Iterable[PackedFile]
) -> Counter[DeliveryState] | None:
    """Archive the files of a zip or mail, record them as deliveries, and count them by state."""
    members = [_archive_member(run, file) for file in files]
    states = record_extracted(run.warehouse, delivery.id, members, run_id=run.run_id, now=run.now())
    if states is None:
        return None
    run.summary.received += states[DeliveryState.RECEIVED]
    run.summary.duplicates += states[DeliveryState.DUPLICATE]
    run.summary.attachments += states[DeliveryState.ATTACHMENT]
    counts = " ".join(f"{state}={count}" for state, count in sorted(states.items()))
    logger.info("unpack delivery=%d %s", delivery.id, counts)
    return states


def _archive_member(run: RunContext, member: PackedFile) -> ExtractedFile:
    """Archive one file of a zip or mail and return it without its bytes."""
    sha256 = None if member.content is None else run.archive.put(member.content)
    return ExtractedFile(member.name, member.size, sha256, member.refusal, member.is_attachment)
