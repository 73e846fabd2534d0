"""What a process does that reads one delivery after the other for `workers`.

It imports nothing heavy by itself: all that it needs is its standard input, so that what is missing is told.
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
"""How many times its time of the processor a delivery may take by the clock, on a machine that has others to serve."""


class Answer(StrEnum):
    """What a worker says, and what comes with it."""

    READY = "ready"
    """It has what it needs."""
    REFUSED = "refused"
    """It cannot begin; with the reason."""
    READING = "reading"
    """With each part's reading without its form, and the form's code and version."""
    TOO_MUCH_MEMORY = "too much memory"
    FAILED = "failed"
    """The reader raised, which it never should; with the exception."""
    GONE = "gone"
    """Not said but seen: the process has ended."""


def main(descriptor: int) -> None:
    """Serve whoever holds the other end of `descriptor`, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too; it is for the one who started us
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM, signal.SIGPROF})
    with Connection(descriptor) as connection, suppress(EOFError, OSError):
        _serve(connection)


def _serve(connection: Connection) -> None:
    try:
        read, pack, limits = pickle.load(sys.stdin.buffer)  # noqa: S301  (from the process that started us)
        bound_memory(limits.memory_bytes)
    except Exception as wrong:  # said by the one who started us, in an error of its own
        _say(connection, Answer.REFUSED, f"{type(wrong).__name__}: {wrong}")
        return
    _say(connection, Answer.READY, None)
    while True:
        delivery, content = connection.recv()
        # Past its time of the processor this ends us, in native code too; what a busy machine withholds does not count.
        signal.setitimer(signal.ITIMER_PROF, limits.seconds)
        # Where we wait instead of computing, whoever waits for us ends us. Should it be dead itself, this does.
        signal.setitimer(signal.ITIMER_REAL, 2 * PATIENCE * limits.seconds + 1)
        connection.send_bytes(_answer(read, content, delivery, pack, limits))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _say(connection: Connection, answer: Answer, about: object) -> None:
    connection.send_bytes(pickle.dumps((answer, about)))


def _answer(read: Any, content: bytes | None, delivery: Any, pack: Any, limits: Any) -> bytes:
    """Return the answer to one delivery, pickled: a reading that does not fit into memory may only show then."""
    try:
        # Whoever started us has the forms: with them a thousand readings hold as many copies of each.
        parts = [
            (replace(reading, form=None), (reading.form.code, reading.form.version) if reading.form else None)
            for reading in read(content, delivery, pack, limits)
        ]
        return pickle.dumps((Answer.READING, parts), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps((Answer.TOO_MUCH_MEMORY, None))
    except Exception as wrong:  # the boundary of one delivery
        return pickle.dumps((Answer.FAILED, _portable(wrong)))


def _portable(wrong: Exception) -> Exception:
    """Return an exception that survives being pickled, with its traceback as a note."""
    import traceback  # noqa: PLC0415  (only where something went wrong)

    portable = wrong
    try:
        pickle.loads(pickle.dumps(wrong))  # noqa: S301  (our own)
    except Exception:
        portable = RuntimeError(f"{type(wrong).__name__}: {wrong}")
    portable.add_note("in a reader's process:\n" + "".join(traceback.format_tb(wrong.__traceback__)))
    return portable


def bound_memory(limit: int) -> None:
    """Let this process take `limit` bytes of address space beyond what it has now. Linux only: macOS holds no such limit.

    What it has now is mostly what libraries set aside for threads, and grows with the machine's cores.
    """
    if sys.platform == "linux":
        import resource  # noqa: PLC0415  (not on every system)

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        bound = pages * resource.getpagesize() + limit
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (bound if hard == resource.RLIM_INFINITY else min(bound, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no copy of a district's file on the disk
