"""Several processes that can be killed, for many requests; the endings keep their order."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import Any, Generic, TypeAlias, TypeVar

from program.killable.outcomes import AnswerT, Bounds, Ending, Killed, Raised
from program.killable.process import KillableProcess, RequestT

ItemT = TypeVar("ItemT")
MayRetry: TypeAlias = Callable[[ItemT, Killed, int], bool]
"""Whether an item is tried again that was killed, after so many attempts."""


@dataclass(frozen=True, slots=True)
class _Job(Generic[ItemT, RequestT]):
    """An item at a process, with its place in the order."""

    place: int
    item: ItemT
    request: RequestT
    attempt: int = 1


class KillablePool(Generic[RequestT, AnswerT]):
    """Processes that do the same work. For one thread at a time.

    They start when there is something to do, and live until `close`.
    """

    def __init__(
        self,
        work: Callable[[RequestT], AnswerT],
        bounds: Bounds,
        size: int,
    ) -> None:
        """Prepare `size` processes without starting any."""
        self._processes = [KillableProcess(work, bounds) for _ in range(size)]
        self._jobs: dict[KillableProcess[RequestT, AnswerT], _Job[Any, RequestT]] = {}

    def close(self) -> None:
        """End the processes. Idempotent; the garbage collector does the same."""
        for process in self._processes:
            process.end()

    def start(self) -> None:
        """Start one process without waiting for it, so that the first request finds it ready."""
        self._processes[0].start()

    def endings(
        self,
        items: Sequence[ItemT],
        request_of: Callable[[ItemT], RequestT],
        may_retry: MayRetry[ItemT],
        most_processes: int,
    ) -> Generator[Ending[AnswerT], None, None]:
        """Yield how the request of each item ended, in order.

        Holds the requests of as many items as there are processes.

        Args:
            items: What to ask for.
            request_of: Returns the request of an item; called when a process can take it. What
                it raises is the item's ending.
            may_retry: Asked after each killed attempt: is the item tried again, in a new process?
            most_processes: How many processes are worth their start.

        Raises:
            ProcessStartError: where no process can be started.
        """
        processes = self._processes[:most_processes]
        waiting = iter(enumerate(items))
        ended: dict[int, Ending[AnswerT]] = {}
        try:
            for place in range(len(items)):
                while place not in ended:
                    ended.update(self._give_work(processes, waiting, request_of))
                    ended.update(self._collect(may_retry))
                yield ended.pop(place)
        finally:
            # A caller that stops early must not get these endings with its next items.
            for process in self._jobs:
                process.end()
            self._jobs.clear()

    def _give_work(
        self,
        processes: Sequence[KillableProcess[RequestT, AnswerT]],
        waiting: Iterator[tuple[int, ItemT]],
        request_of: Callable[[ItemT], RequestT],
    ) -> Iterator[tuple[int, Raised]]:
        """Give each idle process the next item; yield those that have no request."""
        for process in processes:
            while process not in self._jobs:
                following = next(waiting, None)
                if following is None:
                    return
                place, item = following
                try:
                    request = request_of(item)
                except Exception as error:  # the boundary of one item
                    yield place, Raised(error)
                else:
                    self._send(process, _Job(place, item, request))

    def _send(self, process: KillableProcess[RequestT, AnswerT], job: _Job[Any, RequestT]) -> None:
        process.send(job.request)
        self._jobs[process] = job

    def _collect(self, may_retry: MayRetry[Any]) -> Iterator[tuple[int, Ending[AnswerT]]]:
        """Wait for a message or a deadline; yield the place and the ending of each finished job."""
        if not self._jobs:
            return
        next_deadline = min(process.seconds_left() for process in self._jobs)
        connections = [process.connection for process in self._jobs]
        wait(connections, next_deadline)
        # A copy, because finished jobs are removed and new ones begin.
        for process, job in list(self._jobs.items()):
            ending = process.receive()
            if ending is None:
                continue
            del self._jobs[process]
            is_retried = isinstance(ending, Killed) and may_retry(job.item, ending, job.attempt)
            if is_retried:
                again = replace(job, attempt=job.attempt + 1)
                self._send(process, again)
            else:
                yield job.place, ending
