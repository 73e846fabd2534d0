"""`mtqg reread`: have deliveries judged again by the next night."""

from typing import Annotated

import typer

from mtqg.console import out
from program.errors import AskedError
from program.settings import load_settings

_WHY_NOT = {
    None: "is not in the ledger",
    "repeated": "repeats bytes that were sent before: read that delivery again",
    "purged": "was removed from the archive after its time: nobody can read it again",
    "enclosed": "goes with the tables of a zip and is never read",
    "packed": "is a zip that the next night unpacks",
    "withdrawn": "was withdrawn",
}


def reread(
    deliveries: Annotated[
        list[int], typer.Argument(help="Numbers of deliveries, as `mtqg trace` and the night's log (delivery=…) give them.")
    ],
) -> None:
    """Have deliveries judged again by the next night: after a wrong time-out (FILE-08), or when a rule was mended.

    Their bytes are in the archive; nothing is deleted. The new judgement is a submission of its own: it supersedes the earlier
    one of the same delivery, a bad one never replaces a good one, and what a later delivery said stays. Nobody is mailed
    what was mailed of that delivery already. Of a zip, what was in it is judged again.

    All or none: exit code 1, and nothing changed, where one of them cannot be judged again.
    """
    from flows.keeping import keep_changes  # noqa: PLC0415
    from warehouse.dialects import Opening  # noqa: PLC0415  (keeps --help quick)
    from warehouse.engine import open_warehouse  # noqa: PLC0415
    from warehouse.rejudging import put_back  # noqa: PLC0415

    settings = load_settings()
    engine = open_warehouse(settings.warehouse_url, Opening.WRITING)
    waiting, refused = put_back(engine, deliveries)
    if refused:
        reasons = "; ".join(f"delivery {number} {_WHY_NOT.get(state, f'is {state}')}" for number, state in refused.items())
        raise AskedError(f"nothing is judged again: {reasons}")
    keep_changes(settings, engine)
    numbers = ", ".join(map(str, waiting))
    out.print(f"{len(waiting)} to be judged again by the next night: {numbers}. `mtqg run` does it now.", highlight=False)
