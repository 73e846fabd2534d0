"""The ledger: nights, sources' cursors, and every delivery with its state. Each function is its own transaction."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, false, func, insert, or_, select, true, update
from sqlalchemy.orm import Session

from program.delivery import Arrival, Delivery, Offer, Packed
from program.finding import Problem
from warehouse.bulk import next_ids
from warehouse.dialects import spoken
from warehouse.portions import portions
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
    """Record one arrival, as `record_deliveries` does."""
    arrival = Arrival(offer, source, channel, sha256, is_synthetic=is_synthetic, is_packed=is_packed)
    return record_deliveries(engine, [arrival], run_id=run_id, now=now)[0]


def record_deliveries(engine: Engine, arrivals: Sequence[Arrival], *, run_id: int, now: datetime) -> list[str]:
    """Record arrivals in one transaction and return the state of each: `received`, or `repeated` for its sender's same bytes.

    `packed` for a zip that waits to be unpacked. `known`, and nothing recorded, where this very offer is in the ledger already:
    another night was faster. `sha256` None stands for bytes refused for their size; such a delivery is never a repetition.
    """
    states: list[str] = []
    rows = []
    with Session(engine) as session, session.begin():
        known = _known_offers(session, arrivals)
        first = _FirstDeliveries(session, [arrival.sha256 for arrival in arrivals])
        numbers = iter(next_ids(session.connection(), DeliveryRow.__tablename__, len(arrivals)))
        for arrival in arrivals:
            offer = arrival.offer
            name = (arrival.source, offer.external_id, offer.external_version)
            if name in known:
                states.append(KNOWN)
                continue
            known.add(name)
            number = next(numbers)
            earlier = first.repeated_by(number, arrival.sha256, offer.sender_unit)
            states.append(REPEATED if earlier else PACKED if arrival.is_packed else RECEIVED)
            rows.append(
                {
                    "id": number,
                    "source": arrival.source,
                    "channel": arrival.channel,
                    "external_id": offer.external_id,
                    "external_version": offer.external_version,
                    "name": offer.name,
                    "sender_unit": offer.sender_unit,
                    "received_at": offer.offered_at,
                    "recorded_at": now,
                    "sha256": arrival.sha256,
                    "size": offer.size,
                    "is_synthetic": arrival.is_synthetic,
                    "state": states[-1],
                    "repeats_id": earlier,
                    "run_id": run_id,
                }
            )
        _insert(session, rows)
    return states


def record_unpacked(engine: Engine, number: int, members: Sequence[Packed], *, run_id: int, now: datetime) -> Counter[str]:
    """Record what a zip held as deliveries of its sender and moment, and the zip as unpacked, in one transaction.

    Return how many got which state; none where it was unpacked before.
    """
    with Session(engine) as session, session.begin():
        whole = session.get(DeliveryRow, number, with_for_update=True)
        if whole is None or whole.state != PACKED:
            return Counter()
        first = _FirstDeliveries(session, [member.sha256 for member in members])
        numbers = next_ids(session.connection(), DeliveryRow.__tablename__, len(members))
        recorded = {"run_id": run_id, "recorded_at": now}
        rows = [
            _member(whole, member, position, member_number, first) | recorded
            for position, (member, member_number) in enumerate(zip(members, numbers, strict=True), start=1)
        ]
        _insert(session, rows)
        whole.state = UNPACKED
    return Counter(row["state"] for row in rows)


def record_unpackable(engine: Engine, number: int, refusal: Problem | None) -> None:
    """Have a zip read as it is, for its sender to hear what it is; with `refusal`, why it was not unpacked."""
    with Session(engine) as session, session.begin():
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == number, DeliveryRow.state == PACKED)
            .values(state=RECEIVED, refusal=asdict(refusal) if refusal else None)
        )


def _member(whole: DeliveryRow, member: Packed, position: int, number: int, first: "_FirstDeliveries") -> dict[str, Any]:
    if member.is_enclosure:
        state, earlier = ENCLOSED, None
    else:
        earlier = first.repeated_by(number, member.sha256, whole.sender_unit)
        state = REPEATED if earlier else RECEIVED
    return {
        "id": number,
        "source": whole.source,
        "channel": whole.channel,
        # No source has a name with two slashes in a row.
        "external_id": f"{whole.external_id}//{position}",
        "external_version": whole.external_version,
        "name": f"{whole.name} / {member.name}",
        "sender_unit": whole.sender_unit,
        "received_at": whole.received_at,
        "sha256": member.sha256,
        "size": member.size,
        "is_synthetic": whole.is_synthetic,
        "state": state,
        "repeats_id": earlier,
        "packed_in_id": whole.id,
        "refusal": asdict(member.refusal) if member.refusal else None,
    }


def _known_offers(session: Session, arrivals: Sequence[Arrival]) -> set[tuple[str, str, str]]:
    """Return which of these offers, or others under the same name, are in the ledger already."""
    names: dict[str, list[str]] = defaultdict(list)
    for arrival in arrivals:
        names[arrival.source].append(arrival.offer.external_id)
    known: set[tuple[str, str, str]] = set()
    columns = (DeliveryRow.source, DeliveryRow.external_id, DeliveryRow.external_version)
    for source, external_ids in names.items():
        for portion in portions(external_ids):
            query = select(*columns).where(DeliveryRow.source == source, DeliveryRow.external_id.in_(portion))
            known |= {(row[0], row[1], row[2]) for row in session.execute(query)}
    return known


class _FirstDeliveries:
    """Which delivery was the first of some bytes by a sender; bytes that were not kept, or taken back, repeat nothing."""

    def __init__(self, session: Session, sha256s: Sequence[str | None]) -> None:
        self._numbers: dict[tuple[str, str | None], int] = {}
        kept = [sha256 for sha256 in sha256s if sha256 is not None]
        columns = (DeliveryRow.sha256, DeliveryRow.sender_unit)
        counts = DeliveryRow.state.not_in((ENCLOSED, WITHDRAWN))
        for portion in portions(kept):
            query = select(*columns, func.min(DeliveryRow.id)).where(DeliveryRow.sha256.in_(portion), counts)
            for sha256, sender, number in session.execute(query.group_by(*columns)):
                self._numbers[sha256, sender] = number

    def repeated_by(self, number: int, sha256: str | None, sender: str | None) -> int | None:
        """Return the delivery that a new one repeats; None where it is the first, which others may repeat from now on."""
        if sha256 is None:
            return None
        first = self._numbers.setdefault((sha256, sender), number)
        return first if first != number else None


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(DeliveryRow), rows)


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
