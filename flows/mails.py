"""The morning's mails: what the night had to hold back, and what a mail server had put off. Deployed by `prefect.yaml`."""

from typing import Any

from prefect import flow

from flows.mailing import send_now
from flows.running import let_events_be_heard, run_name
from program.errors import MtqgError
from program.settings import load_settings


@flow(name="mails", flow_run_name=run_name, timeout_seconds=3600, log_prints=False, persist_result=False)
def mails() -> dict[str, Any]:
    """Send what the outbox owes and return how many went and wait; fails where one could not be sent.

    It may run beside a night: each letter is claimed by one of them.
    """
    let_events_be_heard()
    outcome = send_now(load_settings())
    if outcome.errors:
        raise MtqgError("\n".join(outcome.errors))
    return {"sent": outcome.sent, "waiting": outcome.waiting, "held": outcome.held}
