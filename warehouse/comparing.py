"""Comparing submissions: what is believed and not compared yet, and the findings that a comparison brings or ends."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from program.current import CurrentFact
from program.finding import Finding, Severity
from program.stage import Stage
from program.submission import Verdict
from warehouse.believed import is_believed, is_heard
from warehouse.findings import finding_of
from warehouse.load import COMPARED, PENDING
from warehouse.rejudging import hear_again, take_out
from warehouse.tables import DeliveryRow, FactRow, FindingRow, OutboxRow, SubmissionRow

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


def believed_facts(engine: Engine, occasions: Collection[Occasion], forms: Collection[str]) -> list[CurrentFact]:
    """Return the facts of `forms` that are believed now about `occasions`, report by report and line by line."""
    query = (
        select(FactRow, SubmissionRow)
        .join(SubmissionRow, SubmissionRow.id == FactRow.submission_id)
        .where(is_believed(), is_about(occasions), SubmissionRow.form_code.in_(forms))
        .order_by(SubmissionRow.unit_code, SubmissionRow.form_code, SubmissionRow.id, FactRow.line, FactRow.element)
    )
    with Session(engine) as session:
        return [_current(fact, submission) for fact, submission in session.execute(query)]


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
        believed = session.scalars(select(SubmissionRow).where(is_believed(), is_about(occasions)))
        submissions = {row.id: row for row in believed}
        wanted = list(dict.fromkeys((number, finding) for number, finding in found if number in submissions))
        standing = _standing(session, submissions)
        ended = [row for key, row in standing.items() if key not in set(wanted)]
        fresh = [key for key in wanted if key not in standing]
        for ending in ended:
            ending.closed_at = now
        _insert(session, fresh, now)
        session.flush()
        for number in sorted({*(number for number, _ in fresh), *(ending.submission_id for ending in ended)}):
            submissions[number].verdict = _verdict(session, number).value
        hear_again(session, cleared)
        for number in sorted({number for number, finding in fresh if finding.severity is Severity.CRITICAL}):
            take_out(session, submissions[number], now)
        asked: dict[int, set[Finding]] = {}
        for number, finding in fresh:
            if finding.severity is not Severity.INFO:
                asked.setdefault(number, set()).add(finding)
        for number, findings in asked.items():
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


def _current(fact: FactRow, submission: SubmissionRow) -> CurrentFact:
    return CurrentFact(
        submission_id=submission.id,
        form=submission.form_code or "",
        unit=submission.unit_code or "",
        period=submission.period or "",
        stage=Stage(submission.stage),
        element=fact.element,
        line=fact.line,
        value=fact.value,
        text=fact.text,
        sheet=fact.sheet,
        cell=fact.cell,
        qualifier=fact.qualifier,
    )


def _standing(session: Session, submissions: Collection[int]) -> dict[tuple[int, Finding], FindingRow]:
    """Return the findings by comparison that hold so far."""
    rows = session.scalars(
        select(FindingRow).where(
            FindingRow.submission_id.in_(submissions), FindingRow.compared_at.is_not(None), FindingRow.closed_at.is_(None)
        )
    )
    return {(row.submission_id, finding_of(row)): row for row in rows}


def _insert(session: Session, fresh: Sequence[tuple[int, Finding]], now: datetime) -> None:
    query = (
        select(FindingRow.submission_id, func.max(FindingRow.position))
        .where(FindingRow.submission_id.in_({number for number, _ in fresh}))
        .group_by(FindingRow.submission_id)
    )
    last = dict(session.execute(query).tuples().all())
    rows = []
    for number, finding in fresh:
        last[number] = last.get(number, -1) + 1
        row = asdict(finding) | {"severity": finding.severity.value}
        rows.append({"submission_id": number, "position": last[number], "compared_at": now, **row})
    if rows:
        session.execute(insert(FindingRow), rows)


def _verdict(session: Session, submission: int) -> Verdict:
    """Return the verdict on a submission that is believed, by the findings that stand at it now."""
    severities = session.scalars(
        select(FindingRow.severity).where(FindingRow.submission_id == submission, FindingRow.closed_at.is_(None))
    )
    return Verdict.ACCEPTED if set(severities) <= {Severity.INFO.value} else Verdict.ACCEPTED_WITH_WARNINGS


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
