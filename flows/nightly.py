"""The nightly flow: collect, unpack, read, check, load, compare, publish, alert.

`prefect.yaml` deploys it; `mtqg run` runs it at once. The work is in `flows.night.steps`.
"""

from datetime import date
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.mail.digest import send_digest
from flows.night import steps
from flows.night.artifacts import markdown_of, table_of
from flows.night.run_context import RunContext
from flows.night.runtime import (
    as_opaque,
    cpu_counted,
    enable_loggers,
    is_transient,
    run_name,
    run_url,
    step,
)
from program.delivery import Delivery
from program.errors import MtqgError
from program.pack.source import Source
from program.parsed_report import ParsedReport
from program.settings import load_settings
from program.submission import Submission
from warehouse.database.run_lock import exclusive_run

_TIMEOUT_SECONDS = 4 * 60 * 60
"""A run that hangs ends here. The deployment runs one at a time, so the next one waits for it."""


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
    with exclusive_run(settings.warehouse_url):
        return run_steps(RunContext(settings, as_of), source)


def run_steps(night: RunContext, source: str | None) -> dict[str, Any]:
    """Run all steps and return the summary. A step that fails stops no other step."""
    for entry in night.sources(source):
        with step(night, f"source {entry.name}"):
            collect(night, entry)

    with step(night, "unpack"):
        unpack(night)

    # Before the load, which takes the requeued deliveries with the new ones.
    with step(night, "reopen"):
        reopen(night)

    with step(night, "load"):
        for chunk in night.pending():
            # One expression: no name keeps a chunk in memory while the next one is read.
            load(night, as_opaque(check(night, as_opaque(read(night, chunk)))))

    # Once all reports of the run are loaded: a report is compared with those of other units.
    with step(night, "compare"):
        compare(night)

    with step(night, "publish"):
        publish(night)

    # After all verdicts, so that nobody is reminded of a report that has just come.
    with step(night, "remind"):
        remind(night)

    with step(night, "alert"):
        alert(night)

    # Last: it counts the mails and lists the errors of all steps.
    with step(night, "digest"):
        digest(night, run_url())

    return close(night)


@task(
    task_run_name="collect-{source.name}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=is_transient,
)
def collect(night: RunContext, source: Source) -> int:
    """Bring in the new deliveries of a source; return how many came."""
    return steps.collect(night, source)


@task(task_run_name="unpack", cache_policy=NO_CACHE)
def unpack(night: RunContext) -> None:
    """Extract the files of zips. Each becomes a delivery."""
    steps.unpack(night)


@task(task_run_name="reopen", cache_policy=NO_CACHE)
def reopen(night: RunContext) -> None:
    """Requeue deliveries with newly waived findings."""
    steps.reopen(night)


@task(task_run_name="read", cache_policy=NO_CACHE, persist_result=False)
def read(night: RunContext, deliveries: list[Delivery]) -> list[ParsedReport]:
    """Read a chunk of deliveries from the archive."""
    with cpu_counted(night, "load: read"):
        return steps.read(night, deliveries)


@task(task_run_name="check", cache_policy=NO_CACHE, persist_result=False)
def check(night: RunContext, readings: list[ParsedReport]) -> list[Submission]:
    """Check a chunk, one batch for each form."""
    with cpu_counted(night, "load: check"):
        return steps.check(night, readings)


@task(task_run_name="load", cache_policy=NO_CACHE)
def load(night: RunContext, submissions: list[Submission]) -> None:
    """Load a chunk in one transaction. If it fails, each delivery gets its own."""
    with cpu_counted(night, "load: write"):
        steps.load(night, submissions)


@task(task_run_name="compare", cache_policy=NO_CACHE)
def compare(night: RunContext) -> None:
    """Cross-check the newly current reports."""
    steps.compare(night)


@task(task_run_name="publish", cache_policy=NO_CACHE)
def publish(night: RunContext) -> None:
    """Write the page and the Data Docs."""
    steps.publish(night)


@task(task_run_name="remind", cache_policy=NO_CACHE)
def remind(night: RunContext) -> None:
    """Queue reminders and all-clear notices."""
    steps.remind(night)


@task(task_run_name="alert", cache_policy=NO_CACHE)
def alert(night: RunContext) -> None:
    """Send the letters of the outbox."""
    steps.alert(night)


@task(task_run_name="digest", cache_policy=NO_CACHE)
def digest(night: RunContext, run_url: str) -> None:
    """Write the digest for the engineer and mail it."""
    send_digest(night, run_url)


@task(task_run_name="close", cache_policy=NO_CACHE)
def close(night: RunContext) -> dict[str, Any]:
    """Write the summary to the ledger and to Prefect; return it.

    Raises MtqgError with all errors of the run if there are any.
    """
    summary = night.finish()
    create_table_artifact(
        table_of(night),
        key="submissions",
        description=f"Submissions of run {night.run_id}",
    )
    create_markdown_artifact(
        markdown_of(summary),
        key="summary",
        description=f"Summary of run {night.run_id}",
    )
    if night.summary.errors:
        raise MtqgError("\n".join(night.summary.errors))
    return summary
