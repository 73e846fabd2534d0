"""`mtqg rebuild`: the warehouse anew from the archive alone, held against the one it replaces."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from mtqg.console import errors, out
from mtqg.keeping.bar import progress
from program.errors import WarehouseError
from program.settings import Settings, load_settings, quiet_third_parties


def rebuild(
    limit: Annotated[int, typer.Option(min=0, help="How many differing rows of a table are named.")] = 5,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Put the new one in place although it differs.")] = False,
) -> None:
    """Make the whole warehouse anew from the archive: the bytes, and the nights' documents beside them.

    Every report is read and judged again by today's rules, in the order of then, and recorded as of then. The result is compared
    row by row with the warehouse that is there and takes its place at one instant where they are alike, or where there is none.
    Where they differ the differences are listed, nothing is changed and the exit code is 1; --replace takes the new one. The old
    one is kept beside it. Nothing is collected or mailed.
    """
    settings = load_settings()
    quiet_third_parties(settings)
    from warehouse.copying import is_living  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.nights import only_night  # noqa: PLC0415
    from warehouse.swapping import place_beside, put_in_place  # noqa: PLC0415

    with only_night(settings.warehouse_url):
        lives = is_living(settings.warehouse_url)
        if lives:
            _keep_what_is_known(settings)
        beside = place_beside(settings.warehouse_url)
        _make(settings, beside)
        if lives and not _is_alike(settings, beside, limit) and not replace:
            raise WarehouseError("the new warehouse differs from the one that is there, which stays; --replace takes the new one")
        kept = put_in_place(settings.warehouse_url, beside, datetime.now(UTC))
    out.print(f"in place; the one before is kept: {kept}" if kept else "in place.", highlight=False, soft_wrap=True)


def _keep_what_is_known(settings: Settings) -> None:
    """Have the archive know what only the warehouse knows: nights that were killed, what was put back since the last one."""
    from connectors.archive import Archive  # noqa: PLC0415
    from flows.keeping import keep_nights  # noqa: PLC0415
    from program.pack import load_pack  # noqa: PLC0415
    from warehouse.engine import open_warehouse  # noqa: PLC0415

    engine = open_warehouse(settings.warehouse_url)
    keep_nights(engine, Archive(settings.archive_url), load_pack(settings.pack))
    engine.dispose()


def _make(settings: Settings, beside: str) -> None:
    from flows.rebuilding import Rebuilding  # noqa: PLC0415

    rebuilding = Rebuilding(settings, beside)
    with progress("judging again", rebuilding.judgements) as advance:
        rebuilt = rebuilding.run(advance)
    out.print(f"{rebuilt.nights} nights and {rebuilt.judgements} judgements made again.", highlight=False)
    if rebuilt.arrived:
        out.print(f"{rebuilt.arrived} deliveries that no night had finished with wait for the next night.", highlight=False)
    for failure in rebuilt.failed:
        errors.print(f"[bold red]not made again[/] {failure}", highlight=False, soft_wrap=True)


def _is_alike(settings: Settings, beside: str, limit: int) -> bool:
    """Print what differs, and tell whether nothing does."""
    from warehouse.differences import differences  # noqa: PLC0415
    from warehouse.engine import open_warehouse  # noqa: PLC0415

    before, after = open_warehouse(settings.warehouse_url), open_warehouse(beside)
    found = differences(before, after, limit)
    for engine in (before, after):
        engine.dispose()
    table = Table("table", "rows", "that differ")
    for name, rows in found.compared.items():
        table.add_row(name, str(rows), str(found.differing[name]))
    out.print(table)
    for difference in found.examples:
        out.print(str(difference), highlight=False, markup=False, soft_wrap=True)
    if found.other_rules:
        out.print(f"{found.other_rules} submissions had been judged by other rules or another release.", highlight=False)
    return not found.differing
