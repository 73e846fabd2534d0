"""The alarm: mails the engineer where a night failed, crashed or did not come. Prefect's automations of `prefect.yaml` run it."""

from prefect import flow

from flows.mailing import present
from flows.running import run_name
from flows.watching import alarm_of, send_alarm
from program.settings import load_settings


@flow(name="alarm", flow_run_name=run_name, timeout_seconds=600, log_prints=False, persist_result=False)
def alarm(hours: int = 26) -> str:
    """Mail what is wrong with the nights of the last `hours`, and return it; "" and no mail where one completed."""
    settings, now = load_settings(), present()
    text = alarm_of(settings, hours, now)
    if text:
        send_alarm(settings, text, now)
    return text
