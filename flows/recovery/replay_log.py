"""The replay log: the part of the ledger that the archive keeps, to rebuild the warehouse from.

It holds what the delivered bytes do not say. `ledger/runs/` has one document for each run,
written at its end. `ledger/arrivals/` has a note of each delivery, from before the warehouse
knows it until the document of a run has it.
"""

import hashlib
import json
import logging
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from connectors.archive import Archive
from flows.archive import open_archive
from program.delivery import Arrival, Offer
from program.errors import ArchiveError, WarehouseError
from program.finding import ReaderFinding
from program.mail import HoldReason, InboundMail, MailAuthentication
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.records.purge_record import PURGED, PurgeRecord
from program.settings import Settings
from warehouse.database.engine import Warehouse
from warehouse.database.run_lock import exclusive_briefly
from warehouse.ledger import known_versions
from warehouse.lifecycle.decisions import decided_waivers
from warehouse.maintenance.replay_log import Document, remove_words_of, run_document, runs_of

logger = logging.getLogger("mtqg.backup")

RUNS = "ledger/runs"
ARRIVALS = "ledger/arrivals"


def note_arrival(archive: Archive, arrival: Arrival) -> None:
    """Write the note of an arrival, beside its bytes, before the ledger records it."""
    note = asdict(arrival)
    offer = arrival.offer
    offered_at = offer.offered_at
    note["offer"]["offered_at"] = offered_at and offered_at.isoformat()
    note["received_at"] = arrival.received_at.isoformat()
    if arrival.mail is not None:
        claimed_at = arrival.mail.claimed_at
        note["mail"]["claimed_at"] = claimed_at and claimed_at.isoformat()
    name = _note_name(arrival.source, offer.external_id, offer.external_version)
    archive.note(name, json.dumps(note, ensure_ascii=False).encode())


def export_runs(warehouse: Warehouse, archive: Archive, pack: Pack) -> None:
    """Export to the archive the runs that it does not have, and the newest run again.

    Idempotent. The caller must hold the run lock. A run that was killed is exported by the next
    one. Notes of arrivals that the ledger has are removed.
    """
    # List the notes before the export: one that another process writes meanwhile must stay.
    exported = set(archive.names(RUNS))
    notes = set(archive.names(ARRIVALS))
    _export_runs(warehouse, archive, pack, exported)
    if notes:
        # Every delivery that the ledger has is now in the document of some run, also if the run
        # that recorded it was killed.
        for recorded in notes & _recorded_notes(warehouse, pack):
            archive.remove(recorded)


def _export_runs(
    warehouse: Warehouse,
    archive: Archive,
    pack: Pack,
    exported: set[str],
) -> None:
    runs = runs_of(warehouse)
    for number, started_at in runs.items():
        name = run_name_of(number, started_at)
        is_newest = number == max(runs)
        # A command may have requeued deliveries since the newest run: its document may change.
        if name in exported and not is_newest:
            continue
        document = run_document(warehouse, number)
        if name in exported:
            # The waivers of that time, not of today.
            document["waivers"] = _read(archive, name)["waivers"]
        else:
            document["waivers"] = [each.model_dump(mode="json") for each in pack.corrections]
        archive.write(name, _encoded(document))


def remove_words_from_runs(archive: Archive, deliveries: Collection[int]) -> None:
    """Remove from the documents of all runs what persons wrote in these mails. Idempotent.

    The caller must hold the run lock.
    """
    for name in list(archive.names(RUNS)) if deliveries else ():
        document = _read(archive, name)
        if remove_words_of(document, deliveries):
            archive.write(name, _encoded(document))


def _encoded(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _recorded_notes(warehouse: Warehouse, pack: Pack) -> set[str]:
    """Return the names of the notes whose arrival the ledger has."""
    names: set[str] = set()
    for source in pack.sources:
        for external_id, external_version in known_versions(warehouse, source.name):
            names.add(_note_name(source.name, external_id, external_version))
    return names


def export_changes(settings: Settings, warehouse: Warehouse) -> None:
    """Export to the archive what a command changed between runs.

    Does nothing while a run is at work: that run exports everything at its end.
    """
    with suppress(WarehouseError), exclusive_briefly(settings.warehouse_url):
        pack = load_pack(settings.pack).with_waivers(decided_waivers(warehouse))
        export_runs(warehouse, open_archive(settings), pack)


def check_not_behind_archive(warehouse: Warehouse, archive: Archive) -> None:
    """Check that the warehouse has every run that the archive has.

    Raises WarehouseError if it lacks one: then the warehouse was lost or is an older copy. A new
    run would use its numbers again and would send its mails again.
    """
    runs = runs_of(warehouse)
    known = {run_name_of(number, started_at) for number, started_at in runs.items()}
    unknown = [name for name in archive.names(RUNS) if name not in known]
    if unknown:
        raise WarehouseError(
            f"warehouse: the archive knows {len(unknown)} runs that this warehouse does not; "
            "`mtqg rebuild` makes the warehouse again from the archive. To begin from nothing, "
            "or for another province, choose another MTQG_ARCHIVE_URL"
        )


def read_runs(archive: Archive) -> Iterator[Document]:
    """Yield the documents of the runs, oldest first.

    Raises ArchiveError if two documents have the number of the same run.
    """
    # The names are in order, so two documents of one run stand side by side.
    last = ""
    for name in archive.names(RUNS):
        number = name.removeprefix(f"{RUNS}/").split("-")[0]
        if number == last:
            raise ArchiveError(
                f"archive: run {int(number)} is there twice, from two warehouses; "
                f"move one document out of {RUNS}"
            )
        last = number
        yield _read(archive, name)


def read_arrivals(archive: Archive) -> list[Arrival]:
    """Return the deliveries that no document of a run has, oldest first."""
    arrivals = [_arrival_of(_read(archive, name)) for name in archive.names(ARRIVALS)]
    return sorted(arrivals, key=_order_of_arrival)


def _order_of_arrival(arrival: Arrival) -> tuple[datetime, datetime, str]:
    """Return the key that sorts arrivals as the listings had them."""
    offer = arrival.offer
    return arrival.received_at, offer.offered_at or arrival.received_at, offer.external_id


def _arrival_of(note: dict[str, Any]) -> Arrival:
    """Return the arrival of a note that `note_arrival` wrote."""
    offer = note.pop("offer")
    stored_time = offer.pop("offered_at")
    offered_at = datetime.fromisoformat(stored_time) if stored_time else None
    stored_refusal = offer.pop("refusal")
    refusal = ReaderFinding(**stored_refusal) if stored_refusal else None
    received_at = datetime.fromisoformat(note.pop("received_at"))
    # Notes of older releases know no mails.
    mail = _mail_of(note.pop("mail", None))
    stored_hold = note.pop("hold", None)
    hold = HoldReason(stored_hold) if stored_hold else None
    read_offer = Offer(**offer, offered_at=offered_at, refusal=refusal)
    return Arrival(read_offer, **note, received_at=received_at, mail=mail, hold=hold)


def _mail_of(stored: dict[str, Any] | None) -> InboundMail | None:
    if stored is None:
        return None
    claimed_at = stored["claimed_at"]
    values = stored | {
        "from_addresses": tuple(stored["from_addresses"]),
        "thread_ids": tuple(stored["thread_ids"]),
        "links": tuple(stored["links"]),
        "claimed_at": datetime.fromisoformat(claimed_at) if claimed_at else None,
        "authentication": MailAuthentication(**stored["authentication"]),
    }
    return InboundMail(**values)


def read_purge_records(archive: Archive) -> dict[str, PurgeRecord]:
    """Return the records of purged bytes by sha256, without bytes that arrived again since."""
    records: dict[str, PurgeRecord] = {}
    for name in archive.names(PURGED):
        sha256 = name.removeprefix(f"{PURGED}/").removesuffix(".json")
        # The same bytes were delivered again after the purge: they can be read.
        if archive.holds(sha256):
            continue
        record = archive.purge_record(sha256)
        if record is not None:
            records[sha256] = record
    return records


def run_name_of(number: int, started_at: datetime) -> str:
    """Return the name of a run's document in the archive.

    The start is part of it, so that runs of two warehouses never share a name.
    """
    return f"{RUNS}/{number:06d}-{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"


def _note_name(source: str, external_id: str, external_version: str) -> str:
    # Hashed: an external id may hold characters that no file name may have.
    identity = f"{source}\0{external_id}\0{external_version}"
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return f"{ARRIVALS}/{digest[:32]}.json"


def _read(archive: Archive, name: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(archive.read(name) or b"")
    except ValueError as wrong:
        raise ArchiveError(
            f"archive: {name} is damaged ({wrong}); restore it from the backup"
        ) from wrong
    return document
