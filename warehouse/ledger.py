"""The ledger: nights, sources' cursors, and every delivery with its state. Each function is its own transaction."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, false, func, or_, select, true, update
from sqlalchemy.orm import Session

from program.delivery import Delivery, Offer, Packed
from program.finding import Problem
from warehouse.dialects import spoken
from warehouse.tables import DeliveryRow, RunRow, SubmissionRow, WatermarkRow

RECEIVED, REPEATED, PROCESSED = "received", "repeated", "processed"
PACKED, UNPACKED, ENCLOSED = "packed", "unpacked", "enclosed"
WITHDRAWN = "withdrawn"
PURGED = "purged"
"""Its bytes were removed after their time; a tombstone in the archive says so."""
JUDGED_STATES = (RECEIVED, PROCESSED, WITHDRAWN)
"""Of what is judged, or was to be."""
KNOWN = "known"
"""No state of a delivery: what `record_delivery` answers where it recorded nothing."""


def start_run(engine: Engine, as_of: date, rule_set_version: str, now: datetime) -> int:
    """Open a night and return its number."""
    with spoken(engine), Session(engine) as session, session.begin():
        run = RunRow(
            as_of=as_of, started_at=now, finished_at=None, state="running", rule_set_version=rule_set_version, summary={}
        )
        session.add(run)
        session.flush()
        return run.id


def finish_run(engine: Engine, run_id: int, state: str, summary: dict[str, Any], now: datetime) -> None:
    """Close a night with what came of it."""
    with spoken(engine), Session(engine) as session, session.begin():
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


def record_delivery(  # noqa: PLR0913  (each is a column)
    engine: Engine,
    offer: Offer,
    *,
    source: str,
    channel: str,
    sha256: str | None,
    is_synthetic: bool,
    run_id: int,
    now: datetime,
    is_packed: bool = False,
) -> str:
    """Record an arrival and return its state: `received`, or `repeated` where the sender sent these bytes before.

    `packed` for a zip that waits to be unpacked. `known`, and nothing recorded, where this very offer is in the ledger already:
    another night was faster. `sha256` None stands for bytes refused for their size; such a delivery is never a repetition.
    """
    with Session(engine) as session, session.begin():
        same_offer = (
            DeliveryRow.source == source,
            DeliveryRow.external_id == offer.external_id,
            DeliveryRow.external_version == offer.external_version,
        )
        if session.scalar(select(DeliveryRow.id).where(*same_offer)) is not None:
            return KNOWN
        earlier = _earlier(session, sha256, offer.sender_unit)
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
            state=REPEATED if earlier else PACKED if is_packed else RECEIVED,
            repeats_id=earlier,
            run_id=run_id,
        )
        session.add(row)
        return row.state


def record_unpacked(engine: Engine, number: int, members: Sequence[Packed], *, run_id: int, now: datetime) -> Counter[str]:
    """Record what a zip held as deliveries of its sender and moment, and the zip as unpacked, in one transaction.

    Return how many got which state; none where it was unpacked before.
    """
    states: Counter[str] = Counter()
    with Session(engine) as session, session.begin():
        whole = session.get(DeliveryRow, number, with_for_update=True)
        if whole is None or whole.state != PACKED:
            return states
        for position, member in enumerate(members, start=1):
            row = _member(session, whole, member, position, run_id, now)
            session.add(row)
            session.flush()
            states[row.state] += 1
        whole.state = UNPACKED
    return states


def record_unpackable(engine: Engine, number: int, refusal: Problem | None) -> None:
    """Have a zip read as it is, for its sender to hear what it is; with `refusal`, why it was not unpacked."""
    with Session(engine) as session, session.begin():
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == number, DeliveryRow.state == PACKED)
            .values(state=RECEIVED, refusal=asdict(refusal) if refusal else None)
        )


def _member(session: Session, whole: DeliveryRow, member: Packed, position: int, run_id: int, now: datetime) -> DeliveryRow:
    earlier = None if member.is_enclosure else _earlier(session, member.sha256, whole.sender_unit)
    return DeliveryRow(
        source=whole.source,
        channel=whole.channel,
        # No source has a name with two slashes in a row.
        external_id=f"{whole.external_id}//{position}",
        external_version=whole.external_version,
        name=f"{whole.name} / {member.name}",
        sender_unit=whole.sender_unit,
        received_at=whole.received_at,
        recorded_at=now,
        sha256=member.sha256,
        size=member.size,
        is_synthetic=whole.is_synthetic,
        state=ENCLOSED if member.is_enclosure else REPEATED if earlier else RECEIVED,
        repeats_id=earlier,
        packed_in_id=whole.id,
        refusal=asdict(member.refusal) if member.refusal else None,
        run_id=run_id,
    )


def _earlier(session: Session, sha256: str | None, sender_unit: str | None) -> int | None:
    """Return the first delivery of the same bytes by the same sender; bytes that were not kept, or taken back, repeat nothing."""
    if sha256 is None:
        return None
    same = (DeliveryRow.sha256 == sha256, DeliveryRow.sender_unit.is_not_distinct_from(sender_unit))
    return session.scalar(select(func.min(DeliveryRow.id)).where(*same, DeliveryRow.state.not_in((ENCLOSED, WITHDRAWN))))


def pending_deliveries(engine: Engine, limit: int) -> list[Delivery]:
    """Return the oldest `limit` deliveries that wait to be read, in the order in which they came."""
    return _waiting(engine, RECEIVED, limit)


def packed_deliveries(engine: Engine) -> list[Delivery]:
    """Return the zips that wait to be unpacked, in the order in which they came."""
    return _waiting(engine, PACKED, None)


def _waiting(engine: Engine, state: str, limit: int | None) -> list[Delivery]:
    query = select(DeliveryRow).where(DeliveryRow.state == state).order_by(DeliveryRow.received_at, DeliveryRow.id).limit(limit)
    with Session(engine) as session:
        return [delivery_of(row) for row in session.scalars(query)]


def numbered_delivery(engine: Engine, number: int) -> Delivery:
    """Return the delivery of a number, which must be in the ledger."""
    with Session(engine) as session:
        return delivery_of(session.get_one(DeliveryRow, number))


def judged_deliveries(engine: Engine, forms: Collection[str] | None, *, after: int, limit: int) -> list[Delivery]:
    """Return the first `limit` deliveries beyond number `after` that the archive holds and that were judged.

    Of `forms`, and those of which no form could be told; of all where None, none where there are no `forms`.
    """
    query = select(DeliveryRow).where(*_judged(forms), DeliveryRow.id > after).order_by(DeliveryRow.id).limit(limit)
    with Session(engine) as session:
        return [delivery_of(row) for row in session.scalars(query)]


def count_judged(engine: Engine, forms: Collection[str] | None) -> int:
    """Return how many deliveries `judged_deliveries` gives in all."""
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(DeliveryRow).where(*_judged(forms))) or 0


def _judged(forms: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    of_forms: ColumnElement[bool] = true()
    if forms is not None:
        of_forms = or_(SubmissionRow.form_code.in_(forms), SubmissionRow.form_code.is_(None)) if forms else false()
    judged = select(SubmissionRow.id).where(SubmissionRow.delivery_id == DeliveryRow.id, of_forms).exists()
    return DeliveryRow.sha256.is_not(None), DeliveryRow.state != PURGED, judged


def delivery_of(row: DeliveryRow) -> Delivery:
    """Return a row as the delivery that it keeps."""
    return Delivery(
        id=row.id,
        source=row.source,
        channel=row.channel,
        name=row.name,
        received_at=row.received_at,
        sha256=row.sha256,
        sender_unit=row.sender_unit,
        is_synthetic=row.is_synthetic,
        refusal=Problem(**row.refusal) if row.refusal else None,
    )


def last_summary(engine: Engine) -> dict[str, Any] | None:
    """Return the summary of the night that began last, None where it has none (yet)."""
    with Session(engine) as session:
        return session.scalar(select(RunRow.summary).order_by(RunRow.id.desc()).limit(1)) or None
