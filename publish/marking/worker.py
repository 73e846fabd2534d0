"""What the process does that marks one workbook after the other for `process`: it imports no more than that needs."""

import pickle
import signal
from contextlib import suppress
from enum import StrEnum
from multiprocessing.connection import Connection
from typing import Any


class Answer(StrEnum):
    """What it says, and what comes with it."""

    MARKED = "marked"
    """The workbook."""
    REFUSED = "refused"
    """Why there is none: its bytes are nothing to mark."""
    FAILED = "failed"
    """What was raised, in a line; the process goes on."""


def main(descriptor: int, memory_bytes: int) -> None:
    """Serve whoever holds the other end of `descriptor`, until it is closed."""
    from connectors.reader.worker import bound_memory  # noqa: PLC0415  (all: the asking process needs none of them)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too; it is for the one who started us
    with Connection(descriptor) as connection, suppress(EOFError, OSError):
        bound_memory(memory_bytes)
        while True:
            # Not `recv`: what is unpickled takes memory too, and must be within the bounds of its own answer.
            connection.send_bytes(_answer(connection.recv_bytes()))


def _answer(asked: bytes) -> bytes:
    from publish.marking.marked import mark  # noqa: PLC0415
    from publish.marking.order import UnmarkableError  # noqa: PLC0415

    answer: tuple[Answer, Any]
    try:
        order, pack, limits = pickle.loads(asked)  # noqa: S301  (from the process that started us)
        answer = Answer.MARKED, mark(order, pack, limits)
    except UnmarkableError as reason:
        answer = Answer.REFUSED, str(reason)
    except MemoryError:
        raise
    except Exception as wrong:  # the boundary of one workbook
        answer = Answer.FAILED, f"{type(wrong).__name__}: {wrong}"
    return pickle.dumps(answer)
