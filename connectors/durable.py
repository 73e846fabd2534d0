"""Write files that are complete or absent, even after a power cut.

On the local file system the bytes are on the disk before a function here returns.
"""

import os
import threading
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

UNFINISHED = "unfinished"
"""The folder below a root for files that are being written; nothing reads it."""


def write_durably(files: Any, root: str, name: str, content: bytes) -> None:
    """Write `content` as `root/name` in one move; replaces an existing file.

    `files` is any fsspec file system. On the local one the bytes are on the disk before the file
    has its name, and the name is on the disk before this returns.

    Raises:
        OSError: where the file cannot be written.
    """
    if isinstance(files, LocalFileSystem):
        _write_locally(Path(_unfinished(root)), Path(root, name), content)
    else:
        write_whole(files, root, name, content)


def write_whole(files: Any, root: str, name: str, content: bytes) -> None:
    """Write `content` as `root/name` in one move, without waiting for the disk.

    Raises:
        OSError: where the file cannot be written.
    """
    path, unfinished = f"{root}/{name}", _unfinished(root)
    for target in (path, unfinished):
        files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
    files.pipe_file(unfinished, content)
    files.mv(unfinished, path)


def own_name() -> str:
    """Return a name that no other process or thread uses for its unfinished file."""
    return f"{os.getpid()}-{threading.get_ident()}.part"


def _unfinished(root: str) -> str:
    return f"{root}/{UNFINISHED}/{own_name()}"


def _write_locally(unfinished: Path, path: Path, content: bytes) -> None:
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)
    # The name of a new folder is an entry of the folder above it.
    if is_new:
        sync_folder(path.parent.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in a local folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
