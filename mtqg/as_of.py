"""The option `--as-of` of the commands that answer questions."""

from datetime import datetime
from typing import Annotated

import typer

from warehouse.database.engine import Warehouse, open_warehouse
from warehouse.queries.as_of import open_as_of

AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="Answer with what was current at the end of this day. Default: now.",
    ),
]


def warehouse_of(url: str, as_of: datetime | None) -> Warehouse:
    """Return the warehouse as it is now, or as it was at the end of a day."""
    if as_of is None:
        return open_warehouse(url)
    return open_as_of(url, as_of.date())
