"""The intake flow: collect, unpack, read, check, load, explain and alert, in office hours.

It has the first steps of the nightly flow, so that a unit has its answer within the hour. The
nightly flow compares, publishes and reminds. `prefect.yaml` deploys it; `mtqg run --intake` runs it
at once.
"""

import logging
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.night import steps
from flows.night.run_context import RunContext, open_run
from flows.night.runtime import enable_loggers, killed_after, run_name, run_url, step
from flows.night.spans import spans_sent
from flows.night.tasks import alert, close, digest, take_in
from flows.recovery.crashed_runs import mark_earlier_lost_runs
from program.errors import RunActiveError
from program.machine.file_access import make_var, private_files
from program.pack.load import load_calendar
from program.settings import load_settings
from warehouse.database.run_lock import exclusive_briefly
from warehouse.states import RunKind

logger = logging.getLogger("mtqg.intake")

_LOADING_SECONDS = 10 * 60
"""After this, an intake begins no further chunk: the next one goes on, and a nightly run may."""
_TIMEOUT_SECONDS = 15 * 60
"""Prefect interrupts a step that hangs here."""
_KILL_SECONDS = 20 * 60
"""The process of an intake ends by then, within the time that a nightly run waits for it."""


@flow(
    name="intake",
    flow_run_name=run_name,
    timeout_seconds=_TIMEOUT_SECONDS,
    log_prints=False,
    persist_result=False,
)
def intake(*, at_any_hour: bool = False) -> dict[str, Any]:
    """Take in what came, and answer it; return the summary.

    Does nothing outside the pack's hours (`intake` in `calendar.yaml`) unless `at_any_hour`, and
    nothing while another run is at work: then `nothing` in the summary says why. An intake that
    found nothing leaves no run in the ledger.

    Raises MtqgError at the end if the system failed in a step.
    """
    enable_loggers()
    settings = load_settings()
    if not at_any_hour:
        closed = load_calendar(settings.pack).no_intake_at(RunContext.now())
        if closed:
            return _nothing(closed)
    make_var(settings.var)
    try:
        with (
            private_files(),
            killed_after(_KILL_SECONDS),
            exclusive_briefly(settings.warehouse_url),
            open_run(settings, None, RunKind.INTAKE) as run,
            spans_sent(run),
        ):
            mark_earlier_lost_runs()
            run.load_for(_LOADING_SECONDS)
            return _run_steps(run)
    except RunActiveError as busy:
        return _nothing(str(busy))


def _nothing(reason: str) -> dict[str, Any]:
    logger.info("intake nothing=%r", reason)
    return {"nothing": reason}


def _run_steps(run: RunContext) -> dict[str, Any]:
    take_in(run, None)

    with step(run, "alert"):
        alert(run)

    # The pages that link to them come with the nightly run.
    with step(run, "data docs"):
        data_docs(run)

    # The nightly run has a digest in any case.
    if run.summary.errors:
        with step(run, "digest"):
            digest(run, run_url())

    return close(run)


@task(task_run_name="data-docs", cache_policy=NO_CACHE)
def data_docs(run: RunContext) -> None:
    """Write the Data Docs of what was checked."""
    steps.write_data_docs(run)
