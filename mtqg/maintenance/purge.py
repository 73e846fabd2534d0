"""`mtqg purge`: delete files with personal data from the archive after their retention period."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.archive import open_archive
from mtqg.console import out
from mtqg.signing import By, signed
from program.pack.load import load_pack
from program.settings import load_settings
from program.vietnamese import vietnam_day

if TYPE_CHECKING:
    from warehouse.maintenance.retention import Expired


def purge(
    *,
    confirm: Annotated[bool, typer.Option("--confirm", help="Delete them for good.")] = False,
    by: By = "",
) -> None:
    """List the files with personal data past their retention; with --confirm, delete them.

    A form's `personal_days` is that time. Letters about these files that are `.eml` files in the
    outbox go too, because their marked workbooks hold the same names. So does what persons wrote in
    mails that brought or explained such reports, in the warehouse and in the documents of runs. The
    results of checking stay: ledger, findings and facts. A record in place of the bytes says what
    was deleted, when and why, so that `mtqg rebuild` makes the same warehouse. The files can never
    be read or restored again, except from backups, which keep them.
    """
    from flows.recovery.purge import expired_of, letters_of, purge  # noqa: PLC0415  (keeps --help quick)
    from flows.recovery.replay_log import export_changes  # noqa: PLC0415
    from warehouse.database.backends import OpenMode  # noqa: PLC0415
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415
    from warehouse.database.run_lock import exclusive_briefly  # noqa: PLC0415

    settings = load_settings()
    archive = open_archive(settings)
    engine = open_warehouse(settings.warehouse_url, OpenMode.WRITING)
    with exclusive_briefly(settings.warehouse_url):
        now = datetime.now(UTC)
        expired = expired_of(load_pack(settings.pack), archive, engine, now)
        # A set: one letter may be about several files.
        letters: set[Path] = set()
        for entry in expired:
            letters.update(letters_of(settings, engine, entry))
        _print(expired)
        counts = f"{len(expired)} files and {len(letters)} letters"
        if not confirm:
            out.print(
                f"{counts} would be deleted; nothing was: `mtqg purge --confirm` deletes them "
                "for good."
            )
            return
        for entry in expired:
            purge(settings, archive, engine, entry, signed(by))
    # The audit trail has new rows, which a rebuild before the next run must have too.
    export_changes(settings, engine)
    out.print(f"{counts} were deleted; a record of each file is in the archive.")


def _print(expired: "list[Expired]") -> None:
    if not expired:
        return
    table = Table("file", "sender", "last received", "why")
    for entry in expired:
        received = f"{vietnam_day(entry.received_at):%Y-%m-%d}"
        table.add_row(entry.name, entry.sender_unit or "?", received, entry.why)
    out.print(table)
