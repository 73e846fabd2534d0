"""The dead-man switch: did a run complete lately?

A system that is down cannot report itself, so this is asked from outside. Prefect is not used
here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.mail.mail_transport import transport_of
from program.errors import WarehouseError
from program.pack.load import load_pack
from program.records.digest import LastRuns
from program.settings import Settings
from program.vietnamese import format_instant
from publish.mail.operator_mails import compose_alarm
from warehouse.database.engine import open_warehouse
from warehouse.queries.operations import last_runs
from warehouse.states import RunKind


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong with the runs, in a sentence; "" if nothing is.

    `was_mailed` means that a digest with this error was mailed.
    """

    text: str
    was_mailed: bool = False


def alarm_of(settings: Settings, hours: int, now: datetime) -> Alarm:
    """Return what is wrong with the runs.

    Nothing is wrong if a nightly run completed within `hours`, none has failed since, and the last
    intake did not fail. A warehouse
    that cannot be opened is an alarm, not an error.
    """
    try:
        warehouse = open_warehouse(settings.warehouse_url)
        try:
            runs = last_runs(warehouse, RunKind.NIGHTLY)
            intakes = last_runs(warehouse, RunKind.INTAKE)
        finally:
            warehouse.dispose()
    except WarehouseError as wrong:
        return Alarm(f"No run can be found: {wrong}.")
    if runs is None:
        return Alarm("No run has ever begun on this warehouse.")
    since = now - timedelta(hours=hours)
    alarm = _failure_alarm(runs, since) or _absence_alarm(runs, since, hours)
    # An intake may be missing: an idle one leaves no trace in the ledger.
    if alarm is None and intakes is not None:
        alarm = _failure_alarm(intakes, since)
    return alarm or Alarm("")


def mail_alarm(settings: Settings, alarm: Alarm, now: datetime) -> bool:
    """Mail the alarm to the pack's engineer; return whether a mail went out.

    None goes out if nothing is wrong, or if a mailed digest has the error already.
    Raises MailDeferredError if the mail server does not take it.
    """
    if not alarm.text or alarm.was_mailed:
        return False
    post = transport_of(settings)
    try:
        post.send(compose_alarm(alarm.text, load_pack(settings.pack), now))
    finally:
        post.close()
    return True


def _failure_alarm(runs: LastRuns, since: datetime) -> Alarm | None:
    """Return the alarm if the newest run failed; None otherwise."""
    if runs.newest_state != "failed":
        return None
    # An old failure that was mailed is known. That no run came since is the alarm then.
    if runs.newest_started_at < since and runs.newest_was_mailed:
        return None
    errors = runs.newest_errors
    first = errors[0] if errors else "no error was kept"
    return Alarm(
        f"The last run ({_newest(runs)}) failed with {len(errors)} errors, the first: {first}",
        was_mailed=runs.newest_was_mailed,
    )


def _absence_alarm(runs: LastRuns, since: datetime, hours: int) -> Alarm | None:
    """Return the alarm if no run completed since a moment; None otherwise."""
    newest = _newest(runs)
    if runs.completed_at is None:
        return Alarm(f"No run has ever completed; the last one that began is {newest}.")
    if runs.completed_at >= since:
        return None
    ended_at = format_instant(runs.completed_at)
    state = runs.newest_state
    if state == "running":
        state = "is still running or was killed"
    return Alarm(
        f"No run has completed for {hours} hours: the last one ended {ended_at}; {newest}, {state}."
    )


def _newest(runs: LastRuns) -> str:
    return f"run {runs.newest_id}, begun {format_instant(runs.newest_started_at)}"
