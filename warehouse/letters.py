"""Putting letters together: what is owed to one recipient becomes one letter, with an id and a day that never change."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from program.letter import Letter, Notice, NoticeKind, Reminder, ReportName
from program.stage import Stage
from program.submission import Verdict
from warehouse.findings import findings_of_comparing, findings_of_judging
from warehouse.load import COMPARED, PENDING
from warehouse.overtaken import OVERTAKEN, is_overtaken
from warehouse.tables import DeliveryRow, OutboxRow, SubmissionRow

_KINDS = {COMPARED: NoticeKind.COMPARED, "fixed": NoticeKind.FIXED, "overruled": NoticeKind.OVERRULED, "open": NoticeKind.OPEN}
_MOST_REFERENCES = 20
"""A thread that is longer names its first letter and its last ones."""


def put_together(engine: Engine, day: date, *, daily_limit: int | None = None) -> int:
    """Make one letter of all that is owed to a recipient and is in none yet; return how many letters there are now to send.

    What was settled before it was told is left out. A recipient who got `daily_limit` letters dated `day` waits for the next
    day. A letter that may have left, or is just being sent, stays as it is and keeps its id; one that nobody has tried yet is
    put together anew, so that after a week without a mail server it tells how things stand now.
    """
    with Session(engine) as session, session.begin():
        waiting = list(session.scalars(select(OutboxRow).where(OutboxRow.state == PENDING).order_by(OutboxRow.id)))
        owed: dict[str, list[OutboxRow]] = {}
        for row in waiting:
            if not row.attempts and row.claimed_by is None:
                row.message_id = row.dated = None
            if row.message_id is None and is_overtaken(session, row):
                row.state = OVERTAKEN
            elif row.message_id is None:
                owed.setdefault(row.recipient, []).append(row)
        session.flush()
        full = _full(session, day, daily_limit)
        for recipient, rows in owed.items():
            if recipient not in full:
                _give_id(rows, recipient, day)
        return len({row.message_id for row in waiting if row.state == PENDING and row.message_id is not None})


def letter_of(session: Session, message_id: str) -> Letter:
    """Return a letter as it is, and always was."""
    rows = list(session.scalars(select(OutboxRow).where(OutboxRow.message_id == message_id).order_by(OutboxRow.id)))
    notices = tuple(_notice(session, row, row.submission_id) for row in rows if row.submission_id is not None)
    moment = max(row.created_at for row in rows)
    return Letter(
        message_id=message_id,
        recipient=rows[0].recipient,
        created_at=moment,
        day=rows[0].dated or moment.date(),
        notices=notices,
        reminders=tuple(_reminder(row) for row in rows if row.submission_id is None),
        accepted=_accepted(session, notices, moment),
        references=_references(session, rows, notices),
    )


def _full(session: Session, day: date, limit: int | None) -> set[str]:
    if limit is None:
        return set()
    of_day = select(OutboxRow.recipient).where(OutboxRow.dated == day).group_by(OutboxRow.recipient)
    return set(session.scalars(of_day.having(func.count(OutboxRow.message_id.distinct()) >= limit)))


def _give_id(rows: Sequence[OutboxRow], recipient: str, day: date) -> None:
    about = ",".join(f"{row.submission_id or _reminder(row).report}/{row.kind}" for row in rows)
    # The moment keeps two warehouses, or one begun anew, from giving different mails one id.
    digest = hashlib.sha256(f"{recipient}|{about}|{rows[0].created_at.isoformat()}".encode()).hexdigest()[:32]
    for row in rows:
        row.message_id, row.dated = digest, day


def _reminder(row: OutboxRow) -> Reminder:
    if row.form_code is None or row.unit_code is None or row.period is None or row.stage is None or row.due_date is None:
        raise ValueError(f"outbox row {row.id} is about no submission and no report")
    return Reminder(ReportName(row.form_code, row.unit_code, row.period, Stage(row.stage)), row.due_date)


def _notice(session: Session, row: OutboxRow, number: int) -> Notice:
    submission = session.get_one(SubmissionRow, number)
    delivery = session.get_one(DeliveryRow, submission.delivery_id)
    is_compared = row.kind.startswith(COMPARED)
    judged = findings_of_judging(session, submission.id)
    return Notice(
        submission_id=submission.id,
        verdict=Verdict(submission.verdict),
        form_code=submission.form_code,
        unit_code=submission.unit_code,
        period=submission.period,
        stage=Stage(submission.stage),
        sender_unit=delivery.sender_unit,
        delivery_name=delivery.name,
        received_at=delivery.received_at,
        findings=findings_of_comparing(session, submission.id, row.created_at) if is_compared else judged,
        is_part=_parts(session, submission) > 1,
        part=submission.part,
        delivery_id=delivery.id,
        sha256=delivery.sha256,
        kind=_KINDS.get(row.kind.partition("-")[0], NoticeKind.JUDGED),
    )


def _parts(session: Session, submission: SubmissionRow) -> int:
    same = (SubmissionRow.delivery_id == submission.delivery_id, SubmissionRow.judgement == submission.judgement)
    return session.scalar(select(func.count()).select_from(SubmissionRow).where(*same)) or 0


def _accepted(session: Session, notices: Sequence[Notice], moment: datetime) -> tuple[ReportName, ...]:
    """Return which other reports of the same periods, by its senders about themselves, were believed at the letter's moment."""
    senders = {notice.sender_unit for notice in notices if notice.sender_unit}
    periods = {notice.period for notice in notices if notice.period}
    columns = (SubmissionRow.form_code, SubmissionRow.unit_code, SubmissionRow.period, SubmissionRow.stage)
    believed = (
        SubmissionRow.known_from <= moment,
        or_(SubmissionRow.known_to.is_(None), SubmissionRow.known_to > moment),
        SubmissionRow.unit_code.in_(senders),
        SubmissionRow.period.in_(periods),
    )
    rows = session.execute(select(*columns).where(*believed).distinct().order_by(*columns))
    found = (ReportName(form or "", unit or "", period or "", Stage(stage)) for form, unit, period, stage in rows)
    told = {notice.report for notice in notices}
    return tuple(report for report in found if report not in told)


def _references(session: Session, rows: Sequence[OutboxRow], notices: Iterable[Notice]) -> tuple[str, ...]:
    """Return the earlier letters to the same recipient about the same reports or files, the oldest first."""
    reports = {notice.report for notice in notices} | {_reminder(row).report for row in rows if row.submission_id is None}
    files = {notice.delivery_id for notice in notices}
    earlier = (
        select(OutboxRow, SubmissionRow)
        .outerjoin(SubmissionRow, SubmissionRow.id == OutboxRow.submission_id)
        .where(OutboxRow.recipient == rows[0].recipient, OutboxRow.message_id != rows[0].message_id)
        .where(OutboxRow.id < rows[0].id)
        .order_by(OutboxRow.id)
    )
    found = dict.fromkeys(
        str(row.message_id)
        for row, submission in session.execute(earlier)
        if _report_of(row, submission) in reports - {None} or (submission is not None and submission.delivery_id in files)
    )
    ids = tuple(found)
    return ids if len(ids) <= _MOST_REFERENCES else (ids[0], *ids[1 - _MOST_REFERENCES :])


def _report_of(row: OutboxRow, submission: SubmissionRow | None) -> ReportName | None:
    if submission is None:
        return _reminder(row).report
    if submission.form_code is None or submission.unit_code is None or submission.period is None:
        return None
    return ReportName(submission.form_code, submission.unit_code, submission.period, Stage(submission.stage))
