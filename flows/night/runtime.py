"""How a run uses Prefect: its name and page, retries, errors kept to the end, large arguments."""

import faulthandler
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run
from prefect.utilities.annotations import opaque

from flows.night.progress import report
from flows.night.run_context import RunContext
from program.errors import MtqgError, TransientError
from program.vietnamese import VIETNAM_TIME

logger = logging.getLogger("mtqg.nightly")
progress_logger = logging.getLogger("mtqg.progress")
T = TypeVar("T")

_LATE_AFTER = timedelta(minutes=30)
"""A run that begins later than this after its time says so: its letters are late too."""
_STDERR = 2
_LOCKED_SECONDS = 30


def run_name() -> str:
    """Return the name of a run: its flow and its start in Vietnam time, as Prefect lists it."""
    return f"{flow_run.flow_name}-{datetime.now(VIETNAM_TIME):%Y-%m-%d-%H%M}"


def run_url() -> str:
    """Return the address of this run's page in Prefect, or "" if no server shows pages."""
    # Without a server, Prefect 3.8.8 gives the text "None/flow-runs/…".
    url = str(flow_run.ui_url or "")
    return url if url.startswith("http") else ""


def warn_if_late(run: RunContext) -> None:
    """Warn in the digest where a run begins long after the time that it was planned for."""
    planned_at = flow_run.scheduled_start_time
    if planned_at is None:
        return
    late = run.now() - planned_at
    if late < _LATE_AFTER:
        return
    hours, seconds = divmod(int(late.total_seconds()), 3600)
    planned = planned_at.astimezone(VIETNAM_TIME)
    run.warn(
        f"the run began {hours} h {seconds // 60:02} min after its time, {planned:%d/%m/%Y %H:%M}: "
        "the machine, Prefect's server or its worker was down, or an earlier run took that long"
    )


async def is_transient(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether a retry may help: it cures a time-out, not a wrong password."""
    return isinstance(await state.aresult(raise_on_failure=False), TransientError)


def ended_by_sigterm(error: BaseException) -> bool:
    """Tell whether SIGTERM came while a flow ran: Prefect's handler then raises an error of its."""
    return isinstance(error, TerminationSignal)


def enable_loggers() -> None:
    """Give the loggers of this project a level, so that Prefect shows their events.

    Prefect only adds its handler to them (`PREFECT_LOGGING_EXTRA_LOGGERS`). With its setting
    `PREFECT_LOGGING_ROOT_LEVEL` every library logs too: 509 of 542 lines (2026-11-23).
    """
    events = logging.getLogger("mtqg")
    # A level that somebody has set on purpose stays.
    if events.level == logging.NOTSET:
        events.setLevel(logging.INFO)


@contextmanager
def killed_after(seconds: float) -> Iterator[None]:
    """Kill this process if the block takes longer, with exit code 1; the worker reports a crash.

    Prefect's limit raises an exception in the main thread. That is lost where a call never
    returns to Python, or where code catches it. This limit is a thread that first writes to
    stderr what each thread was doing. It also kills the child processes, as the server that
    Prefect starts where none is set outlives its parent. A call that never gives Python's lock
    back keeps that thread waiting too: then a thread in C ends the process, a little later.
    """
    timer = threading.Timer(seconds, _kill_this_process)
    timer.daemon = True
    timer.start()
    faulthandler.dump_traceback_later(seconds + _LOCKED_SECONDS, exit=True, file=_STDERR)
    try:
        yield
    finally:
        timer.cancel()
        faulthandler.cancel_dump_traceback_later()


def _kill_this_process() -> None:
    faulthandler.dump_traceback(file=_STDERR)
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text(encoding="ascii").split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
    os._exit(1)


@contextmanager
def step(run: RunContext, step: str) -> Iterator[None]:
    """Run a step. An error in it is recorded for the end of the run, and the next step follows.

    So mails go out although a source is down or the page cannot be written. The summary gets
    the step's duration.
    """
    started = time.monotonic()
    report(step)
    try:
        # Where the step raises, the span gets the exception.
        with run.tracer.start_as_current_span(step), cpu_counted(run, step):
            yield
    except MtqgError as error:
        run.fail(f"{step}: {error}")
    except Exception as error:  # the boundary of a step
        logger.exception("run step=%r", step)
        run.fail(f"{step}: {type(error).__name__}: {error}")
    finally:
        seconds = round(time.monotonic() - started, 1)
        run.summary.seconds[step] = seconds
        progress_logger.info("step=%r seconds=%.1f", step, seconds)


@contextmanager
def cpu_counted(run: RunContext, step: str) -> Iterator[None]:
    """Add the CPU seconds of a step to the summary.

    They count this process and its child processes that end within the step. The reader
    processes end with the run, so no step includes them.
    """
    before = _cpu_seconds()
    try:
        yield
    finally:
        earlier = run.summary.cpu_seconds.get(step, 0.0)
        run.summary.cpu_seconds[step] = round(earlier + _cpu_seconds() - before, 3)


def _cpu_seconds() -> float:
    ended_children = os.times()
    return time.process_time() + ended_children.children_user + ended_children.children_system


def as_opaque(value: T) -> T:
    """Return `value` in a form that a task accepts without a search through its parts.

    Prefect searches each argument for results of other tasks. That took 11 s for 3000
    submissions with 151,000 facts and 2 s for 3000 parsed reports; so it takes 0.01 s
    (2026-11-23).
    """
    return cast("T", opaque(value))
