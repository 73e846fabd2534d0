"""Retention: which archived bytes are to be deleted, and what stays of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from program.finding import Severity
from program.records.audit import AuditAction, Signature
from program.records.purge_record import PurgedSubmission
from program.submission import Fact, Verdict
from warehouse.audit import record_act
from warehouse.lifecycle.stored_findings import findings_of_check
from warehouse.states import DELIVERY_TRANSITIONS, DeliveryState, states_before
from warehouse.tables import (
    DeliveryRow,
    ExplainedReportRow,
    ExplanationRow,
    FactRow,
    MailRow,
    OutboxRow,
    SubmissionRow,
)

REMOVED_FROM_MAIL: Mapping[str, Any] = {
    "from_addresses": [],
    "from_name": "",
    "subject": "",
    "own_text": "",
    "links": [],
}
"""What stands in a purged mail's columns (`mails`) in place of what a person wrote."""
REMOVED_FROM_DELIVERY: Mapping[str, Any] = {"name": "(thư đã xóa theo thời hạn lưu trữ)"}
"""The same for the delivery that the mail is (`deliveries`): its name is the subject."""
REMOVED_FROM_EXPLANATION: Mapping[str, Any] = {
    "text": "Nội dung đã được xóa theo thời hạn lưu trữ."
}
"""The same for `explanations`."""


@dataclass(frozen=True, slots=True)
class Expired:
    """Bytes to delete. `name` and `received_at` are of the last delivery that brought them."""

    sha256: str
    name: str
    sender_unit: str | None
    received_at: datetime
    why: str


def expired_bytes(
    engine: Engine,
    kept_days: Mapping[tuple[str, str], int],
    now: datetime,
) -> list[Expired]:
    """Return the bytes with personal data whose retention period is over.

    Those are the bytes of reports by forms in `kept_days` (days by form and version), of the zips
    and mails that held such reports, and of the mails that explain them. The period begins when the
    bytes last arrived. Where they hold several reports, the longest period counts.
    """
    found: list[Expired] = []
    with Session(engine) as session:
        for sha256, forms in _personal_forms(session, kept_days).items():
            last = _last_delivery(session, sha256)
            if last is None:
                continue
            days = max(kept_days[form] for form in forms)
            end = last.received_at + timedelta(days=days)
            if end >= now:
                continue
            codes = ", ".join(sorted(code for code, _ in forms))
            expired = Expired(
                sha256,
                last.name,
                last.sender_unit,
                last.received_at,
                f"{codes}: personal_days {days}",
            )
            found.append(expired)
    return found


def _last_delivery(session: Session, sha256: str) -> DeliveryRow | None:
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.sha256 == sha256)
        .order_by(DeliveryRow.received_at.desc(), DeliveryRow.id.desc())
    )
    return session.scalars(query.limit(1)).first()


def _personal_forms(
    session: Session,
    kept_days: Mapping[tuple[str, str], int],
) -> dict[str, set[tuple[str, str]]]:
    """Return the forms with personal data that bytes hold, by sha256.

    A zip holds the forms of its members, a mail those of its attachments and of the zips among
    them. The words of a mail that explains a report may have its personal data, too.
    """
    member, holder, outer = aliased(DeliveryRow), aliased(DeliveryRow), aliased(DeliveryRow)
    form = (SubmissionRow.form_code, SubmissionRow.form_version)
    of_files = (
        select(*form, member.sha256, holder.sha256, outer.sha256)
        .join(SubmissionRow, SubmissionRow.delivery_id == member.id)
        .outerjoin(holder, holder.id == member.archive_delivery_id)
        .outerjoin(outer, outer.id == holder.archive_delivery_id)
        .order_by(member.id)
    )
    of_words = (
        select(*form, DeliveryRow.sha256)
        .join(ExplanationRow, ExplanationRow.delivery_id == DeliveryRow.id)
        .join(ExplainedReportRow, ExplainedReportRow.explanation_id == ExplanationRow.id)
        .join(SubmissionRow, SubmissionRow.id == ExplainedReportRow.submission_id)
        .order_by(DeliveryRow.id)
    )
    forms: dict[str, set[tuple[str, str]]] = {}
    for query in (of_files, of_words):
        for code, version, *digests in session.execute(query):
            # A file that nobody could read has no form.
            personal = (code or "", version or "")
            if personal not in kept_days:
                continue
            for sha256 in digests:
                if sha256 is not None:
                    forms.setdefault(sha256, set()).add(personal)
    return forms


def attempts_of(engine: Engine, sha256: str) -> tuple[PurgedSubmission, ...]:
    """Return the result of every check of deliveries of these bytes, as plain values."""
    query = (
        select(SubmissionRow)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(DeliveryRow.sha256 == sha256)
        .order_by(SubmissionRow.id)
    )
    found = []
    with Session(engine) as session:
        checks = groupby(session.scalars(query), key=lambda row: (row.delivery_id, row.attempt))
        for (delivery, attempt), rows in checks:
            submissions = [_plain(session, row) for row in list(rows)]
            found.append(
                PurgedSubmission(delivery=delivery, attempt=attempt, submissions=tuple(submissions))
            )
    return tuple(found)


def letters_about(engine: Engine, sha256: str) -> list[str]:
    """Return the message ids of the letters about these bytes or about files in them."""
    holder, outer = aliased(DeliveryRow), aliased(DeliveryRow)
    query = (
        select(OutboxRow.message_id)
        .join(SubmissionRow, SubmissionRow.id == OutboxRow.submission_id)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .outerjoin(holder, holder.id == DeliveryRow.archive_delivery_id)
        .outerjoin(outer, outer.id == holder.archive_delivery_id)
        .where(
            OutboxRow.message_id.is_not(None),
            or_(DeliveryRow.sha256 == sha256, holder.sha256 == sha256, outer.sha256 == sha256),
        )
        .distinct()
        .order_by(OutboxRow.message_id)
    )
    with Session(engine) as session:
        return [message_id for message_id in session.scalars(query) if message_id is not None]


def _plain(session: Session, row: SubmissionRow) -> dict[str, Any]:
    """Return a submission with its findings and facts, as its own check left it."""
    query = (
        select(FactRow)
        .where(FactRow.submission_id == row.id)
        .order_by(FactRow.element, FactRow.line)
    )
    facts = session.scalars(query)
    findings = findings_of_check(session, row.id)
    severities = {finding.severity for finding in findings}
    verdict = _verdict(row, severities)
    return {
        "report_no": row.report_no,
        "form": row.form_code,
        "form_version": row.form_version,
        "unit": row.unit_code,
        "period": row.period,
        "stage": row.stage,
        "values_read": row.values_read,
        "verdict": verdict.value,
        "findings": [_values(finding, finding.__dataclass_fields__) for finding in findings],
        "facts": [_values(fact, Fact._fields) for fact in facts],
    }


def _values(record: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _verdict(row: SubmissionRow, severities: set[Severity]) -> Verdict:
    """Return the verdict of the submission's own check: a cross-check may have changed it since."""
    if row.known_from is None:
        return Verdict(row.verdict)
    # A critical finding beside facts is about a line that was left out.
    if severities <= {Severity.INFO}:
        return Verdict.ACCEPTED
    return Verdict.ACCEPTED_WITH_WARNINGS


def record_purged(engine: Engine, sha256: str, signature: Signature | None = None) -> None:
    """Record that bytes were deleted: their deliveries are never checked again. Idempotent.

    The audit trail gets the act where a person signs.
    """
    with Session(engine) as session, session.begin():
        record_act(session, AuditAction.PURGE, f"file {sha256}", signature)
        session.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.sha256 == sha256,
                DeliveryRow.state.in_(states_before(DELIVERY_TRANSITIONS, DeliveryState.PURGED)),
            )
            .values(state=DeliveryState.PURGED)
        )


def remove_words(engine: Engine, sha256: str) -> list[int]:
    """Remove what persons wrote in the mails of these bytes; return their deliveries. Idempotent.

    The rows stay, so that nothing is read again: who sent which mail, to which letter, and when.
    """
    is_purged = MailRow.delivery_id.in_(select(DeliveryRow.id).where(DeliveryRow.sha256 == sha256))
    with Session(engine) as session, session.begin():
        if session.get_bind().dialect.name == "sqlite":
            # Otherwise the file may keep what a row no longer has.
            session.execute(text("PRAGMA secure_delete = ON"))
        numbers = list(session.scalars(select(MailRow.delivery_id).where(is_purged)))
        session.execute(update(MailRow).where(is_purged).values(REMOVED_FROM_MAIL))
        session.execute(
            update(DeliveryRow).where(DeliveryRow.id.in_(numbers)).values(REMOVED_FROM_DELIVERY)
        )
        session.execute(
            update(ExplanationRow)
            .where(ExplanationRow.delivery_id.in_(numbers))
            .values(REMOVED_FROM_EXPLANATION)
        )
    if engine.dialect.name == "sqlite":
        _empty_log(engine)
    return sorted(numbers)


def _empty_log(engine: Engine) -> None:
    """Write SQLite's log into its file. Until then the file has the rows as they were."""
    # Below SQLAlchemy, which would begin a transaction: in one, this is not possible.
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
