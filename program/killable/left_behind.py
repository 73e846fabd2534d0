"""Nothing that a process started outlives it, however it ends.

A process that is killed closes no server that it started. So a guard waits beside it, and ends
what is left. It knows the processes by a mark in their environment, which each child inherits: a
pid alone may be another process by then.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MARK = "_MTQG_STARTED_BY"
_PAUSE_SECONDS = 0.1
_guards: list[subprocess.Popen[bytes]] = []
"""Their standard input stays open for as long as this process lives."""


def end_children_with_us() -> None:
    """Have all processes that this one starts from now on killed at its end.

    The guard ends then, too. It works where there is a /proc (Linux); elsewhere it does nothing.
    """
    mark = secrets.token_hex(16)
    # A process of its own session: Ctrl-C in a terminal reaches all the others.
    guard = subprocess.Popen(  # noqa: S603  (nothing in it comes from outside)
        [sys.executable, "-I", __file__, mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # Not ours: a folder of ours may be about to be deleted.
        cwd="/",
    )
    os.environ[_MARK] = mark
    _guards.append(guard)


def _end_marked(mark: str) -> None:
    """Kill all processes with a mark, also those that they start meanwhile."""
    while pids := list(_marked(mark)):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_PAUSE_SECONDS)


def _marked(mark: str) -> Iterator[int]:
    wanted = f"{_MARK}={mark}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        # Those of other users cannot be read, and some have just ended.
        with suppress(OSError):
            if wanted in environment.read_bytes().split(b"\0"):
                yield int(environment.parent.name)


if __name__ == "__main__":
    # It ends when the other end of the pipe is closed: by the end of the process that has it.
    sys.stdin.buffer.read()
    _end_marked(sys.argv[1])
