"""The ledger: nights, sources' cursors, and every delivery with its state. Each function is its own transaction."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, false, func, or_, select, true, update
from sqlalchemy.orm import Session

from program.delivery import Delivery, Offer
from warehouse.tables import DeliveryRow, RunRow, SubmissionRow, WatermarkRow

RECEIVED, REPEATED, PROCESSED = "received", "repeated", "processed"
KNOWN = "known"
"""No state of a delivery: what `record_delivery` answers where it recorded nothing."""


def start_run(engine: Engine, as_of: date, rule_set_version: str, now: datetime) -> int:
    """Open a night and return its number."""
    with Session(engine) as session, session.begin():
        run = RunRow(
            as_of=as_of, started_at=now, finished_at=None, state="running", rule_set_version=rule_set_version, summary={}
        )
        session.add(run)
        session.flush()
        return run.id


def finish_run(engine: Engine, run_id: int, state: str, summary: dict[str, Any], now: datetime) -> None:
    """Close a night with what came of it."""
    with Session(engine) as session, session.begin():
        values = {"state": state, "summary": summary, "finished_at": now}
        session.execute(update(RunRow).where(RunRow.id == run_id).values(values))


def read_cursor(engine: Engine, source: str) -> str | None:
    """Return how far a source was read, None where it has no cursor yet."""
    with Session(engine) as session:
        row = session.get(WatermarkRow, source)
        return row.cursor if row else None


def keep_cursor(engine: Engine, source: str, cursor: str, now: datetime) -> None:
    """Remember how far a source was read."""
    with Session(engine) as session, session.begin():
        session.merge(WatermarkRow(source=source, cursor=cursor, updated_at=now))


def known_versions(engine: Engine, source: str) -> set[tuple[str, str]]:
    """Return every (external_id, external_version) that was already taken from a source."""
    with Session(engine) as session:
        rows = session.execute(select(DeliveryRow.external_id, DeliveryRow.external_version).where(DeliveryRow.source == source))
        return {(row[0], row[1]) for row in rows}


def record_delivery(
    engine: Engine, offer: Offer, *, source: str, channel: str, sha256: str | None, is_synthetic: bool, run_id: int, now: datetime
) -> str:
    """Record an arrival and return its state: `received`, or `repeated` where the sender sent these bytes before.

    `known`, and nothing recorded, where this very offer is in the ledger already: another night was faster. `sha256`
    None stands for bytes refused for their size; such a delivery is never a repetition.
    """
    with Session(engine) as session, session.begin():
        same_offer = (
            DeliveryRow.source == source,
            DeliveryRow.external_id == offer.external_id,
            DeliveryRow.external_version == offer.external_version,
        )
        if session.scalar(select(DeliveryRow.id).where(*same_offer)) is not None:
            return KNOWN
        earlier = None
        if sha256 is not None:
            same = (DeliveryRow.sha256 == sha256, DeliveryRow.sender_unit.is_not_distinct_from(offer.sender_unit))
            earlier = session.scalar(select(func.min(DeliveryRow.id)).where(*same))
        row = DeliveryRow(
            source=source,
            channel=channel,
            external_id=offer.external_id,
            external_version=offer.external_version,
            name=offer.name,
            sender_unit=offer.sender_unit,
            received_at=offer.offered_at,
            recorded_at=now,
            sha256=sha256,
            size=offer.size,
            is_synthetic=is_synthetic,
            state=REPEATED if earlier else RECEIVED,
            repeats_id=earlier,
            run_id=run_id,
        )
        session.add(row)
        return row.state


def pending_deliveries(engine: Engine, limit: int) -> list[Delivery]:
    """Return the oldest `limit` deliveries that wait to be read, in the order in which they came."""
    query = (
        select(DeliveryRow).where(DeliveryRow.state == RECEIVED).order_by(DeliveryRow.received_at, DeliveryRow.id).limit(limit)
    )
    with Session(engine) as session:
        return [_delivery(row) for row in session.scalars(query)]


def judged_deliveries(engine: Engine, forms: Collection[str] | None, *, after: int, limit: int) -> list[Delivery]:
    """Return the first `limit` deliveries beyond number `after` that the archive holds and that were judged.

    Of `forms`, and those of which no form could be told; of all where None, none where there are no `forms`.
    """
    query = select(DeliveryRow).where(*_judged(forms), DeliveryRow.id > after).order_by(DeliveryRow.id).limit(limit)
    with Session(engine) as session:
        return [_delivery(row) for row in session.scalars(query)]


def count_judged(engine: Engine, forms: Collection[str] | None) -> int:
    """Return how many deliveries `judged_deliveries` gives in all."""
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(DeliveryRow).where(*_judged(forms))) or 0


def _judged(forms: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    of_forms: ColumnElement[bool] = true()
    if forms is not None:
        of_forms = or_(SubmissionRow.form_code.in_(forms), SubmissionRow.form_code.is_(None)) if forms else false()
    judged = select(SubmissionRow.id).where(SubmissionRow.delivery_id == DeliveryRow.id, of_forms).exists()
    return DeliveryRow.sha256.is_not(None), judged


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        source=row.source,
        channel=row.channel,
        name=row.name,
        received_at=row.received_at,
        sha256=row.sha256,
        sender_unit=row.sender_unit,
        is_synthetic=row.is_synthetic,
    )


def last_summary(engine: Engine) -> dict[str, Any] | None:
    """Return the summary of the night that began last, None where it has none (yet)."""
    with Session(engine) as session:
        return session.scalar(select(RunRow.summary).order_by(RunRow.id.desc()).limit(1)) or None
