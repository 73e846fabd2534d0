"""Read deliveries in processes that can be killed.

A delivery that hangs, crashes or takes too much memory ends its own reading only, and becomes a
reading with that problem. `program.killable` has the processes.
"""

import logging
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import NamedTuple, Self, TypeAlias

from connectors.reader.open.workbook import megabytes
from connectors.reader.reader import read_parts
from program.delivery import Delivery
from program.errors import ReaderError
from program.finding import ReaderFinding
from program.killable.outcomes import Bounds, Done, Ending, Killed, KillReason, Raised
from program.killable.pool import KillablePool
from program.killable.process import ProcessStartError
from program.limits import Limits
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT, Settings
from program.vietnamese import format_number

logger = logging.getLogger("mtqg.reader")

Read: TypeAlias = Callable[[bytes | None, Delivery, Pack, Limits], Sequence[ParsedReport]]

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


class _FormKey(NamedTuple):
    """Which form of the pack a reading has."""

    code: str
    version: str


class _ReadRequest(NamedTuple):
    delivery: Delivery
    content: bytes | None


class _ReadAnswer(NamedTuple):
    """A reading without its form, and which one that is.

    Both processes have the forms. A thousand readings must not bring as many copies of each.
    """

    reading: ParsedReport
    form: _FormKey | None


@dataclass(frozen=True, slots=True)
class _ReadWork:
    """What a process does with a delivery."""

    read: Read
    pack: Pack
    limits: Limits

    def __call__(self, request: _ReadRequest) -> list[_ReadAnswer]:
        readings = self.read(request.content, request.delivery, self.pack, self.limits)
        return [_without_form(reading) for reading in readings]


def _without_form(reading: ParsedReport) -> _ReadAnswer:
    form = reading.form
    key = _FormKey(form.code, form.version) if form else None
    return _ReadAnswer(replace(reading, form=None), key)


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
        self._limits = settings.limits
        self._forms = {_FormKey(form.code, form.version): form for form in pack.forms}
        work = _ReadWork(read, pack, self._limits)
        bounds = Bounds(self._limits.seconds, self._limits.memory_bytes)
        self._pool = KillablePool(work, bounds, settings.readers or _cores())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes. Idempotent; the garbage collector does the same."""
        self._pool.close()

    def start(self) -> None:
        """Start one process without waiting for it, so that the first delivery finds it ready."""
        try:
            self._pool.start()
        except ProcessStartError as error:
            raise _reader_error(error) from error

    def read(
        self, deliveries: Sequence[Delivery], content_of: Callable[[Delivery], bytes | None]
    ) -> Iterator[Outcome]:
        """Yield the outcomes of all deliveries, in order, as `read_each` does."""
        with closing(self.read_each(deliveries, content_of)) as outcomes:
            for of_delivery in outcomes:
                yield from of_delivery

    def read_each(
        self, deliveries: Sequence[Delivery], content_of: Callable[[Delivery], bytes | None]
    ) -> Generator[list[Outcome]]:
        """Yield the outcomes of each delivery, in order: one a report, or one `Unread`.

        The same delivery may be there more than once. A delivery that cannot be read within the
        limits is a reading with that problem. A fault of the system is an `Unread`. Holds the bytes
        of as many deliveries as there are processes.

        Args:
            deliveries: What to read.
            content_of: Returns the bytes of a delivery; called when a process can take them.

        Raises:
            ReaderError: where no process can be started.
        """

        def request_of(delivery: Delivery) -> _ReadRequest:
            return _ReadRequest(delivery, content_of(delivery))

        processes = 1 + len(deliveries) // _FILES_WORTH_A_START
        endings = self._pool.endings(deliveries, request_of, _may_retry, processes)
        # Closed with this generator: the processes must not go on for a caller that stopped.
        with closing(endings):
            for delivery in deliveries:
                try:
                    ending = next(endings)
                except ProcessStartError as error:
                    raise _reader_error(error) from error
                yield list(self._outcomes(delivery, ending))

    def _outcomes(self, delivery: Delivery, ending: Ending[list[_ReadAnswer]]) -> Iterator[Outcome]:
        match ending:
            case Done(answers):
                for reading, key in answers:
                    yield replace(reading, form=self._forms[key] if key else None)
            case Raised(error):
                yield Unread(delivery, error)
            case Killed(reason):
                yield ParsedReport(delivery, problems=(self._problem(reason),))

    def _problem(self, reason: KillReason) -> ReaderFinding:
        """Return what the sender of a file learns that ended its process."""
        match reason:
            case KillReason.TOO_SLOW:
                seconds = format_number(self._limits.seconds)
                return ReaderFinding("FILE-08", values={"limit": seconds})
            case KillReason.TOO_MUCH_MEMORY:
                memory = f"{megabytes(self._limits.memory_bytes)} bộ nhớ khi đọc"
                return ReaderFinding("FILE-05", values={"limit": memory})
            case KillReason.CRASHED:
                return ReaderFinding("FILE-09")


def _may_retry(delivery: Delivery, killed: Killed, attempt: int) -> bool:
    """Log how a reading ended its process; tell whether the delivery is read once more.

    The failure may have other causes than the file: memory that earlier files took, or another
    program that took the machine's memory.
    """
    is_too_slow = killed.reason is KillReason.TOO_SLOW
    ended = killed.reason.value if is_too_slow else killed.how
    logger.warning(
        "read delivery=%d sha256=%s ended=%s attempt=%d",
        delivery.id,
        delivery.sha256,
        ended,
        attempt,
    )
    # A second attempt would only double the time that a slow file takes.
    return not is_too_slow and attempt < _MOST_ATTEMPTS


def _reader_error(error: ProcessStartError) -> ReaderError:
    return ReaderError(f"a process that reads deliveries did not start: {error}; {_WHAT_TO_DO}")


def _cores() -> int:
    """Return how many cores this process may use.

    That is fewer than the machine has in a container or under a systemd slice.
    """
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
