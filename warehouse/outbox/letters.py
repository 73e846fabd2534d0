"""Assemble letters: the notices to one recipient become one letter.

A letter that may have left has an id and a day that never change.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from program.calendar.stage import Stage
from program.records.letter import (
    Acknowledgement,
    Letter,
    MissingReport,
    Notice,
    NoticeKind,
    ReportName,
    RunAlarm,
)
from program.submission import Verdict
from warehouse.lifecycle.stored_findings import (
    findings_of,
    findings_of_check,
    findings_of_cross_check,
)
from warehouse.outbox.enqueue import ABOUT_EXPLANATIONS
from warehouse.outbox.morning import news_of
from warehouse.outbox.obsolete import is_obsolete
from warehouse.states import OutboxState
from warehouse.tables import (
    DecisionRow,
    DeliveryRow,
    ExplainedReportRow,
    ExplanationRow,
    OutboxRow,
    RunRow,
    SubmissionRow,
)

Content = TypeVar("Content", Notice, MissingReport, Acknowledgement, RunAlarm)
CHANNEL = "channel:"
"""How a recipient begins who is a channel, not an address."""
_MOST_REFERENCES = 20
"""A longer thread names its first letter and its last ones."""


def assemble_letters(
    engine: Engine,
    day: date,
    *,
    daily_limit: int | None = None,
) -> int:
    """Assemble one letter for each recipient of all pending notices that are in none yet.

    One transaction. Notices that were settled before they were sent are marked and left out. A
    recipient with `daily_limit` letters dated `day` waits for the next day, unless one of the
    notices answers a file that the recipient sent: who sent three files in a day gets three
    answers.

    A letter that may have left, or that a process is sending, is unchanged and keeps its id. A
    letter that nobody has tried is assembled again: after a week without a mail server it says what
    is true now.

    A message to a channel is a letter too, but is bound by no limit and is not counted.

    Returns:
        How many letters there are to send.
    """
    with Session(engine) as session, session.begin():
        pending = _pending_notices(session)
        unsent = _unsent_by_letter(session, pending)
        # The letters that were taken apart do not count against the limit.
        session.flush()
        full = _recipients_at_limit(session, day, daily_limit)
        for rows in unsent.values():
            recipient = rows[0].recipient
            is_free = recipient not in full or recipient.startswith(CHANNEL)
            if is_free or _answer_new_file(session, rows):
                _give_id(rows, recipient, day)
        letters = {
            row.message_id
            for row in pending
            if row.state == OutboxState.PENDING and not row.recipient.startswith(CHANNEL)
        }
        return len(letters - {None})


def load_letter(session: Session, message_id: str) -> Letter:
    """Return the letter with a message id. The same id always gives the same letter."""
    query = select(OutboxRow).where(OutboxRow.message_id == message_id).order_by(OutboxRow.id)
    rows = list(session.scalars(query))
    contents = [_content(session, row) for row in rows]
    notices = _of_kind(Notice, contents)
    reminders = _of_kind(MissingReport, contents)
    acknowledgements = _of_kind(Acknowledgement, contents)
    reports = {notice.report for notice in notices}
    reports |= {reminder.report for reminder in reminders}
    for acknowledgement in acknowledgements:
        reports |= set(acknowledgement.reports)
    files = {notice.delivery_id for notice in notices}
    first = rows[0]
    moment = max(row.created_at for row in rows)
    return Letter(
        message_id=message_id,
        recipient=first.recipient,
        created_at=moment,
        day=first.letter_date or moment.date(),
        notices=notices,
        reminders=reminders,
        acknowledgements=acknowledgements,
        accepted=_accepted(session, notices, moment),
        references=_references(session, first, reports, files),
        # It is in a letter of its own.
        news=news_of(session, first) if first.kind is NoticeKind.MORNING else None,
        alarms=_of_kind(RunAlarm, contents),
    )


def _of_kind(kind: type[Content], contents: Sequence[object]) -> tuple[Content, ...]:
    return tuple(each for each in contents if isinstance(each, kind))


def _content(
    session: Session, row: OutboxRow
) -> Notice | MissingReport | RunAlarm | Acknowledgement | None:
    """Return what a row of the outbox says; None for a morning mail, which has news instead."""
    if row.kind is NoticeKind.MORNING:
        return None
    if row.kind is NoticeKind.ALARM:
        return _alarm(session, row)
    if row.explanation_id is not None:
        return _acknowledgement(session, row, row.explanation_id)
    if row.submission_id is None:
        return _missing_report(row)
    return _notice(session, row, row.submission_id)


def _alarm(session: Session, row: OutboxRow) -> RunAlarm:
    run = session.get_one(RunRow, row.run_id)
    return RunAlarm(run.id, tuple(run.summary.get("errors", ())), row.step or 0)


def _acknowledgement(session: Session, row: OutboxRow, explanation_id: int) -> Acknowledgement:
    """Return what a notice says of an explanation. It never changes: no report leaves it."""
    explanation = session.get_one(ExplanationRow, explanation_id)
    query = (
        select(ExplainedReportRow, SubmissionRow, DeliveryRow.name)
        .outerjoin(SubmissionRow, SubmissionRow.id == ExplainedReportRow.submission_id)
        .outerjoin(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(ExplainedReportRow.explanation_id == explanation_id)
        .order_by(ExplainedReportRow.position)
    )
    reports: list[ReportName] = []
    files: list[str] = []
    is_report_missing = False
    for explained, submission, file in session.execute(query).tuples():
        # An outer join gives None for a row that does not exist, which the types do not show.
        about: ExplainedReportRow | SubmissionRow = submission or explained
        is_report_missing |= about is explained
        report = _report(about.form_code, about.unit_code, about.period, about.stage)
        if report is None:
            files.append(file)
        else:
            reports.append(report)
    return Acknowledgement(
        kind=row.kind,
        unit_code=explanation.unit_code,
        received_at=explanation.received_at,
        reports=tuple(reports),
        files=tuple(files),
        is_report_missing=is_report_missing,
    )


def _pending_notices(session: Session) -> list[OutboxRow]:
    query = select(OutboxRow).where(OutboxRow.state == OutboxState.PENDING)
    return list(session.scalars(query.order_by(OutboxRow.id)))


def _unsent_by_letter(
    session: Session,
    pending: Sequence[OutboxRow],
) -> dict[tuple[str, bool], list[OutboxRow]]:
    """Return the notices to put into letters now; marks those that were settled.

    A recipient gets one letter, and the office a morning mail beside it.
    """
    unsent: dict[tuple[str, bool], list[OutboxRow]] = {}
    for row in pending:
        was_tried = row.attempts > 0 or row.claimed_by is not None
        # Its letter cannot have left: the notice may go into another one, with newer notices.
        if not was_tried:
            row.message_id = None
            row.letter_date = None
        # It may have left: a second attempt must be the same letter.
        if row.message_id is not None:
            continue
        if is_obsolete(session, row):
            row.state = OutboxState.OBSOLETE
        else:
            letter = (row.recipient, row.kind is NoticeKind.MORNING)
            unsent.setdefault(letter, []).append(row)
    return unsent


def _recipients_at_limit(session: Session, day: date, limit: int | None) -> set[str]:
    """Return the recipients who get no further letter dated `day`."""
    if limit is None:
        return set()
    # A letter is made of several notices.
    letters = func.count(OutboxRow.message_id.distinct())
    query = (
        select(OutboxRow.recipient)
        .where(OutboxRow.letter_date == day)
        .group_by(OutboxRow.recipient)
        .having(letters >= limit)
    )
    return set(session.scalars(query))


def _answer_new_file(session: Session, rows: Sequence[OutboxRow]) -> bool:
    """Tell whether one of the notices is the result of the first check of a file.

    No other is an answer that cannot be repeated without end: a program that answers our letters
    sends words, and the same file is checked once.
    """
    checked = [row.submission_id for row in rows if row.kind is NoticeKind.CHECKED]
    first = select(SubmissionRow.id).where(
        SubmissionRow.id.in_(checked), SubmissionRow.attempt == 1
    )
    return session.scalar(first.limit(1)) is not None


def _give_id(rows: Sequence[OutboxRow], recipient: str, day: date) -> None:
    subjects = [_identity(row) for row in rows]
    # The moment keeps ids apart between warehouses, and after a warehouse began from nothing.
    moment = rows[0].created_at.isoformat()
    identity = f"{recipient}|{','.join(subjects)}|{moment}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    for row in rows:
        row.message_id = digest
        row.letter_date = day


def _identity(row: OutboxRow) -> str:
    """Return what tells a notice from every other one to the same recipient."""
    about: object = row.submission_id
    if row.explanation_id is not None:
        about = f"explanation {row.explanation_id}"
    elif about is None and row.kind is not NoticeKind.ALARM:
        about = _missing_report(row).report
    return f"{about}/{row.kind}/{row.run_id}/{row.step}/{row.answers_id}"


def _missing_report(row: OutboxRow) -> MissingReport:
    report = _report(row.form_code, row.unit_code, row.period, row.stage)
    if report is None or row.due_date is None:
        raise ValueError(f"outbox row {row.id} is about no submission and no report")
    return MissingReport(report, row.due_date)


def _notice(session: Session, row: OutboxRow, submission_id: int) -> Notice:
    submission = session.get_one(SubmissionRow, submission_id)
    delivery = session.get_one(DeliveryRow, submission.delivery_id)
    refusal = ""
    # A notice about a cross-check has the findings of that one only, a refusal has all that stand;
    # every other notice has those of the submission's own check.
    if row.kind is NoticeKind.CROSS_CHECKED:
        findings = findings_of_cross_check(session, submission_id, row.created_at)
    elif row.kind is NoticeKind.NOT_ACCEPTED:
        findings = findings_of(session, submission_id)
        refusal = session.get_one(DecisionRow, row.step).reason
    else:
        findings = findings_of_check(session, submission_id)
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
        findings=findings,
        is_one_of_several=_count_reports(session, submission) > 1,
        report_no=submission.report_no,
        delivery_id=delivery.id,
        sha256=delivery.sha256,
        kind=row.kind,
        is_explained=_is_explained(session, row, submission_id),
        refusal=refusal,
    )


def _is_explained(session: Session, row: OutboxRow, submission_id: int) -> bool:
    """Tell whether a mail that brought a file explained it too, before the notice was written."""
    if row.kind is not NoticeKind.CHECKED:
        return False
    query = (
        select(ExplanationRow.id)
        .join(ExplainedReportRow, ExplainedReportRow.explanation_id == ExplanationRow.id)
        .where(
            ExplainedReportRow.submission_id == submission_id,
            ExplanationRow.received_at <= row.created_at,
        )
    )
    return session.scalar(query.limit(1)) is not None


def _count_reports(session: Session, submission: SubmissionRow) -> int:
    """Return how many reports the check of a submission found in its file."""
    query = select(func.count(SubmissionRow.id)).where(
        SubmissionRow.delivery_id == submission.delivery_id,
        SubmissionRow.attempt == submission.attempt,
    )
    return session.scalar(query) or 0


def _accepted(
    session: Session,
    notices: Sequence[Notice],
    moment: datetime,
) -> tuple[ReportName, ...]:
    """Return the other reports of the same periods that were current at the letter's moment.

    Only reports of the letter's senders about themselves.
    """
    senders = {notice.sender_unit for notice in notices if notice.sender_unit}
    periods = {notice.period for notice in notices if notice.period}
    reports_of_letter = {notice.report for notice in notices}
    columns = (
        SubmissionRow.form_code,
        SubmissionRow.unit_code,
        SubmissionRow.period,
        SubmissionRow.stage,
    )
    query = (
        select(*columns)
        .where(
            SubmissionRow.known_from <= moment,
            or_(SubmissionRow.known_to.is_(None), SubmissionRow.known_to > moment),
            SubmissionRow.unit_code.in_(senders),
            SubmissionRow.period.in_(periods),
        )
        .distinct()
        .order_by(*columns)
    )
    accepted: list[ReportName] = []
    for form, unit, period, stage in session.execute(query):
        report = ReportName(form or "", unit or "", period or "", Stage(stage))
        if report not in reports_of_letter:
            accepted.append(report)
    return tuple(accepted)


def _references(
    session: Session,
    first: OutboxRow,
    reports: Collection[ReportName | None],
    files: Collection[int],
) -> tuple[str, ...]:
    """Return the earlier letters to the same recipient about the same reports or files.

    `first` is the first notice of the letter. The oldest letter comes first.
    """
    query = (
        select(OutboxRow, SubmissionRow)
        .outerjoin(SubmissionRow, SubmissionRow.id == OutboxRow.submission_id)
        .where(
            OutboxRow.recipient == first.recipient,
            OutboxRow.message_id != first.message_id,
            OutboxRow.id < first.id,
            # A morning mail and an alarm begin no thread and are in none. What answers an
            # explanation comes after a letter about the same report, which is in the thread.
            OutboxRow.kind.not_in([NoticeKind.MORNING, NoticeKind.ALARM, *ABOUT_EXPLANATIONS]),
        )
        .order_by(OutboxRow.id)
    )
    # A dict, not a set: each letter once, in the order of the outbox.
    found: dict[str, None] = {}
    for row, submission in session.execute(query).tuples():
        report = _report_of(row, submission)
        is_same_report = report is not None and report in reports
        is_same_file = submission is not None and submission.delivery_id in files
        if is_same_report or is_same_file:
            found[str(row.message_id)] = None
    ids = tuple(found)
    if len(ids) <= _MOST_REFERENCES:
        return ids
    # The first letter began the thread: mail programs group by it.
    last = ids[1 - _MOST_REFERENCES :]
    return (ids[0], *last)


def _report_of(row: OutboxRow, submission: SubmissionRow | None) -> ReportName | None:
    """Return the report that a notice is about; None if the file's report is unknown."""
    if submission is None:
        return _missing_report(row).report
    return _report(
        submission.form_code,
        submission.unit_code,
        submission.period,
        submission.stage,
    )


def _report(
    form: str | None,
    unit: str | None,
    period: str | None,
    stage: str | None,
) -> ReportName | None:
    if form is None or unit is None or period is None or stage is None:
        return None
    return ReportName(form, unit, period, Stage(stage))
