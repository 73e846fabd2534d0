"""The tasks that every run has, and the first part of each: what came is taken in.

The work is in `flows.night.collecting` and `flows.night.steps`.
"""

from contextlib import suppress
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.mail.digest import send_digest, tell_operator
from flows.night import collecting, steps
from flows.night.artifacts import markdown_of, table_of
from flows.night.metrics import write_metrics
from flows.night.run_context import RunContext
from flows.night.runtime import as_opaque, cpu_counted, is_transient, step
from program.delivery import Delivery
from program.errors import MtqgError
from program.pack.source import Source
from program.parsed_report import ParsedReport
from program.submission import Submission


def take_in(run: RunContext, source: str | None) -> None:
    """Collect, unpack, read, check, load and explain. A step that fails stops no other step."""
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

    # Before the letters, the pages and the reminders, which know of it.
    with step(run, "explain"):
        explain(run)


@task(
    task_run_name="collect-{source.name}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=is_transient,
)
def collect(run: RunContext, source: Source) -> int:
    """Bring in the new deliveries of a source; return how many came."""
    return collecting.collect(run, source)


@task(task_run_name="unpack", cache_policy=NO_CACHE)
def unpack(run: RunContext) -> None:
    """Extract the files of zips. Each becomes a delivery."""
    collecting.unpack(run)


@task(task_run_name="explain", cache_policy=NO_CACHE)
def explain(run: RunContext) -> None:
    """Record what senders wrote in reply to letters."""
    steps.explain(run)


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


@task(task_run_name="alert", cache_policy=NO_CACHE)
def alert(run: RunContext) -> None:
    """Send the letters of the outbox."""
    steps.alert(run)


@task(task_run_name="digest", cache_policy=NO_CACHE)
def digest(run: RunContext, run_url: str) -> None:
    """Write the digest for the engineer and mail it."""
    send_digest(run, run_url)


@task(task_run_name="close", cache_policy=NO_CACHE)
def close(run: RunContext) -> dict[str, Any]:
    """Write the summary to the ledger and to Prefect; return it.

    An intake that came to nothing leaves nothing there.

    Raises MtqgError with all errors of the run if there are any.
    """
    run.finish()
    # The metrics of a run are written last, so a failure of theirs is not in them.
    with step(run, "metrics"):
        write_metrics(run)
    summary = run.summary_so_far()
    if not run.is_on_record:
        _fail_if_errors(run)
        return summary
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
    _fail_if_errors(run)
    return summary


def _fail_if_errors(run: RunContext) -> None:
    if run.summary.errors:
        # Whatever a channel does, the run ends with its own errors.
        with suppress(Exception):
            tell_operator(run)
        raise MtqgError("\n".join(run.summary.errors))
