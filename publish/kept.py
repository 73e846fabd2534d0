"""What a run asked the warehouse, kept in a file for the next one: nothing new asks nothing again.

A file holds Python's own objects, so that it is the run's own, as the warehouse is: nobody else may
write it.
"""

import pickle
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from program.machine.atomic_write import write_atomic
from program.machine.file_access import private_files
from program.pack.pack import Pack
from publish.output_folder import code_digest, digest_of, pack_digest
from warehouse.database.engine import Warehouse
from warehouse.queries.marts import data_version

Answer = TypeVar("Answer")


def begun_month(day: date) -> date:
    """Return the first day of the month that figures of a day follow from.

    A period that ends on this very day has ended: the last day begins the next month.
    """
    return (day + timedelta(days=1)).replace(day=1)


def figures_version(warehouse: Warehouse, pack: Pack, day: date) -> str:
    """Return a text that changes when any figure may have changed; a day alone does not."""
    version = data_version(warehouse)
    return digest_of(code_digest(), pack_digest(pack), version, begun_month(day))


def kept_answer(path: Path | None, made_from: str, ask: Callable[[], Answer]) -> Answer:
    """Return what the file keeps if it was made from the same, else what `ask` returns.

    That is then kept. Without a file it asks.
    """
    if path is None:
        return ask()
    before: Answer | None = read_kept(path, made_from)
    if before is not None:
        return before
    answer = ask()
    keep(path, made_from, answer)
    return answer


def read_kept(path: Path, made_from: str) -> Any | None:
    """Return what the file keeps; None if there is none or it was made from something else."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    key = _key(made_from)
    if content.startswith(key):
        # A file that a full disk cut off is asked for again.
        with suppress(pickle.UnpicklingError, EOFError):
            return pickle.loads(content[len(key) :])  # noqa: S301  (our own file)
    return None


def keep(path: Path, made_from: str, answer: object) -> None:
    """Keep an answer in the file, in one move."""
    content = pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
    # What is published is for everybody, this file is not.
    with private_files():
        write_atomic(path, _key(made_from) + content)


def _key(made_from: str) -> bytes:
    return f"{made_from}\n".encode()
