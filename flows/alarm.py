"""The flow `alarm`: it mails the engineer if a run failed, crashed or did not start.

Prefect's automations in `prefect.yaml` start it.
"""

from prefect import flow

from flows.mail.send_letters import present
from flows.night.runtime import run_name
from flows.recovery.heartbeat import Alarm, find_alarm, mail_alarm, tell_channels
from program.errors import MailDeferredError
from program.machine.file_access import private_files


@flow(
    name="alarm",
    flow_run_name=run_name,
    timeout_seconds=600,
    log_prints=False,
    persist_result=False,
)
def alarm(hours: int = 26, missing: str = "") -> str:
    """Mail what is wrong with the runs of the last `hours`; return the text.

    `missing` names a deployment of which Prefect saw no run complete: that is what is wrong then.

    Returns "" and mails nothing if a run completed. A run whose digest was mailed with all its
    errors is not mailed again, and a channel that has it gets it no second time. A pack that is
    wrong stops no alarm: it goes to the addresses of the last good one.
    """
    now = present()
    settings, found = find_alarm(hours, now)
    # A wrong pack or setting is why it is missing, and the better news.
    if missing and not found.details:
        found = Alarm(f"No run of the deployment {missing} has completed for {hours} hours.")
    # The mail, which may quote the pack, is kept as a file.
    with private_files():
        failures = tell_channels(settings, found, now)
        mail_alarm(settings, found, now)
    if failures:
        raise MailDeferredError("\n".join(failures))
    return found.text
