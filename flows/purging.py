"""Bytes that tell of persons and whose time has come: which they are, and their burial. No Prefect here."""

from datetime import datetime
from pathlib import Path

from connectors.archive import Archive, name_of
from program.errors import ArchiveError
from program.pack import Pack
from program.settings import Settings
from program.tombstone import Tombstone
from warehouse.engine import Warehouse
from warehouse.purging import Expired, expired_bytes, judgements_of, letters_about, record_purged


def expired_of(pack: Pack, archive: Archive, warehouse: Warehouse, now: datetime) -> list[Expired]:
    """Return what the archive still holds of bytes whose time has come; nothing where no form has a personal column."""
    kept_days = {(form.code, form.version): form.personal_days for form in pack.forms if form.personal_days is not None}
    if not kept_days:
        return []
    return [each for each in expired_bytes(warehouse, kept_days, now) if archive.holds(each.sha256)]


def letters_of(settings: Settings, warehouse: Warehouse, expired: Expired) -> list[Path]:
    """Return the files of the outbox that are letters about these bytes: the sender's own file may be in them, marked."""
    files = (settings.outbox / f"{number}.eml" for number in letters_about(warehouse, expired.sha256))
    return [file for file in files if file.exists()]


def bury(settings: Settings, archive: Archive, warehouse: Warehouse, expired: Expired, now: datetime) -> None:
    """Remove the letters, put a tombstone in the place of the bytes, then have the ledger say so.

    After a crash anywhere the same call finishes it. Raises ArchiveError where the bytes are gone already.
    """
    content = archive.read(name_of(expired.sha256))
    if content is None:
        raise ArchiveError(f"archive: {expired.sha256} is missing; restore it from the backup")
    for file in letters_of(settings, warehouse, expired):
        file.unlink(missing_ok=True)
    judged = judgements_of(warehouse, expired.sha256)
    archive.bury(Tombstone(sha256=expired.sha256, purged_at=now, why=expired.why, judged=judged))
    record_purged(warehouse, expired.sha256)
