"""The ledger: runs, and every delivery with its state. Each function is one transaction.

How far each source was read is in `warehouse.source_positions`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from program.delivery import Arrival, Delivery, ExtractedFile
from program.finding import ReaderFinding
from program.mail import HoldReason, InboundMail, MailAuthentication
from warehouse.database.backends import db_errors_as_sentences
from warehouse.database.bulk import next_ids
from warehouse.database.portions import portions
from warehouse.lifecycle.duplicates import SentBefore
from warehouse.lifecycle.versions import Content
from warehouse.states import DeliveryState, RunKind, RunState
from warehouse.tables import (
    DeliveryRow,
    ExplanationRow,
    HoldRow,
    MailRow,
    OutboxRow,
    RunRow,
    SubmissionRow,
    WarehouseTable,
)

_EXTRACTED = {
    DeliveryState.ZIP_PENDING: DeliveryState.ZIP_EXTRACTED,
    DeliveryState.MAIL_PENDING: DeliveryState.MAIL_EXTRACTED,
}
"""The states of what waits to be extracted, and those that follow."""


def start_run(
    engine: Engine,
    as_of: date,
    rule_set_version: str,
    now: datetime,
    kind: RunKind = RunKind.NIGHTLY,
) -> int:
    """Record that a run began, and return its number."""
    with db_errors_as_sentences(engine), Session(engine) as session, session.begin():
        run = RunRow(
            kind=kind,
            as_of=as_of,
            started_at=now,
            finished_at=None,
            state=RunState.RUNNING,
            rule_set_version=rule_set_version,
            summary={},
        )
        session.add(run)
        session.flush()
        return run.id


def finish_run(
    engine: Engine, run_id: int, state: RunState, summary: dict[str, Any], now: datetime
) -> None:
    """Record that a run ended, with its state and its summary."""
    with db_errors_as_sentences(engine), Session(engine) as session, session.begin():
        session.execute(
            update(RunRow)
            .where(RunRow.id == run_id)
            .values(state=state, summary=summary, finished_at=now)
        )


def forget_run(engine: Engine, run_id: int) -> bool:
    """Remove a run that left nothing in the ledger; return whether it was removed.

    A run that anything on record came of stays. So does one after a failed run: it says that the
    failure is over.
    """
    newest_before = (
        select(RunRow.state).where(RunRow.id < run_id).order_by(RunRow.id.desc()).limit(1)
    )
    left = (
        DeliveryRow.run_id,
        SubmissionRow.run_id,
        OutboxRow.run_id,
        ExplanationRow.run_id,
        # A mail that was held came with an earlier run.
        MailRow.extracted_run_id,
    )
    came_of_it = [select(column).where(column == run_id).exists() for column in left]
    removal = delete(RunRow).where(RunRow.id == run_id, ~or_(*came_of_it))
    with db_errors_as_sentences(engine), Session(engine) as session, session.begin():
        if session.scalar(newest_before) is RunState.FAILED:
            return False
        return bool(session.execute(removal).rowcount)  # type: ignore[attr-defined]


def known_versions(engine: Engine, source: str) -> set[tuple[str, str]]:
    """Return each (external_id, external_version) that the ledger has from a source."""
    columns = (DeliveryRow.external_id, DeliveryRow.external_version)
    with Session(engine) as session:
        rows = session.execute(select(*columns).where(DeliveryRow.source == source))
        return set(rows.tuples())


def record_deliveries(
    engine: Engine, arrivals: Sequence[Arrival], *, run_id: int, now: datetime
) -> list[DeliveryState | None]:
    """Record arrivals in one transaction and return the state of each.

    A zip or a mail waits to be extracted. An arrival with a `hold` waits for the office. What the
    same sender sent before, and nothing has replaced since, is a duplicate
    (`warehouse.lifecycle.duplicates`). None stands for an offer that the ledger has already:
    another run was faster, and nothing is recorded. Idempotent.

    A null sha256 stands for bytes that were refused for their size. Such a delivery is never a
    duplicate.
    """
    states: list[DeliveryState | None] = []
    rows = []
    mails = []
    holds = []
    with Session(engine) as session, session.begin():
        known = _known_offers(session, arrivals)
        contents = [_content_of(arrival) for arrival in arrivals]
        sent_before = SentBefore(session, contents)
        # Known before the rows are inserted: one may be the original of a later one in the batch.
        ids = next_ids(session.connection(), DeliveryRow.__tablename__, len(arrivals))
        new_ids = iter(ids)
        for arrival in arrivals:
            offer_key = _offer_key(arrival)
            if offer_key in known:
                states.append(None)
                continue
            # The same offer may come twice in one batch.
            known.add(offer_key)
            number = next(new_ids)
            waits_as = _waits_as(arrival)
            if arrival.hold is None:
                state, earlier = sent_before.place(number, _content_of(arrival), waits_as)
            else:
                state, earlier = DeliveryState.HELD, None
                holds.append(_hold_values(number, arrival.hold, waits_as, now))
            if arrival.mail is not None:
                mails.append({"delivery_id": number} | _mail_values(arrival.mail))
            states.append(state)
            recorded = {
                "id": number,
                "state": state,
                "duplicate_of_id": earlier,
                "recorded_at": now,
                "run_id": run_id,
            }
            rows.append(_arrival_values(arrival) | recorded)
        _insert(session, DeliveryRow, rows)
        _insert(session, MailRow, mails)
        _insert(session, HoldRow, holds)
    return states


def _waits_as(arrival: Arrival) -> DeliveryState:
    """Return the state in which an arrival waits, if it is neither a duplicate nor held."""
    if arrival.is_zip:
        return DeliveryState.ZIP_PENDING
    if arrival.mail is None:
        return DeliveryState.RECEIVED
    if arrival.sha256 is not None:
        return DeliveryState.MAIL_PENDING
    # A mail that is too large is refused as a file is. Nobody answers a program.
    if arrival.mail.is_automatic:
        return DeliveryState.MAIL_EXTRACTED
    return DeliveryState.RECEIVED


def _hold_values(
    number: int, reason: HoldReason, waits_as: DeliveryState, now: datetime
) -> dict[str, Any]:
    return {"delivery_id": number, "reason": reason, "waits_as": waits_as, "held_at": now}


def _offer_key(arrival: Arrival) -> tuple[str, str, str]:
    offer = arrival.offer
    return arrival.source, offer.external_id, offer.external_version


def _content_of(arrival: Arrival) -> Content:
    return Content(arrival.sha256, arrival.offer.sender_unit)


def _arrival_values(arrival: Arrival) -> dict[str, Any]:
    offer = arrival.offer
    return {
        "source": arrival.source,
        "channel": arrival.channel,
        "external_id": offer.external_id,
        "external_version": offer.external_version,
        "name": offer.name,
        "sender_unit": offer.sender_unit,
        "received_at": arrival.received_at,
        "offered_at": offer.offered_at,
        "sha256": arrival.sha256,
        "size": offer.size,
        "is_synthetic": arrival.is_synthetic,
        "refusal": asdict(offer.refusal) if offer.refusal else None,
    }


def record_extracted(
    engine: Engine, number: int, members: Sequence[ExtractedFile], *, run_id: int, now: datetime
) -> Counter[DeliveryState] | None:
    """Record the files of a zip or mail as deliveries, and it as extracted, in one transaction.

    They have its sender and time of arrival. Idempotent.

    Returns:
        How many files got which state; None where it was extracted before.
    """
    with Session(engine) as session, session.begin():
        container = session.get(DeliveryRow, number, with_for_update=True)
        if container is None or container.state not in _EXTRACTED:
            return None
        contents = [Content(member.sha256, container.sender_unit) for member in members]
        sent_before = SentBefore(session, contents, waiting_container=container.id)
        new_ids = next_ids(session.connection(), DeliveryRow.__tablename__, len(members))
        recorded = {"run_id": run_id, "recorded_at": now}
        rows = []
        for position, member in enumerate(members, start=1):
            member_id = new_ids[position - 1]
            values = _member(container, member, position, member_id, sent_before)
            rows.append(values | recorded)
        _insert(session, DeliveryRow, rows)
        container.state = _EXTRACTED[container.state]
        # A mail may have no file: only this shows which run extracted it.
        of_mail = update(MailRow).where(MailRow.delivery_id == number)
        session.execute(of_mail.values(extracted_run_id=run_id))
    return Counter(row["state"] for row in rows)


def record_unextractable(engine: Engine, number: int, refusal: ReaderFinding | None) -> None:
    """Have a zip or mail that cannot be extracted checked as it is: its sender is notified.

    `refusal` says why it was not extracted, where that is known. Idempotent.
    """
    stored_refusal = asdict(refusal) if refusal else None
    with Session(engine) as session, session.begin():
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == number, DeliveryRow.state.in_(_EXTRACTED))
            .values(state=DeliveryState.RECEIVED, refusal=stored_refusal)
        )


def _member(
    container: DeliveryRow,
    member: ExtractedFile,
    position: int,
    number: int,
    sent_before: SentBefore,
) -> dict[str, Any]:
    earlier = None
    state = DeliveryState.ATTACHMENT
    # An attachment is kept and never checked: it is no duplicate of anything.
    if not member.is_attachment:
        content = Content(member.sha256, container.sender_unit)
        state, earlier = sent_before.place(number, content, DeliveryState.RECEIVED)
    return {
        "id": number,
        "source": container.source,
        "channel": container.channel,
        # No source has a name with two slashes in a row.
        "external_id": f"{container.external_id}//{position}",
        "external_version": container.external_version,
        "name": f"{container.name} / {member.name}",
        "sender_unit": container.sender_unit,
        "received_at": container.received_at,
        "offered_at": container.offered_at,
        "sha256": member.sha256,
        "size": member.size,
        "is_synthetic": container.is_synthetic,
        "state": state,
        "duplicate_of_id": earlier,
        "archive_delivery_id": container.id,
        "refusal": asdict(member.refusal) if member.refusal else None,
    }


def _known_offers(session: Session, arrivals: Sequence[Arrival]) -> set[tuple[str, str, str]]:
    """Return the keys of all offers in the ledger with the names of these arrivals."""
    names: dict[str, list[str]] = defaultdict(list)
    for arrival in arrivals:
        names[arrival.source].append(arrival.offer.external_id)
    columns = (DeliveryRow.source, DeliveryRow.external_id, DeliveryRow.external_version)
    known: set[tuple[str, str, str]] = set()
    for source, external_ids in names.items():
        for portion in portions(external_ids):
            is_named = DeliveryRow.external_id.in_(portion)
            query = select(*columns).where(DeliveryRow.source == source, is_named)
            known |= set(session.execute(query).tuples())
    return known


def _insert(session: Session, table: type[WarehouseTable], rows: Sequence[dict[str, Any]]) -> None:
    # SQLAlchemy would insert one row of defaults for an empty list.
    if rows:
        session.connection().execute(insert(table), rows)


def pending_deliveries(engine: Engine, limit: int) -> list[Delivery]:
    """Return the oldest `limit` deliveries that wait to be checked, in order of arrival."""
    return _waiting(engine, DeliveryState.RECEIVED, limit)


def count_pending(engine: Engine) -> int:
    """Return how many deliveries wait to be checked."""
    query = select(func.count(DeliveryRow.id)).where(DeliveryRow.state == DeliveryState.RECEIVED)
    with Session(engine) as session:
        return session.scalar(query) or 0


def pending_zips(engine: Engine) -> list[Delivery]:
    """Return the zips that wait to be extracted, in order of arrival."""
    return _waiting(engine, DeliveryState.ZIP_PENDING, None)


def pending_mails(engine: Engine) -> list[Delivery]:
    """Return the mails that wait to be extracted, in order of arrival."""
    return _waiting(engine, DeliveryState.MAIL_PENDING, None)


def recorded_mail(engine: Engine, number: int) -> InboundMail:
    """Return what the mail says that is the delivery with a number."""
    with Session(engine) as session:
        return mail_of(session.get_one(MailRow, number))


def mail_of(row: MailRow) -> InboundMail:
    """Return the mail that a row holds."""
    return InboundMail(
        message_id=row.message_id,
        from_addresses=tuple(row.from_addresses),
        from_name=row.from_name,
        subject=row.subject,
        claimed_at=row.claimed_at,
        thread_ids=tuple(row.thread_ids),
        authentication=MailAuthentication(**row.authentication),
        is_automatic=row.is_automatic,
        own_text=row.own_text,
        links=tuple(row.links),
    )


def _mail_values(mail: InboundMail) -> dict[str, Any]:
    """Return the columns of a mail: those of `MailRow` have the names of its fields."""
    return asdict(mail)


def _waiting(engine: Engine, state: DeliveryState, limit: int | None) -> list[Delivery]:
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.state == state)
        .order_by(DeliveryRow.received_at, DeliveryRow.id)
        .limit(limit)
    )
    with Session(engine) as session:
        return [delivery_of(row) for row in session.scalars(query)]


def checked_deliveries(
    engine: Engine, forms: Collection[str] | None, *, after: int, limit: int
) -> list[Delivery]:
    """Return the first `limit` deliveries beyond number `after` that were checked and archived.

    Those of `forms` and those of which the form is unknown; all where `forms` is None, none where
    it is empty.
    """
    query = (
        select(DeliveryRow)
        .where(*_is_checked(forms), DeliveryRow.id > after)
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    with Session(engine) as session:
        return [delivery_of(row) for row in session.scalars(query)]


def count_checked(engine: Engine, forms: Collection[str] | None) -> int:
    """Return how many deliveries `checked_deliveries` gives in all."""
    query = select(func.count(DeliveryRow.id)).where(*_is_checked(forms))
    with Session(engine) as session:
        return session.scalar(query) or 0


def _is_checked(forms: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    """SQL conditions: the bytes are in the archive, and a submission of `forms` came of them."""
    submissions = select(SubmissionRow.id).where(
        SubmissionRow.delivery_id == DeliveryRow.id, _is_of_forms(forms)
    )
    return (
        DeliveryRow.sha256.is_not(None),
        DeliveryRow.state != DeliveryState.PURGED,
        submissions.exists(),
    )


def _is_of_forms(forms: Collection[str] | None) -> ColumnElement[bool]:
    if forms is None:
        return true()
    if not forms:
        return false()
    # A submission of an unknown form may be of any of them.
    return or_(SubmissionRow.form_code.in_(forms), SubmissionRow.form_code.is_(None))


def delivery_of(row: DeliveryRow) -> Delivery:
    """Return the delivery that a row holds."""
    return Delivery(
        id=row.id,
        source=row.source,
        channel=row.channel,
        name=row.name,
        received_at=row.received_at,
        sha256=row.sha256,
        sender_unit=row.sender_unit,
        is_synthetic=row.is_synthetic,
        refusal=ReaderFinding(**row.refusal) if row.refusal else None,
        offered_at=row.offered_at,
        run_id=row.run_id,
    )


def last_summary(engine: Engine) -> dict[str, Any] | None:
    """Return the summary of the run that began last, None if it has none (yet)."""
    query = select(RunRow.summary).order_by(RunRow.id.desc()).limit(1)
    with Session(engine) as session:
        return session.scalar(query) or None
