"""Works done by the workers of a Dask cluster. Importing this module imports Dask.

Each worker has one copy of a work for as long as the command runs: a plugin of Dask, which also
reaches workers that join late or are started again.
"""

import logging
import pickle
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from importlib import metadata
from threading import Lock
from typing import Any, NamedTuple, Self, cast
from uuid import uuid4

from distributed import Client, Future, KilledWorker, WorkerPlugin, get_worker
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError

from flows.fan_out import ChunkT, ResultT, Work
from program.errors import ConfigurationError, MtqgError

logger = logging.getLogger("mtqg.dask")

_SLICE = 200
"""Deliveries of a task: the rules of all forms cost a batch as much as some hundred reports do."""
_TASKS_OF_A_THREAD = 3
"""Tasks that wait or run for each thread of the workers, so that none waits for this process."""
_CONNECT_SECONDS = 30
_LOOK_SECONDS = 30.0
"""After so many seconds without a result: is there still a worker?"""
_LOST = (KilledWorker, FutureCancelledError, CancelledError, CommClosedError)
"""What Dask raises for a task whose workers died, or when its scheduler is gone."""


class _Task(NamedTuple):
    """A chunk as bytes, and its future; None where no scheduler could take it any more."""

    future: "Future[Any] | None"
    content: bytes


class DaskFanOut:
    """Does works on the workers at an address.

    A task whose worker dies is done by another one. A task that Dask gives up is done in this
    process: its result is the same, and the log names it.
    """

    most_deliveries = _SLICE

    def __init__(self, address: str) -> None:
        self._address = address
        self._works: dict[str, Work[Any, Any]] = {}
        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as wrong:
            raise ConfigurationError(
                f"MTQG_DASK_ADDRESS: no scheduler answers at {address}; "
                f"`dask scheduler` starts one ({wrong})"
            ) from wrong
        if not self._threads():
            self._client.close()
            raise ConfigurationError(
                f"MTQG_DASK_ADDRESS: no worker is at {address}; "
                f"`dask worker {address} --nthreads 1` starts one"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name, work in self._works.items():
            self._leave(name)
            # It did what Dask gave up.
            work.close()
        # Tasks of which nobody wants the result are forgotten with the client.
        self._client.close()

    def map(self, work: Work[ChunkT, ResultT], chunks: Iterable[ChunkT]) -> Iterator[ResultT]:
        """Yield the result of each chunk, in order; a few more than there are threads are begun."""
        name = self._at_workers(work)
        begun: deque[_Task] = deque()
        for chunk in chunks:
            # As bytes: the scheduler would unpickle what it passes on.
            content = pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL)
            begun.append(_Task(self._submitted(name, content), content))
            if len(begun) >= _TASKS_OF_A_THREAD * max(self._threads(), 1):
                yield self._result(begun.popleft(), work)
        while begun:
            yield self._result(begun.popleft(), work)

    def _submitted(self, name: str, content: bytes) -> "Future[Any] | None":
        if self._client.status != "running":
            return None
        return self._client.submit(_do, name, content, pure=False)

    def _at_workers(self, work: Work[Any, Any]) -> str:
        """Give each worker a copy of a work, once; return its name there."""
        for name, known in self._works.items():
            if known is work:
                return name
        # No other command at the same workers has this name.
        name = f"mtqg-{uuid4()}"
        try:
            self._client.register_plugin(_Workplace(work), name=name)
        except MtqgError:
            raise
        except Exception as wrong:
            raise ConfigurationError(
                f"MTQG_DASK_ADDRESS: the workers at {self._address} cannot take work: {wrong}; "
                "scheduler and workers need the same installation as this command"
            ) from wrong
        self._works[name] = work
        return name

    def _leave(self, name: str) -> None:
        if self._client.status != "running":
            return
        try:
            self._client.unregister_worker_plugin(name)
        except Exception:
            # Nothing depends on it: what a worker opened ends with the worker.
            logger.warning("dask work=%s not-closed", name, exc_info=True)

    def _result(self, task: _Task, work: Work[ChunkT, ResultT]) -> ResultT:
        try:
            return cast("ResultT", pickle.loads(self._answer(task.future)))  # noqa: S301  (ours)
        except _LOST as lost:
            logger.warning("dask task=%s lost=%r done=here", task.future, lost)
        return work(pickle.loads(task.content))  # noqa: S301  (our own chunk)

    def _answer(self, future: "Future[Any] | None") -> bytes:
        """Return the answer to a task. Raises one of _LOST where there will be none."""
        if future is None:
            raise CommClosedError("the scheduler is gone")
        while True:
            try:
                return cast("bytes", future.result(timeout=_LOOK_SECONDS))
            except TimeoutError:
                # Dask would wait for a new worker without end.
                if not self._threads():
                    raise CommClosedError("no worker is left") from None

    def _threads(self) -> int:
        """Return how many threads all workers have; none where the scheduler is gone."""
        try:
            return sum(self._client.nthreads().values())
        except (OSError, RuntimeError):
            return 0


class _Workplace(WorkerPlugin):
    """A work at one worker."""

    def __init__(self, work: Work[Any, Any]) -> None:
        self._work = work
        self._release = _release()

    def setup(self, worker: Any) -> None:
        """Refuse a worker that could have other results. Nothing is opened yet."""
        self._one_at_a_time = Lock()
        if _release() != self._release:
            raise ConfigurationError(
                f"worker {worker.address} has {_release()}, this machine {self._release}: "
                "install the same on both"
            )

    def teardown(self, worker: Any) -> None:  # noqa: ARG002  (Dask's signature)
        """Close the work."""
        self._work.close()

    def do(self, content: bytes) -> bytes:
        """Return the pickled result of a pickled chunk."""
        # A worker may have several threads. Neither readers nor Great Expectations allow two.
        with self._one_at_a_time:
            result = self._work(pickle.loads(content))  # noqa: S301  (from our command)
        return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)


def _do(name: str, content: bytes) -> bytes:
    """Do a task at the worker that runs it."""
    workplace = cast("_Workplace", get_worker().plugins[name])
    return workplace.do(content)


def _release() -> str:
    """Return what makes results: this program, pandas and Python."""
    packages = [f"{name} {metadata.version(name)}" for name in ("mtqg-monitor", "pandas")]
    return ", ".join([*packages, f"Python {sys.version.split()[0]}"])
