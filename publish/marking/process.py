"""Marking in a process of its own: a workbook that hangs, crashes or eats memory costs its own copy and nothing else."""

import pickle
import signal
import subprocess
import sys
import tempfile
import weakref
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import IO, Any, Self

from connectors.reader.portal_report import is_json
from program.limits import Limits
from program.pack import Pack
from program.settings import ROOT
from publish.marking.order import Order
from publish.marking.worker import Answer

_START_SECONDS = 30.0
_TOLD = 300


class MarkingError(Exception):
    """Why there is no marked workbook; for the operator, who can do nothing about most of the reasons."""


class Marker:
    """A process that marks one workbook after the other; begun with the first, and anew after one that it did not survive.

    Starting it takes longer than marking a workbook: nearly all of that is imports. For one thread at a time.
    """

    def __init__(self, pack: Pack, limits: Limits) -> None:
        self._pack, self._limits = pack, limits
        self._process: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Who forgets to is helped by the garbage collector, or by the end of the program."""
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def mark(self, order: Order) -> bytes:
        """Return the marked workbook of `order`. Raises MarkingError, and nothing else, where there is none."""
        # The pack tells what a portal's JSON means; unpickling it takes longer than marking a workbook.
        asked = pickle.dumps((order, self._pack if is_json(order.content) else None, self._limits))
        answer, about = self._ask(asked)
        if answer is Answer.MARKED and isinstance(about, bytes):
            return about
        raise MarkingError(str(about))

    def _ask(self, asked: bytes) -> tuple[Answer, Any]:
        seconds = self._limits.seconds + (0 if self._process else _START_SECONDS)
        try:
            self._process = self._process or _Process(self._limits.memory_bytes)
            answer = self._process.ask(asked, seconds)
        except TimeoutError as wrong:
            self.close()
            raise MarkingError(f"not done after {seconds:.0f} s") from wrong
        except (OSError, EOFError, pickle.UnpicklingError) as wrong:
            ended = self._process.end() if self._process else f"the process did not start: {wrong}"
            self._process = None
            raise MarkingError(ended) from wrong
        return answer


class _Process:
    """One process, the connection to it, and what it says to nobody."""

    def __init__(self, memory_bytes: int) -> None:
        self._connection, theirs = Pipe()
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the process)
        with theirs:
            call = f"from publish.marking.worker import main; main({theirs.fileno()}, {memory_bytes})"
            try:
                self._popen = subprocess.Popen(  # noqa: S603  (nothing in it comes from outside)
                    [sys.executable, "-c", call],
                    cwd=ROOT,
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._said,
                )
            except OSError:
                self._connection.close()
                self._said.close()
                raise
        self._finalizer = weakref.finalize(self, _end, self._popen, self._connection, self._said)

    def ask(self, asked: bytes, seconds: float) -> tuple[Answer, Any]:
        """Return its answer. Raises TimeoutError where there is none in time, EOFError or OSError where it is gone."""
        self._connection.send_bytes(asked)
        if not self._connection.poll(seconds):
            raise TimeoutError
        answer: tuple[Answer, Any] = pickle.loads(self._connection.recv_bytes())  # noqa: S301  (our own process)
        return answer

    def end(self) -> str:
        """End it at once, if it still runs; return how it ended, with the last line that it said."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout=0.2)
        self._popen.kill()
        code = self._popen.wait()
        self._said.seek(0)
        last = self._said.read().decode("utf-8", "replace").strip().rpartition("\n")[2][-_TOLD:]
        self._finalizer()
        how = signal.Signals(-code).name if code < 0 else str(code)
        return f"process ended with {how}: {last}"


def _end(process: subprocess.Popen[bytes], connection: Connection, said: IO[bytes]) -> None:
    process.kill()
    process.wait()
    connection.close()
    said.close()


def mark_apart(order: Order, pack: Pack, limits: Limits) -> bytes:
    """Return the marked workbook of one `order`, by a process for it alone. Raises MarkingError where there is none."""
    with Marker(pack, limits) as marker:
        return marker.mark(order)
