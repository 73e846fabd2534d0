"""The nightly flow: collect, unpack, read, check, load, explain, compare, export, publish, alert.

`prefect.yaml` deploys it; `mtqg run` runs it at once. The work is in `flows.night.steps`.
"""

from datetime import date
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.night import steps
from flows.night.run_context import RunContext, open_run
from flows.night.runtime import (
    enable_loggers,
    killed_after,
    run_name,
    run_url,
    step,
    warn_if_late,
)
from flows.night.spans import spans_sent
from flows.night.tasks import alert, close, digest, take_in
from flows.recovery.crashed_runs import mark_earlier_lost_runs
from program.machine.file_access import make_var, private_files
from program.settings import load_settings
from warehouse.database.run_lock import exclusive_run

_TIMEOUT_SECONDS = 4 * 60 * 60
"""Prefect interrupts a step that hangs here: the step fails, the next ones and the digest follow.

Should the interruption be lost, the process is killed after MTQG_RUN_SECONDS. The deployment runs
one at a time, so the next run waits until then.
"""
_WAIT_FOR_INTAKE_SECONDS = 30 * 60
"""Longer than an intake may take (`flows.intake`): no nightly run is refused because of one."""


@flow(
    name="nightly",
    flow_run_name=run_name,
    timeout_seconds=_TIMEOUT_SECONDS,
    log_prints=False,
    persist_result=False,
)
def nightly(as_of: date | None = None, source: str | None = None) -> dict[str, Any]:
    """Run the pipeline as of a date (default: today in Vietnam); return the run's summary.

    It reads all sources, or only `source`. It is idempotent: what the ledger has is not
    collected, loaded or mailed again. Bad submissions are no failure.

    Raises MtqgError at the end if the system failed in a step. Stops before the first step if
    the pack or a setting is wrong, or if another nightly run works on the same warehouse; it waits
    for an intake.
    """
    enable_loggers()
    settings = load_settings()
    # Before the run lock, whose file is in it: others pass through it to the site.
    make_var(settings.var)
    with (
        private_files(),
        killed_after(settings.run_seconds),
        exclusive_run(settings.warehouse_url, _WAIT_FOR_INTAKE_SECONDS),
        open_run(settings, as_of) as run,
        spans_sent(run),
    ):
        mark_earlier_lost_runs()
        warn_if_late(run)
        return run_steps(run, source)


def run_steps(run: RunContext, source: str | None) -> dict[str, Any]:
    """Run all steps and return the summary. A step that fails stops no other step."""
    take_in(run, source)

    # Once all reports of the run are loaded: a report is compared with those of other units.
    with step(run, "compare"):
        compare(run)

    # Before the pages, which link to these files.
    with step(run, "export"):
        export(run)

    with step(run, "publish"):
        publish(run)

    # After all verdicts, so that nobody is reminded of a report that has just come.
    with step(run, "remind"):
        remind(run)

    with step(run, "alert"):
        alert(run)

    with step(run, "verify"):
        verify(run)

    # Last: it counts the mails and lists the errors of all steps.
    with step(run, "digest"):
        digest(run, run_url())

    return close(run)


@task(task_run_name="compare", cache_policy=NO_CACHE)
def compare(run: RunContext) -> None:
    """Cross-check the newly current reports."""
    steps.compare(run)


@task(task_run_name="export", cache_policy=NO_CACHE)
def export(run: RunContext) -> None:
    """Write the data for others and the reports."""
    steps.export(run)


@task(task_run_name="publish", cache_policy=NO_CACHE)
def publish(run: RunContext) -> None:
    """Write the page and the Data Docs."""
    steps.publish(run)


@task(task_run_name="remind", cache_policy=NO_CACHE)
def remind(run: RunContext) -> None:
    """Queue reminders and all-clear notices."""
    steps.remind(run)


@task(task_run_name="verify", cache_policy=NO_CACHE)
def verify(run: RunContext) -> None:
    """Verify a part of the archive: all of it within 30 days."""
    steps.verify(run)
