"""The nightly flow: collect, unpack, read, check, load, compare, export, publish, alert.

`prefect.yaml` deploys it; `mtqg run` runs it at once. The work is in `flows.night.steps`.
"""

from datetime import date
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.mail.digest import send_digest
from flows.night import intake, steps
from flows.night.artifacts import markdown_of, table_of
from flows.night.run_context import RunContext, open_run
from flows.night.runtime import (
    as_opaque,
    cpu_counted,
    enable_loggers,
    is_transient,
    killed_after,
    run_name,
    run_url,
    step,
    warn_if_late,
)
from flows.recovery.lost_runs import mark_earlier_lost_runs
from program.delivery import Delivery
from program.errors import MtqgError
from program.file_access import make_var, private_files
from program.pack.source import Source
from program.parsed_report import ParsedReport
from program.settings import load_settings
from program.submission import Submission
from warehouse.database.run_lock import exclusive_run

_TIMEOUT_SECONDS = 4 * 60 * 60
"""Prefect interrupts a step that hangs here: the step fails, the next ones and the digest follow.

Should the interruption be lost, the process is killed after MTQG_RUN_SECONDS. The deployment runs
one at a time, so the next run waits until then.
"""


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
    the pack or a setting is wrong, or if another run works on the same warehouse.
    """
    enable_loggers()
    settings = load_settings()
    # Before the run lock, whose file is in it: others pass through it to the site.
    make_var(settings.var)
    with (
        private_files(),
        killed_after(settings.run_seconds),
        exclusive_run(settings.warehouse_url),
        open_run(settings, as_of) as run,
    ):
        mark_earlier_lost_runs()
        warn_if_late(run)
        return run_steps(run, source)


def run_steps(run: RunContext, source: str | None) -> dict[str, Any]:
    """Run all steps and return the summary. A step that fails stops no other step."""
    for entry in run.sources(source):
        with step(run, f"source {entry.name}"):
            collect(run, entry)

    with step(run, "unpack"):
        unpack(run)

    # Before the load, which takes the requeued deliveries with the new ones.
    with step(run, "reopen"):
        reopen(run)

    with step(run, "load"):
        for chunk in run.pending():
            # One expression: no name keeps a chunk in memory while the next one is read.
            load(run, as_opaque(check(run, as_opaque(read(run, chunk)))))

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


@task(
    task_run_name="collect-{source.name}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=is_transient,
)
def collect(run: RunContext, source: Source) -> int:
    """Bring in the new deliveries of a source; return how many came."""
    return intake.collect(run, source)


@task(task_run_name="unpack", cache_policy=NO_CACHE)
def unpack(run: RunContext) -> None:
    """Extract the files of zips. Each becomes a delivery."""
    intake.unpack(run)


@task(task_run_name="reopen", cache_policy=NO_CACHE)
def reopen(run: RunContext) -> None:
    """Requeue deliveries with newly waived findings."""
    steps.reopen(run)


@task(task_run_name="read", cache_policy=NO_CACHE, persist_result=False)
def read(run: RunContext, deliveries: list[Delivery]) -> list[ParsedReport]:
    """Read a chunk of deliveries from the archive."""
    with cpu_counted(run, "load: read"):
        return steps.read(run, deliveries)


@task(task_run_name="check", cache_policy=NO_CACHE, persist_result=False)
def check(run: RunContext, readings: list[ParsedReport]) -> list[Submission]:
    """Check a chunk, one batch for each form."""
    with cpu_counted(run, "load: check"):
        return steps.check(run, readings)


@task(task_run_name="load", cache_policy=NO_CACHE)
def load(run: RunContext, submissions: list[Submission]) -> None:
    """Load a chunk in one transaction. If it fails, each delivery gets its own."""
    with cpu_counted(run, "load: write"):
        steps.load(run, submissions)


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


@task(task_run_name="alert", cache_policy=NO_CACHE)
def alert(run: RunContext) -> None:
    """Send the letters of the outbox."""
    steps.alert(run)


@task(task_run_name="verify", cache_policy=NO_CACHE)
def verify(run: RunContext) -> None:
    """Verify a part of the archive: all of it within 30 days."""
    steps.verify(run)


@task(task_run_name="digest", cache_policy=NO_CACHE)
def digest(run: RunContext, run_url: str) -> None:
    """Write the digest for the engineer and mail it."""
    send_digest(run, run_url)


@task(task_run_name="close", cache_policy=NO_CACHE)
def close(run: RunContext) -> dict[str, Any]:
    """Write the summary to the ledger and to Prefect; return it.

    Raises MtqgError with all errors of the run if there are any.
    """
    summary = run.finish()
    create_table_artifact(
        table_of(run),
        key="submissions",
        description=f"Submissions of run {run.run_id}",
    )
    create_markdown_artifact(
        markdown_of(summary),
        key="summary",
        description=f"Summary of run {run.run_id}",
    )
    if run.summary.errors:
        raise MtqgError("\n".join(run.summary.errors))
    return summary
