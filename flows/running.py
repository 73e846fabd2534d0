"""How a night runs under Prefect: names, what a retry can cure, errors kept to the end, inputs left alone."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast

from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run
from prefect.utilities.annotations import opaque

from flows.night import Night
from program.errors import MtqgError, TransientError
from program.vietnamese import VIETNAM_TIME

logger = logging.getLogger("mtqg.nightly")
T = TypeVar("T")


def run_name() -> str:
    """Name a run by when it starts, in Vietnam, so that Prefect's list of runs reads like a calendar."""
    return f"night-{datetime.now(VIETNAM_TIME):%Y-%m-%d-%H%M}"


def page_of_run() -> str:
    """Return the address of this run's page, "" where no server with pages runs (3.8.8 then says "None/flow-runs/…")."""
    url = str(flow_run.ui_url or "")
    return url if url.startswith("http") else ""


async def is_transient(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """A retry cures a time-out, not a wrong password."""
    return isinstance(await state.aresult(raise_on_failure=False), TransientError)


def let_events_be_heard() -> None:
    """Give the night's own loggers a level: Prefect only adds its handler to them (`PREFECT_LOGGING_EXTRA_LOGGERS`).

    Its `PREFECT_LOGGING_ROOT_LEVEL` would do too, but then every library speaks: 509 of 542 lines (2026-11-23).
    """
    events = logging.getLogger("mtqg")
    if events.level == logging.NOTSET:
        events.setLevel(logging.INFO)


@contextmanager
def going_on(night: Night, step: str) -> Iterator[None]:
    """Keep a step's error for the end of the night: mails go out although a source is down or the page cannot be written.

    How long it took goes into the summary.
    """
    begun = time.monotonic()
    try:
        with cpu_counted(night, step):
            yield
    except MtqgError as error:
        night.fail(f"{step}: {error}")
    except Exception as error:  # the boundary of a step
        logger.exception("night step=%r", step)
        night.fail(f"{step}: {type(error).__name__}: {error}")
    finally:
        night.summary.seconds[step] = round(time.monotonic() - begun, 1)


@contextmanager
def cpu_counted(night: Night, step: str) -> Iterator[None]:
    """Add to the summary what a step takes of the processor: in this process, and in those that end in it.

    Readers end with the night: what they take is in no step.
    """
    begun = _cpu_seconds()
    try:
        yield
    finally:
        taken = night.summary.cpu_seconds.get(step, 0.0) + _cpu_seconds() - begun
        night.summary.cpu_seconds[step] = round(taken, 3)


def _cpu_seconds() -> float:
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system


def unseen(value: T) -> T:
    """Hand `value` to a task without Prefect looking at each of its parts for results of other tasks.

    3000 submissions with 151,000 facts took 11 s to look through, 3000 readings 2 s; so it takes 0.01 s (2026-11-23).
    """
    return cast("T", opaque(value))
