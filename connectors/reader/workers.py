"""Reading in processes that can be ended: a delivery that hangs, crashes or eats memory takes down its own reading only.

Why not `multiprocessing`: docs/decisions/0011. The processes keep faults apart; they are no jail for hostile code.
"""

import logging
import os
import pickle
import signal
import subprocess
import sys
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Pipe, wait
from tempfile import TemporaryFile
from typing import Any, Self, TypeAlias

from connectors.reader.reader import read_parts
from connectors.reader.workbook import megabytes
from connectors.reader.worker import PATIENCE, Answer
from program.delivery import Delivery
from program.errors import ReaderError
from program.finding import Problem
from program.form import Form
from program.limits import Limits
from program.pack import Pack
from program.reading import Reading
from program.settings import ROOT, Settings
from program.vietnamese import format_number

logger = logging.getLogger("mtqg.reader")

Read: TypeAlias = Callable[[bytes | None, Delivery, Pack, Limits], Sequence[Reading]]

_START_SECONDS = 120.0
"""A process that is not ready by then never will be. It takes half a second (2026-11-23)."""
_PAST_ITS_TIME = signal.SIGPROF.name
"""How a process ends that has used up its time of the processor: see `worker`."""
_NOTHING = subprocess.DEVNULL
_FILES_OF_A_PROCESS = 1000
"""After these it is replaced, so that a leak stays small."""
_FILES_WORTH_A_START = 40
"""Starting a process takes as long as reading about so many workbooks (2026-11-23)."""

_WHAT_TO_DO = f"is there memory, and does {sys.executable} -c 'import connectors.reader.reader' work in {ROOT}?"


@dataclass(frozen=True, slots=True)
class Unread:
    """A delivery that the system could not read: its bytes cannot be had, or the reader has a bug. No fault of its sender's."""

    delivery: Delivery
    error: Exception


Outcome: TypeAlias = Reading | Unread
Outcomes: TypeAlias = Sequence[Outcome]
"""Of one delivery: a reading for each of its parts, or that it is unread."""


class Readers:
    """The processes that read; started when there is something to read, kept until `close`. For one thread at a time.

    `read` is what they do with a delivery, a function that a fresh process can import.
    """

    def __init__(self, pack: Pack, settings: Settings, read: Read = read_parts) -> None:
        forms = {(form.code, form.version): form for form in pack.forms}
        setup = pickle.dumps((read, pack, settings.limits))
        self._workers = [_Worker(setup, forms, settings.limits) for _ in range(settings.readers or _cores())]
        weakref.finalize(self, _stop, self._workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes. Who forgets to is helped by the garbage collector, or by the end of the program."""
        _stop(self._workers)

    def start(self) -> None:
        """Start one process now, without waiting until it is ready: its start then costs no time later."""
        self._workers[0].start()

    def read(self, deliveries: Sequence[Delivery], content_of: Callable[[Delivery], bytes | None]) -> Iterator[Outcome]:
        """Yield what each delivery says, in order, part by part; `content_of` is asked for bytes when a process can read them.

        A delivery that cannot be read within the limits is a reading with that problem; what the system is to blame for is
        `Unread`. Holds the bytes of as many deliveries as there are processes. Raises ReaderError where none can be started.
        """
        queue, outcomes = deque(enumerate(deliveries)), dict[int, Outcomes]()
        workers = self._workers[: 1 + len(deliveries) // _FILES_WORTH_A_START]
        try:
            for number in range(len(deliveries)):
                while number not in outcomes:
                    _give_work(workers, queue, content_of, outcomes)
                    outcomes.update(_hear(workers))
                yield from outcomes.pop(number)
        finally:
            _stop([worker for worker in workers if worker.job is not None])


@dataclass(frozen=True, slots=True)
class _Job:
    """A delivery by its place among those to read. It is tried twice: see `_Worker._once_more`."""

    number: int
    delivery: Delivery
    content: bytes | None
    attempt: int = 1


class _Process:
    """One process and the connection to it. What is sent to one that is gone is lost: that shows at the next answer."""

    def __init__(self, setup: bytes) -> None:
        self.connection, theirs = Pipe()
        try:
            with theirs:
                self._popen = _start(setup, theirs.fileno())
        except OSError as wrong:
            self.connection.close()
            raise ReaderError(f"a process that reads deliveries did not start: {wrong}; {_WHAT_TO_DO}") from wrong

    def send(self, job: _Job) -> None:
        with suppress(OSError):
            self.connection.send((job.delivery, job.content))

    def receive(self) -> tuple[Answer, Any]:
        """Return what it says, or that it is gone."""
        try:
            answer: tuple[Answer, Any] = pickle.loads(self.connection.recv_bytes())  # noqa: S301  (our own process)
        except Exception:  # its end, or what a process says whose memory was overwritten
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout=1)
            return Answer.GONE, None
        return answer

    def end(self) -> str:
        """End it at once, if it still runs; return how it ended."""
        self._popen.kill()
        code = self._popen.wait()
        self.connection.close()
        return signal.Signals(-code).name if code < 0 else f"exit {code}"


def _start(setup: bytes, descriptor: int) -> subprocess.Popen[bytes]:
    """Start a fresh interpreter, in the folder of our code, that holds nothing of ours but its end of the pipe.

    What it needs is its standard input, a file without a name: a pipe holds less, and nobody may read it.
    """
    # Not `-m`: what it answers would then be of classes in `__main__`.
    command = [sys.executable, "-c", f"from connectors.reader.worker import main; main({descriptor})"]
    with TemporaryFile() as needs:
        needs.write(setup)
        needs.seek(0)
        return subprocess.Popen(  # noqa: S603  (nothing in it comes from outside)
            command, cwd=ROOT, pass_fds=(descriptor,), stdin=needs, stdout=_NOTHING, stderr=_NOTHING
        )


class _Worker:
    """The place of one process: there may be none, one that starts, one that waits, or one that reads `job`."""

    def __init__(self, setup: bytes, forms: dict[tuple[str, str], Form], limits: Limits) -> None:
        self.process: _Process | None = None
        self.job: _Job | None = None
        self.deadline = 0.0
        self._setup = setup
        self._forms = forms
        self._limits = limits
        self._is_ready = False
        self._files = 0

    def start(self) -> None:
        """Start a process where there is none."""
        if self.process is None:
            self.process = _Process(self._setup)
            self.deadline = time.monotonic() + _START_SECONDS

    def take(self, job: _Job) -> None:
        """Have `job` read: now, or as soon as the process is ready."""
        self.job = job
        self.start()
        if self._is_ready:
            self._send()

    def stop(self) -> str:
        """End the process, whatever it does; return how it ended."""
        ended = self.process.end() if self.process is not None else ""
        self.process, self.job, self._is_ready, self._files = None, None, False, 0
        return ended

    def hear(self) -> Outcomes | None:
        """Return what came of the job, None where the process only said that it is ready, or has to try again."""
        gone: tuple[Answer, Any] = (Answer.GONE, None)
        answer, about = self.process.receive() if self.process else gone
        match answer:
            case Answer.READY:
                self._is_ready = True
                self._send()
                return None
            case Answer.READING:
                return self._done([replace(reading, form=self._forms[form] if form else None) for reading, form in about])
            case Answer.FAILED:
                return self._done([Unread(self._reading().delivery, about)])
            case Answer.TOO_MUCH_MEMORY:
                limit = f"{megabytes(self._limits.memory_bytes)} bộ nhớ khi đọc"
                return self._once_more(Problem("FILE-05", values={"limit": limit}), "memory")
            case _ if self._is_ready:
                return self._once_more(Problem("FILE-09"), None)
            case _:
                raise ReaderError(f"a process that reads deliveries did not start: {about or self.stop()}; {_WHAT_TO_DO}")

    def give_up(self) -> Outcomes:
        """End a process that is past its deadline; return what came of its job."""
        if not self._is_ready:
            self.stop()
            raise ReaderError(f"a process that reads deliveries was not ready after {_START_SECONDS:.0f} s; {_WHAT_TO_DO}")
        job = self._reading()
        self.stop()
        return self._too_slow(job)

    def _send(self) -> None:
        if self.process is not None and self.job is not None:
            self.process.send(self.job)
            self.deadline = time.monotonic() + PATIENCE * self._limits.seconds

    def _reading(self) -> _Job:
        if self.job is None:
            raise ReaderError("a process that reads deliveries spoke without being asked")
        return self.job

    def _done(self, outcomes: Outcomes) -> Outcomes:
        self._files += 1
        if self._files >= _FILES_OF_A_PROCESS:
            self.stop()
        self.job = None
        return outcomes

    def _too_slow(self, job: _Job) -> Outcomes:
        _tell(job, "time-out")
        seconds = format_number(self._limits.seconds)
        return [Reading(job.delivery, problems=(Problem("FILE-08", values={"limit": seconds}),))]

    def _once_more(self, problem: Problem, ended: str | None) -> Outcomes | None:
        """Try the job once more in a fresh process; return `problem` where this was the second time.

        The first time, it may have been what files before it left behind, or another program that took the machine's memory.
        """
        job = self._reading()
        cause = self.stop()
        if cause == _PAST_ITS_TIME:
            return self._too_slow(job)
        _tell(job, ended or cause)
        if job.attempt > 1:
            return [Reading(job.delivery, problems=(problem,))]
        self.take(replace(job, attempt=job.attempt + 1))
        return None


def _give_work(
    workers: Sequence[_Worker],
    queue: deque[tuple[int, Delivery]],
    content_of: Callable[[Delivery], bytes | None],
    outcomes: dict[int, Outcomes],
) -> None:
    """Give each worker without a job the next delivery whose bytes can be had; the others are outcomes at once."""
    for worker in workers:
        while queue and worker.job is None:
            number, delivery = queue.popleft()
            try:
                content = content_of(delivery)
            except Exception as error:  # the boundary of one delivery
                outcomes[number] = [Unread(delivery, error)]
            else:
                worker.take(_Job(number, delivery, content))


def _hear(workers: Sequence[_Worker]) -> Iterator[tuple[int, Outcomes]]:
    """Wait until a worker says something or is past its deadline; yield what this brings."""
    busy = {worker.process.connection: (worker, worker.job) for worker in workers if worker.process and worker.job}
    if not busy:
        return
    first = min(worker.deadline for worker, _ in busy.values())
    heard = wait(list(busy), max(first - time.monotonic(), 0))
    for connection, (worker, job) in busy.items():
        outcomes = None
        if connection in heard:
            outcomes = worker.hear()
        elif time.monotonic() >= worker.deadline:
            outcomes = worker.give_up()
        if outcomes is not None:
            yield job.number, outcomes


def _tell(job: _Job, ended: str) -> None:
    logger.warning("read delivery=%d sha256=%s ended=%s attempt=%d", job.delivery.id, job.delivery.sha256, ended, job.attempt)


def _stop(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.stop()


def _cores() -> int:
    """Return how many cores this process may use: fewer than there are in a container or under a systemd slice."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
