"""Comparing submissions: what is believed and not compared yet, and the findings that a comparison brings or ends."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from program.current import CurrentReport
from program.finding import Finding, Severity
from program.period import Period
from program.stage import Stage
from program.submission import Verdict
from warehouse.believed import is_believed, is_heard
from warehouse.current import HAS_FACTS, REPORT, reports_with_facts
from warehouse.findings import finding_of
from warehouse.load import COMPARED, PENDING
from warehouse.portions import portions
from warehouse.rejudging import hear_again, take_out
from warehouse.tables import DeliveryRow, FindingRow, OutboxRow, SubmissionRow

Recipient = Callable[[str | None, str | None], str | None]
"""Whom to write to about what a sender sent about a unit; None: nobody."""


class Occasion(NamedTuple):
    """A period and stage about which something new is believed."""

    period: str
    stage: Stage


def uncompared(engine: Engine) -> list[Occasion]:
    """Return the periods and stages about which something was not compared yet, and those that end on the same days.

    A fourth quarter is compared with the year that it closes. What a comparison took out is to be compared anew where the other
    side was withdrawn.
    """
    columns = (SubmissionRow.period, SubmissionRow.stage)
    is_new = is_heard() & SubmissionRow.compared_at.is_(None)
    ends = select(SubmissionRow.period_end).where(is_new)
    query = select(*columns).where(is_heard(), is_new | SubmissionRow.period_end.in_(ends)).distinct().order_by(*columns)
    with Session(engine) as session:
        return [Occasion(period, Stage(stage)) for period, stage in session.execute(query) if period is not None]


def by_last_day(occasions: Iterable[Occasion]) -> list[list[Occasion]]:
    """Return the occasions that end on one day together: only these are compared with each other."""
    ending: dict[date, list[Occasion]] = defaultdict(list)
    for occasion in occasions:
        ending[Period.parse(occasion.period).end].append(occasion)
    return [ending[day] for day in sorted(ending)]


def believed_reports(
    engine: Engine, occasions: Collection[Occasion], elements: Mapping[str, Collection[str]]
) -> list[CurrentReport]:
    """Return the reports that are believed now about `occasions`, by unit.

    Each has those of its facts that are `elements` of its form.
    """
    query = (
        select(*REPORT)
        .where(is_believed(), is_about(occasions), SubmissionRow.form_code.in_(elements), HAS_FACTS)
        .order_by(SubmissionRow.unit_code, SubmissionRow.form_code, SubmissionRow.id)
    )
    with engine.connect() as connection:
        keys = list(connection.execute(query).tuples())
        return reports_with_facts(connection, keys, elements)


def record_comparison(
    engine: Engine,
    occasions: Collection[Occasion],
    found: Iterable[tuple[int, Finding]],
    *,
    run_id: int,
    recipient: Recipient,
    now: datetime,
    cleared: Collection[int] = (),
) -> int:
    """Make the findings by comparison of what is believed about `occasions` equal to `found`; return how many are new.

    In one transaction: findings that hold no more are closed, new ones put on record, verdicts follow, and whoever is newly
    asked gets one notice a submission; one that is asked critically is believed no longer. Those of `cleared`
    that an earlier comparison took out are judged again by the next night. Saying the same twice changes nothing.
    """
    with Session(engine) as session, session.begin():
        is_compared = is_believed() & is_about(occasions)
        believed = set(session.scalars(select(SubmissionRow.id).where(is_compared)))
        wanted = dict.fromkeys(key for key in found if key[0] in believed)
        standing = _standing(session, is_compared)
        ended = [row for key, row in standing.items() if key not in wanted]
        fresh = [key for key in wanted if key not in standing]
        for ending in ended:
            ending.closed_at = now
        _insert(session, fresh, now)
        session.flush()
        changed = {number for number, _ in fresh} | {row.submission_id for row in ended}
        submissions = _submissions(session, changed)
        _renew_verdicts(session, submissions)
        hear_again(session, cleared)
        for number in sorted({number for number, finding in fresh if finding.severity is Severity.CRITICAL}):
            take_out(session, submissions[number], now)
        for number, findings in _asked(fresh).items():
            if not _was_asked(session, submissions[number], findings):
                _owe_notice(session, submissions[number], run_id, recipient, now)
        session.flush()
        session.execute(
            update(SubmissionRow)
            .where(is_heard(), is_about(occasions))
            .values(compared_at=now)
            .execution_options(synchronize_session=False)
        )
        return len(fresh)


def is_about(occasions: Collection[Occasion]) -> ColumnElement[bool]:
    """Return the condition that a submission is about one of `occasions`."""
    return tuple_(SubmissionRow.period, SubmissionRow.stage).in_([(o.period, o.stage.value) for o in occasions])


def _standing(
    session: Session,
    is_compared: ColumnElement[bool],
) -> dict[tuple[int, Finding], FindingRow]:
    """Return the findings by comparison that hold so far."""
    rows = session.scalars(
        select(FindingRow).where(
            FindingRow.submission_id.in_(select(SubmissionRow.id).where(is_compared)),
            FindingRow.compared_at.is_not(None),
            FindingRow.closed_at.is_(None),
        )
    )
    return {(row.submission_id, finding_of(row)): row for row in rows}


def _insert(session: Session, fresh: Sequence[tuple[int, Finding]], now: datetime) -> None:
    last: dict[int, int] = {}
    for portion in portions(sorted({number for number, _ in fresh})):
        query = (
            select(FindingRow.submission_id, func.max(FindingRow.position))
            .where(FindingRow.submission_id.in_(portion))
            .group_by(FindingRow.submission_id)
        )
        last.update(session.execute(query).tuples().all())
    rows = []
    for number, finding in fresh:
        last[number] = last.get(number, -1) + 1
        row = asdict(finding) | {"severity": finding.severity.value}
        rows.append({"submission_id": number, "position": last[number], "compared_at": now, **row})
    if rows:
        session.execute(insert(FindingRow), rows)


def _submissions(session: Session, numbers: Collection[int]) -> dict[int, SubmissionRow]:
    rows: dict[int, SubmissionRow] = {}
    for portion in portions(sorted(numbers)):
        found = session.scalars(select(SubmissionRow).where(SubmissionRow.id.in_(portion)))
        rows |= {row.id: row for row in found}
    return rows


def _renew_verdicts(session: Session, submissions: Mapping[int, SubmissionRow]) -> None:
    """Give submissions that are believed the verdict by the findings that stand at them now."""
    flagged: set[int] = set()
    for portion in portions(list(submissions)):
        is_flagging = FindingRow.closed_at.is_(None) & (FindingRow.severity != Severity.INFO.value)
        is_of_portion = FindingRow.submission_id.in_(portion)
        query = select(FindingRow.submission_id).where(is_of_portion, is_flagging)
        flagged |= set(session.scalars(query))
    for number, row in submissions.items():
        verdict = Verdict.ACCEPTED_WITH_WARNINGS if number in flagged else Verdict.ACCEPTED
        row.verdict = verdict.value


def _asked(fresh: Iterable[tuple[int, Finding]]) -> dict[int, set[Finding]]:
    """Return what the senders of submissions are asked to look at; notes are never mailed."""
    asked: dict[int, set[Finding]] = defaultdict(set)
    for number, finding in fresh:
        if finding.severity is not Severity.INFO:
            asked[number].add(finding)
    return asked


def _was_asked(session: Session, submission: SubmissionRow, asked: set[Finding]) -> bool:
    """Tell whether an earlier judgement of the same bytes was asked all this: who sent them is not asked twice."""
    told = (
        select(FindingRow)
        .join(SubmissionRow, SubmissionRow.id == FindingRow.submission_id)
        .where(
            SubmissionRow.delivery_id == submission.delivery_id,
            SubmissionRow.part == submission.part,
            SubmissionRow.judgement < submission.judgement,
            FindingRow.compared_at.is_not(None),
            SubmissionRow.id.in_(select(OutboxRow.submission_id).where(OutboxRow.kind.startswith(COMPARED))),
        )
    )
    return submission.judgement > 1 and asked <= {finding_of(row) for row in session.scalars(told)}


def _owe_notice(session: Session, submission: SubmissionRow, run_id: int, recipient: Recipient, now: datetime) -> None:
    delivery = session.get_one(DeliveryRow, submission.delivery_id)
    address = recipient(delivery.sender_unit, submission.unit_code)
    if address is not None:
        kind = f"{COMPARED}-{run_id}"
        session.add(
            OutboxRow(submission_id=submission.id, recipient=address, kind=kind, state=PENDING, created_at=now, attempts=0)
        )
