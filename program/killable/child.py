"""The other end of `KillableProcess`: a process that answers one request after the other.

This module imports nothing heavy. The work comes with its imports on standard input, so that a
library that is missing is reported and not fatal.
"""

import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from program.killable.outcomes import Done, Killed, KillReason, Raised

_NO_ROOM = "failed to map segment from shared object"
PATIENCE = 10
"""A request may take so many times its CPU time by the clock: the machine has other work."""


def main(descriptor: int) -> None:
    """Answer what arrives at `descriptor` until the other end is closed."""
    # Ctrl-C reaches this process too, but it is meant for the process that started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A blocked signal is inherited, and would take the timers their effect.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM, signal.SIGPROF})
    with Connection(descriptor) as connection, suppress(EOFError, OSError):
        _serve(connection)


def _serve(connection: Connection) -> None:
    try:
        # From the process that started this one, as are all requests.
        work, bounds = pickle.load(sys.stdin.buffer)  # noqa: S301
        bound_memory(bounds.memory_bytes)
    except Exception as error:  # `KillableProcess` raises it as an error of its own
        connection.send(Raised(_portable(error)))
        return
    # The first message says that the process is ready.
    connection.send(Done(None))
    while True:
        request = connection.recv_bytes()
        # This timer ends the process when its CPU time is used up, in native code too. Time that
        # a busy machine gives to others does not count.
        signal.setitimer(signal.ITIMER_PROF, bounds.seconds)
        # A process that waits uses no CPU time. `KillableProcess` ends it, or, if that process is
        # dead itself, this timer does.
        signal.setitimer(signal.ITIMER_REAL, 2 * PATIENCE * bounds.seconds + 1)
        connection.send_bytes(_answer(work, request))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _answer(work: Callable[[Any], Any], request: bytes) -> bytes:
    """Return the pickled ending of one request."""
    try:
        # Both pickles are within the `try`: an answer may fit into memory and its pickle not.
        answer = work(pickle.loads(request))  # noqa: S301
        return pickle.dumps(Done(answer), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # the boundary of one request
        if _is_out_of_memory(error):
            return pickle.dumps(Killed(KillReason.TOO_MUCH_MEMORY, KillReason.TOO_MUCH_MEMORY))
        return pickle.dumps(Raised(_portable(error)))


def _is_out_of_memory(error: Exception) -> bool:
    # A library that finds no room is an error of its import, in the words of the dynamic loader.
    is_of_loader = isinstance(error, ImportError) and _NO_ROOM in str(error)
    return is_of_loader or isinstance(error, MemoryError)


def _portable(error: Exception) -> Exception:
    """Return an exception that can be pickled, with its traceback as a note."""
    portable = error
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:
        portable = RuntimeError(f"{type(error).__name__}: {error}")
    trace = "".join(traceback.format_tb(error.__traceback__))
    portable.add_note(f"in a process of its own:\n{trace}")
    return portable


def bound_memory(limit: int) -> None:
    """Limit this process to `limit` bytes of address space beyond what it has now.

    What it has now is mostly reserved by libraries for threads, and grows with the machine's
    cores. Linux only: macOS enforces no such limit.
    """
    if sys.platform == "linux":
        import resource  # noqa: PLC0415  (not on every system)

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        bound = pages * resource.getpagesize() + limit
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
        # A crash must leave no copy of a district's file on the disk.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
