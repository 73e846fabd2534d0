"""Main function of a process that marks workbooks for `process`. It imports what it needs later."""

import pickle
import signal
from contextlib import suppress
from enum import StrEnum
from multiprocessing.connection import Connection
from typing import Any


class MarkingAnswer(StrEnum):
    """What the process answers to an order, and what comes with the answer."""

    MARKED = "marked"
    """With the marked workbook's bytes."""
    REFUSED = "refused"
    """The file cannot be marked; with the reason."""
    FAILED = "failed"
    """Marking raised, which is a bug; with the exception as text. The process continues."""


def main(descriptor: int, memory_bytes: int) -> None:
    """Answer the orders that come through `descriptor` until its other end closes."""
    # Imported here, as below: the asking process needs the enum only.
    from connectors.reader.isolate.reader_process import bound_memory  # noqa: PLC0415

    # Ctrl-C reaches this process too, but it is meant for the one that started us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(descriptor) as connection, suppress(EOFError, OSError):
        bound_memory(memory_bytes)
        while True:
            # Not `recv`: an error in unpickling concerns one workbook, and `_answer` reports it.
            request = connection.recv_bytes()
            connection.send_bytes(_answer(request))


def _answer(request: bytes) -> bytes:
    from publish.marking.mark import mark  # noqa: PLC0415
    from publish.marking.request import UnmarkableError  # noqa: PLC0415

    answer: tuple[MarkingAnswer, Any]
    try:
        # The bytes come from the process that started us.
        order, pack, limits = pickle.loads(request)  # noqa: S301
        answer = MarkingAnswer.MARKED, mark(order, pack, limits)
    except UnmarkableError as reason:
        answer = MarkingAnswer.REFUSED, str(reason)
    except MemoryError:
        # This ends the process. The next workbook gets a fresh one, with all its memory free.
        raise
    except Exception as error:  # the boundary of one workbook
        answer = MarkingAnswer.FAILED, f"{type(error).__name__}: {error}"
    return pickle.dumps(answer)
