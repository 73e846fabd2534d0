"""The dead-man switch: did a run complete lately?

A system that is down cannot report itself, so this is asked from outside. Prefect is not used
here.
"""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from pathlib import Path

from expectations.rules.rule_set import RuleSet
from flows.mail.channels import alarm_operator
from flows.mail.mail_transport import transport_of
from flows.recovery.alarm_addresses import addresses_of_alarm
from program.errors import ConfigurationError, MailDeferredError, WarehouseError
from program.pack.load import load_pack
from program.records.digest import LastRuns
from program.records.storage import is_disk_short
from program.settings import Settings, load_alarm_settings
from program.vietnamese import format_instant
from publish.mail.channel_texts import alarm_text
from publish.mail.channels import alarm_channels, send_to_channel
from publish.mail.operator_mails import compose_alarm
from publish.mail.transport import FolderTransport
from warehouse.database.backends import OpenMode
from warehouse.database.engine import open_warehouse
from warehouse.queries.operations import last_runs
from warehouse.states import RunKind, RunState


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong with the runs, in a sentence; "" if nothing is.

    `details` are for the mail and the terminal only: they may quote the pack, which no channel
    gets. `was_mailed` means that a digest with this error was mailed. `run_id` is the run that it
    is about, None if it is about none; `days_without` as in `program.records.letter.RunAlarm`.
    """

    text: str
    details: str = ""
    was_mailed: bool = False
    run_id: int | None = None
    days_without: int = 0


def find_alarm(hours: int, now: datetime) -> tuple[Settings, Alarm]:
    """Return what is wrong with the runs, and the settings by which to send it.

    A wrong setting stops each run before it begins. So it is an alarm, not an error.
    """
    settings, wrong = load_alarm_settings()
    if wrong:
        return settings, Alarm("No run can begin: a setting is wrong.", details=wrong)
    return settings, alarm_of(settings, hours, now)


def alarm_of(settings: Settings, hours: int, now: datetime) -> Alarm:
    """Return what is wrong with the runs.

    Nothing is wrong if the pack is valid, a nightly run completed within `hours`, none has failed
    since, and the last intake did not fail. A warehouse that cannot be opened is an alarm, not an
    error. So is a wrong pack: it stops each run before it begins, so that the ledger knows nothing.
    """
    try:
        RuleSet(load_pack(settings.pack))
    except ConfigurationError as wrong:
        return Alarm(
            "No run can begin: the pack, or its rules, are wrong. `mtqg pack check` says where.",
            details=str(wrong),
        )
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
    alarm = _failure_alarm(runs, since) or _absence_alarm(runs, hours, now, settings.var)
    # An intake may be missing: an idle one leaves no trace in the ledger.
    if alarm is None and intakes is not None:
        alarm = _failure_alarm(intakes, since)
    return alarm or Alarm("")


def mail_alarm(settings: Settings, alarm: Alarm, now: datetime) -> bool:
    """Mail the alarm to the pack's engineer; return whether a mail went out.

    None goes out if nothing is wrong, or if a mail has it already: a digest, or the same alarm on
    the same day. Raises MailDeferredError if the mail server does not take it.
    """
    if not alarm.text or alarm.was_mailed:
        return False
    message = _message(settings, alarm, now)
    if _was_sent(settings, message):
        return False
    post = transport_of(settings)
    try:
        post.send(message)
    finally:
        post.close()
    # On a full disk the alarm comes again rather than not at all.
    with suppress(MailDeferredError):
        FolderTransport(settings.digests).send(message)
    return True


def _message(settings: Settings, alarm: Alarm, now: datetime) -> Message:
    text = f"{alarm.text}\n\n{alarm.details}".strip()
    return compose_alarm(text, addresses_of_alarm(settings), now)


def _was_sent(settings: Settings, message: Message) -> bool:
    """Tell whether the same alarm went out today: a fault may fail each intake of a day."""
    return FolderTransport(settings.digests).holds(message)


def tell_channels(settings: Settings, alarm: Alarm, now: datetime) -> list[str]:
    """Tell the operator's channels of an alarm; return a sentence for each that did not take it.

    The outbox keeps what is about a run, so that it goes once. What is about none, such as a
    warehouse that cannot be opened, is sent until it was also mailed, once a day. So is what the
    outbox cannot keep: on a full disk nobody writes, and the alarm must still go.
    """
    if not alarm.text or not alarm_channels(settings):
        return []
    if alarm.run_id is None:
        if _was_sent(settings, _message(settings, alarm, now)):
            return []
        return _tell_at_once(settings, alarm)
    try:
        return _tell_by_outbox(settings, alarm, now, alarm.run_id)
    except WarehouseError:
        return _tell_at_once(settings, alarm)


def _tell_by_outbox(settings: Settings, alarm: Alarm, now: datetime, run_id: int) -> list[str]:
    warehouse = open_warehouse(settings.warehouse_url, OpenMode.WRITING)
    try:
        return alarm_operator(
            warehouse,
            load_pack(settings.pack),
            settings,
            lambda: now,
            run_id=run_id,
            days_without=alarm.days_without,
        )
    finally:
        warehouse.dispose()


def _tell_at_once(settings: Settings, alarm: Alarm) -> list[str]:
    failures = []
    title, _ = alarm_text((), addresses_of_alarm(settings).program)
    for channel in alarm_channels(settings):
        try:
            send_to_channel(channel, title, alarm.text)
        except (MailDeferredError, ConfigurationError) as failed:
            failures.append(f"channel: {failed}")
    return failures


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
        run_id=runs.newest_id,
    )


def _absence_alarm(runs: LastRuns, hours: int, now: datetime, var: Path) -> Alarm | None:
    """Return the alarm if no run completed within the hours; None otherwise."""
    newest = f"{_newest(runs)}, {_ended_how(runs, var)}"
    if runs.completed_at is None:
        return Alarm(f"No run has ever completed; the last one that began is {newest}.")
    if runs.completed_at >= now - timedelta(hours=hours):
        return None
    ended_at = format_instant(runs.completed_at)
    text = f"No run has completed for {hours} hours: the last one ended {ended_at}; {newest}."
    # One message a day to a channel, as long as it lasts.
    days = max((now - runs.completed_at).days, 1)
    return Alarm(text, run_id=runs.newest_id, days_without=days)


def _ended_how(runs: LastRuns, var: Path) -> str:
    if runs.newest_state != RunState.RUNNING:
        return str(runs.newest_state)
    # On a full disk the ledger takes no end of a run either. The words have no figure: an alarm
    # with others would be mailed again on the same day.
    how = "is still running, was killed, or met a full disk and could not record its end"
    if _is_disk_short(var):
        return f"{how} (less than a tenth of the disk of MTQG_VAR is free)"
    return how


def _is_disk_short(var: Path) -> bool:
    try:
        disk = shutil.disk_usage(var)
    except OSError:
        # The watcher may be on a machine without this folder.
        return False
    return is_disk_short(disk.free, disk.total)


def _newest(runs: LastRuns) -> str:
    return f"run {runs.newest_id}, begun {format_instant(runs.newest_started_at)}"
