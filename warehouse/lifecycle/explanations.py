"""Explanations: what a sender writes in reply to a letter of ours, about the findings in it.

An explanation waives nothing by itself. The office decides (`warehouse.lifecycle.decisions`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, or_, select
from sqlalchemy.orm import Session, aliased

from program.calendar.stage import Stage
from program.records.letter import LETTER_CODE_LENGTH, NoticeKind
from warehouse.lifecycle.stored_findings import newest_of
from warehouse.outbox.follow_ups import is_question
from warehouse.states import DeliveryState
from warehouse.tables import (
    DeliveryRow,
    ExplainedReportRow,
    ExplanationRow,
    MailRow,
    OutboxRow,
    RunRow,
    SubmissionRow,
)

_LETTER_CODE = re.compile(rf"\[[^\[\]]{{0,10}}?\b([0-9a-f]{{{LETTER_CODE_LENGTH}}})\]")
_AS_FAR_BACK = timedelta(days=14)
"""How long ago a mail may have been extracted. Runs may fail, and the next one makes up for it."""
_MOST_CHARACTERS = 20_000
_REMINDERS = (NoticeKind.DUE_SOON, NoticeKind.OVERDUE)


@dataclass(frozen=True, slots=True)
class _Reply:
    """A mail that may answer a letter of ours, and what tells which one."""

    mail: MailRow
    delivery: DeliveryRow


def record_explanations(engine: Engine, run_id: int, now: datetime) -> int:
    """Record the replies to letters that no explanation is of yet; return how many.

    Call it after the load: a mail of which an attachment still waits is left to the next run, so
    that its words belong to the versions that it brought. One transaction, idempotent.

    Only the recipient of a letter explains, or a mail of the unit that the letter is about. Words
    about a report without an open finding are recorded, and ask nothing of the office.
    """
    recorded = 0
    with Session(engine) as session, session.begin():
        for reply in list(_replies(session, now - _AS_FAR_BACK)):
            notices = _answered_letter(session, reply)
            if not notices:
                continue
            explanation = ExplanationRow(
                delivery_id=reply.delivery.id,
                run_id=run_id,
                unit_code=reply.delivery.sender_unit,
                recipient=notices[0].recipient,
                letter_id=notices[0].message_id,
                text=reply.mail.own_text.strip()[:_MOST_CHARACTERS],
                received_at=reply.delivery.received_at,
            )
            session.add(explanation)
            session.flush()
            session.add_all(_reports(session, explanation.id, notices))
            recorded += 1
    return recorded


def _replies(session: Session, since: datetime) -> Iterator[_Reply]:
    """Yield the mails with words of a person, oldest first, that are in no explanation yet."""
    known = select(ExplanationRow.id).where(ExplanationRow.delivery_id == DeliveryRow.id)
    query = (
        select(MailRow, DeliveryRow)
        .join(DeliveryRow, DeliveryRow.id == MailRow.delivery_id)
        .join(RunRow, RunRow.id == MailRow.extracted_run_id)
        .where(
            RunRow.started_at >= since,
            DeliveryRow.state == DeliveryState.MAIL_EXTRACTED,
            MailRow.is_automatic.is_(False),
            func.trim(MailRow.own_text) != "",
            ~known.exists(),
            ~_waiting_attachments().exists(),
        )
        .order_by(DeliveryRow.received_at, DeliveryRow.id)
    )
    for mail, delivery in session.execute(query).tuples():
        if mail.own_text.strip():
            yield _Reply(mail, delivery)


def _waiting_attachments() -> Any:
    """Query the files of a mail, and of zips in it, that were not checked yet."""
    file, outer = aliased(DeliveryRow), aliased(DeliveryRow)
    is_in_mail = file.archive_delivery_id == DeliveryRow.id
    is_in_zip_of_mail = file.archive_delivery_id.in_(
        select(outer.id).where(outer.archive_delivery_id == DeliveryRow.id)
    )
    waits = file.state.in_((DeliveryState.RECEIVED, DeliveryState.ZIP_PENDING))
    # The mail itself is the delivery of the outer query.
    return select(file.id).where(or_(is_in_mail, is_in_zip_of_mail), waits).correlate(DeliveryRow)


def _answered_letter(session: Session, reply: _Reply) -> Sequence[OutboxRow]:
    """Return the notices of the letter that a mail answers; empty where it answers none.

    The Message-IDs of its thread say which letter, the nearest first. Some mail programs drop
    them: then the code in the subject does.
    """
    for thread_id in reply.mail.thread_ids:
        number, _, _ = thread_id.strip("<>").partition("@")
        notices = _notices(session, OutboxRow.message_id == number)
        if _may_explain(session, reply, notices):
            return notices
    code = _LETTER_CODE.search(reply.mail.subject.casefold())
    if code is None:
        return ()
    newest_id = (
        select(OutboxRow.message_id)
        .where(OutboxRow.message_id.startswith(code[1], autoescape=True))
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    notices = _notices(session, OutboxRow.message_id == session.scalar(newest_id))
    return notices if _may_explain(session, reply, notices) else ()


def _notices(session: Session, is_of_letter: ColumnElement[bool]) -> Sequence[OutboxRow]:
    """Return the notices of a letter that can be answered.

    Words in answer to an acknowledgement are about the letter that was explained.
    """
    explained = (
        select(ExplanationRow.letter_id)
        .join(OutboxRow, OutboxRow.explanation_id == ExplanationRow.id)
        .where(is_of_letter)
    )
    is_wanted = or_(is_of_letter, OutboxRow.message_id.in_(explained.scalar_subquery()))
    query = select(OutboxRow).where(
        is_wanted,
        OutboxRow.explanation_id.is_(None),
        OutboxRow.kind != NoticeKind.MORNING,
    )
    return session.scalars(query.order_by(OutboxRow.id)).all()


def _may_explain(session: Session, reply: _Reply, notices: Sequence[OutboxRow]) -> bool:
    """Tell whether the sender of a mail got the letter, or is the unit that it is about."""
    if not notices:
        return False
    recipient = notices[0].recipient.casefold()
    if recipient in {address.casefold() for address in reply.mail.from_addresses}:
        return True
    unit = reply.delivery.sender_unit
    return unit is not None and unit in _units(session, notices)


def _units(session: Session, notices: Sequence[OutboxRow]) -> set[str | None]:
    """Return the units that sent the files of a letter, or that it reminds of a report."""
    units = {row.unit_code for row in notices if row.submission_id is None}
    numbers = [row.submission_id for row in notices if row.submission_id is not None]
    senders = (
        select(DeliveryRow.sender_unit, SubmissionRow.unit_code)
        .join(SubmissionRow, SubmissionRow.delivery_id == DeliveryRow.id)
        .where(SubmissionRow.id.in_(numbers))
    )
    for sender, unit in session.execute(senders).tuples():
        units.add(sender or unit)
    return units


def _reports(
    session: Session, explanation: int, notices: Sequence[OutboxRow]
) -> Iterator[ExplainedReportRow]:
    """Yield the reports that a reply is about: those of which the letter asked something."""
    asked = set(
        session.scalars(
            select(OutboxRow.id).where(OutboxRow.id.in_([row.id for row in notices]), is_question())
        )
    )
    seen: set[object] = set()
    position = 0
    for notice in notices:
        if notice.id not in asked and notice.kind not in _REMINDERS:
            continue
        report = _explained(session, notice)
        subject = report.submission_id or (
            report.form_code,
            report.unit_code,
            report.period,
            report.stage,
        )
        if subject in seen:
            continue
        seen.add(subject)
        position += 1
        report.explanation_id = explanation
        report.position = position
        yield report


def _explained(session: Session, notice: OutboxRow) -> ExplainedReportRow:
    """Return what a notice is about: the newest version of its report, if any came."""
    submission = notice.submission_id and session.get_one(SubmissionRow, notice.submission_id)
    key = submission or notice
    newest = None
    if key.form_code and key.unit_code and key.period and key.stage:
        newest = newest_of(session, key.form_code, key.unit_code, key.period, Stage(key.stage))
    about = newest or submission
    if about:
        return ExplainedReportRow(submission_id=about.id)
    return ExplainedReportRow(
        form_code=notice.form_code,
        unit_code=notice.unit_code,
        period=notice.period,
        stage=notice.stage,
    )
