"""The steps of a run as plain functions. A step joins packages that do not know each other.

Prefect is not used here: `flows.nightly` wraps each step in a task.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from expectations.run.isolate_failures import check_isolating_failures
from flows.mail.mail_transport import transport_of
from flows.mail.send_letters import MailContext, send_letters
from flows.night.cross_checks import cross_check_current
from flows.night.progress import report
from flows.night.reminders import enqueue_follow_ups
from flows.night.run_context import RunContext
from flows.recovery.verify import verify_part
from program.delivery import Delivery
from program.errors import ArchiveError
from program.machine.file_access import public_files
from program.parsed_report import ParsedReport
from program.records.history import History, history_keys
from program.submission import Submission, Verdict
from program.vietnamese import vietnam_day
from publish.mail.channels import office_channels
from publish.marking.download_links import remove_expired_downloads
from publish.reports.office_inbox import office_inbox
from warehouse.database.views import ready_for_questions
from warehouse.lifecycle.explanations import record_explanations
from warehouse.lifecycle.reprocess import newly_waived, requeue
from warehouse.load import CheckedDelivery, load_deliveries
from warehouse.outbox.acknowledgements import enqueue_acknowledgements
from warehouse.outbox.morning import enqueue_morning
from warehouse.queries.published_runs import verdicts_of_run

logger = logging.getLogger("mtqg.steps")


@dataclass(frozen=True, slots=True)
class _DeliveryParts:
    """The checked submissions of one delivery."""

    delivery: Delivery
    submissions: Sequence[Submission]


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
    from connectors.reader.reader_pool import Unread  # noqa: PLC0415

    def content_of(delivery: Delivery) -> bytes | None:
        return run.archive.get(delivery.sha256) if delivery.sha256 else None

    readings = []
    read: set[int] = set()
    report("read", run.pending_done, run.pending_total)
    for outcome in run.readers.read(deliveries, content_of):
        # A workbook of several reports has several outcomes.
        read.add(outcome.delivery.id)
        report("read", run.pending_done + len(read), run.pending_total)
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
    report("check", run.pending_done, run.pending_total)
    past = _past(run, readings)

    def check_batch(batch: Sequence[ParsedReport]) -> list[Submission]:
        return run.checker.check(batch, past)

    def skip_until_next_run(reading: ParsedReport, error: Exception) -> None:
        run.skip_until_next_run(reading.delivery, error)

    return check_isolating_failures(check_batch, readings, skip_until_next_run)


def _past(run: RunContext, readings: Sequence[ParsedReport]) -> History:
    """Return the earlier reports that these parsed reports are compared with."""
    return run.past_reader.past_of(history_keys(readings, run.pack.units))


def load(run: RunContext, submissions: Sequence[Submission]) -> None:
    """Record the submissions with their facts, findings and notices: all of a delivery or nothing.

    A delivery waits as a whole if one of its reports could not be checked. The submissions of one
    delivery must stand together.
    """
    report("load", run.pending_done, run.pending_total)
    checked = [parts for parts in _by_delivery(submissions) if not run.is_skipped(parts.delivery)]
    for parts, facts in zip(checked, _load(run, checked), strict=True):
        if facts is None:
            if not run.is_skipped(parts.delivery):
                run.count_duplicate(parts.delivery)
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

    None stands for a duplicate, and for a delivery that could not be recorded. All deliveries are
    one transaction. If it fails, each gets its own, so that only the faulty ones wait.
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
    # After a large load the database plans the questions of this step and the next ones badly.
    # Where intakes load what comes, the nightly run often loads nothing itself.
    if run.summary.verdicts or run.summary.by_intakes:
        ready_for_questions(run.warehouse)
    run.summary.compared = cross_check_current(
        run.warehouse,
        lambda: run.checker,
        run.rules,
        run_id=run.run_id,
        recipient=partial(_recipient, run, Verdict.ACCEPTED_WITH_WARNINGS),
        clock=run.now,
    )
    # A cross-check changes verdicts, and pages and mails count those of the ledger.
    verdicts = verdicts_of_run(run.warehouse, run.run_id)
    run.summary.verdicts = Counter({kind.value: count for kind, count in verdicts.items()})


def write_data_docs(run: RunContext) -> None:
    """Write the Data Docs of this run's checks. A run that checked nothing has none."""
    if run.summary.verdicts:
        from publish.site.site import docs_folder  # noqa: PLC0415  (an intake may do without)

        with public_files():
            folder = docs_folder(run.settings, run.run_id)
            run.summary.data_docs = str(run.checker.publish_docs(folder))


def publish(run: RunContext) -> None:
    """Write the Data Docs of this run's checks and the page of all current reports."""
    # An intake publishes nothing: it does not import what does.
    from publish.site.site import prune_docs, publish_site  # noqa: PLC0415

    write_data_docs(run)
    with public_files():
        page = publish_site(run.warehouse, run.pack, run.settings, run.now())
    run.summary.page = str(page)
    # Together with the pages, which link to the kept Data Docs only.
    prune_docs(run.warehouse, run.settings)


def export(run: RunContext) -> None:
    """Write the data for others and the reports, and queue the mail that tells the office of news.

    What has not changed since the last run stays as it is. What holds contacts is not on the site.
    A part that fails is an error of the run and stops no other: a wrong tag in a form of the pack
    must not keep the office from its mail.
    """
    parts = {"data": _write_data, "reports": _write_reports, "office": _write_office}
    for name, part in parts.items():
        try:
            part(run)
        except Exception as error:  # the boundary of one part
            logger.exception("export part=%s", name)
            run.fail(f"export {name}: {type(error).__name__}: {error}")
    # After the files that go with the mail.
    recipients = [channel.label for channel in office_channels(run.settings)]
    if run.pack.correspondence.mailing.morning_mail:
        recipients.append(run.pack.correspondence.office.email)
    if recipients:
        enqueue_morning(run.warehouse, recipients, run.now())


def _write_data(run: RunContext) -> None:
    # As in `publish`.
    from publish.data.package import write_data  # noqa: PLC0415
    from publish.national.partition import national_folder, write_partition  # noqa: PLC0415

    package = run.settings.site / "data"
    with public_files():
        write_data(run.warehouse, run.pack, package, is_ours=True)
    # In one part: the country gets no package that is half of an earlier run.
    if run.settings.national_url:
        folder = national_folder(run.settings)
        site = run.settings.site_url
        write_partition(run.warehouse, run.pack, package, folder, site=site, now=run.now())


def _write_reports(run: RunContext) -> None:
    from publish.reports.office_reports import write_reports  # noqa: PLC0415  (as in `publish`)

    folder, kept = run.settings.site / "reports", run.settings.kept
    with public_files():
        write_reports(run.warehouse, run.pack, folder, is_ours=True, kept=kept)


def _write_office(run: RunContext) -> None:
    from publish.reports.office_reports import write_office_files  # noqa: PLC0415

    write_office_files(run.warehouse, run.pack, run.settings.office, is_ours=True)


def verify(run: RunContext) -> None:
    """Verify a part of the archive. What is damaged is an error of the run."""
    for problem in verify_part(run.warehouse, run.archive, vietnam_day(run.now())).problems:
        run.fail(problem)


def explain(run: RunContext) -> None:
    """Record what senders wrote in reply to letters, and acknowledge it.

    After the load: it knows the new versions.
    """
    run.summary.explanations = record_explanations(run.warehouse, run.run_id, run.now())
    inbox = office_inbox(run.warehouse, run.rules.confirmable)
    run.summary.waiting_for_office = len(inbox)
    enqueue_acknowledgements(run.warehouse, inbox.explanations, run.now())
    if run.summary.explanations:
        logger.info("explain replies=%d", run.summary.explanations)


def remind(run: RunContext) -> None:
    """Queue the notices that follow from the ledger: all clear, waived, still open, missing."""
    enqueue_follow_ups(run.warehouse, run.pack, run.as_of, run.now())


def alert(run: RunContext) -> None:
    """Send the letters of the outbox. What cannot be sent stays there; the operator learns why."""
    context = MailContext(
        run.warehouse,
        run.pack,
        run.settings,
        run.archive.get,
        run.as_of,
        clock=run.now,
    )
    outcome = send_letters(context, transport_of(run.settings))
    # Workbooks behind download links go when no letter promises them any more.
    remove_expired_downloads(run.settings, run.now())
    run.summary.mails_written = outcome.sent
    run.summary.mails_waiting = outcome.waiting
    for error in outcome.errors:
        run.fail(error)
