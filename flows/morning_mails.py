"""The flow `mails`: it sends the letters that a run held back or that a mail server deferred.

`prefect.yaml` deploys it for the morning.
"""

from typing import Any

from prefect import flow

from flows.mail.send_letters import send_now
from flows.night.runtime import enable_loggers, run_name
from program.errors import MtqgError
from program.machine.file_access import private_files
from program.settings import load_settings


@flow(
    name="mails",
    flow_run_name=run_name,
    timeout_seconds=3600,
    log_prints=False,
    persist_result=False,
)
def mails() -> dict[str, Any]:
    """Send the letters of the outbox; return how many were sent and how many wait.

    It may run beside a nightly run: each letter is claimed by one of them.
    Raises MtqgError if a letter could not be sent.
    """
    enable_loggers()
    with private_files():
        outcome = send_now(load_settings())
    if outcome.errors:
        raise MtqgError("\n".join(outcome.errors))
    return {"sent": outcome.sent, "waiting": outcome.waiting, "held": outcome.held}
