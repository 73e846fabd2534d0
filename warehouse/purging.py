"""Deliveries whose bytes are to be removed: which ones, what stays of them, and their state in the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session, aliased

from program.finding import Severity
from program.submission import Fact, Verdict
from program.tombstone import Judged
from warehouse.findings import findings_of_judging
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, FactRow, OutboxRow, SubmissionRow


@dataclass(frozen=True, slots=True)
class Expired:
    """Bytes whose time has come: `name` and `received_at` are of the delivery that brought them last."""

    sha256: str
    name: str
    sender_unit: str | None
    received_at: datetime
    why: str


def expired_bytes(
    engine: Engine, kept_days: Mapping[tuple[str, str], int], now: datetime
) -> list[Expired]:
    """Return the bytes of reports by forms with persons that were sent too long ago, and of the zips that such came in.

    `kept_days` is by form and version. Bytes that were sent several times are kept from the last time on, and those that hold
    several reports as long as the longest.
    """
    found: dict[str, Expired] = {}
    with Session(engine) as session:
        for sha256, forms in _personal(session, kept_days).items():
            days = max(kept_days[form] for form in forms)
            newest_first = DeliveryRow.received_at.desc(), DeliveryRow.id.desc()
            last = session.scalars(
                select(DeliveryRow).where(DeliveryRow.sha256 == sha256).order_by(*newest_first)
            ).first()
            if last is not None and last.received_at + timedelta(days=days) < now:
                why = f"{', '.join(sorted(code for code, _ in forms))}: personal_days {days}"
                found[sha256] = Expired(sha256, last.name, last.sender_unit, last.received_at, why)
    return list(found.values())


def _personal(
    session: Session, kept_days: Mapping[tuple[str, str], int]
) -> dict[str, set[tuple[str, str]]]:
    """Return the forms with persons of each bytes: their own reports', and those of what was in them."""
    member, whole = aliased(DeliveryRow), aliased(DeliveryRow)
    query = (
        select(member.sha256, whole.sha256, SubmissionRow.form_code, SubmissionRow.form_version)
        .join(SubmissionRow, SubmissionRow.delivery_id == member.id)
        .outerjoin(whole, whole.id == member.packed_in_id)
        .order_by(member.id)
    )
    forms: dict[str, set[tuple[str, str]]] = {}
    for own, of_whole, code, version in session.execute(query):
        form = (code or "", version or "")
        for sha256 in (own, of_whole):
            if sha256 is not None and form in kept_days:
                forms.setdefault(sha256, set()).add(form)
    return forms


def judgements_of(engine: Engine, sha256: str) -> tuple[Judged, ...]:
    """Return what every judgement of deliveries of these bytes came to, as plain values."""
    query = (
        select(SubmissionRow)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .where(DeliveryRow.sha256 == sha256)
        .order_by(SubmissionRow.id)
    )
    with Session(engine) as session:
        groups = groupby(session.scalars(query), key=lambda row: (row.delivery_id, row.judgement))
        return tuple(
            Judged(
                delivery=delivery,
                judgement=judgement,
                submissions=tuple(_plain(session, row) for row in list(rows)),
            )
            for (delivery, judgement), rows in groups
        )


def letters_about(engine: Engine, sha256: str) -> list[str]:
    """Return the message ids of the letters about these bytes, or about what was in them; each once."""
    whole = aliased(DeliveryRow)
    query = (
        select(OutboxRow.message_id)
        .join(SubmissionRow, SubmissionRow.id == OutboxRow.submission_id)
        .join(DeliveryRow, DeliveryRow.id == SubmissionRow.delivery_id)
        .outerjoin(whole, whole.id == DeliveryRow.packed_in_id)
        .where(
            OutboxRow.message_id.is_not(None),
            or_(DeliveryRow.sha256 == sha256, whole.sha256 == sha256),
        )
        .distinct()
        .order_by(OutboxRow.message_id)
    )
    with Session(engine) as session:
        return [number for number in session.scalars(query) if number is not None]


def _plain(session: Session, row: SubmissionRow) -> dict[str, Any]:
    facts = session.scalars(
        select(FactRow)
        .where(FactRow.submission_id == row.id)
        .order_by(FactRow.element, FactRow.line)
    )
    findings = findings_of_judging(session, row.id)
    return {
        "part": row.part,
        "form": row.form_code,
        "form_version": row.form_version,
        "unit": row.unit_code,
        "period": row.period,
        "stage": row.stage,
        "values_read": row.values_read,
        "verdict": _verdict(row, {finding.severity for finding in findings}).value,
        "findings": [
            {name: getattr(finding, name) for name in finding.__dataclass_fields__}
            for finding in findings
        ],
        "facts": [{name: getattr(fact, name) for name in Fact._fields} for fact in facts],
    }


def _verdict(row: SubmissionRow, severities: set[Severity]) -> Verdict:
    """Return the verdict of judging alone: comparing with other submissions may have changed it since."""
    if row.known_from is None:
        return Verdict(row.verdict)
    # A critical finding beside facts is of a line that stayed out.
    return Verdict.ACCEPTED if severities <= {Severity.INFO} else Verdict.ACCEPTED_WITH_WARNINGS


def record_purged(engine: Engine, sha256: str) -> None:
    """Record that bytes are gone: their deliveries are judged no more, whatever is asked. Idempotent."""
    with Session(engine) as session, session.begin():
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.sha256 == sha256)
            .values(state=DeliveryState.PURGED)
        )
