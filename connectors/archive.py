"""The archive: the bytes of every delivery under their sha256, written once and never changed.

Beside them it holds documents by name (`ledger/…`): what the bytes themselves do not tell.
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
    """Content-addressed bytes in any fsspec file system: `<root>/<first two digits>/<sha256>`.

    Every method raises ArchiveError where the file system fails.
    """

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as wrong:
            raise ConfigurationError(f"MTQG_ARCHIVE_URL: {wrong}") from wrong
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot be reached: {wrong}") from wrong

    def put(self, content: bytes) -> str:
        """Keep `content` and return its sha256.

        Idempotent. After a crash the file is complete or absent.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        name = name_of(sha256)
        try:
            path = f"{self._root}/{name}"
            # After a power cut a file can have its name but not its content.
            is_kept = self._files.exists(path) and self._files.size(path) == len(content)
            if not is_kept:
                write_durably(self._files, self._root, name, content)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {sha256}: {wrong}") from wrong
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes with a sha256.

        Raises:
            ArchiveError: where they are missing, purged or damaged.
        """
        try:
            content: bytes = self._files.cat_file(f"{self._root}/{name_of(sha256)}")
        except OSError as wrong:
            raise self._missing(sha256) from wrong
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise ArchiveError(
                f"archive: the bytes kept as {sha256} now have sha256 {found}; "
                "restore them from the backup"
            )
        return content

    def _missing(self, sha256: str) -> ArchiveError:
        purged = self.tombstone(sha256)
        if purged is not None:
            day = f"{purged.purged_at:%Y-%m-%d}"
            return ArchiveError(f"archive: {sha256} was purged on {day} ({purged.why})")
        return ArchiveError(
            f"archive: {sha256} is missing in {self._root}; restore it from the backup"
        )

    def holds(self, sha256: str) -> bool:
        """Return whether there is a file for a sha256, complete or not."""
        return bool(self._files.exists(f"{self._root}/{name_of(sha256)}"))

    def tombstone(self, sha256: str) -> Tombstone | None:
        """Return the record of purged bytes, None where none were purged under `sha256`."""
        name = tombstone_name(sha256)
        content = self.read(name)
        if content is None:
            return None
        try:
            return Tombstone.model_validate_json(content)
        except ValidationError as wrong:
            raise ArchiveError(f"archive: {name} is damaged; restore it from the backup") from wrong

    def bury(self, tombstone: Tombstone) -> None:
        """Keep the record of a purge, then remove the bytes.

        Idempotent. After a crash in between both are there, and the same call completes it.
        """
        self.write(tombstone.name, tombstone.model_dump_json(indent=1).encode())
        self.remove(name_of(tombstone.sha256))

    def names(self, folder: str = "") -> Iterator[str]:
        """Yield the name of every file in the archive, or in one of its folders, in order."""
        below = f"{self._root}/{folder}".rstrip("/")
        try:
            self._files.invalidate_cache()
            paths = self._files.find(below) if self._files.isdir(below) else []
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot be listed: {wrong}") from wrong
        names = (path[len(self._root) + 1 :] for path in paths)
        yield from sorted(name for name in names if not name.startswith(f"{UNFINISHED}/"))

    def read(self, name: str) -> bytes | None:
        """Return the document with a name, None where there is none."""
        path = f"{self._root}/{name}"
        try:
            content: bytes | None = self._files.cat_file(path) if self._files.exists(path) else None
        except OSError as wrong:
            raise ArchiveError(f"archive: {name} cannot be read: {wrong}") from wrong
        return content

    def write(self, name: str, content: bytes) -> None:
        """Keep a document under a name; replaces an earlier one.

        Idempotent. After a crash the earlier document or this one is there, complete.
        """
        if self.read(name) == content:
            return
        try:
            write_durably(self._files, self._root, name, content)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {name}: {wrong}") from wrong

    def note(self, name: str, content: bytes) -> None:
        """Keep a short-lived document under a name, without waiting for the disk."""
        try:
            write_whole(self._files, self._root, name, content)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {name}: {wrong}") from wrong

    def remove(self, name: str) -> None:
        """Remove a document that another one replaces. Idempotent.

        Only `mtqg purge` removes the bytes of deliveries.
        """
        try:
            self._files.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot remove {name}: {wrong}") from wrong

    def sweep(self, before: datetime) -> int:
        """Remove the unfinished files of killed runs; return how many there were.

        Only files that were last changed before `before`: others may belong to a run at work.
        """
        folder = f"{self._root}/{UNFINISHED}"
        try:
            paths = self._files.find(folder) if self._files.isdir(folder) else []
            left = [path for path in paths if self._files.modified(path) < before]
            for path in left:
                self._files.rm_file(path)
        except NotImplementedError:
            # This file system does not tell when a file was changed, so none is removed.
            return 0
        except OSError as wrong:
            message = f"archive: cannot remove what is left in {UNFINISHED}: {wrong}"
            raise ArchiveError(message) from wrong
        return len(left)


def name_of(sha256: str) -> str:
    """Return the name, in the archive, of the bytes with a sha256."""
    return f"{sha256[:2]}/{sha256}"
