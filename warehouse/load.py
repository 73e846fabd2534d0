"""Record checked deliveries: verdicts, findings, facts, history and notices, all or nothing.

Many deliveries are one transaction. It reads once the stored versions of their reports, orders the
versions in memory (`warehouse.lifecycle.versions`), and writes every table once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeAlias

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from program.finding import Finding, Severity
from program.records.letter import NoticeKind
from program.submission import Fact, Submission
from warehouse.database.bulk import insert_rows, next_ids
from warehouse.database.portions import portions
from warehouse.lifecycle.duplicates import Candidate, DuplicateFinder
from warehouse.lifecycle.reprocess import requeue_replaced, was_mailed
from warehouse.lifecycle.stored_findings import findings_of_check
from warehouse.lifecycle.versions import (
    Content,
    ReportKey,
    Turn,
    Version,
    VersionHistory,
    report_key,
)
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, FactRow, FindingRow, SubmissionRow

Addressed: TypeAlias = tuple[Submission, str | None]
"""A submission and the address that gets a notice about it; None: nobody."""
_NO_NUMBERS: Mapping[int, int] = {}
_FINDING_COLUMNS = (
    "rule",
    "severity",
    "message",
    "fix",
    "expected",
    "sheet",
    "cell",
    "value",
    "waived_by",
)
_finding_cells = attrgetter(*_FINDING_COLUMNS)


@dataclass(frozen=True, slots=True)
class CheckedDelivery:
    """All submissions of one delivery, and the moment at which they are recorded.

    `numbers` are the submissions' ids by `report_no`, where a warehouse is rebuilt and they keep
    the ids that they had. Otherwise it is empty, and new ids are given.
    """

    submissions: Sequence[Addressed]
    now: datetime
    numbers: Mapping[int, int] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The number of the delivery in the ledger."""
        first, _ = self.submissions[0]
        return first.delivery.id

    @property
    def loads(self) -> bool:
        """Tell whether every submission was accepted, so that its facts enter the warehouse."""
        return all(submission.verdict.loads for submission, _ in self.submissions)

    @property
    def facts(self) -> int:
        """How many facts its submissions hold."""
        return sum(len(submission.facts) for submission, _ in self.submissions)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A delivery that waits to be recorded.

    `is_late`: it arrived in an earlier run, and later deliveries may be on record already.
    """

    turn: Turn
    attempt: int
    is_late: bool
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class _Entry:
    """A submission with its place among the versions of its report.

    `recipient`: the address that gets a notice about it; None: nobody.
    """

    submission: Submission
    version: Version
    now: datetime
    recipient: str | None


def load_delivery(
    engine: Engine,
    submissions: Sequence[Addressed],
    *,
    run_id: int,
    rule_set_version: str,
    now: datetime,
    numbers: Mapping[int, int] = _NO_NUMBERS,
) -> int | None:
    """Record all submissions of one delivery, as `load_deliveries` does for many.

    Returns the number of facts; None for a delivery that was on record already.
    """
    checked = CheckedDelivery(submissions, now, numbers)
    return load_deliveries(engine, [checked], run_id=run_id, rule_set_version=rule_set_version)[0]


def load_deliveries(
    engine: Engine, checked: Sequence[CheckedDelivery], *, run_id: int, rule_set_version: str
) -> list[int | None]:
    """Record checked deliveries, in the order given, in one transaction.

    If one of them cannot be recorded, none is: the caller then tries each alone. Idempotent: a
    delivery that is on record already is not recorded again.

    An accepted version closes the facts of the version before it (`known_to`). A rejected version
    never replaces an accepted one. It closes an earlier check of its own delivery that a waiver
    accepted which is in force no longer; what that had replaced is requeued. A delivery that is
    checked again, or that arrived in an earlier run, replaces its own earlier check, but never the
    report of a later delivery. A sender gets no second notice with the same verdict and findings. A
    delivery whose content is that of the latest version of each of its reports becomes a duplicate:
    no submission and no notice comes of it.

    Returns:
        For each delivery how many facts were loaded; None if it was on record already, or is a
        duplicate.
    """
    with Session(engine) as session, session.begin():
        waiting = _waiting(session, [each.id for each in checked], run_id)
        due = [each for each in checked if each.id in waiting]
        history = _read_history(session, due, waiting)
        duplicates = DuplicateFinder(session, history)
        entries = list(_entries(session, due, waiting, history, duplicates))
        # In this order: no two rows may have one number, and a closed row points to its successor.
        history.save_numbers(session)
        _insert_submissions(session, entries, run_id, rule_set_version)
        history.save_ends(session)
        for ended in history.ended_without_successor():
            requeue_replaced(session, ended.id, ended.turn.delivery_id)
        _insert_findings(session, entries)
        _insert_facts(session, entries)
        _enqueue_notices(session, entries)
        processed = waiting.keys() - duplicates.found.keys()
        _mark_processed(session, sorted(processed))
        _mark_duplicates(session, duplicates.found, run_id)
    return [each.facts if each.id in processed else None for each in checked]


def _waiting(session: Session, deliveries: Sequence[int], run_id: int) -> dict[int, _Waiting]:
    """Return those of `deliveries` that are not on record yet, by their number."""
    found = {}
    for portion in portions(deliveries):
        for row in session.execute(_ARRIVED.where(DeliveryRow.id.in_(portion))):
            turn = Turn(row.received_at, row.id)
            content = Content(row.sha256, row.sender_unit)
            candidate = Candidate(row.id, content, row.duplicate_of_id)
            is_late = row.arrived_in != run_id
            found[row.id] = _Waiting(turn, row.attempt, is_late, candidate)
    return found


_zip = aliased(DeliveryRow)
_ARRIVED = (
    select(
        DeliveryRow.id,
        DeliveryRow.attempt,
        DeliveryRow.received_at,
        DeliveryRow.sha256,
        DeliveryRow.sender_unit,
        DeliveryRow.duplicate_of_id,
        # A member of a zip arrived with the zip, in whichever run that was unpacked.
        func.coalesce(_zip.run_id, DeliveryRow.run_id).label("arrived_in"),
    )
    .outerjoin(_zip, _zip.id == DeliveryRow.archive_delivery_id)
    .where(DeliveryRow.state == DeliveryState.RECEIVED)
)


def _read_history(
    session: Session,
    due: Sequence[CheckedDelivery],
    waiting: Mapping[int, _Waiting],
) -> VersionHistory:
    """Return the versions on record of the reports in `due`."""
    reports: set[ReportKey | None] = set()
    for each in due:
        reports |= {_report_of(submission) for submission, _ in each.submissions}
    # Their earlier checks may be of other reports.
    checked_before = [number for number, delivery in waiting.items() if delivery.attempt > 1]
    return VersionHistory.read(session, reports, checked_before)


def _report_of(submission: Submission) -> ReportKey | None:
    period = submission.period.code if submission.period else None
    return report_key(submission.form_code, submission.unit_code, period, submission.stage.value)


def _entries(
    session: Session,
    due: Sequence[CheckedDelivery],
    waiting: Mapping[int, _Waiting],
    history: VersionHistory,
    duplicates: DuplicateFinder,
) -> Iterator[_Entry]:
    """Yield each submission with its version, delivery by delivery; adds them to `history`.

    The deliveries that are duplicates are added to `duplicates` instead.
    """
    new_ids = _new_ids(session, due)
    for each in due:
        delivery = waiting[each.id]
        if _is_duplicate(each, delivery, duplicates):
            continue
        content = delivery.candidate.content
        versions = []
        for submission, recipient in each.submissions:
            number = each.numbers.get(submission.report_no) or next(new_ids)
            known_from = each.now if submission.verdict.loads else None
            version = Version(
                number, delivery.turn, delivery.attempt, content, known_from=known_from
            )
            _place(history, _report_of(submission), version, is_late=delivery.is_late)
            versions.append(version)
            # A sender gets no second mail that says the same.
            notified = recipient
            if recipient and was_mailed(session, each.id, delivery.attempt, submission):
                notified = None
            yield _Entry(submission, version, each.now, notified)
        # A check that rejects one report leaves in force what the earlier check accepted, unless a
        # waiver accepted it that is in force no longer.
        if delivery.attempt > 1 and each.loads:
            history.end_earlier(versions[0], each.now)
        elif delivery.attempt > 1:
            _end_once_waived(session, history, each)


def _end_once_waived(session: Session, history: VersionHistory, each: CheckedDelivery) -> None:
    """Close what an earlier check accepted although it had a finding that is critical now.

    The earlier check had it as a note, because it was waived.
    """
    critical = set()
    for submission, _ in each.submissions:
        for finding in submission.findings:
            if finding.severity is Severity.CRITICAL:
                critical.add(_question(finding))
    for version in history.current_of_delivery(each.id):
        findings = findings_of_check(session, version.id)
        waived = {_question(finding) for finding in findings if finding.waived_by}
        if waived & critical:
            # The clock may have been set back: a version does not end before it began.
            version.end(max(each.now, version.known_from or each.now), None)


def _question(finding: Finding) -> tuple[str, str | None, str | None, str | None]:
    return finding.rule, finding.sheet, finding.cell, finding.value


def _is_duplicate(each: CheckedDelivery, delivery: _Waiting, duplicates: DuplicateFinder) -> bool:
    # What was checked before is no duplicate, in a rebuild either: it keeps its numbers.
    if delivery.attempt > 1 or each.numbers:
        return False
    reports = (_report_of(submission) for submission, _ in each.submissions)
    return duplicates.is_duplicate(delivery.candidate, reports)


def _new_ids(session: Session, due: Sequence[CheckedDelivery]) -> Iterator[int]:
    """Return new ids for all submissions of `due` that keep none from an earlier warehouse."""
    count = 0
    for each in due:
        count += sum(submission.report_no not in each.numbers for submission, _ in each.submissions)
    return iter(next_ids(session.connection(), SubmissionRow.__tablename__, count))


def _place(
    history: VersionHistory,
    report: ReportKey | None,
    version: Version,
    *,
    is_late: bool,
) -> None:
    """Give a version its number among those of its report, and close the version it replaces.

    If the report of a later delivery is current, the new version is closed itself.
    """
    if report is not None:
        is_again = version.attempt > 1
        history.number_next(report, version)
        # A delivery that is checked again keeps its earlier versions: the new one comes last.
        if is_late and not is_again:
            history.number_by_turn(report, version)
        later = None
        if is_late or is_again:
            later = history.newer_current(report, version.turn)
        if version.known_from is not None and later is not None:
            version.end(version.known_from, later.id)
        elif version.known_from is not None:
            history.supersede(report, version, version.known_from)
    history.add(report, version)


def _insert_submissions(
    session: Session,
    entries: Sequence[_Entry],
    run_id: int,
    rule_set_version: str,
) -> None:
    common = {"run_id": run_id, "rule_set_version": rule_set_version}
    rows = [_submission_values(entry) | common for entry in entries]
    if rows:
        session.connection().execute(insert(SubmissionRow), rows)


def _submission_values(entry: _Entry) -> dict[str, Any]:
    submission, version = entry.submission, entry.version
    period = submission.period
    values_read = submission.values_read
    if values_read is None:
        values_read = len(submission.facts)
    return {
        "id": version.id,
        "delivery_id": submission.delivery.id,
        "attempt": version.attempt,
        "report_no": submission.report_no,
        "form_code": submission.form_code,
        "form_version": submission.form_version,
        "unit_code": submission.unit_code,
        "period": period.code if period else None,
        "period_end": period.end if period else None,
        "stage": submission.stage.value,
        "version": version.number,
        "verdict": submission.verdict.value,
        "loaded_at": entry.now,
        "known_from": version.known_from,
        "values_read": values_read,
    }


def _insert_findings(session: Session, entries: Sequence[_Entry]) -> None:
    rows = []
    for entry in entries:
        for position, finding in enumerate(entry.submission.findings):
            rows.append((entry.version.id, position, *_finding_cells(finding)))
    if rows:
        columns = ("submission_id", "position", *_FINDING_COLUMNS)
        insert_rows(session.connection(), FindingRow.__tablename__, columns, rows)


def _insert_facts(session: Session, entries: Sequence[_Entry]) -> None:
    rows = []
    for entry in entries:
        submission_id = entry.version.id
        rows += [(submission_id, *fact) for fact in entry.submission.facts]
    if rows:
        columns = ("submission_id", *Fact._fields)
        insert_rows(session.connection(), FactRow.__tablename__, columns, rows)


def _enqueue_notices(session: Session, entries: Sequence[_Entry]) -> None:
    notices = [
        NewNotice(
            NoticeKind.CHECKED,
            entry.recipient,
            entry.now,
            entry.version.id,
            verdict=entry.submission.verdict,
        )
        for entry in entries
        if entry.recipient is not None
    ]
    enqueue(session, notices)


def _mark_processed(session: Session, deliveries: Sequence[int]) -> None:
    for portion in portions(deliveries):
        statement = update(DeliveryRow).where(DeliveryRow.id.in_(portion))
        # It is a version of its own, whatever it was a candidate for.
        processed = statement.values(state=DeliveryState.PROCESSED, duplicate_of_id=None)
        session.connection().execute(processed)


def _mark_duplicates(session: Session, originals: Mapping[int, int], run_id: int) -> None:
    for number, original in originals.items():
        # The run that found it, so that the document of this run has it in the replay log.
        session.connection().execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == number)
            .values(state=DeliveryState.DUPLICATE, duplicate_of_id=original, run_id=run_id)
        )
