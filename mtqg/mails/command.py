"""`mtqg mail send`, `mtqg mail retry`, `mtqg mail preview`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import out
from program.errors import DeliveryFailed
from program.pack import load_pack
from program.settings import load_settings
from program.vietnamese import vietnam_day

mail_app = typer.Typer(name="mail", help="Send what waits in the outbox, and look at the mails.", no_args_is_help=True)


@mail_app.command()
def send() -> None:
    """Send what the outbox owes, now: what the night held back for quiet hours, and what the mail server put off.

    May run beside a night; no mail goes twice. Exit code 1 where a mail could not be sent, or came back: it stays in the
    outbox.
    """
    from flows.mailing import send_now  # noqa: PLC0415  (keeps --help quick)

    outcome = send_now(load_settings())
    held = f": {outcome.held}" if outcome.held else ""
    out.print(f"{outcome.sent} sent, {outcome.waiting} waiting{held}", highlight=False)
    if outcome.errors:
        raise DeliveryFailed("\n".join(outcome.errors))


@mail_app.command()
def retry(
    to: Annotated[str | None, typer.Option(help="Only mails to this address.")] = None,
) -> None:
    """Have mails that the server refused for good tried again by the next sending: after the address was mended, say.

    The address is that of the mail, not of contacts.yaml: a new address holds for mails written from then on.
    """
    from warehouse.dialects import Opening  # noqa: PLC0415  (keeps --help quick)
    from warehouse.engine import open_warehouse  # noqa: PLC0415
    from warehouse.outbox import try_again  # noqa: PLC0415

    count = try_again(open_warehouse(load_settings().warehouse_url, Opening.WRITING), to)
    out.print(f"{count} to be tried again; `mtqg mail send` does it now", highlight=False)


@mail_app.command()
def preview(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder to write into. Default: var/preview.")] = None,
) -> None:
    """Write a sample of every kind of mail, as HTML, text and .eml, for the office to review. Nothing is sent.

    The findings are invented; offices, units, forms and deadlines, placeholders among them, are the pack's.
    """
    from publish.preview.writing import write_previews  # noqa: PLC0415  (keeps --help quick)

    settings = load_settings()
    written = write_previews(load_pack(settings.pack), vietnam_day(datetime.now(UTC)), output or settings.var / "preview")
    out.print(f"{len(written) - 1} files; begin with {written[0]}", soft_wrap=True, highlight=False, markup=False)
