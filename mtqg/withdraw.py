"""`mtqg withdraw`: take a delivery back."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from mtqg.console import out
from program.errors import AskedError
from program.settings import load_settings

_WHY_NOT = {
    None: "is not in the ledger",
    "withdrawn": "was withdrawn before",
    "repeated": "repeats bytes that were sent before: withdraw that delivery",
    "enclosed": "goes with the tables of a zip and says nothing",
    "packed": "is a zip that the next night unpacks",
    "unpacked": "is a zip: withdraw what was in it",
}


def withdraw(
    delivery: Annotated[
        int, typer.Argument(help="Number of the delivery, as `mtqg trace --json` and the night's log (delivery=…) give it.")
    ],
    reason: Annotated[str, typer.Option(help="Why, and who asked for it: kept in the ledger.")],
) -> None:
    """Take a delivery back: a district sent the wrong file, and asks for it to count as never sent.

    Its reports are believed no longer; what they had replaced is judged again by the next night and comes back. Nothing is
    deleted: `--as-of` still shows what was believed before, and the file stays in the archive. The same bytes may be sent again.

    Exit code 1, and nothing changed, where it cannot be taken back.
    """
    from flows.keeping import keep_changes  # noqa: PLC0415
    from warehouse.dialects import Opening  # noqa: PLC0415  (keeps --help quick)
    from warehouse.engine import open_warehouse  # noqa: PLC0415
    from warehouse.withdrawing import withdraw as take_back  # noqa: PLC0415

    if not reason.strip():
        raise AskedError("--reason: expected why it is withdrawn, and who asked for it")
    settings = load_settings()
    engine = open_warehouse(settings.warehouse_url, Opening.WRITING)
    done = take_back(engine, delivery, reason.strip(), datetime.now(UTC))
    if not done.is_done:
        raise AskedError(f"nothing is withdrawn: delivery {delivery} {_WHY_NOT.get(done.state, f'is {done.state}')}")
    keep_changes(settings, engine)
    numbers = ", ".join(map(str, done.reopened))
    back = f" Delivery {numbers} comes back with the next night; `mtqg run` does it now." if numbers else ""
    told = f"Delivery {delivery} is withdrawn: {done.reports} of its reports believed no longer.{back}"
    out.print(told, highlight=False, soft_wrap=True)
