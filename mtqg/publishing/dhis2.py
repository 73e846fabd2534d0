"""`mtqg dhis2`: send figures to DHIS2."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from flows.secrets import with_blocks
from mtqg.console import out, print_plain
from mtqg.templates.template import read_period
from program.errors import MtqgError, UsageError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import Settings, load_settings
from program.tools.dhis2 import FILE, Dhis2
from publish.dhis2.data_values import Choice, Selection, select_values
from publish.dhis2.sent import Push, keep_sent, read_sent, record_push
from publish.dhis2.server import Dhis2Server, ImportCount
from warehouse.database.engine import open_warehouse
from warehouse.queries.indicator_figures import indicator_figures

dhis2_app = typer.Typer(
    name="dhis2",
    help="Send figures to DHIS2.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


# Without it, Typer makes no group of a single command.
@dhis2_app.callback()
def _dhis2() -> None:
    pass


@dhis2_app.command()
def push(
    *,
    send: Annotated[
        bool,
        typer.Option("--send", help="Really send. Without it, the server only tries (dryRun)."),
    ] = False,
    period: Annotated[
        str, typer.Option(help="One period only: 2024-Q4, or as an office writes it.")
    ] = "",
    with_doubtful: Annotated[
        bool, typer.Option("--with-doubtful", help="Send figures in doubt too.")
    ] = False,
    with_synthetic: Annotated[
        bool, typer.Option("--with-synthetic", help="Send invented figures too, to a test server.")
    ] = False,
    delete: Annotated[
        bool,
        typer.Option("--delete", help="Delete what was sent before and is no longer reported."),
    ] = False,
    send_all: Annotated[
        bool, typer.Option("--all", help="Send what was sent before as well.")
    ] = False,
) -> None:
    """Send accepted figures to DHIS2 as dhis2.yaml of the pack maps them; a dry run first.

    Figures in doubt, estimates and synthetic figures stay here. What the server has already is not
    sent again. Each push is recorded in MTQG_VAR/dhis2.

    Exit code 1 where the server does not take a value; its figures are named.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    mapping = pack.dhis2
    if mapping is None:
        raise UsageError(f"{pack.folder} has no {FILE}; docs/dhis2.md says what stands in it")
    wanted_period = read_period(period) if period else None
    choice = Choice(wanted_period, with_doubtful, with_synthetic)
    selection = _selection(settings, pack, mapping, choice)
    before = read_sent(settings.dhis2, mapping.url)
    changed = selection.values if send_all else before.changed(selection.values)
    gone = before.gone(selection.values) if choice.period is None else []
    _print_selection(selection, len(changed), len(gone), deletes=delete)
    deleted = gone if delete else []
    if not changed and not deleted:
        out.print("Nothing to send.")
        return
    wanted = Push(mapping.url, changed, deleted, datetime.now(UTC))
    with Dhis2Server(mapping, with_blocks(settings, mapping.secrets())) as server:
        # The real import comes only after one in which nothing is refused.
        tried = server.send(changed, "CREATE_AND_UPDATE", is_dry_run=True)
        out.print(f"Dry run: {tried}.")
        if not send:
            out.print("Nothing was written there; --send does it.")
            return
        count = _send(server, wanted, settings)
    record = record_push(settings.dhis2, wanted, str(count))
    keep_sent(settings.dhis2, mapping.url, before.after(changed, deleted))
    out.print(f"Sent: {count}. Record: {record}", soft_wrap=True)


def _send(server: Dhis2Server, wanted: Push, settings: Settings) -> ImportCount:
    """Send and delete for real. What the server refuses is recorded too."""
    try:
        count = server.send(wanted.sent, "CREATE_AND_UPDATE", is_dry_run=False)
        return count + server.send(wanted.deleted, "DELETE", is_dry_run=False)
    except MtqgError as refused:
        # What it took is not known for each value: the next push sends all of them again.
        record_push(settings.dhis2, wanted, str(refused))
        raise


def _selection(settings: Settings, pack: Pack, mapping: Dhis2, choice: Choice) -> Selection:
    indicators = {element.indicator for element in mapping.data_elements}
    figures = indicator_figures(open_warehouse(settings.warehouse_url), indicators)
    return select_values(figures, mapping, pack, choice)


def _print_selection(selection: Selection, changed: int, gone: int, *, deletes: bool) -> None:
    known = len(selection.values) - changed
    print_plain(f"{len(selection.values)} values to have there; {known} are there already.")
    for reason, count in sorted(selection.left_out.items()):
        print_plain(f"  left out, {reason.value}: {count}")
    if gone and not deletes:
        print_plain(f"  sent before and no longer reported: {gone}; --delete takes them back")
