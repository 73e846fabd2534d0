"""Waiting for what must come, as long as a busy machine may need."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONGEST_SECONDS = 240.0
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
