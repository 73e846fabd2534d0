"""The alarm: mails the engineer where a night failed, crashed or did not come. Prefect's automations of `prefect.yaml` run it."""

from prefect import flow

from flows.mailing import present
from flows.running import run_name
from flows.watching import alarm_of, mail_alarm
from program.settings import load_settings


@flow(name="alarm", flow_run_name=run_name, timeout_seconds=600, log_prints=False, persist_result=False)
def alarm(hours: int = 26) -> str:
    """Mail what is wrong with the nights of the last `hours`, and return it; "" and no mail where one completed.

    A night whose digest was mailed with all its errors is not mailed a second time.
    """
    settings, now = load_settings(), present()
    found = alarm_of(settings, hours, now)
    mail_alarm(settings, found, now)
    return found.text
