"""The ledger's copy in the archive: what the bytes do not say of themselves, so that the warehouse can be made anew.

`ledger/nights/` holds a document a night, written at its end; `ledger/arrivals/` a note of each delivery, from before the
warehouse knows it until a night's document has it.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from connectors.archive import Archive
from program.delivery import Arrival, Offer
from program.errors import ArchiveError, WarehouseError
from program.pack import Pack, load_pack
from program.settings import Settings
from program.tombstone import PURGED, Tombstone
from warehouse.documents import Document, night_document, runs_of
from warehouse.engine import Warehouse
from warehouse.ledger import known_versions
from warehouse.nights import only_night

logger = logging.getLogger("mtqg.keeping")
NIGHTS, ARRIVALS = "ledger/nights", "ledger/arrivals"


def note_arrival(archive: Archive, arrival: Arrival) -> None:
    """Keep beside a delivery's bytes what the ledger is about to record of it."""
    note = asdict(arrival)
    note["offer"]["offered_at"] = arrival.offer.offered_at.isoformat()
    name = _arrival(arrival.source, arrival.offer.external_id, arrival.offer.external_version)
    archive.note(name, json.dumps(note, ensure_ascii=False).encode())


def keep_nights(warehouse: Warehouse, archive: Archive, pack: Pack) -> None:
    """Write the documents of nights that have none yet. Idempotent.

    For whoever is alone on the warehouse: a night that was killed gets its document from the next one. The newest one is
    written anew where something was put back since.
    """
    kept, arrivals = set(archive.names(NIGHTS)), set(archive.names(ARRIVALS))
    runs = runs_of(warehouse)
    for number, name in ((number, night_name(number, moment)) for number, moment in runs.items()):
        if name in kept and number != max(runs):
            continue
        document = night_document(warehouse, number)
        overruled = [each.model_dump(mode="json") for each in pack.corrections]
        document["corrections"] = _read(archive, name)["corrections"] if name in kept else overruled
        archive.write(name, json.dumps(document, ensure_ascii=False, indent=1).encode())
    if not arrivals:
        return
    # All that the ledger knows is in some night's document now, also where a night was killed before it could say so.
    known = {_arrival(source.name, *version) for source in pack.sources for version in known_versions(warehouse, source.name)}
    for arrival in arrivals & known:
        archive.remove(arrival)


def keep_changes(settings: Settings, warehouse: Warehouse) -> None:
    """Have the archive know what a command changed between nights; a night that is at work does it itself, at its end."""
    with suppress(WarehouseError), only_night(settings.warehouse_url):
        keep_nights(warehouse, Archive(settings.archive_url), load_pack(settings.pack))


def refuse_forgetting(warehouse: Warehouse, archive: Archive) -> None:
    """Raise WarehouseError where the archive knows nights that the warehouse does not: it was lost, or is older.

    A night would give their numbers away again, and mail what was mailed.
    """
    known = {night_name(number, started_at) for number, started_at in runs_of(warehouse).items()}
    forgotten = [name for name in archive.names(NIGHTS) if name not in known]
    if forgotten:
        raise WarehouseError(
            f"warehouse: the archive knows {len(forgotten)} nights that this warehouse does not; `mtqg rebuild` makes it anew "
            "from the archive. To begin from nothing, or for another province, choose another MTQG_ARCHIVE_URL"
        )


def read_nights(archive: Archive) -> Iterator[Document]:
    """Yield the nights' documents in their order. Raises ArchiveError where two say to be the same night."""
    last = ""
    for name in archive.names(NIGHTS):
        number = name.removeprefix(f"{NIGHTS}/").split("-")[0]
        if number == last:
            raise ArchiveError(f"archive: night {int(number)} is there twice, of two warehouses; move one away from {NIGHTS}")
        last = number
        yield _read(archive, name)


def read_arrivals(archive: Archive) -> list[Arrival]:
    """Return the deliveries that no night's document has, oldest first."""
    arrivals = []
    for name in archive.names(ARRIVALS):
        note = _read(archive, name)
        fields = note.pop("offer")
        moment = datetime.fromisoformat(fields.pop("offered_at"))
        arrivals.append(Arrival(Offer(**fields, offered_at=moment), **note))
    return sorted(arrivals, key=lambda arrival: (arrival.offer.offered_at, arrival.offer.external_id))


def read_tombstones(archive: Archive) -> dict[str, Tombstone]:
    """Return what stays of purged bytes, by their sha256; of bytes that came again since, nothing."""
    sha256s = [name.removeprefix(f"{PURGED}/").removesuffix(".json") for name in archive.names(PURGED)]
    tombstones = {sha256: archive.tombstone(sha256) for sha256 in sha256s if not archive.holds(sha256)}
    return {sha256: tombstone for sha256, tombstone in tombstones.items() if tombstone is not None}


def night_name(number: int, started_at: datetime) -> str:
    """Return the name of a night's document. Of two warehouses no two are alike: the moment is in it."""
    return f"{NIGHTS}/{number:06d}-{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"


def _arrival(source: str, external_id: str, external_version: str) -> str:
    key = hashlib.sha256(f"{source}\0{external_id}\0{external_version}".encode()).hexdigest()[:32]
    return f"{ARRIVALS}/{key}.json"


def _read(archive: Archive, name: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(archive.read(name) or b"")
    except ValueError as wrong:
        raise ArchiveError(f"archive: {name} is damaged ({wrong}); restore it from the backup") from wrong
    return document
