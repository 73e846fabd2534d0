"""The archive: every delivery's bytes under their own sha256, written once and never changed."""

import hashlib
import os
import threading

import fsspec

from program.errors import ArchiveError, ConfigurationError


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
        path = self._path(sha256)
        try:
            # After a power cut a file can be there, under its name, without its content.
            if not self._files.exists(path) or self._files.size(path) != len(content):
                self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
                # Two tasks may keep the same bytes at the same time.
                unfinished = f"{path}.{os.getpid()}-{threading.get_ident()}.part"
                self._files.pipe_file(unfinished, content)
                self._files.mv(unfinished, path)
        except OSError as wrong:
            raise ArchiveError(f"archive: cannot keep {sha256}: {wrong}") from wrong
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes kept under `sha256`. Raises ArchiveError where they are missing or are not what they were."""
        try:
            content: bytes = self._files.cat_file(self._path(sha256))
        except OSError as wrong:
            raise ArchiveError(f"archive: {sha256} is missing in {self._root}; restore it from the backup") from wrong
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise ArchiveError(f"archive: the bytes kept as {sha256} now have sha256 {found}; restore them from the backup")
        return content

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"
