"""`mtqg watch`: has a night completed lately? For cron, since a system that is down cannot tell."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from mtqg.console import errors, out
from program.settings import load_settings


def watch(
    hours: Annotated[int, typer.Option(min=1, help="A night must have completed within so many hours.")] = 26,
    mail: Annotated[bool, typer.Option("--mail", help="Mail it to the engineer of contacts.yaml too.")] = False,  # noqa: FBT002  (a command-line flag)
) -> None:
    """Tell whether the nights run: exit code 0, or 1 and a sentence where none has completed lately or the last one failed.

    For cron, on another machine if you can: `0 8 * * * mtqg watch --mail`. It needs neither Prefect nor the archive, only the
    settings, the pack and the warehouse.
    """
    from flows.watching import alarm_of, mail_alarm  # noqa: PLC0415  (keeps --help quick)

    settings, now = load_settings(), datetime.now(UTC)
    alarm = alarm_of(settings, hours, now)
    if not alarm.text:
        out.print(f"A night has completed within the last {hours} hours.", highlight=False)
        return
    errors.print(alarm.text, highlight=False, soft_wrap=True, markup=False)
    if mail and not mail_alarm(settings, alarm, now):
        errors.print("Not mailed: that night's digest was, and says so.", highlight=False)
    raise typer.Exit(1)
