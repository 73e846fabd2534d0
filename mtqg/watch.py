"""`mtqg watch`: whether a run has completed lately. For cron: a system that is down cannot tell."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from mtqg.console import errors, out, print_plain


def watch(
    hours: Annotated[
        int, typer.Option(min=1, help="A run must have completed within so many hours.")
    ] = 26,
    *,
    mail: Annotated[
        bool,
        typer.Option(
            "--mail",
            help="Also alarm the engineer, by mail and channels.",
        ),
    ] = False,
) -> None:
    """Exit with code 1 and a sentence if no run has completed lately or the last one failed.

    For cron, best on another machine: `0 8 * * * mtqg watch --mail`. The command needs neither
    Prefect nor the archive, only the settings, the pack and the warehouse.
    """
    from flows.recovery.heartbeat import (  # noqa: PLC0415  (keeps --help quick)
        find_alarm,
        mail_alarm,
        tell_channels,
    )

    now = datetime.now(UTC)
    settings, alarm = find_alarm(hours, now)
    if not alarm.text:
        out.print(f"A run has completed within the last {hours} hours.")
        return
    print_plain(f"{alarm.text}\n{alarm.details}".strip(), errors)
    if mail:
        for failure in tell_channels(settings, alarm, now):
            print_plain(failure, errors)
    if mail and not mail_alarm(settings, alarm, now):
        errors.print("Not mailed again: a mail of today, or that run's digest, says it.")
    raise typer.Exit(1)
