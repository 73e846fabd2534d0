"""The process that reads deliveries for `Readers`, one after the other.

This module imports nothing heavy. The rest comes with the setup on standard input, so that a
library that is missing is reported and not fatal.
"""

import pickle
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PATIENCE = 10
"""A delivery may take so many times its CPU time by the clock: the machine has other work."""


class ReaderAnswer(StrEnum):
    """What a process answers, and what comes with the answer."""

    READY = "ready"
    """The process has its setup."""
    REFUSED = "refused"
    """The process cannot begin; with the reason."""
    READING = "reading"
    """With each report's reading without its form, and the form's code and version."""
    TOO_MUCH_MEMORY = "too much memory"
    FAILED = "failed"
    """The reader raised an exception, which is a bug; with the exception."""
    GONE = "gone"
    """The process has ended. `Readers` sets this; no process sends it."""


def main(descriptor: int) -> None:
    """Read what arrives at `descriptor` until the other end is closed."""
    # Ctrl-C reaches this process too, but it is meant for the process that started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM, signal.SIGPROF})
    with Connection(descriptor) as connection, suppress(EOFError, OSError):
        _serve(connection)


def _serve(connection: Connection) -> None:
    try:
        # From the process that started this one.
        read, pack, limits = pickle.load(sys.stdin.buffer)  # noqa: S301
        bound_memory(limits.memory_bytes)
    except Exception as wrong:  # `Readers` raises it as an error of its own
        _send(connection, ReaderAnswer.REFUSED, f"{type(wrong).__name__}: {wrong}")
        return
    _send(connection, ReaderAnswer.READY, None)
    while True:
        delivery, content = connection.recv()
        # This timer ends the process when its CPU time is used up, in native code too. Time that
        # a busy machine gives to others does not count.
        signal.setitimer(signal.ITIMER_PROF, limits.seconds)
        # A process that waits uses no CPU time. `Readers` ends it, or, if that process is dead
        # itself, this timer does.
        signal.setitimer(signal.ITIMER_REAL, 2 * PATIENCE * limits.seconds + 1)
        connection.send_bytes(_answer(read, content, delivery, pack, limits))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _send(connection: Connection, answer: ReaderAnswer, content: object) -> None:
    connection.send_bytes(pickle.dumps((answer, content)))


def _answer(read: Any, content: bytes | None, delivery: Any, pack: Any, limits: Any) -> bytes:
    """Return the pickled answer to one delivery."""
    try:
        readings = [_without_form(reading) for reading in read(content, delivery, pack, limits)]
        # Within the `try`: a reading may fit into memory and its pickle not.
        return pickle.dumps((ReaderAnswer.READING, readings), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps((ReaderAnswer.TOO_MUCH_MEMORY, None))
    except Exception as wrong:  # the boundary of one delivery
        return pickle.dumps((ReaderAnswer.FAILED, _portable(wrong)))


def _without_form(reading: Any) -> tuple[Any, tuple[str, str] | None]:
    """Return a reading without its form, and the form's code and version.

    The other process has the forms. A thousand readings must not bring as many copies of each.
    """
    key = (reading.form.code, reading.form.version) if reading.form else None
    return replace(reading, form=None), key


def _portable(wrong: Exception) -> Exception:
    """Return an exception that can be pickled, with its traceback as a note."""
    import traceback  # noqa: PLC0415  (only where something went wrong)

    portable = wrong
    try:
        pickle.loads(pickle.dumps(wrong))  # noqa: S301  (our own)
    except Exception:
        portable = RuntimeError(f"{type(wrong).__name__}: {wrong}")
    trace = "".join(traceback.format_tb(wrong.__traceback__))
    portable.add_note(f"in a reader's process:\n{trace}")
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
