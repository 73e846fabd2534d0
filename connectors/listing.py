"""List the files below a folder of any fsspec file system, one folder at a time.

`AbstractFileSystem.find` leaves out folders that it may not list, without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Listed:
    """A file, link or special file below a folder, with the details that fsspec gives."""

    path: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A folder that could not be listed."""

    path: str
    error: OSError


def list_below(files: Any, root: str) -> Iterator[Listed | Unlisted]:
    """Yield everything below `root` that is no folder, at any depth, in no order.

    A folder that cannot be listed is one `Unlisted`; the others are listed all the same. Links to
    folders are yielded and not followed, so that a loop of links ends.
    Raises OSError if `root` itself cannot be listed, or the server is lost.
    """
    yield from _children(files, root, files.ls(root, detail=True))


def _children(
    files: Any, folder: str, entries: list[dict[str, Any]]
) -> Iterator[Listed | Unlisted]:
    for details in entries:
        path = details["name"].rstrip("/")
        # Object stores list the marker of a folder as its own child.
        if path == folder.rstrip("/"):
            continue
        if details["type"] != "directory":
            yield Listed(path, details)
            continue
        try:
            below = files.ls(path, detail=True)
        except (ConnectionError, TimeoutError):
            # Nothing is wrong with this folder: the server is away.
            raise
        except OSError as wrong:
            yield Unlisted(path, wrong)
            continue
        yield from _children(files, path, below)
