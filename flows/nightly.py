"""The night: collect, read, check, load, publish, alert. Deployed by `prefect.yaml`, run now by `mtqg run`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar, cast

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.utilities.annotations import opaque

from flows import steps
from flows.night import Night
from flows.report import markdown_of, table_of
from program.delivery import Delivery
from program.errors import MtqgError, TransientError
from program.reading import Reading
from program.settings import load_settings
from program.source import Source
from program.submission import Submission
from program.vietnamese import VIETNAM_TIME

logger = logging.getLogger("mtqg.nightly")
T = TypeVar("T")

_LONGEST_NIGHT_SECONDS = 4 * 60 * 60
"""A night that hangs ends here: the deployment runs one at a time, and the next one waits for it."""


def _name() -> str:
    """Name a run by when it starts, in Vietnam, so that Prefect's list of runs reads like a calendar."""
    return f"night-{datetime.now(VIETNAM_TIME):%Y-%m-%d-%H%M}"


async def _is_transient(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """A retry cures a time-out, not a wrong password."""
    return isinstance(await state.aresult(raise_on_failure=False), TransientError)


@flow(name="nightly", flow_run_name=_name, timeout_seconds=_LONGEST_NIGHT_SECONDS, log_prints=False, persist_result=False)
def nightly(as_of: date | None = None, source: str | None = None) -> dict[str, Any]:
    """Run one night as of a date (default: today in Vietnam), from all sources or one; return its summary.

    Idempotent: what is in the ledger is not collected, loaded or mailed again. Fails at the end, never before, where
    the system failed; bad submissions are no failure. A wrong pack or setting stops it before it begins.
    """
    let_events_be_heard()
    night = Night(load_settings(), as_of)
    for entry in night.sources(source):
        with going_on(night, f"source {entry.name}"):
            collect(night, entry)
    with going_on(night, "load"):
        for chunk in night.pending():
            load(night, unseen(check(night, unseen(read(night, chunk)))))
    with going_on(night, "publish"):
        publish(night)
    with going_on(night, "alert"):
        alert(night)
    return close(night)


def let_events_be_heard() -> None:
    """Give the night's own loggers a level: Prefect only adds its handler to them (`PREFECT_LOGGING_EXTRA_LOGGERS`).

    Its `PREFECT_LOGGING_ROOT_LEVEL` would do too, but then every library speaks: 509 of two runs' 542 lines were theirs (2026-11-23).
    """
    events = logging.getLogger("mtqg")
    if events.level == logging.NOTSET:
        events.setLevel(logging.INFO)


@contextmanager
def going_on(night: Night, step: str) -> Iterator[None]:
    """Keep a step's error for the end of the night: mails go out although a source is down or the page cannot be written."""
    try:
        yield
    except MtqgError as error:
        night.fail(f"{step}: {error}")
    except Exception as error:  # the boundary of a step
        logger.exception("night step=%r", step)
        night.fail(f"{step}: {type(error).__name__}: {error}")


def unseen(value: T) -> T:
    """Hand `value` to a task without Prefect looking at each of its parts for results of other tasks.

    3000 submissions with 151,000 facts took 11 s to look through, 3000 readings 2 s; so it takes 0.01 s (2026-11-23).
    """
    return cast("T", opaque(value))


@task(
    task_run_name="collect-{source.name}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 30],
    retry_condition_fn=_is_transient,
)
def collect(night: Night, source: Source) -> int:
    """Bring in what a source has that is new."""
    return steps.collect(night, source)


@task(task_run_name="read", cache_policy=NO_CACHE, persist_result=False)
def read(night: Night, deliveries: list[Delivery]) -> list[Reading]:
    """Read a chunk of deliveries from the archive."""
    return steps.read(night, deliveries)


@task(task_run_name="check", cache_policy=NO_CACHE, persist_result=False)
def check(night: Night, readings: list[Reading]) -> list[Submission]:
    """Check a chunk in one batch a form."""
    return steps.check(night, readings)


@task(task_run_name="load", cache_policy=NO_CACHE)
def load(night: Night, submissions: list[Submission]) -> None:
    """Load a chunk, one transaction a submission."""
    steps.load(night, submissions)


@task(task_run_name="publish", cache_policy=NO_CACHE)
def publish(night: Night) -> None:
    """Renew the page and the Data Docs."""
    steps.publish(night)


@task(task_run_name="alert", cache_policy=NO_CACHE)
def alert(night: Night) -> None:
    """Send what the outbox owes."""
    steps.alert(night)


@task(task_run_name="close", cache_policy=NO_CACHE)
def close(night: Night) -> dict[str, Any]:
    """Write the run summary to the ledger and to Prefect; raise where the system failed."""
    summary = night.finish()
    create_table_artifact(table_of(night), key="submissions", description=f"Submissions of night {night.run_id}")
    create_markdown_artifact(markdown_of(summary), key="summary", description=f"Summary of night {night.run_id}")
    if night.summary.errors:
        raise MtqgError("\n".join(night.summary.errors))
    return summary
