"""`mtqg reread`: let the next run check deliveries again."""

from typing import Annotated

import typer

from mtqg.console import out
from mtqg.signing import By, signed
from program.errors import UsageError
from program.settings import load_settings
from warehouse.states import DeliveryState

_WHY_NOT = {
    None: "is not in the ledger",
    DeliveryState.DUPLICATE: "repeats bytes that were sent before: read that delivery again",
    DeliveryState.PURGED: "was removed from the archive after its time: nobody can read it again",
    DeliveryState.ATTACHMENT: "goes with the tables of a zip or mail and is never read",
    DeliveryState.ZIP_PENDING: "is a zip that the next run unpacks",
    DeliveryState.MAIL_PENDING: "is a mail that the next run unpacks",
    DeliveryState.HELD: "waits for the office to say who sent it",
    DeliveryState.WITHDRAWN: "was withdrawn",
}


def reread(
    deliveries: Annotated[
        list[int],
        typer.Argument(
            help="Numbers of deliveries, from `mtqg trace` or a run's log (delivery=…)."
        ),
    ],
    by: By = "",
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
) -> None:
    """Check deliveries again in the next run: after a wrong time-out (FILE-08) or a rule's fix.

    Their bytes are in the archive, and nothing is deleted. The result is a new submission. It
    supersedes the earlier one of the same delivery, but a quarantined one never replaces an
    accepted one, and a later delivery stays current. Nobody gets the same mail twice. For a zip
    or mail, its files are checked again.

    All or none: exit code 1, and nothing changed, where one of them cannot be checked again.
    """
    from flows.recovery.replay_log import export_changes  # noqa: PLC0415  (all: keeps --help quick)
    from warehouse.database.backends import OpenMode  # noqa: PLC0415
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415
    from warehouse.lifecycle.reprocess import requeue  # noqa: PLC0415

    settings = load_settings()
    engine = open_warehouse(settings.warehouse_url, OpenMode.WRITING)
    waiting, refused = requeue(engine, deliveries, signed(by, reason))
    if refused:
        reasons = []
        for number, state in refused.items():
            reason = _WHY_NOT.get(state, f"is {state}")
            reasons.append(f"delivery {number} {reason}")
        raise UsageError(f"nothing is checked again: {'; '.join(reasons)}")
    export_changes(settings, engine)
    numbers = ", ".join(str(number) for number in waiting)
    out.print(
        f"{len(waiting)} to be checked again by the next run: {numbers}. `mtqg run` does it now.",
    )
