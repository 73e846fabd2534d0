"""Waiting for what must come, as long as a busy machine may need."""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
LONGEST_SECONDS = 480.0
"""Far beyond what an idle machine needs, and below the time limit of a test, so that the failure says what did not come."""


def wait_for(
    question: Callable[[], T | None],
    what: str,
    seconds: float = LONGEST_SECONDS,
    pause: float = 0.05,
) -> T:
    """Ask until the answer is neither None nor False, and return it.

    Fails after some seconds, naming `what` did not come.
    """
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(pause)
    return answer


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Keep other processes of the tests out that wait for the same name, those of another `pytest` too."""
    with (Path(tempfile.gettempdir()) / f"mtqg-{name}-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
