"""One process that can be killed, and is started again when the next request needs it."""

import pickle
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from tempfile import TemporaryFile
from typing import Any, Generic, TypeVar

from program.killable.child import PATIENCE
from program.killable.outcomes import AnswerT, Bounds, Done, Ending, Killed, KillReason, Raised
from program.settings import ROOT

RequestT = TypeVar("RequestT")

_START_SECONDS = 120.0
"""After this time a process never becomes ready. It usually takes half a second (2026-11-23)."""
_EXIT_SECONDS = 1.0
"""How long a process that broke its connection gets to exit, so that its own exit code shows."""
_REQUESTS_OF_A_CHILD = 1000
"""After so many requests a process is replaced, so that a memory leak stays small."""
_TIMERS = frozenset({signal.SIGPROF.name, signal.SIGALRM.name})
"""The signals by which a process ends itself at its limit of time."""


class ProcessStartError(Exception):
    """A process did not start, or ended before it was ready. No request is the cause."""


class KillableProcess(Generic[RequestT, AnswerT]):
    """A process that does `work`, one request after the other. For one thread at a time.

    It starts with the first request, and again after a request that ended it. It is kept because
    its start takes longer than most requests: nearly all of that is imports.
    """

    def __init__(self, work: Callable[[RequestT], AnswerT], bounds: Bounds) -> None:
        """Prepare the process without starting it.

        Args:
            work: A function or an object that a fresh interpreter can unpickle.
            bounds: The limits of each request.
        """
        self._work = work
        self._bounds = bounds
        self._child: _Child | None = None
        self._is_ready = False
        self._waiting: RequestT | None = None
        """A request that is sent as soon as the process is ready."""
        self._deadline = 0.0
        """When, by the monotonic clock, the process must have started or answered."""
        self._answered = 0

    def ask(self, request: RequestT) -> Ending[AnswerT]:
        """Return how a request ended; wait for it.

        Raises:
            ProcessStartError: where there is no process.
        """
        self.send(request)
        while True:
            ending = self.receive(self.seconds_left())
            if ending is not None:
                return ending

    def start(self) -> None:
        """Start the process where there is none, without waiting until it is ready.

        Raises:
            ProcessStartError: where the system starts none.
        """
        if self._child is None:
            # Pickled each time: most runs of a year need no process, or only one.
            self._child = _Child(pickle.dumps((self._work, self._bounds)))
            self._deadline = time.monotonic() + _START_SECONDS

    def send(self, request: RequestT) -> None:
        """Let the process do `request`: now, or as soon as it is ready. `receive` has the ending.

        Raises:
            ProcessStartError: where the system starts no process.
        """
        self.start()
        self._waiting = request
        if self._is_ready:
            self._send_waiting()

    def seconds_left(self) -> float:
        """Return how long the process may still take, 0 where it is past its deadline."""
        return max(self._deadline - time.monotonic(), 0)

    @property
    def connection(self) -> Connection:
        """The connection that has something to read when the process has sent something."""
        return self._running().connection

    def receive(self, seconds: float = 0) -> Ending[AnswerT] | None:
        """Return how the request ended, or None where it has not ended after `seconds`.

        Raises:
            ProcessStartError: where the process ended, or was too slow, before it was ready.
        """
        child = self._running()
        if child.connection.poll(seconds):
            message = child.receive()
            if self._is_ready:
                return self._take(message)
            # Its first message says that it is ready. No request was sent to it before.
            self._become_ready(message)
            return None
        if self.seconds_left() > 0:
            return None
        was_ready = self._is_ready
        self.end()
        # A process that never became ready says nothing about the request.
        if not was_ready:
            raise ProcessStartError(f"not ready after {_START_SECONDS:.0f} s")
        return Killed(KillReason.TOO_SLOW, KillReason.TOO_SLOW)

    def end(self) -> str:
        """End the process in any state; return how it ended, "" where there was none."""
        child = self._child
        self._child = None
        self._is_ready = False
        self._waiting = None
        self._answered = 0
        if child is None:
            return ""
        return child.end()

    def _running(self) -> "_Child":
        if self._child is None:
            raise ProcessStartError("nothing was sent to it")
        return self._child

    def _send_waiting(self) -> None:
        if self._waiting is None:
            return
        request = pickle.dumps(self._waiting, pickle.HIGHEST_PROTOCOL)
        self._running().send(request)
        self._waiting = None
        # The process ends itself at its limit. This deadline is for one that cannot.
        self._deadline = time.monotonic() + PATIENCE * self._bounds.seconds

    def _become_ready(self, message: object) -> None:
        match message:
            case Done():
                self._is_ready = True
                self._send_waiting()
            case Raised(error):
                self.end()
                raise ProcessStartError(f"{type(error).__name__}: {error}")
            case _:
                raise ProcessStartError(self.end())

    def _take(self, message: object) -> Ending[AnswerT]:
        """Return the ending that a message stands for; end the process where it is of no use."""
        match message:
            case Done() | Raised():
                self._answered += 1
                if self._answered >= _REQUESTS_OF_A_CHILD:
                    self.end()
                return message
            case Killed():
                # What its other files took may be part of the memory that was too much.
                self.end()
                return message
            case _:
                how = self.end()
                reason = KillReason.TOO_SLOW if how in _TIMERS else KillReason.CRASHED
                return Killed(reason, how)


class _Child:
    """A running interpreter and the connection to it.

    Sending to one that has ended does nothing: `receive` then returns None.
    """

    def __init__(self, setup: bytes) -> None:
        self.connection, theirs = Pipe()
        try:
            with theirs:
                self.popen = _start(setup, theirs.fileno())
        except OSError as error:
            self.connection.close()
            raise ProcessStartError(str(error)) from error
        # A caller that forgets `end` leaves no process behind.
        self._finalizer = weakref.finalize(self, _kill, self.popen, self.connection)

    def send(self, request: bytes) -> None:
        with suppress(OSError):
            self.connection.send_bytes(request)

    def receive(self) -> Any:
        """Return the next message, None where there will be none; blocks until either is known."""
        try:
            return pickle.loads(self.connection.recv_bytes())  # noqa: S301  (our own process)
        except Exception:
            # The process has ended, or its memory was overwritten and it sends nonsense.
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(timeout=_EXIT_SECONDS)
            return None

    def end(self) -> str:
        """Kill the process if it still runs; return how it ended: a signal's name or "exit N"."""
        self._finalizer()
        code = self.popen.wait()
        # Python gives the number of a signal as a negative code.
        if code < 0:
            return signal.Signals(-code).name
        return f"exit {code}"


def _kill(popen: subprocess.Popen[bytes], connection: Connection) -> None:
    popen.kill()
    popen.wait()
    connection.close()


def _start(setup: bytes, descriptor: int) -> subprocess.Popen[bytes]:
    """Start a new interpreter that inherits nothing of ours but its end of the pipe.

    It gets its setup as standard input, from a file without a name. A pipe would block: it holds
    less than a setup, and a process that hangs at its start reads nothing.
    """
    # Not `-m`: the classes of its answers would then belong to `__main__`.
    code = f"from program.killable.child import main; main({descriptor})"
    with TemporaryFile() as setup_file:
        setup_file.write(setup)
        setup_file.seek(0)
        return subprocess.Popen(  # noqa: S603  (nothing in it comes from outside)
            [sys.executable, "-c", code],
            cwd=ROOT,
            pass_fds=(descriptor,),
            stdin=setup_file,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
