"""The dead-man check: did a night complete lately? A system that is down cannot tell; this asks from outside. No Prefect here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.posting import open_post
from program.digest import LastNights
from program.errors import WarehouseError
from program.pack import load_pack
from program.settings import Settings
from program.vietnamese import format_instant
from publish.digest import compose_alarm
from warehouse.engine import open_warehouse
from warehouse.watching import last_nights


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong with the nights, in a sentence; "" where nothing is. `was_told`: a digest that was mailed says so."""

    text: str
    was_told: bool = False


def alarm_of(settings: Settings, hours: int, now: datetime) -> Alarm:
    """Return what is wrong with the nights: nothing where one completed within `hours` and none has failed since."""
    try:
        warehouse = open_warehouse(settings.warehouse_url)
        try:
            nights = last_nights(warehouse)
        finally:
            warehouse.dispose()
    except WarehouseError as wrong:
        return Alarm(f"No night can be found: {wrong}.")
    return _judged(nights, now - timedelta(hours=hours), hours)


def mail_alarm(settings: Settings, alarm: Alarm, now: datetime) -> bool:
    """Mail the sentence to the pack's engineer, and tell whether it was; not where a digest has said it already.

    Raises DeliveryFailed where the mail server does not take it.
    """
    if not alarm.text or alarm.was_told:
        return False
    post = open_post(settings)
    try:
        post.send(compose_alarm(alarm.text, load_pack(settings.pack), now))
    finally:
        post.close()
    return True


def _judged(nights: LastNights | None, since: datetime, hours: int) -> Alarm:
    if nights is None:
        return Alarm("No night has ever begun on this warehouse.")
    newest = f"night {nights.newest_id}, begun {format_instant(nights.newest_started_at)}"
    is_recent = nights.newest_started_at >= since
    if nights.newest_state == "failed" and (is_recent or not nights.newest_was_told):
        first = nights.newest_errors[0] if nights.newest_errors else "no error was kept"
        text = f"The last night ({newest}) failed with {len(nights.newest_errors)} errors, the first: {first}"
        return Alarm(text, was_told=nights.newest_was_told)
    if nights.completed_at is None:
        return Alarm(f"No night has ever completed; the last one that began is {newest}.")
    if nights.completed_at < since:
        ended = format_instant(nights.completed_at)
        state = "is still running or was killed" if nights.newest_state == "running" else nights.newest_state
        return Alarm(f"No night has completed for {hours} hours: the last one ended {ended}; {newest}, {state}.")
    return Alarm("")
