"""`mtqg mail send`, `mtqg mail retry`, `mtqg mail preview`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import out, print_plain
from program.errors import MailDeferredError
from program.pack.load import load_pack
from program.settings import load_settings
from program.vietnamese import vietnam_day

mail_app = typer.Typer(
    name="mail",
    help="Send what waits in the outbox, and look at the mails.",
    no_args_is_help=True,
)


@mail_app.command()
def send() -> None:
    """Send now what waits in the outbox: mails held for quiet hours or deferred by the server.

    It is safe during a run: no mail goes twice. Exit code 1 if a mail could not be sent, or
    came back: it stays in the outbox.
    """
    from flows.mail.send_letters import send_now  # noqa: PLC0415  (keeps --help quick)

    outcome = send_now(load_settings())
    held = f": {outcome.held}" if outcome.held else ""
    out.print(f"{outcome.sent} sent, {outcome.waiting} waiting{held}")
    if outcome.errors:
        raise MailDeferredError("\n".join(outcome.errors))


@mail_app.command()
def retry(
    to: Annotated[str | None, typer.Option(help="Only mails to this address.")] = None,
) -> None:
    """Let the next sending try refused mails again, for example after a mailbox was repaired.

    A mail keeps its address. A new address in contacts.yaml is for mails that are written later.
    """
    from warehouse.database.backends import OpenMode  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415
    from warehouse.outbox.queue import retry_failed  # noqa: PLC0415

    engine = open_warehouse(load_settings().warehouse_url, OpenMode.WRITING)
    count = retry_failed(engine, to)
    out.print(f"{count} to be tried again; `mtqg mail send` does it now")


@mail_app.command()
def preview(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder to write into. Default: var/preview."),
    ] = None,
) -> None:
    """Write a sample of every kind of mail as HTML, text and .eml for review. Nothing is sent.

    The findings are invented, and said in the words of the rules. Offices, units, forms and
    deadlines are the pack's, placeholders included.
    """
    from mtqg.mails.sample_words import words_of  # noqa: PLC0415  (both: keeps --help quick)
    from publish.preview.writing import write_previews  # noqa: PLC0415

    settings = load_settings()
    today = vietnam_day(datetime.now(UTC))
    folder = output or settings.var / "preview"
    pack = load_pack(settings.pack)
    written = write_previews(pack, today, folder, words_of(pack))
    # The first file is the index of the others.
    line = f"{len(written) - 1} files; begin with {written[0]}"
    print_plain(line)
