"""The dead-man check: did a night complete lately? A system that is down cannot tell; this asks from outside. No Prefect here."""

from datetime import datetime, timedelta

from program.digest import LastNights
from program.errors import WarehouseError
from program.pack import load_pack
from program.settings import Settings
from program.vietnamese import format_instant
from publish.digest import compose_alarm
from publish.post import open_post
from warehouse.engine import open_warehouse
from warehouse.watching import last_nights


def alarm_of(settings: Settings, hours: int, now: datetime) -> str:
    """Return in a sentence what is wrong with the nights, "" where one completed within `hours` and none has failed since."""
    try:
        warehouse = open_warehouse(settings.warehouse_url)
        try:
            nights = last_nights(warehouse)
        finally:
            warehouse.dispose()
    except WarehouseError as wrong:
        return f"No night can be found: {wrong}."
    return _judged(nights, now - timedelta(hours=hours), hours)


def send_alarm(settings: Settings, text: str, now: datetime) -> None:
    """Mail the sentence to the pack's engineer. Raises DeliveryFailed where the mail server does not take it."""
    post = open_post(settings)
    try:
        post.send(compose_alarm(text, load_pack(settings.pack), now))
    finally:
        post.close()


def _judged(nights: LastNights | None, since: datetime, hours: int) -> str:
    if nights is None:
        return "No night has ever begun on this warehouse."
    newest = f"night {nights.newest_id}, begun {format_instant(nights.newest_started_at)}"
    if nights.newest_state == "failed":
        first = nights.newest_errors[0] if nights.newest_errors else "no error was kept"
        return f"The last night ({newest}) failed with {len(nights.newest_errors)} errors, the first: {first}"
    if nights.completed_at is None:
        return f"No night has ever completed; the last one that began is {newest}."
    if nights.completed_at < since:
        ended = format_instant(nights.completed_at)
        state = "is still running or was killed" if nights.newest_state == "running" else nights.newest_state
        return f"No night has completed for {hours} hours: the last one ended {ended}; {newest}, {state}."
    return ""
