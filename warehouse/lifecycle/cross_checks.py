"""Cross-checks in the warehouse: which reports are due for one, and what its findings change."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, false, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.finding import Finding, Severity
from program.records.current_report import CurrentReport
from program.records.letter import NoticeKind
from program.submission import Verdict
from warehouse.database.portions import portions
from warehouse.lifecycle.current import is_current, takes_part_in_cross_checks
from warehouse.lifecycle.current_reports import HAS_FACTS, REPORT, reports_with_facts
from warehouse.lifecycle.reprocess import reject, requeue_cleared
from warehouse.lifecycle.stored_findings import finding_of
from warehouse.outbox.enqueue import NewNotice, enqueue
from warehouse.tables import DeliveryRow, FindingRow, OutboxRow, SubmissionRow

Recipient = Callable[[str | None, str | None], str | None]
"""Gives the address for a notice, from the unit that sent the file and the unit it is about.

None: nobody gets a notice.
"""
_Finding = tuple[int, Finding]
"""A finding and the id of its submission."""


class WarehousePeriodStage(NamedTuple):
    """A period and stage that reports are about."""

    period: str
    stage: Stage


def due_for_cross_check(engine: Engine) -> list[WarehousePeriodStage]:
    """Return the periods and stages that are due for a cross-check.

    Those with a submission that no cross-check has seen, and all others of the same years: a
    quarter is checked with the year that it is a part of. A submission that a cross-check rejected
    is due again after the other side was withdrawn.
    """
    columns = (SubmissionRow.period, SubmissionRow.stage)
    is_new = takes_part_in_cross_checks() & SubmissionRow.compared_at.is_(None)
    new_days = select(SubmissionRow.period_end).where(is_new).distinct()
    with Session(engine) as session:
        years = {day.year for day in session.scalars(new_days) if day is not None}
        in_years = [
            SubmissionRow.period_end.between(date(year, 1, 1), date(year, 12, 31))
            for year in sorted(years)
        ]
        query = select(*columns).where(takes_part_in_cross_checks(), or_(false(), *in_years))
        rows = session.execute(query.distinct().order_by(*columns))
        return [
            WarehousePeriodStage(period, Stage(stage))
            for period, stage in rows
            if period is not None
        ]


def by_year(period_stages: Iterable[WarehousePeriodStage]) -> list[list[WarehousePeriodStage]]:
    """Group them by the year of their periods. Only these are checked with each other."""
    groups: dict[int, list[WarehousePeriodStage]] = defaultdict(list)
    for period_stage in period_stages:
        groups[Period.parse(period_stage.period).year].append(period_stage)
    return [groups[year] for year in sorted(groups)]


def current_report_facts(
    engine: Engine,
    period_stages: Collection[WarehousePeriodStage],
    elements: Mapping[str, Collection[str]],
) -> list[CurrentReport]:
    """Return the current reports about `period_stages`, ordered by unit.

    Each has those of its facts that are `elements` of its form.
    """
    query = (
        select(*REPORT)
        .where(
            is_current(),
            is_about(period_stages),
            SubmissionRow.form_code.in_(elements),
            HAS_FACTS,
        )
        .order_by(SubmissionRow.unit_code, SubmissionRow.form_code, SubmissionRow.id)
    )
    with engine.connect() as connection:
        keys = list(connection.execute(query).tuples())
        return reports_with_facts(connection, keys, elements)


def record_cross_check(
    engine: Engine,
    period_stages: Collection[WarehousePeriodStage],
    found: Iterable[tuple[int, Finding]],
    *,
    run_id: int,
    recipient: Recipient,
    now: datetime,
    cleared: Collection[int] = (),
) -> int:
    """Make the cross-check findings of the current reports about `period_stages` equal to `found`.

    One transaction, idempotent. Findings that no longer hold are closed, new ones are inserted, and
    the verdicts follow. Each submission with a new question gets one notice. A submission with a
    new critical finding is rejected. Of `cleared`, those that an earlier cross-check rejected are
    requeued.

    Returns:
        How many findings are new.
    """
    with Session(engine) as session, session.begin():
        change = _compare_findings(session, period_stages, found)
        for row in change.ended:
            row.closed_at = now
        _insert(session, change.new, now)
        # The verdicts follow from what the table holds now.
        session.flush()
        submissions = _submissions(session, change.submission_ids)
        _renew_verdicts(session, submissions)
        requeue_cleared(session, cleared)
        # After the verdicts: a rejection is stronger than what follows from the findings.
        for number in change.rejected_ids:
            reject(session, submissions[number], now)
        _enqueue_notices(session, change.new, submissions, run_id, recipient, now)
        # Before the statement below, which writes to the same rows.
        session.flush()
        _mark_cross_checked(session, period_stages, now)
        return len(change.new)


def is_about(period_stages: Collection[WarehousePeriodStage]) -> ColumnElement[bool]:
    """SQL condition: the submission is about one of `period_stages`."""
    pairs = [(period_stage.period, period_stage.stage.value) for period_stage in period_stages]
    return tuple_(SubmissionRow.period, SubmissionRow.stage).in_(pairs)


@dataclass(frozen=True, slots=True)
class _Change:
    """What a cross-check changes: findings that are new, and rows that no longer hold."""

    new: list[_Finding]
    ended: list[FindingRow]

    @property
    def submission_ids(self) -> set[int]:
        """The submissions whose findings change."""
        with_new = {number for number, _ in self.new}
        with_ended = {row.submission_id for row in self.ended}
        return with_new | with_ended

    @property
    def rejected_ids(self) -> list[int]:
        """The submissions with a new critical finding, in the order of their numbers."""
        critical = {number for number, finding in self.new if finding.severity is Severity.CRITICAL}
        return sorted(critical)


def _compare_findings(
    session: Session,
    period_stages: Collection[WarehousePeriodStage],
    found: Iterable[_Finding],
) -> _Change:
    """Return how `found` differs from the open cross-check findings on record."""
    is_checked = is_current() & is_about(period_stages)
    # Only what is current can get findings: a report may have been closed since it was read.
    query = select(SubmissionRow.id).where(is_checked)
    current_ids = set(session.scalars(query))
    # A dict, not a set: each finding once, in the order in which it was found.
    wanted: dict[_Finding, None] = {}
    for number, finding in found:
        if number in current_ids:
            wanted[number, finding] = None
    on_record = _open_findings(session, is_checked)
    return _Change(
        new=[each for each in wanted if each not in on_record],
        ended=[row for each, row in on_record.items() if each not in wanted],
    )


def _open_findings(session: Session, is_checked: ColumnElement[bool]) -> dict[_Finding, FindingRow]:
    """Return the open findings that cross-checks brought."""
    query = select(FindingRow).where(
        FindingRow.submission_id.in_(select(SubmissionRow.id).where(is_checked)),
        FindingRow.cross_check_found_at.is_not(None),
        FindingRow.closed_at.is_(None),
    )
    return {(row.submission_id, finding_of(row)): row for row in session.scalars(query)}


def _insert(session: Session, findings: Sequence[_Finding], now: datetime) -> None:
    """Insert findings after those that their submissions have already."""
    last_positions = _last_positions(session, {number for number, _ in findings})
    rows = []
    for number, finding in findings:
        # Positions count from 0.
        position = last_positions.get(number, -1) + 1
        last_positions[number] = position
        row = asdict(finding) | {
            "severity": finding.severity.value,
            "submission_id": number,
            "position": position,
            "cross_check_found_at": now,
        }
        rows.append(row)
    if rows:
        session.execute(insert(FindingRow), rows)


def _last_positions(session: Session, submissions: Collection[int]) -> dict[int, int]:
    """Return the position of the last finding of each submission that has one."""
    positions: dict[int, int] = {}
    for portion in portions(sorted(submissions)):
        query = (
            select(FindingRow.submission_id, func.max(FindingRow.position))
            .where(FindingRow.submission_id.in_(portion))
            .group_by(FindingRow.submission_id)
        )
        positions.update(session.execute(query).tuples().all())
    return positions


def _submissions(session: Session, numbers: Collection[int]) -> dict[int, SubmissionRow]:
    rows: dict[int, SubmissionRow] = {}
    for portion in portions(sorted(numbers)):
        found = session.scalars(select(SubmissionRow).where(SubmissionRow.id.in_(portion)))
        rows |= {row.id: row for row in found}
    return rows


def _renew_verdicts(session: Session, submissions: Mapping[int, SubmissionRow]) -> None:
    """Set the verdicts of accepted submissions by their open findings."""
    flagged: set[int] = set()
    for portion in portions(list(submissions)):
        query = select(FindingRow.submission_id).where(
            FindingRow.submission_id.in_(portion),
            FindingRow.closed_at.is_(None),
            FindingRow.severity != Severity.INFO.value,
        )
        flagged |= set(session.scalars(query))
    for number, row in submissions.items():
        verdict = Verdict.ACCEPTED_WITH_WARNINGS if number in flagged else Verdict.ACCEPTED
        row.verdict = verdict.value


def _enqueue_notices(
    session: Session,
    findings: Iterable[_Finding],
    submissions: Mapping[int, SubmissionRow],
    run_id: int,
    recipient: Recipient,
    now: datetime,
) -> None:
    """Put one notice into the outbox for each submission with a question that is really new."""
    notices = []
    for number, questions in _questions(findings).items():
        submission = submissions[number]
        if _was_asked_before(session, submission, questions):
            continue
        delivery = session.get_one(DeliveryRow, submission.delivery_id)
        address = recipient(delivery.sender_unit, submission.unit_code)
        if address is not None:
            notice = NewNotice(
                NoticeKind.CROSS_CHECKED,
                address,
                now,
                number,
                run_id=run_id,
            )
            notices.append(notice)
    enqueue(session, notices)


def _questions(findings: Iterable[_Finding]) -> dict[int, set[Finding]]:
    """Return what the senders of submissions are to look at. Notes (`info`) are never mailed."""
    questions: dict[int, set[Finding]] = defaultdict(set)
    for number, finding in findings:
        if finding.severity is not Severity.INFO:
            questions[number].add(finding)
    return questions


def _was_asked_before(
    session: Session,
    submission: SubmissionRow,
    questions: set[Finding],
) -> bool:
    """Tell whether a notice about an earlier check of the same bytes asked all `questions`."""
    if submission.attempt == 1:
        return False
    # Only what a notice asked counts: some findings had no address to go to.
    is_cross_check = OutboxRow.kind == NoticeKind.CROSS_CHECKED
    query = (
        select(FindingRow)
        .join(SubmissionRow, SubmissionRow.id == FindingRow.submission_id)
        .where(
            SubmissionRow.delivery_id == submission.delivery_id,
            SubmissionRow.report_no == submission.report_no,
            SubmissionRow.attempt < submission.attempt,
            FindingRow.cross_check_found_at.is_not(None),
            SubmissionRow.id.in_(select(OutboxRow.submission_id).where(is_cross_check)),
        )
    )
    asked_before = {finding_of(row) for row in session.scalars(query)}
    return questions <= asked_before


def _mark_cross_checked(
    session: Session,
    period_stages: Collection[WarehousePeriodStage],
    now: datetime,
) -> None:
    session.execute(
        update(SubmissionRow)
        .where(takes_part_in_cross_checks(), is_about(period_stages))
        .values(compared_at=now)
        # The session ends here: its objects need not follow.
        .execution_options(synchronize_session=False)
    )
