"""`mtqg purge`: bytes that tell of persons leave the archive when their time has come."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from connectors.archive import Archive
from mtqg.console import out
from program.errors import ArchiveError
from program.pack import load_pack
from program.settings import Settings, load_settings
from program.tombstone import Tombstone
from program.vietnamese import vietnam_day

if TYPE_CHECKING:
    from warehouse.engine import Warehouse
    from warehouse.purging import Expired


def purge(*, confirm: Annotated[bool, typer.Option("--confirm", help="Remove them, for ever.")] = False) -> None:
    """List the files that tell of persons and whose time (`personal_days` of their form) is over; with --confirm, remove them.

    What judging them had come to stays: ledger, findings, facts and mails. In the place of the bytes lies a tombstone that says
    what was removed, when and why, so that `mtqg rebuild` still makes the same warehouse. They can then never be read again, nor
    given back. Backups hold them as long as you keep those.
    """
    from warehouse.dialects import Opening  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.engine import open_warehouse  # noqa: PLC0415
    from warehouse.nights import only_night  # noqa: PLC0415

    settings = load_settings()
    engine = open_warehouse(settings.warehouse_url, Opening.WRITING)
    with only_night(settings.warehouse_url):
        now = datetime.now(UTC)
        expired = expired_of(settings, engine, now)
        _print(expired)
        if not confirm:
            out.print(f"{len(expired)} files would be removed; nothing was: `mtqg purge --confirm` removes them for ever.")
            return
        for each in expired:
            bury(Archive(settings.archive_url), engine, each, now)
    out.print(f"{len(expired)} files were removed; a tombstone of each is in the archive.")


def expired_of(settings: Settings, engine: "Warehouse", now: datetime) -> "list[Expired]":
    """Return what the archive still holds of bytes whose time has come."""
    from warehouse.purging import expired_bytes  # noqa: PLC0415

    forms = load_pack(settings.pack).forms
    kept_days = {(form.code, form.version): form.personal_days for form in forms if form.personal_days is not None}
    archive = Archive(settings.archive_url)
    return [each for each in expired_bytes(engine, kept_days, now) if archive.holds(each.sha256)]


def bury(archive: Archive, engine: "Warehouse", expired: "Expired", now: datetime) -> None:
    """Put a tombstone in the place of bytes, then have the ledger say so. After a crash anywhere the same call finishes it."""
    from warehouse.purging import judgements_of, record_purged  # noqa: PLC0415

    content = archive.read(f"{expired.sha256[:2]}/{expired.sha256}")
    if content is None:
        raise ArchiveError(f"archive: {expired.sha256} is missing; restore it from the backup")
    judged = judgements_of(engine, expired.sha256)
    archive.bury(Tombstone(sha256=expired.sha256, purged_at=now, why=expired.why, judged=judged))
    record_purged(engine, expired.sha256)


def _print(expired: "list[Expired]") -> None:
    table = Table("file", "sender", "came last", "why")
    for each in expired:
        table.add_row(each.name, each.sender_unit or "?", f"{vietnam_day(each.received_at):%Y-%m-%d}", each.why)
    if expired:
        out.print(table)
