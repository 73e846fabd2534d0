"""Purge archived bytes with personal data after their retention period.

Prefect is not used here.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from connectors.archive import Archive, name_of
from flows.recovery.replay_log import remove_words_from_runs
from program.errors import ArchiveError
from program.pack.pack import Pack
from program.records.audit import Signature
from program.records.purge_record import PurgeRecord
from program.settings import Settings
from warehouse.database.engine import Warehouse
from warehouse.maintenance.retention import (
    Expired,
    attempts_of,
    expired_bytes,
    letters_about,
    record_purged,
    remove_words,
)


def expired_of(
    pack: Pack,
    archive: Archive,
    warehouse: Warehouse,
    now: datetime,
) -> list[Expired]:
    """Return the archived bytes whose retention period is over.

    Only forms with a personal column have a retention period.
    """
    kept_days: dict[tuple[str, str], int] = {}
    for form in pack.forms:
        if form.personal_days is not None:
            kept_days[form.code, form.version] = form.personal_days
    if not kept_days:
        return []
    expired = expired_bytes(warehouse, kept_days, now)
    # An interrupted purge has removed the bytes before the ledger knew.
    return [each for each in expired if archive.holds(each.sha256)]


def letters_of(
    settings: Settings,
    warehouse: Warehouse,
    expired: Expired,
) -> list[Path]:
    """Return the outbox files of letters about these bytes.

    A letter may have the sender's own workbook attached, with marks.
    """
    numbers = letters_about(warehouse, expired.sha256)
    files = [settings.outbox / f"{number}.eml" for number in numbers]
    return [file for file in files if file.exists()]


def purge(
    settings: Settings,
    archive: Archive,
    warehouse: Warehouse,
    expired: Expired,
    signature: Signature,
) -> None:
    """Purge bytes: delete their letters, replace them by a record of the purge, update the ledger.

    Of a mail, the words of persons are removed too, from the warehouse and from the documents of
    runs, from which a rebuild would bring them back.

    The record and the audit trail have the retention period as the reason.

    After a crash the same call finishes the work. Raises ArchiveError if the bytes are missing.
    """
    content = archive.read(name_of(expired.sha256))
    if content is None:
        raise ArchiveError(f"archive: {expired.sha256} is missing; restore it from the backup")
    # The letters first: while the bytes are there, an interrupted purge is found again.
    for file in letters_of(settings, warehouse, expired):
        file.unlink(missing_ok=True)
    # In this order: the document of the newest run is written again from the warehouse.
    mails = remove_words(warehouse, expired.sha256)
    remove_words_from_runs(archive, mails)
    checks = attempts_of(warehouse, expired.sha256)
    record = PurgeRecord(
        sha256=expired.sha256,
        purged_at=signature.at,
        why=expired.why,
        checks=checks,
    )
    archive.replace_by_record(record)
    record_purged(warehouse, expired.sha256, replace(signature, reason=expired.why))
