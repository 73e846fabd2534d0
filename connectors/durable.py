"""Writing a file so that a power cut leaves all of it or nothing: in file systems of this machine, down to the disk."""

import os
import threading
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

UNFINISHED = "unfinished"
"""The folder, below a root, of what is being written; nothing reads it."""


def write_durably(files: Any, root: str, name: str, content: bytes) -> None:
    """Write `content` as `root/name`, in one move; what stood there is replaced. Raises OSError.

    `files` is any fsspec file system. On this machine's own, the bytes are on the disk before they bear their name, and the
    name before this returns.
    """
    if isinstance(files, LocalFileSystem):
        _write_here(Path(_unfinished(root)), Path(root, name), content)
    else:
        write_whole(files, root, name, content)


def write_whole(files: Any, root: str, name: str, content: bytes) -> None:
    """Write `content` as `root/name`, in one move, without waiting for the disk. Raises OSError."""
    path, unfinished = f"{root}/{name}", _unfinished(root)
    for each in (path, unfinished):
        files.makedirs(each.rsplit("/", 1)[0], exist_ok=True)
    files.pipe_file(unfinished, content)
    files.mv(unfinished, path)


def own_name() -> str:
    """Return a name for what is being written: two processes, or tasks, may write the same file at the same time."""
    return f"{os.getpid()}-{threading.get_ident()}.part"


def _unfinished(root: str) -> str:
    return f"{root}/{UNFINISHED}/{own_name()}"


def _write_here(unfinished: Path, path: Path, content: bytes) -> None:
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)
    if is_new:
        sync_folder(path.parent.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder of this machine on its disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
