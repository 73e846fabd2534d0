"""Read deliveries in processes that can be killed.

A delivery that hangs, crashes or takes too much memory ends its own reading only. Decision 0011
says why this is not `multiprocessing`. The processes isolate faults; they are no sandbox for
hostile code.
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

from connectors.reader.isolate.reader_process import PATIENCE, ReaderAnswer
from connectors.reader.open.workbook import megabytes
from connectors.reader.reader import read_parts
from program.delivery import Delivery
from program.errors import ReaderError
from program.finding import ReaderFinding
from program.forms.form import Form
from program.limits import Limits
from program.pack.load import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT, Settings
from program.vietnamese import format_number

logger = logging.getLogger("mtqg.reader")

Read: TypeAlias = Callable[[bytes | None, Delivery, Pack, Limits], Sequence[ParsedReport]]

_START_SECONDS = 120.0
"""After this time a process never becomes ready. It usually takes half a second (2026-11-23)."""
_PAST_ITS_TIME = signal.SIGPROF.name
"""The signal that ends a process which has used up its CPU time; the process sets the timer."""
_NOTHING = subprocess.DEVNULL
_FILES_OF_A_PROCESS = 1000
"""After so many files a process is replaced, so that a memory leak stays small."""
_FILES_WORTH_A_START = 40
"""The start of a process takes as long as reading about so many workbooks (2026-11-23)."""
_MOST_ATTEMPTS = 2

_WHAT_TO_DO = (
    f"is there memory, and does {sys.executable} -c 'import connectors.reader.reader' "
    f"work in {ROOT}?"
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A delivery that the system could not read, through no fault of its sender.

    Its bytes are missing, or the reader has a bug.
    """

    delivery: Delivery
    error: Exception


Outcome: TypeAlias = ParsedReport | Unread
Outcomes: TypeAlias = Sequence[Outcome]
"""The outcomes of one delivery: a reading for each of its reports, or one `Unread`."""


class Readers:
    """The processes that read deliveries. Use them from one thread at a time.

    They start when there is something to read, and live until `close`.
    """

    def __init__(self, pack: Pack, settings: Settings, read: Read = read_parts) -> None:
        """Prepare the processes without starting any.

        Args:
            pack: The pack whose forms are read.
            settings: How many processes, and their limits.
            read: What a process does with a delivery: a function that it can import.
        """
        forms = {(form.code, form.version): form for form in pack.forms}
        setup = pickle.dumps((read, pack, settings.limits))
        count = settings.readers or _cores()
        self._workers = [_Worker(setup, forms, settings.limits) for _ in range(count)]
        # A caller that forgets `close` leaves no process behind.
        weakref.finalize(self, _stop, self._workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes. Idempotent; the garbage collector does the same."""
        _stop(self._workers)

    def start(self) -> None:
        """Start one process without waiting for it, so that the first delivery finds it ready."""
        self._workers[0].start()

    def read(
        self, deliveries: Sequence[Delivery], content_of: Callable[[Delivery], bytes | None]
    ) -> Iterator[Outcome]:
        """Yield the outcomes of each delivery, in order.

        A delivery that cannot be read within the limits is a reading with that problem. A fault of
        the system is an `Unread`. Holds the bytes of as many deliveries as there are processes.

        Args:
            deliveries: What to read.
            content_of: Returns the bytes of a delivery; called when a process can take them.

        Raises:
            ReaderError: where no process can be started.
        """
        queue = deque(enumerate(deliveries))
        outcomes: dict[int, Outcomes] = {}
        workers = self._workers[: 1 + len(deliveries) // _FILES_WORTH_A_START]
        try:
            for number in range(len(deliveries)):
                while number not in outcomes:
                    _give_work(workers, queue, content_of, outcomes)
                    outcomes.update(_hear(workers))
                yield from outcomes.pop(number)
        finally:
            # A caller that stops early must not get these answers with its next deliveries.
            _stop([worker for worker in workers if worker.job is not None])


@dataclass(frozen=True, slots=True)
class _Job:
    """A delivery with its place in the order. A job has two attempts: see `_Worker._retry`."""

    number: int
    delivery: Delivery
    content: bytes | None
    attempt: int = 1


class _Process:
    """One process and the connection to it.

    Sending to a process that has ended does nothing: `receive` then returns `Answer.GONE`.
    """

    def __init__(self, setup: bytes) -> None:
        self.connection, theirs = Pipe()
        try:
            with theirs:
                self._popen = _start(setup, theirs.fileno())
        except OSError as wrong:
            self.connection.close()
            raise _not_started(str(wrong)) from wrong

    def send(self, job: _Job) -> None:
        """Send the delivery of a job and its bytes."""
        with suppress(OSError):
            self.connection.send((job.delivery, job.content))

    def receive(self) -> tuple[ReaderAnswer, Any]:
        """Return the next answer with what belongs to it; blocks until there is one."""
        try:
            message = self.connection.recv_bytes()
            answer: tuple[ReaderAnswer, Any] = pickle.loads(message)  # noqa: S301  (our own process)
        except Exception:
            # The process has ended, or its memory was overwritten and it sends nonsense.
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout=1)
            return ReaderAnswer.GONE, None
        return answer

    def end(self) -> str:
        """Kill the process if it still runs; return how it ended: a signal's name or "exit N"."""
        self._popen.kill()
        code = self._popen.wait()
        self.connection.close()
        return signal.Signals(-code).name if code < 0 else f"exit {code}"


def _start(setup: bytes, descriptor: int) -> subprocess.Popen[bytes]:
    """Start a new interpreter that inherits nothing of ours but its end of the pipe.

    It gets its setup as standard input, from a file without a name. A pipe would block: it holds
    less than a setup, and a process that hangs at its start reads nothing.
    """
    # Not `-m`: the classes of its answers would then belong to `__main__`.
    code = f"from connectors.reader.isolate.reader_process import main; main({descriptor})"
    command = [sys.executable, "-c", code]
    with TemporaryFile() as setup_file:
        setup_file.write(setup)
        setup_file.seek(0)
        return subprocess.Popen(  # noqa: S603  (nothing in it comes from outside)
            command,
            cwd=ROOT,
            pass_fds=(descriptor,),
            stdin=setup_file,
            stdout=_NOTHING,
            stderr=_NOTHING,
        )


def _not_started(reason: str) -> ReaderError:
    message = f"a process that reads deliveries did not start: {reason}; {_WHAT_TO_DO}"
    return ReaderError(message)


class _Worker:
    """The place of one process, which is missing, starting, waiting, or reading `job`."""

    def __init__(self, setup: bytes, forms: dict[tuple[str, str], Form], limits: Limits) -> None:
        self.process: _Process | None = None
        self.job: _Job | None = None
        self.deadline = 0.0
        """When, by the monotonic clock, the process must have started or answered."""
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
        """Read `job`: now, or as soon as the process is ready."""
        self.job = job
        self.start()
        if self._is_ready:
            self._send()

    def stop(self) -> str:
        """End the process in any state; return how it ended, "" where there was none."""
        ended = self.process.end() if self.process is not None else ""
        self.process = None
        self.job = None
        self._is_ready = False
        self._files = 0
        return ended

    def hear(self) -> Outcomes | None:
        """Take the next answer of the process; return the outcomes of its job.

        None where there are none yet: the process is only now ready, or the job is tried again.

        Raises:
            ReaderError: for a process that ended before it was ready.
        """
        answer, content = self._next_answer()
        match answer:
            case ReaderAnswer.READY:
                self._is_ready = True
                self._send()
                return None
            case ReaderAnswer.READING:
                return self._done([self._with_form(reading, key) for reading, key in content])
            case ReaderAnswer.FAILED:
                return self._done([Unread(self._current_job().delivery, content)])
            case ReaderAnswer.TOO_MUCH_MEMORY:
                limit = f"{megabytes(self._limits.memory_bytes)} bộ nhớ khi đọc"
                return self._retry(ReaderFinding("FILE-05", values={"limit": limit}), "memory")
            case _ if self._is_ready:
                return self._retry(ReaderFinding("FILE-09"), None)
            case _:
                raise _not_started(content or self.stop())

    def skip_until_next_run(self) -> Outcomes:
        """End a process that is past its deadline; return the outcomes of its job.

        Raises:
            ReaderError: for a process that is not ready yet.
        """
        if not self._is_ready:
            self.stop()
            waited = f"was not ready after {_START_SECONDS:.0f} s"
            raise ReaderError(f"a process that reads deliveries {waited}; {_WHAT_TO_DO}")
        job = self._current_job()
        self.stop()
        return self._too_slow(job)

    def _next_answer(self) -> tuple[ReaderAnswer, Any]:
        return self.process.receive() if self.process else (ReaderAnswer.GONE, None)

    def _with_form(self, reading: ParsedReport, key: tuple[str, str] | None) -> ParsedReport:
        """Return a reading with our own form: the process sends only its code and version."""
        return replace(reading, form=self._forms[key] if key else None)

    def _send(self) -> None:
        if self.process is not None and self.job is not None:
            self.process.send(self.job)
            self.deadline = time.monotonic() + PATIENCE * self._limits.seconds

    def _current_job(self) -> _Job:
        if self.job is None:
            raise ReaderError("a process that reads deliveries answered without a job")
        return self.job

    def _done(self, outcomes: Outcomes) -> Outcomes:
        self._files += 1
        if self._files >= _FILES_OF_A_PROCESS:
            self.stop()
        self.job = None
        return outcomes

    def _too_slow(self, job: _Job) -> Outcomes:
        _log_end(job, "time-out")
        seconds = format_number(self._limits.seconds)
        problem = ReaderFinding("FILE-08", values={"limit": seconds})
        return [ParsedReport(job.delivery, problems=(problem,))]

    def _retry(self, problem: ReaderFinding, reason: str | None) -> Outcomes | None:
        """Try the job again in a new process; after the second attempt return `problem`.

        The first failure may have other causes: memory that earlier files took, or another program
        that took the machine's memory.
        """
        job = self._current_job()
        ended = self.stop()
        # A second attempt would only double the time that a slow file takes.
        if ended == _PAST_ITS_TIME:
            return self._too_slow(job)
        _log_end(job, reason or ended)
        if job.attempt >= _MOST_ATTEMPTS:
            return [ParsedReport(job.delivery, problems=(problem,))]
        self.take(replace(job, attempt=job.attempt + 1))
        return None


def _give_work(
    workers: Sequence[_Worker],
    queue: deque[tuple[int, Delivery]],
    content_of: Callable[[Delivery], bytes | None],
    outcomes: dict[int, Outcomes],
) -> None:
    """Give each idle worker the next delivery; those without bytes become outcomes at once."""
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
    """Wait for an answer or a deadline; yield the number and the outcomes of each finished job."""
    busy = {
        worker.process.connection: (worker, worker.job)
        for worker in workers
        if worker.process and worker.job
    }
    if not busy:
        return
    next_deadline = min(worker.deadline for worker, _ in busy.values())
    answered = wait(list(busy), max(next_deadline - time.monotonic(), 0))
    for connection, (worker, job) in busy.items():
        outcomes = None
        if connection in answered:
            outcomes = worker.hear()
        elif time.monotonic() >= worker.deadline:
            outcomes = worker.skip_until_next_run()
        if outcomes is not None:
            yield job.number, outcomes


def _log_end(job: _Job, ended: str) -> None:
    logger.warning(
        "read delivery=%d sha256=%s ended=%s attempt=%d",
        job.delivery.id,
        job.delivery.sha256,
        ended,
        job.attempt,
    )


def _stop(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.stop()


def _cores() -> int:
    """Return how many cores this process may use.

    That is fewer than the machine has in a container or under a systemd slice.
    """
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
