"""`mtqg audit`: who did what."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from mtqg.console import out, print_json
from program.settings import load_settings
from program.vietnamese import VIETNAM_TIME


def audit(
    subject: Annotated[
        str, typer.Argument(help="Only this one: 'delivery 12', 'explanation 3', 'submission 40'.")
    ] = "",
    *,
    last: Annotated[int, typer.Option(min=1, help="How many acts at most, the newest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show who withdrew, reread, released, accepted, refused or purged what, when and why."""
    from warehouse.audit import audit_trail  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415

    engine = open_warehouse(load_settings().warehouse_url)
    entries = audit_trail(engine, last, subject)
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    if not entries:
        out.print("Nobody has done any of these acts yet.")
        return
    table = Table("when", "who", "what", "on", "why")
    for entry in entries:
        when = f"{entry.at.astimezone(VIETNAM_TIME):%Y-%m-%d %H:%M}"
        # A reason may hold brackets, which are no markup.
        cells = (when, entry.by, entry.action.value, entry.subject, entry.reason)
        table.add_row(*map(escape, cells))
    out.print(table)
