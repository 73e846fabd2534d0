"""`mtqg rebuild`: make the warehouse again from the archive, and compare it with the old one."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from mtqg.console import out, print_plain, print_problem
from mtqg.maintenance.progress_bar import progress
from program.errors import WarehouseError
from program.settings import Settings, load_settings, quiet_third_parties


def rebuild(
    limit: Annotated[
        int, typer.Option(min=0, help="How many differing rows of a table to name.")
    ] = 5,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Use the new warehouse although it differs.")
    ] = False,
) -> None:
    """Make the whole warehouse again from the archive: its bytes and the documents of its runs.

    Every report is read and checked again by today's rules, in the original order, and recorded
    with the original times. The result is compared with the existing warehouse, row by row. If
    both are equal, or there is none, the new one takes its place at one instant. If they differ,
    the differences are listed, nothing is changed and the exit code is 1; --replace takes the new
    one. The old one is kept beside it. Nothing is collected or mailed.
    """
    settings = load_settings()
    quiet_third_parties(settings)
    from warehouse.database.run_lock import exclusive_run  # noqa: PLC0415
    from warehouse.maintenance.dump import is_in_use  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.maintenance.swap import staging_url, swap_in  # noqa: PLC0415

    url = settings.warehouse_url
    with exclusive_run(url):
        has_warehouse = is_in_use(url)
        if has_warehouse:
            _archive_documents(settings)
        beside = staging_url(url)
        _rebuild(settings, beside)
        # The comparison prints the differences, also where --replace ignores them.
        is_refused = has_warehouse and not _is_equal(settings, beside, limit) and not replace
        if is_refused:
            raise WarehouseError(
                "the new warehouse differs from the existing one, which stays; "
                "--replace takes the new one"
            )
        kept = swap_in(url, beside, datetime.now(UTC))
    line = f"in place; the one before is kept: {kept}" if kept else "in place."
    out.print(line, soft_wrap=True)


def _archive_documents(settings: Settings) -> None:
    """Write to the archive what only the warehouse knows.

    These are runs that were killed, and changes by commands since the last run. A warehouse of an
    older release is migrated first.
    """
    from flows.archive import open_archive  # noqa: PLC0415
    from flows.recovery.replay_log import export_runs  # noqa: PLC0415
    from program.pack.load import load_pack  # noqa: PLC0415
    from warehouse.database.engine import prepare_warehouse  # noqa: PLC0415

    engine = prepare_warehouse(settings.warehouse_url)
    export_runs(engine, open_archive(settings), load_pack(settings.pack))
    engine.dispose()


def _rebuild(settings: Settings, beside: str) -> None:
    """Make the new warehouse at the URL `beside` and print what it holds."""
    from flows.recovery.rebuild import Rebuilding  # noqa: PLC0415

    rebuilding = Rebuilding(settings, beside)
    with progress("checking again", rebuilding.attempts) as advance:
        rebuilt = rebuilding.run(advance)
    out.print(f"{rebuilt.runs} runs and {rebuilt.attempts} checks made again.")
    if rebuilt.arrived:
        out.print(
            f"{rebuilt.arrived} deliveries that no run had finished wait for the next run.",
        )
    for failure in rebuilt.failed:
        print_problem("not made again", failure)


def _is_equal(settings: Settings, beside: str, limit: int) -> bool:
    """Print how the new warehouse differs from the old one, and return whether it does not."""
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415
    from warehouse.maintenance.diff import differences  # noqa: PLC0415

    before = open_warehouse(settings.warehouse_url)
    after = open_warehouse(beside)
    found = differences(before, after, limit)
    before.dispose()
    after.dispose()
    table = Table("table", "rows", "that differ")
    for name, rows in found.compared.items():
        table.add_row(name, str(rows), str(found.differing[name]))
    out.print(table)
    for difference in found.examples:
        print_plain(str(difference))
    if found.other_rules:
        out.print(
            f"{found.other_rules} submissions were checked by other rules or another release.",
        )
    return not found.differing
