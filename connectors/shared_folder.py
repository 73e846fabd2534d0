"""A folder that several machines write to and read from: here, or at any URL of fsspec."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from connectors.remote.open_files import is_local, open_files
from program.machine.atomic_write import write_below

_ANSWER_SECONDS = 300
"""How long a server may take for one file or folder."""


class SharedFolder:
    """Files by their names below a root. Every method raises OSError if the file system fails.

    Raises ConfigurationError for a URL or options that no file system takes.
    """

    def __init__(self, url: str, options: Mapping[str, JsonValue] | None = None) -> None:
        self.url = url.rstrip("/")
        self._files, self._root = open_files(url, options or {}, _ANSWER_SECONDS)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files and folders directly in a folder, in alphabetical order.

        FileNotFoundError, an OSError, where there is no such folder.
        """
        # fsspec keeps listings, and others write to the folder.
        self._files.invalidate_cache()
        path = self._path(folder)
        listed = [each.rstrip("/") for each in self._files.ls(path, detail=False)]
        # Object stores list the marker of a folder as its own child.
        return sorted(each.rpartition("/")[2] for each in listed if each != path)

    def exists(self, name: str) -> bool:
        """Tell whether there is a file."""
        return bool(self._files.exists(self._path(name)))

    def read(self, name: str) -> bytes:
        """Return the bytes of a file."""
        content: bytes = self._files.cat_file(self._path(name))
        return content

    def local_copy(self, name: str, below: Path) -> Path:
        """Return where a file is on this machine: a copy `below`, or the file itself."""
        if is_local(self._files):
            return Path(self._path(name))
        copy = below / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        self._files.get_file(self._path(name), str(copy))
        return copy

    def write(self, name: str, content: bytes) -> None:
        """Write a file so that others see the earlier file or all of the new one."""
        if is_local(self._files):
            write_below(self._root, name, content, is_durable=True)
        else:
            self._files.write(self._path(name), content)

    def remove_folder(self, folder: str) -> None:
        """Remove a folder with its files."""
        self._files.rm(self._path(folder), recursive=True)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"
