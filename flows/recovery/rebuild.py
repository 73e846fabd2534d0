"""Rebuild the whole warehouse from the archive: every run again, in its order.

The archived bytes are read and checked again by today's rules, and recorded with their original
times. The replay log (`flows.recovery.replay_log`) gives what the bytes do not say: who sent them
and when, which mails went out, which findings were waived.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, count, islice
from typing import Any, TypeAlias

from expectations.checking import CheckedWithin, Checker
from expectations.rules.rule_set import RuleSet
from expectations.run.isolate_failures import check_isolating_failures
from flows.archive import open_archive
from flows.fan_out import open_fan_out
from flows.night.cross_checks import cross_check_current
from flows.recovery.archived_checking import (
    ArchivedChecking,
    CheckedReports,
    check_archived,
)
from flows.recovery.replay_log import read_arrivals, read_purge_records, read_runs
from program.delivery import Arrival, Delivery
from program.errors import ArchiveError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.pack.waiver import WaiverEntry
from program.parsed_report import ParsedReport
from program.records.audit import Signature
from program.records.history import HISTORY_PERIODS, History, history_keys, line_elements
from program.records.purge_record import PurgedSubmission
from program.settings import Settings
from program.submission import Submission
from program.vietnamese import vietnam_day
from warehouse.catalogue import fill_periods
from warehouse.database.engine import Warehouse, prepare_warehouse
from warehouse.ledger import (
    finish_run,
    known_versions,
    record_deliveries,
    start_run,
)
from warehouse.lifecycle.withdraw import withdraw
from warehouse.load import load_delivery
from warehouse.maintenance.replay_log import (
    Document,
    documented_deliveries,
    replay_outbox,
    replay_run,
    set_attempt,
)
from warehouse.maintenance.retention import record_purged
from warehouse.queries.history import past_of
from warehouse.states import RunState

logger = logging.getLogger("mtqg.rebuilding")

CheckRecord: TypeAlias = dict[str, Any]
"""One check of one delivery, as the document of a run has it.

`delivery` and `attempt` are the numbers of the delivery and of the attempt, `at` is the time
of the check, `submissions` maps each report's number to that of its submission.
"""

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Rebuilt:
    """The result of a rebuild.

    `failed` has a sentence for each delivery or notice that could not be rebuilt. `arrived`
    counts the deliveries that no run had checked.
    """

    runs: int = 0
    attempts: int = 0
    arrived: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Deliveries that one run checked together.

    `records` has the check of each, by its number and in the order of then. The bytes of `purged`
    are gone; nothing is read for them.
    """

    records: Mapping[int, CheckRecord]
    purged: Sequence[Delivery]
    to_read: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class _ChecksOfRun:
    """How the checks of one run were named, and the waivers that it had."""

    title: str
    waivers: tuple[WaiverEntry, ...]


def _checks_of(document: Document) -> _ChecksOfRun:
    waivers = tuple(WaiverEntry.model_validate(entry) for entry in document["waivers"])
    return _ChecksOfRun(f"rebuilt run {document['run']['id']}", waivers)


class Rebuilding:
    """One rebuild into an empty warehouse. It publishes, mails and collects nothing."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        self._pack: Pack = load_pack(settings.pack)
        self._rules = RuleSet(self._pack)
        self._archive = open_archive(settings)
        self._documents: list[Document] = list(read_runs(self._archive))
        self._warehouse: Warehouse = prepare_warehouse(url)
        self._purged = read_purge_records(self._archive)
        self._rebuilt = Rebuilt()
        self.attempts = sum(len(document["checked"]) for document in self._documents)
        # Today's reader may find parts that a delivery did not have then. Their numbers follow
        # the highest number of then.
        numbers = _submission_numbers(self._documents)
        highest = max(numbers, default=0)
        self._unused_numbers = count(highest + 1)

    def run(self, advance: Callable[[int], None]) -> Rebuilt:
        """Rebuild the warehouse and return the result.

        `advance` is called after each chunk with the number of deliveries in it.
        Raises ArchiveError if the archive has no run.
        """
        if not self._documents:
            raise ArchiveError(
                "archive: no run is in it, so there is nothing to rebuild a warehouse from; "
                "`mtqg run` begins one"
            )
        chunks = list(self._chunks())
        with open_fan_out(self._settings) as fan_out:
            checking = ArchivedChecking(self._settings, self._pack, self._rules)
            # What a report is by itself does not depend on what is loaded.
            to_read = chain.from_iterable(chunk.to_read for of_run in chunks for chunk in of_run)
            checked = check_archived(fan_out, checking, to_read)
            for document, of_run in zip(self._documents, chunks, strict=True):
                self._replay(document, of_run, checked, advance)
        self._restore_outbox()
        self._record_arrivals()
        # Replayed runs made these deliveries pending, then processed. Their bytes are gone.
        for sha256 in self._purged:
            record_purged(self._warehouse, sha256)
        fill_periods(self._warehouse)
        self._warehouse.dispose()
        return self._rebuilt

    def _chunks(self) -> Iterator[list[_Chunk]]:
        """Yield the chunks of each run, in the order of the documents."""
        known: dict[int, Delivery] = {}
        size = self._settings.chunk_deliveries
        for document in self._documents:
            # The last document that has a delivery says what is known of it.
            known |= {each.id: each for each in documented_deliveries(document)}
            records: list[CheckRecord] = document["checked"]
            starts = range(0, len(records), size)
            yield [self._chunk(records[start : start + size], known) for start in starts]

    def _chunk(self, checked: Sequence[CheckRecord], known: Mapping[int, Delivery]) -> _Chunk:
        records: dict[int, CheckRecord] = {record["delivery"]: record for record in checked}
        purged: list[Delivery] = []
        to_read: list[Delivery] = []
        for number, record in records.items():
            delivery = known[number]
            is_purged = self._purged_check(delivery, record["attempt"]) is not None
            if is_purged:
                purged.append(delivery)
            else:
                to_read.append(delivery)
        return _Chunk(records, purged, to_read)

    def _replay(
        self,
        document: Document,
        chunks: Sequence[_Chunk],
        checked: Iterator[CheckedReports],
        advance: Callable[[int], None],
    ) -> None:
        """Do one run again: its checks, its cross-checks, and the withdrawals around them."""
        replay_run(self._warehouse, document)
        run_id = document["run"]["id"]
        # They changed what the run compared with: those between this run and the one before, and
        # what its sources took back.
        self._withdraw(document, _first_result(document))
        checks = _checks_of(document)
        for chunk in chunks:
            attempts = {number: record["attempt"] for number, record in chunk.records.items()}
            # Pending, with the number of the attempt of then, under which the check is recorded.
            set_attempt(self._warehouse, attempts)
            submissions = self._purged_submissions(chunk)
            submissions |= self._checked(checks, islice(checked, len(chunk.to_read)))
            for number, record in chunk.records.items():
                if number in submissions:
                    self._load(run_id, record, submissions[number])
            advance(len(chunk.records))
        # A run may have ended before its cross-checks, or had none.
        if document["cross_checked_at"] is not None:
            self._compare(document, self._checker(checks))
        # Those that were made while the run was at work.
        self._withdraw(document, _END_OF_TIME)
        self._rebuilt.runs += 1
        logger.info("rebuild run=%d checked=%d", run_id, len(document["checked"]))

    def _withdraw(self, document: Document, until: datetime) -> None:
        """Replay withdrawals made before `until`. Deliveries already withdrawn are unchanged."""
        for withdrawal in document["withdrawn"]:
            withdrawn_at = datetime.fromisoformat(withdrawal["at"])
            if withdrawn_at < until:
                # The audit trail is replayed with the outbox.
                signature = Signature("", withdrawn_at, withdrawal["reason"])
                withdraw(self._warehouse, withdrawal["delivery"], signature)

    def _checked(
        self,
        checks: _ChecksOfRun,
        deliveries: Iterable[CheckedReports],
    ) -> dict[int, list[Submission]]:
        """Return the submissions of each delivery of which every report could be checked."""
        reports: list[CheckedWithin] = []
        for delivery in deliveries:
            reports += delivery.reports
            if delivery.error is not None:
                self._note_failure(delivery.delivery, delivery.error)
        past = self._past([report.reading for report in reports])
        # A checker keeps all results for Data Docs, which a rebuild does not write.
        checker = self._checker(checks)
        failed: set[int] = set()

        def check_batch(batch: Sequence[CheckedWithin]) -> list[Submission]:
            return checker.check_over_time(batch, past)

        def note_failure(report: CheckedWithin, error: Exception) -> None:
            failed.add(report.reading.delivery.id)
            self._note_failure(report.reading.delivery, error)

        by_delivery: dict[int, list[Submission]] = defaultdict(list)
        for submission in check_isolating_failures(check_batch, reports, note_failure):
            by_delivery[submission.delivery.id].append(submission)
        # A delivery is loaded with all its reports, or not at all.
        return {number: parts for number, parts in by_delivery.items() if number not in failed}

    def _past(self, readings: Sequence[ParsedReport]) -> History:
        requested = history_keys(readings, self._pack.units)
        elements = line_elements(self._pack.forms)
        return past_of(self._warehouse, requested, elements, HISTORY_PERIODS)

    def _checker(self, checks: _ChecksOfRun) -> Checker:
        """Return a checker with today's rules and the waivers that a run had."""
        pack = replace(self._pack, correction_files={"ledger": checks.waivers})
        return Checker(pack, self._rules, checks.title)

    def _purged_submissions(self, chunk: _Chunk) -> dict[int, list[Submission]]:
        """Return the submissions of deliveries whose bytes were purged, from the purge records."""
        found: dict[int, list[Submission]] = {}
        for delivery in chunk.purged:
            check = self._purged_check(delivery, chunk.records[delivery.id]["attempt"])
            if check is not None:
                found[delivery.id] = check.of(delivery)
        return found

    def _purged_check(self, delivery: Delivery, attempt: int) -> PurgedSubmission | None:
        """Return what one check of a purged delivery gave; None if its bytes are there."""
        purge_record = self._purged.get(delivery.sha256 or "")
        if purge_record is None:
            return None
        for check in purge_record.checks:
            if check.delivery == delivery.id and check.attempt == attempt:
                return check
        return None

    def _note_failure(self, delivery: Delivery, error: Exception | str) -> None:
        self._rebuilt.failed.append(f"delivery {delivery.id} ({delivery.name}): {error}")

    def _load(
        self,
        run_id: int,
        record: CheckRecord,
        submissions: Sequence[Submission],
    ) -> None:
        """Record the submissions of a delivery under their old numbers, at the time of then."""
        old_numbers: dict[str, int] = record["submissions"]
        numbers = {}
        for submission in submissions:
            report_no = submission.report_no
            old_number = old_numbers.get(str(report_no))
            # Notices of that time name the old numbers.
            numbers[report_no] = old_number or next(self._unused_numbers)
        # No recipients: the documents have the notices.
        without_recipients = [(submission, None) for submission in submissions]
        load_delivery(
            self._warehouse,
            without_recipients,
            run_id=run_id,
            rule_set_version=self._rules.version,
            now=datetime.fromisoformat(record["at"]),
            numbers=numbers,
        )
        self._rebuilt.attempts += 1

    def _compare(self, document: Document, checker: Checker) -> None:
        """Do the cross-checks of a run again, at the time of then."""
        compared_at = datetime.fromisoformat(document["cross_checked_at"])
        cross_check_current(
            self._warehouse,
            lambda: checker,
            self._rules,
            run_id=document["run"]["id"],
            recipient=_nobody,
            clock=lambda: compared_at,
        )

    def _restore_outbox(self) -> None:
        """Restore the notices and mails of all runs."""
        for notice in replay_outbox(self._warehouse, self._documents):
            self._rebuilt.failed.append(
                f"notice {notice['id']} is about a submission that does not exist any more"
            )

    def _record_arrivals(self) -> None:
        """Record the deliveries that arrived after the last exported run; the next run reads them.

        They came in the run in which the warehouse was lost.
        """
        # A run that was killed before it removed the notes leaves some of known arrivals.
        arrivals = [each for each in read_arrivals(self._archive) if not self._is_known(each)]
        if not arrivals:
            return
        now = datetime.now(UTC)
        # Every delivery belongs to a run.
        run_id = start_run(self._warehouse, vietnam_day(now), self._rules.version, now)
        record_deliveries(self._warehouse, arrivals, run_id=run_id, now=now)
        finish_run(self._warehouse, run_id, RunState.REBUILT, {}, now)
        self._rebuilt.arrived = len(arrivals)

    def _is_known(self, arrival: Arrival) -> bool:
        version = (arrival.offer.external_id, arrival.offer.external_version)
        return version in known_versions(self._warehouse, arrival.source)


def _first_result(document: Document) -> datetime:
    """Return when a run had its first result: of a check, else of its cross-checks."""
    times = [record["at"] for record in document["checked"]]
    if document["cross_checked_at"] is not None:
        times.append(document["cross_checked_at"])
    if not times:
        return _END_OF_TIME
    return min(map(datetime.fromisoformat, times))


def _submission_numbers(documents: Sequence[Document]) -> Iterator[int]:
    """Yield the number of every submission in the documents."""
    for document in documents:
        for record in document["checked"]:
            yield from record["submissions"].values()


def _nobody(_sender: str | None, _unit: str | None) -> None:
    """Name no recipient: the documents have the notices of a cross-check already."""
