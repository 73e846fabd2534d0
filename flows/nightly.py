"""The night: collect, read, check, load, publish, alert. Deployed by `prefect.yaml`, run now by `mtqg run`."""

from datetime import date
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.states import State

from flows import steps
from flows.night import Night
from flows.report import markdown_of, table_of
from program.delivery import Delivery
from program.errors import MtqgError, SourceError, TransientError
from program.reading import Reading
from program.settings import load_settings
from program.source import Source
from program.submission import Submission


async def _is_transient(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """A retry cures a time-out, not a wrong password."""
    return isinstance(await state.aresult(raise_on_failure=False), TransientError)


@flow(name="nightly", log_prints=False, persist_result=False)
def nightly(as_of: date | None = None, source: str | None = None) -> dict[str, Any]:
    """Run one night as of a date (default: today in Vietnam), from all sources or one; return its summary.

    Idempotent: what is in the ledger is not collected, loaded or mailed again. Fails at the end, never before, where
    the system failed; bad submissions are no failure.
    """
    night = Night(load_settings(), as_of)
    for entry in night.sources(source):
        collect_or_report(night, entry)
    for chunk in night.pending():
        load(night, check(night, read(night, chunk)))
    publish(night)
    alert(night)
    return close(night)


@task(task_run_name="collect-{source.name}", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=[5, 30], retry_condition_fn=_is_transient)
def collect(night: Night, source: Source) -> int:
    """Bring in what a source has that is new."""
    return steps.collect(night, source)


def collect_or_report(night: Night, source: Source) -> None:
    """Collect from a source; one that fails is reported and never stops the others."""
    try:
        collect(night, source)
    except SourceError as error:
        night.fail(f"source {source.name}: {error}")


@task(cache_policy=NO_CACHE, persist_result=False)
def read(night: Night, deliveries: list[Delivery]) -> list[Reading]:
    """Read a chunk of deliveries from the archive."""
    return steps.read(night, deliveries)


@task(cache_policy=NO_CACHE, persist_result=False)
def check(night: Night, readings: list[Reading]) -> list[Submission]:
    """Check a chunk in one batch a form."""
    return steps.check(night, readings)


@task(cache_policy=NO_CACHE)
def load(night: Night, submissions: list[Submission]) -> None:
    """Load a chunk, one transaction a submission."""
    steps.load(night, submissions)


@task(cache_policy=NO_CACHE)
def publish(night: Night) -> None:
    """Renew the page and the Data Docs."""
    steps.publish(night)


@task(cache_policy=NO_CACHE)
def alert(night: Night) -> None:
    """Send what the outbox owes."""
    steps.alert(night)


@task(cache_policy=NO_CACHE)
def close(night: Night) -> dict[str, Any]:
    """Write the run summary to the ledger and to Prefect; raise where the system failed."""
    summary = night.finish()
    create_table_artifact(table_of(night), key="submissions", description=f"Submissions of night {night.run_id}")
    create_markdown_artifact(markdown_of(summary), key="summary", description=f"Summary of night {night.run_id}")
    if night.summary.errors:
        raise MtqgError("\n".join(night.summary.errors))
    return summary
