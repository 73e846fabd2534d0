"""Marking in a process of its own.

A file that hangs, crashes or eats memory ends that process only, and its letter goes without a
marked workbook.
"""

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

from connectors.reader.open.portal_report import is_json
from program.limits import Limits
from program.pack.load import Pack
from program.settings import ROOT
from publish.marking.marking_worker import MarkingAnswer
from publish.marking.request import MarkRequest

_START_SECONDS = 30.0
"""How much longer the first order may take: the process starts and imports."""
_EXIT_SECONDS = 0.2
"""How long a process that broke its connection gets to exit, so that its own exit code shows."""
_LONGEST_MESSAGE = 300


class MarkingError(Exception):
    """There is no marked workbook, and why. It is for the operator, who can seldom help it."""


class MarkerPool:
    """A process that marks one workbook after the other. For one thread at a time.

    It starts with the first request, and again after a request that ended it. It is kept because a
    start takes longer than marking a workbook: nearly all of that is imports.
    """

    def __init__(self, pack: Pack, limits: Limits) -> None:
        self._pack = pack
        self._limits = limits
        self._process: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Without this, the garbage collector or the program's exit does it."""
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def mark(self, order: MarkRequest) -> bytes:
        """Return the marked workbook of `order`. Raises MarkingError, and nothing else."""
        # Only a portal's JSON needs the pack, and unpickling the pack takes longer than marking.
        pack = self._pack if is_json(order.content) else None
        request = pickle.dumps((order, pack, self._limits))
        answer, content = self._request(request)
        if answer is MarkingAnswer.MARKED and isinstance(content, bytes):
            return content
        raise MarkingError(str(content))

    def _request(self, request: bytes) -> tuple[MarkingAnswer, Any]:
        seconds = self._limits.seconds
        if self._process is None:
            seconds += _START_SECONDS
        # In every case but an answer the process ends: what it would answer later belongs to this
        # request and must not pass for the answer to the next one.
        try:
            self._process = self._process or _Process(self._limits.memory_bytes)
            return self._process.request(request, seconds)
        except TimeoutError as error:
            self.close()
            raise MarkingError(f"not done after {seconds:.0f} s") from error
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            reason = f"the process did not start: {error}"
            if self._process is not None:
                reason = self._process.end()
                self._process = None
            raise MarkingError(reason) from error


class _Process:
    """A running process, the connection to it and the file of its error output."""

    def __init__(self, memory_bytes: int) -> None:
        self._connection, theirs = Pipe()
        # A file, not a pipe: nobody reads while the process runs, and a full pipe would block it.
        # It is open as long as the process runs.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            descriptor = theirs.fileno()
            arguments = f"{descriptor}, {memory_bytes}"
            code = f"from publish.marking.marking_worker import main; main({arguments})"
            try:
                # A fresh interpreter, in the folder of our packages; nothing in the command comes
                # from outside.
                self._popen = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-c", code],
                    cwd=ROOT,
                    pass_fds=(descriptor,),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                )
            except OSError:
                self._connection.close()
                self._errors.close()
                raise
        self._finalizer = weakref.finalize(self, _end, self._popen, self._connection, self._errors)

    def request(self, request: bytes, seconds: float) -> tuple[MarkingAnswer, Any]:
        """Return the answer to a request.

        Raises TimeoutError if there is none in time, EOFError or OSError where the process has
        ended.
        """
        self._connection.send_bytes(request)
        if not self._connection.poll(seconds):
            raise TimeoutError
        # The bytes come from our own process.
        answer: tuple[MarkingAnswer, Any] = pickle.loads(self._connection.recv_bytes())  # noqa: S301
        return answer

    def end(self) -> str:
        """Kill the process if it still runs; return how it ended, with its last line of errors."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout=_EXIT_SECONDS)
        self._popen.kill()
        code = self._popen.wait()
        self._errors.seek(0)
        errors = self._errors.read().decode("utf-8", "replace").strip()
        last_line = errors.rpartition("\n")[2][-_LONGEST_MESSAGE:]
        self._finalizer()
        # A negative code is the number of the signal that killed it.
        how = signal.Signals(-code).name if code < 0 else str(code)
        return f"process ended with {how}: {last_line}"


def _end(process: subprocess.Popen[bytes], connection: Connection, errors: IO[bytes]) -> None:
    process.kill()
    process.wait()
    connection.close()
    errors.close()


def mark_isolated(order: MarkRequest, pack: Pack, limits: Limits) -> bytes:
    """Return the marked workbook of one order, from a process that ends with it.

    Raises MarkingError, and nothing else.
    """
    with MarkerPool(pack, limits) as marker:
        return marker.mark(order)
