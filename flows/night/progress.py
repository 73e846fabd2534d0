"""Where a run is, for a person who waits for it: the step, and how many deliveries are done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a run. `done` and `total` count deliveries; both are 0 where a step has none."""

    step: str
    done: int = 0
    total: int = 0


Watcher = Callable[[Progress], None]
_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Within this block, a run in this process reports its progress to `watcher`."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def report(step: str, done: int = 0, total: int = 0) -> None:
    """Tell the watcher, if there is one, where the run is."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(Progress(step, done, total))
