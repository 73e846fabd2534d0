"""The option `--as-of` of commands that answer questions."""

from datetime import datetime
from typing import Annotated

import typer

from warehouse.engine import Warehouse, open_warehouse
from warehouse.looking_back import open_as_of

AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Answer what was believed at the end of this day. Default: now."),
]


def warehouse_of(url: str, as_of: datetime | None) -> Warehouse:
    """Return the warehouse as it is or, where a day is given, as it was believed at the end of that day."""
    return open_as_of(url, as_of.date()) if as_of else open_warehouse(url)
