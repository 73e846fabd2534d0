"""A warehouse that knows the pack, and deliveries that have come: for tests that begin where something is on record."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from program.calendar.schedule import obligations
from program.delivery import Arrival, Delivery, Offer
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import Settings
from warehouse.catalogue import sync_catalogue
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import pending_deliveries, record_deliveries
from warehouse.states import DeliveryState

NOON = datetime(2025, 1, 20, 5, tzinfo=UTC)
CRITICAL = Finding(
    "TRN-01", Severity.CRITICAL, "Số nữ lớn hơn", "Sửa", sheet="Tổng hợp", cell="D10", value="9"
)
WARNING = Finding(
    "TRN-05", Severity.WARNING, "Tổng lệch", "Sửa", sheet="Tổng hợp", cell="C12", value="12"
)


def an_hour_old(path: Path) -> Path:
    """Have a file look as if it was put an hour ago: a text that is younger may still be copied."""
    an_hour_ago = time.time() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))
    return path


def catalogued(settings: Settings, pack: Pack, now: datetime) -> Engine:
    """Return a warehouse to which the pack was copied on a day."""
    engine = prepare_warehouse(settings.warehouse_url)
    sync_catalogue(engine, pack, obligations(pack.calendar, pack.units, now.date()), now)
    return engine


def record_delivery(
    engine: Engine,
    offer: Offer,
    *,
    source: str,
    channel: str,
    sha256: str | None,
    is_synthetic: bool,
    run_id: int,
    now: datetime,
    is_zip: bool = False,
) -> DeliveryState | None:
    """Record one arrival, as `record_deliveries` does for many. It came when it was offered."""
    arrival = Arrival(
        offer,
        source,
        channel,
        sha256,
        received_at=offer.offered_at or now,
        is_synthetic=is_synthetic,
        is_zip=is_zip,
    )
    return record_deliveries(engine, [arrival], run_id=run_id, now=now)[0]


def arrive(
    engine: Engine,
    run: int,
    number: int,
    sender: str,
    came: datetime,
    now: datetime | None = None,
    sha256: str = "",
    **kept: bool,
) -> Delivery:
    """Put on record that file `number` came from a sender, at `now` where that is another moment.

    Return it as it waits.
    """
    offer = Offer(f"{sender}/{number}.xlsx", "1", f"{number}.xlsx", came, sender)
    how = {
        "source": "inbox",
        "channel": "folder",
        "sha256": sha256 or f"{number:064d}",
        "is_synthetic": False,
        **kept,
    }
    state = record_delivery(engine, offer, **how, run_id=run, now=now or came)
    assert state is DeliveryState.RECEIVED
    return next(
        delivery for delivery in pending_deliveries(engine, 99) if delivery.name == offer.name
    )
