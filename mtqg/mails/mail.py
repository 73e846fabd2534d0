"""`mtqg mail send`, `mtqg mail retry`, `mtqg mail preview`, `mtqg mail test-channels`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import out, print_plain
from program.errors import ConfigurationError, MailDeferredError, UsageError
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
def test_channels() -> None:
    """Send a short test message to every channel, now. Exit code 1 if one did not take it.

    The channels are those of MTQG_ALARM_CHANNELS and MTQG_OFFICE_CHANNELS. Quiet hours do not
    hold it back, and the outbox does not keep it.
    """
    from publish.mail.channels import (  # noqa: PLC0415  (keeps --help quick)
        alarm_channels,
        office_channels,
        send_to_channel,
    )

    settings = load_settings()
    name = load_pack(settings.pack).program.short_name
    channels = (*alarm_channels(settings), *office_channels(settings))
    if not channels:
        raise UsageError("no channel is set: MTQG_ALARM_CHANNELS, MTQG_OFFICE_CHANNELS")
    failures = []
    for channel in channels:
        try:
            send_to_channel(channel, f"[mtqg] {name}", "Tin thử, không cần trả lời. A test.")
        except (MailDeferredError, ConfigurationError) as failed:
            failures.append(str(failed))
        else:
            print_plain(f"{channel.label}: taken")
    if failures:
        raise MailDeferredError("\n".join(failures))


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
    written = write_previews(pack, today, folder, words_of(pack), has_intake=settings.intake)
    # The first file is the index of the others.
    line = f"{len(written) - 1} files; begin with {written[0]}"
    print_plain(line)
