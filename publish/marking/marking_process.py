"""Marking in a process of its own.

A file that hangs, crashes or eats memory ends that process only, and its letter goes without a
marked workbook. `program.killable` has the process.
"""

from dataclasses import dataclass
from typing import Self

from program.killable.outcomes import Bounds, Done, Killed, Raised
from program.killable.process import KillableProcess, ProcessStartError
from program.limits import Limits
from program.pack.pack import Pack
from publish.marking.request import MarkRequest, UnmarkableError


class MarkingError(Exception):
    """A workbook could not be marked; the message says why.

    Nothing needs to be done: the letter goes without the marked workbook.
    """


@dataclass(frozen=True, slots=True)
class _MarkWork:
    """What the process does with a request."""

    pack: Pack
    limits: Limits

    def __call__(self, request: MarkRequest) -> bytes:
        # The process that asks does without these imports.
        from publish.marking.mark import mark  # noqa: PLC0415

        return mark(request, self.pack, self.limits)


class MarkerPool:
    """A process that marks one workbook after the other. For one thread at a time.

    It starts with the first request, and again after a request that ended it.
    """

    def __init__(self, pack: Pack, limits: Limits) -> None:
        bounds = Bounds(limits.seconds, limits.memory_bytes)
        self._process = KillableProcess(_MarkWork(pack, limits), bounds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Without this, the garbage collector or the program's exit does it."""
        self._process.end()

    def mark(self, request: MarkRequest) -> bytes:
        """Return the marked workbook of a request. Raises MarkingError, and nothing else."""
        try:
            ending = self._process.ask(request)
        except ProcessStartError as reason:
            raise MarkingError(f"the process did not start: {reason}") from reason
        match ending:
            case Done(content):
                return content
            case Raised(UnmarkableError() as refusal):
                raise MarkingError(str(refusal))
            case Raised(error):  # a bug
                raise MarkingError(f"{type(error).__name__}: {error}") from error
            case Killed(why, how):
                raise MarkingError(f"its process ended: {why} ({how})")
