"""`mtqg purge`: bytes that tell of persons leave the archive when their time has come."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from connectors.archive import Archive
from mtqg.console import out
from program.pack import load_pack
from program.settings import load_settings
from program.vietnamese import vietnam_day

if TYPE_CHECKING:
    from warehouse.purging import Expired


def purge(*, confirm: Annotated[bool, typer.Option("--confirm", help="Remove them, for ever.")] = False) -> None:
    """List the files that tell of persons and whose time (`personal_days` of their form) is over; with --confirm, remove them.

    With them go the letters about them that are `.eml` files in the outbox: a marked workbook in one holds the same names. What
    judging them had come to stays: ledger, findings and facts. In the place of the bytes lies a tombstone that says what was
    removed, when and why, so that `mtqg rebuild` still makes the same warehouse. They can then never be read again, nor given
    back. Backups hold them as long as you keep those.
    """
    from flows.purging import bury, expired_of, letters_of  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.dialects import Opening  # noqa: PLC0415
    from warehouse.engine import open_warehouse  # noqa: PLC0415
    from warehouse.nights import only_night  # noqa: PLC0415

    settings = load_settings()
    archive, engine = Archive(settings.archive_url), open_warehouse(settings.warehouse_url, Opening.WRITING)
    with only_night(settings.warehouse_url):
        now = datetime.now(UTC)
        expired = expired_of(load_pack(settings.pack), archive, engine, now)
        letters = {file for each in expired for file in letters_of(settings, engine, each)}
        _print(expired)
        counted = f"{len(expired)} files and {len(letters)} letters"
        if not confirm:
            out.print(f"{counted} would be removed; nothing was: `mtqg purge --confirm` removes them for ever.")
            return
        for each in expired:
            bury(settings, archive, engine, each, now)
    out.print(f"{counted} were removed; a tombstone of each file is in the archive.")


def _print(expired: "list[Expired]") -> None:
    table = Table("file", "sender", "came last", "why")
    for each in expired:
        table.add_row(each.name, each.sender_unit or "?", f"{vietnam_day(each.received_at):%Y-%m-%d}", each.why)
    if expired:
        out.print(table)
