"""Write a file so that a power cut leaves all of it or nothing.

On this machine's own file systems the bytes are forced to the disk.
"""

import os
import threading
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

UNFINISHED = "unfinished"
"""The folder, below a root, for files that are being written. Nothing reads it."""


def write_durably(files: Any, root: str, name: str, content: bytes) -> None:
    """Write `content` as `root/name` in one move; an earlier file is replaced.

    `files` is any fsspec file system. On this machine's own, the bytes reach the disk before the
    file gets its name, and the name reaches it before this function returns.
    Raises OSError.
    """
    if isinstance(files, LocalFileSystem):
        _write_to_disk(Path(_unfinished_path(root)), Path(root, name), content)
    else:
        write_remote_atomic(files, root, name, content)


def write_remote_atomic(files: Any, root: str, name: str, content: bytes) -> None:
    """Write `content` as `root/name` in one move, without waiting for the disk.

    Raises OSError.
    """
    path = f"{root}/{name}"
    unfinished = _unfinished_path(root)
    for each in (path, unfinished):
        folder, _, _ = each.rpartition("/")
        files.makedirs(folder, exist_ok=True)
    files.pipe_file(unfinished, content)
    files.mv(unfinished, path)


def unique_name() -> str:
    """Return a file name that no other thread of this machine uses.

    Two processes, or two tasks of one, may write the same file at the same time.
    """
    return f"{os.getpid()}-{threading.get_ident()}.part"


def _unfinished_path(root: str) -> str:
    return f"{root}/{UNFINISHED}/{unique_name()}"


def _write_to_disk(unfinished: Path, path: Path, content: bytes) -> None:
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    is_new_folder = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    # A name is part of its folder: without this a power cut may lose the file with its name.
    sync_folder(path.parent)
    if is_new_folder:
        sync_folder(path.parent.parent)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder of this machine to its disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
