"""The night: collect, unpack, read, check, load, compare, publish, alert. Deployed by `prefect.yaml`, run now by `mtqg run`."""

from datetime import date
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows import steps
from flows.digesting import send_digest
from flows.night import Night
from flows.report import markdown_of, table_of
from flows.running import cpu_counted, going_on, is_transient, let_events_be_heard, page_of_run, run_name, unseen
from program.delivery import Delivery
from program.errors import MtqgError
from program.reading import Reading
from program.settings import load_settings
from program.source import Source
from program.submission import Submission
from warehouse.nights import only_night

_LONGEST_NIGHT_SECONDS = 4 * 60 * 60
"""A night that hangs ends here: the deployment runs one at a time, and the next one waits for it."""


@flow(name="nightly", flow_run_name=run_name, timeout_seconds=_LONGEST_NIGHT_SECONDS, log_prints=False, persist_result=False)
def nightly(as_of: date | None = None, source: str | None = None) -> dict[str, Any]:
    """Run one night as of a date (default: today in Vietnam), from all sources or one; return its summary.

    Idempotent: what is in the ledger is not collected, loaded or mailed again. Fails at the end, never before, where
    the system failed; bad submissions are no failure. A wrong pack or setting stops it before it begins, and so does
    another night that is at work on the same warehouse.
    """
    let_events_be_heard()
    settings = load_settings()
    with only_night(settings.warehouse_url):
        return whole(Night(settings, as_of), source)


def whole(night: Night, source: str | None) -> dict[str, Any]:
    """Go through the steps of a night, and return its summary. A step that fails keeps no other from being done."""
    for entry in night.sources(source):
        with going_on(night, f"source {entry.name}"):
            collect(night, entry)
    with going_on(night, "unpack"):
        unpack(night)
    with going_on(night, "reopen"):
        reopen(night)
    with going_on(night, "load"):
        for chunk in night.pending():
            load(night, unseen(check(night, unseen(read(night, chunk)))))
    with going_on(night, "compare"):
        compare(night)
    with going_on(night, "publish"):
        publish(night)
    with going_on(night, "remind"):
        remind(night)
    with going_on(night, "alert"):
        alert(night)
    with going_on(night, "digest"):
        digest(night, page_of_run())
    return close(night)


@task(
    task_run_name="collect-{source.name}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=is_transient,
)
def collect(night: Night, source: Source) -> int:
    """Bring in what a source has that is new."""
    return steps.collect(night, source)


@task(task_run_name="unpack", cache_policy=NO_CACHE)
def unpack(night: Night) -> None:
    """Take the workbooks out of zips, each a delivery of its own."""
    steps.unpack(night)


@task(task_run_name="reopen", cache_policy=NO_CACHE)
def reopen(night: Night) -> None:
    """Have reports judged again whose findings were overruled."""
    steps.reopen(night)


@task(task_run_name="read", cache_policy=NO_CACHE, persist_result=False)
def read(night: Night, deliveries: list[Delivery]) -> list[Reading]:
    """Read a chunk of deliveries from the archive."""
    with cpu_counted(night, "load: read"):
        return steps.read(night, deliveries)


@task(task_run_name="check", cache_policy=NO_CACHE, persist_result=False)
def check(night: Night, readings: list[Reading]) -> list[Submission]:
    """Check a chunk in one batch a form."""
    with cpu_counted(night, "load: check"):
        return steps.check(night, readings)


@task(task_run_name="load", cache_policy=NO_CACHE)
def load(night: Night, submissions: list[Submission]) -> None:
    """Load a chunk in one transaction; where that fails, in one a delivery."""
    with cpu_counted(night, "load: write"):
        steps.load(night, submissions)


@task(task_run_name="compare", cache_policy=NO_CACHE)
def compare(night: Night) -> None:
    """Hold what is newly believed against what other submissions say."""
    steps.compare(night)


@task(task_run_name="publish", cache_policy=NO_CACHE)
def publish(night: Night) -> None:
    """Renew the page and the Data Docs."""
    steps.publish(night)


@task(task_run_name="remind", cache_policy=NO_CACHE)
def remind(night: Night) -> None:
    """Owe all clear and reminders."""
    steps.remind(night)


@task(task_run_name="alert", cache_policy=NO_CACHE)
def alert(night: Night) -> None:
    """Send what the outbox owes."""
    steps.alert(night)


@task(task_run_name="digest", cache_policy=NO_CACHE)
def digest(night: Night, run_url: str) -> None:
    """Tell the engineer how it went."""
    send_digest(night, run_url)


@task(task_run_name="close", cache_policy=NO_CACHE)
def close(night: Night) -> dict[str, Any]:
    """Write the run summary to the ledger and to Prefect; raise where the system failed."""
    summary = night.finish()
    create_table_artifact(table_of(night), key="submissions", description=f"Submissions of night {night.run_id}")
    create_markdown_artifact(markdown_of(summary), key="summary", description=f"Summary of night {night.run_id}")
    if night.summary.errors:
        raise MtqgError("\n".join(night.summary.errors))
    return summary
