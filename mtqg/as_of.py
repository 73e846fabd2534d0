"""The option `--as-of`: how a day is written, and the warehouse as it was on it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from warehouse.database.engine import Warehouse


def parse_day(text: str) -> datetime:
    """Return the day that an option names, as its midnight without a zone.

    Raises typer.BadParameter that says how to write a day.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is not a day; write year-month-day: 2025-01-31 for 31/01/2025"
        ) from None


AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        parser=parse_day,
        metavar="YYYY-MM-DD",
        help="Answer with what was current at the end of this day. Default: now.",
    ),
]


def warehouse_of(url: str, as_of: datetime | None) -> "Warehouse":
    """Return the warehouse as it is now, or as it was at the end of a day."""
    # Imported here, to keep --help quick.
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415
    from warehouse.queries.as_of import open_as_of  # noqa: PLC0415

    if as_of is None:
        return open_warehouse(url)
    return open_as_of(url, as_of.date())
