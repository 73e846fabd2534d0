"""Keep the rows behind the pages from one run to the next: the marts take longest to ask.

Rows that are made from the same are read back. A country's marts take half a minute of the
processor, its pages a second where nothing is new.
"""

import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from program.atomic_write import write_atomic
from program.file_access import private_files

T = TypeVar("T")


def kept_rows(path: Path | None, made_from: str, ask: Callable[[], T]) -> T:
    """Return what `ask` returns, from the file at `path` where that is made from the same.

    Otherwise it is asked and written there. Without a path nothing is kept. `made_from` must change
    with the program too: the file holds its objects. It is the run's own, as the warehouse is:
    nobody else may write it.
    """
    if path is None:
        return ask()
    key = f"{made_from}\n".encode()
    kept = _content(path)
    if kept.startswith(key):
        # A file that a full disk cut off is asked for again.
        with suppress(pickle.UnpicklingError, EOFError):
            rows: T = pickle.loads(kept[len(key) :])  # noqa: S301  (our own file)
            return rows
    asked = ask()
    # The site is for everybody, this file is not.
    with private_files():
        write_atomic(path, key + pickle.dumps(asked, protocol=pickle.HIGHEST_PROTOCOL))
    return asked


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
