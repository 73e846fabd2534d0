"""Write a file in one move: others see the earlier file or all of the new one, never a part.

For files that other processes read or write at the same time, here and in an archive's file system.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = "unfinished"
"""The folder, below a root, for files that are being written. Nothing reads it."""


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file of this machine, and its folder where there is none.

    Raises OSError; then the old file is unchanged and no part of the new one is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A sender's file name may have the greatest length already: no letter can be added to it.
    with _unfinished(path.with_name(f".{_unique_name()}"), content) as unfinished:
        unfinished.replace(path)


def write_below(
    root: str,
    name: str,
    content: bytes,
    *,
    is_durable: bool,
) -> None:
    """Write `root/name`, in a folder of this machine.

    Where `is_durable`, the bytes reach the disk before the file gets its name, and the name before
    this function returns. Raises OSError.
    """
    path = Path(root, name)
    with _unfinished(Path(root, UNFINISHED, _unique_name()), content) as unfinished:
        if is_durable:
            move_durably(unfinished, path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.replace(path)


def move_durably(finished: Path, path: Path) -> None:
    """Give a finished file its name so that a power cut leaves all of it or nothing.

    Both are on the same disk. Raises OSError.
    """
    is_new_folder = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    _sync(finished)
    finished.replace(path)
    # A name is part of its folder: without this a power cut may lose the file with its name.
    _sync(path.parent)
    if is_new_folder:
        _sync(path.parent.parent)


@contextmanager
def _unfinished(path: Path, content: bytes) -> Iterator[Path]:
    """Write a file that nobody else writes; remove it at the end if it was not moved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.write_bytes(content)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _unique_name() -> str:
    """Return a file name that no other thread of this machine uses.

    Two processes, or two tasks of one, may write the same file at the same time.
    """
    return f"{os.getpid()}-{threading.get_ident()}.part"


def _sync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk of this machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
