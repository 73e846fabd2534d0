"""`mtqg withdraw`: take a delivery back."""

from typing import Annotated

import typer

from mtqg.console import out
from mtqg.signing import By, signed
from program.errors import UsageError
from program.settings import load_settings
from warehouse.states import DeliveryState

_WHY_NOT = {
    None: "is not in the ledger",
    DeliveryState.WITHDRAWN: "was withdrawn before",
    DeliveryState.DUPLICATE: "repeats bytes that were sent before: withdraw that delivery",
    DeliveryState.ATTACHMENT: "goes with the tables of a zip or mail and has no report",
    DeliveryState.ZIP_PENDING: "is a zip that the next run unpacks",
    DeliveryState.ZIP_EXTRACTED: "is a zip: withdraw what was in it",
    DeliveryState.MAIL_PENDING: "is a mail that the next run unpacks",
    DeliveryState.MAIL_EXTRACTED: "is a mail: withdraw what was attached to it",
}


def withdraw(
    delivery: Annotated[
        int,
        typer.Argument(
            help="Number of the delivery, from `mtqg trace --json` or a run's log (delivery=…)."
        ),
    ],
    reason: Annotated[
        str, typer.Option(help="Why, and who asked for it. The ledger keeps this text.")
    ],
    by: By = "",
) -> None:
    """Take a delivery back: a district sent the wrong file, and it shall count as never sent.

    Its reports are no longer current. The next run checks again what they had replaced, and makes
    it current. Nothing is deleted: `--as-of` still shows what was current before, and the archive
    keeps the file. The same bytes may be sent again.

    Exit code 1, and nothing changed, where it cannot be withdrawn.
    """
    from flows.recovery.replay_log import export_changes  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.database.backends import OpenMode  # noqa: PLC0415
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415
    from warehouse.lifecycle.withdraw import withdraw as take_back  # noqa: PLC0415

    if not reason.strip():
        raise UsageError("--reason: expected why it is withdrawn, and who asked for it")
    settings = load_settings()
    engine = open_warehouse(settings.warehouse_url, OpenMode.WRITING)
    result = take_back(engine, delivery, signed(by, reason))
    if not result.is_done:
        why_not = _WHY_NOT.get(result.state, f"is {result.state}")
        raise UsageError(f"nothing is withdrawn: delivery {delivery} {why_not}")
    export_changes(settings, engine)
    line = f"Delivery {delivery} is withdrawn: {result.reports} of its reports no longer current."
    if result.reopened:
        numbers = ", ".join(str(number) for number in result.reopened)
        line += f" Delivery {numbers} comes back with the next run; `mtqg run` does it now."
    out.print(line, soft_wrap=True)
