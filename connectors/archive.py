"""The archive: the bytes of every delivery under their own sha256, written once, never changed.

Beside them are documents with what the bytes do not say, under names (`ledger/…`).
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue, ValidationError

from connectors.listing import Listed, Unlisted, list_below
from connectors.remote.open_files import is_local, open_files
from program.errors import ArchiveError, ConfigurationError
from program.machine.atomic_write import UNFINISHED, write_below
from program.records.purge_record import PurgeRecord, purge_record_name

_ANSWER_SECONDS = 300
"""How long a server may take for one file or folder."""


class Archive:
    """Content-addressed bytes, here or on another machine: `<root>/<first two digits>/<sha256>`.

    Every method raises ArchiveError if the file system fails.
    """

    def __init__(self, url: str, options: Mapping[str, JsonValue] | None = None) -> None:
        try:
            self._files, self._root = open_files(url, options or {}, _ANSWER_SECONDS)
        except ConfigurationError as wrong:
            raise ConfigurationError(f"MTQG_ARCHIVE_URL: {wrong}") from wrong
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot be reached: {wrong}") from wrong

    def exists(self) -> bool:
        """Tell whether there is anything at its URL."""
        try:
            return bool(self._files.exists(self._root))
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot be reached: {wrong}") from wrong

    def put(self, content: bytes) -> str:
        """Write `content` and return its sha256.

        Idempotent. After a crash either all of it or nothing is under its name.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        name = name_of(sha256)
        path = self._path(name)
        try:
            # A power cut can leave a file under its name but without its content.
            if not self._files.exists(path) or self._files.size(path) != len(content):
                self._write(name, content, is_durable=True)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {sha256}: {wrong}") from wrong
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes with a sha256.

        Raises ArchiveError if they are missing, were purged, or have another sha256 now.
        """
        try:
            content: bytes = self._files.cat_file(self._path(name_of(sha256)))
        except FileNotFoundError as wrong:
            raise self._why_missing(sha256) from wrong
        except OSError as wrong:
            raise ArchiveError(f"archive: {sha256} cannot be read: {wrong}") from wrong
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise ArchiveError(
                f"archive: the bytes kept as {sha256} now have sha256 {found}; "
                "restore them from the backup"
            )
        return content

    def _why_missing(self, sha256: str) -> ArchiveError:
        purged = self.purge_record(sha256)
        if purged is not None:
            day = f"{purged.purged_at:%Y-%m-%d}"
            return ArchiveError(f"archive: {sha256} was purged on {day} ({purged.why})")
        return ArchiveError(
            f"archive: {sha256} is missing in {self._root}; restore it from the backup"
        )

    def holds(self, sha256: str) -> bool:
        """Tell whether there is a file for a sha256. Its content is not checked."""
        try:
            return bool(self._files.exists(self._path(name_of(sha256))))
        except OSError as wrong:
            raise ArchiveError(f"archive: {sha256} cannot be looked for: {wrong}") from wrong

    def purge_record(self, sha256: str) -> PurgeRecord | None:
        """Return the record of purged bytes, or None if there is none for `sha256`."""
        name = purge_record_name(sha256)
        content = self.read(name)
        if content is None:
            return None
        try:
            return PurgeRecord.model_validate_json(content)
        except ValidationError as wrong:
            raise ArchiveError(f"archive: {name} is damaged; restore it from the backup") from wrong

    def replace_by_record(self, record: PurgeRecord) -> None:
        """Write the record of a purge, then remove the bytes.

        A crash between the two leaves both, and the same call finishes the work.
        """
        self.write(record.name, record.model_dump_json(indent=1).encode())
        self.remove(name_of(record.sha256))

    def names(self, folder: str = "") -> Iterator[str]:
        """Yield the names of all files, or of those below a folder, in order."""
        below = self._path(folder).rstrip("/")
        paths: list[str] = []
        try:
            # fsspec keeps listings, and other processes write to the archive.
            self._files.invalidate_cache()
            if self._files.isdir(below):
                paths = [_listed(found) for found in list_below(self._files, below)]
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot be listed: {wrong}") from wrong
        prefix = f"{self._root}/"
        names = sorted(path.removeprefix(prefix) for path in paths)
        for name in names:
            # A file that another process writes, or that one left when it died.
            if not name.startswith(f"{UNFINISHED}/"):
                yield name

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is no such file."""
        path = self._path(name)
        try:
            if not self._files.exists(path):
                return None
            content: bytes = self._files.cat_file(path)
        except OSError as wrong:
            raise ArchiveError(f"archive: {name} cannot be read: {wrong}") from wrong
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a document under a name, in place of an earlier one. Idempotent.

        After a crash either the earlier document or this one is there.
        """
        if self.read(name) == content:
            return
        try:
            self._write(name, content, is_durable=True)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {name}: {wrong}") from wrong

    def note(self, name: str, content: bytes) -> None:
        """Write a short-lived document under a name. A power cut may lose it.

        It does not wait for the disk, which makes it much faster than `write`.
        """
        try:
            self._write(name, content, is_durable=False)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {name}: {wrong}") from wrong

    def remove(self, name: str) -> None:
        """Remove a file if it is there.

        For documents that another one replaces. Delivered bytes are removed by `purge` only.
        """
        try:
            self._files.rm_file(self._path(name))
        except FileNotFoundError:
            return
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot remove {name}: {wrong}") from wrong

    def sweep(self, before: datetime) -> int:
        """Remove half-written files that are older than `before`; return how many there were.

        Killed runs leave them.
        """
        folder = self._path(UNFINISHED)
        try:
            found = self._files.find(folder) if self._files.isdir(folder) else []
            abandoned = [path for path in found if self._files.modified(path) < before]
            for path in abandoned:
                self._files.rm_file(path)
        except NotImplementedError:
            # This file system does not tell the age of a file. A run may be writing these.
            return 0
        except OSError as wrong:
            raise ArchiveError(
                f"archive: cannot remove what is left in {UNFINISHED}: {wrong}"
            ) from wrong
        return len(abandoned)

    def _write(self, name: str, content: bytes, *, is_durable: bool) -> None:
        """Write a file in one step. A server answers itself for what a power cut leaves of it."""
        if is_local(self._files):
            write_below(self._root, name, content, is_durable=is_durable)
        else:
            self._files.write(self._path(name), content)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def _listed(found: Listed | Unlisted) -> str:
    """Return a listed path. A folder that cannot be listed would hide what is kept in it."""
    if isinstance(found, Unlisted):
        raise found.error
    return found.path


def name_of(sha256: str) -> str:
    """Return the name, in the archive, of the bytes with a sha256."""
    return f"{sha256[:2]}/{sha256}"
