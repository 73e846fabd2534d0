"""The archive: every delivery's bytes under their own sha256, written once and never changed.

Beside them lies what they do not say of themselves, as documents under names (`ledger/…`).
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import fsspec
from pydantic import ValidationError

from connectors.durable import UNFINISHED, write_durably, write_whole
from program.errors import ArchiveError, ConfigurationError
from program.tombstone import Tombstone, tombstone_name


class Archive:
    """Content-addressed bytes in any fsspec file system: `<root>/<first two digits>/<sha256>`."""

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as wrong:
            raise ConfigurationError(f"MTQG_ARCHIVE_URL: {wrong}") from wrong
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot be reached: {wrong}") from wrong

    def put(self, content: bytes) -> str:
        """Keep `content` and return its sha256. Idempotent; a crash leaves either all of it or nothing under its name."""
        sha256 = hashlib.sha256(content).hexdigest()
        name = name_of(sha256)
        try:
            path = f"{self._root}/{name}"
            # After a power cut a file can be there, under its name, without its content.
            if not self._files.exists(path) or self._files.size(path) != len(content):
                write_durably(self._files, self._root, name, content)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {sha256}: {wrong}") from wrong
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes kept under `sha256`. Raises ArchiveError where they are missing or are not what they were."""
        try:
            content: bytes = self._files.cat_file(f"{self._root}/{name_of(sha256)}")
        except OSError as wrong:
            purged = self.tombstone(sha256)
            if purged is not None:
                raise ArchiveError(f"archive: {sha256} was purged on {purged.purged_at:%Y-%m-%d} ({purged.why})") from wrong
            raise ArchiveError(f"archive: {sha256} is missing in {self._root}; restore it from the backup") from wrong
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise ArchiveError(f"archive: the bytes kept as {sha256} now have sha256 {found}; restore them from the backup")
        return content

    def holds(self, sha256: str) -> bool:
        """Tell whether bytes are there, whole or not."""
        return bool(self._files.exists(f"{self._root}/{name_of(sha256)}"))

    def tombstone(self, sha256: str) -> Tombstone | None:
        """Return what stays of purged bytes, None where nothing was purged under `sha256`."""
        content = self.read(tombstone_name(sha256))
        try:
            return Tombstone.model_validate_json(content) if content is not None else None
        except ValidationError as wrong:
            raise ArchiveError(f"archive: {tombstone_name(sha256)} is damaged; restore it from the backup") from wrong

    def bury(self, tombstone: Tombstone) -> None:
        """Keep a tombstone, and only then remove its bytes. A crash leaves both, and the same call finishes it."""
        self.write(tombstone.name, tombstone.model_dump_json(indent=1).encode())
        self.remove(name_of(tombstone.sha256))

    def names(self, folder: str = "") -> Iterator[str]:
        """Yield the name of every file below the archive, or below one of its folders, in order."""
        below = f"{self._root}/{folder}".rstrip("/")
        try:
            self._files.invalidate_cache()
            found = self._files.find(below) if self._files.isdir(below) else []
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot be listed: {wrong}") from wrong
        names = (path[len(self._root) + 1 :] for path in found)
        yield from sorted(name for name in names if not name.startswith(f"{UNFINISHED}/"))

    def read(self, name: str) -> bytes | None:
        """Return the file of a name as it is, None where there is none."""
        path = f"{self._root}/{name}"
        try:
            content: bytes | None = self._files.cat_file(path) if self._files.exists(path) else None
        except OSError as wrong:
            raise ArchiveError(f"archive: {name} cannot be read: {wrong}") from wrong
        return content

    def write(self, name: str, content: bytes) -> None:
        """Keep a document under a name; a crash leaves the one that stood there, or this one. The same again changes nothing."""
        if self.read(name) == content:
            return
        try:
            write_durably(self._files, self._root, name, content)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {name}: {wrong}") from wrong

    def note(self, name: str, content: bytes) -> None:
        """Keep a document under a name for a while, without waiting for the disk."""
        try:
            write_whole(self._files, self._root, name, content)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {name}: {wrong}") from wrong

    def remove(self, name: str) -> None:
        """Remove the file of a name. For documents that others took the place of; bytes go by `mtqg purge` alone."""
        try:
            self._files.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot remove {name}: {wrong}") from wrong

    def sweep(self, before: datetime) -> int:
        """Remove what killed nights left half written before a moment, and return how many files that were."""
        folder = f"{self._root}/{UNFINISHED}"
        try:
            found = self._files.find(folder) if self._files.isdir(folder) else []
            left = [path for path in found if self._files.modified(path) < before]
            for path in left:
                self._files.rm_file(path)
        except NotImplementedError:
            # A file system that does not say when: better left than taken from a night that is at work.
            return 0
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot remove what is left in {UNFINISHED}: {wrong}") from wrong
        return len(left)


def name_of(sha256: str) -> str:
    """Return the name, in the archive, of the bytes with a sha256."""
    return f"{sha256[:2]}/{sha256}"
