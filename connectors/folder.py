"""A folder where senders put files: local, SFTP, S3, WebDAV or any other that fsspec can open."""

import logging
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from connectors.reader.workbook import is_truncated_zip
from program.delivery import Offer
from program.errors import ConfigurationError, SourceError, StillArriving, TransientError
from program.source import FolderSource

logger = logging.getLogger("mtqg.folder")

# The files that spreadsheet programs, browsers and copy tools create beside an open or
# incomplete file.
_UNFINISHED = re.compile(
    r"(?i)^(~\$|\.|thumbs\.db$|desktop\.ini$)|\.(tmp|part|partial|crdownload|filepart|lock)$"
)
# Each file system has its own word for the time of the last change.
_TIMES = ("mtime", "LastModified", "modified", "updated", "created")


class Folder:
    """The files below a folder, at any depth. They are only read, never moved or deleted."""

    def __init__(self, source: FolderSource, url: str) -> None:
        self._source = source
        self._url = url
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as wrong:
            message = f"source {source.name}: cannot use the folder {_safe(url)}: {wrong}"
            raise ConfigurationError(message) from wrong
        except OSError as wrong:
            raise _failure(f"cannot reach {_safe(url)}: {wrong}", wrong) from wrong
        self._resolved = Path(self._root).resolve()

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer, str | None]]:
        """Yield every complete file, oldest first, without a cursor: the ledger knows the new ones.

        Raises:
            SourceError: where the folder is missing or cannot be listed.
            TransientError: where the connection fails.
        """
        del cursor
        offers = []
        for path, info in self._list().items():
            if not _is_unfinished(self._below(path)) and not self._leads_out(path):
                offers.append(self._offer(path, info))
        for offer in sorted(offers, key=lambda offer: (offer.offered_at, offer.external_id)):
            yield offer, None

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the file's bytes, None where they are more than `max_bytes`.

        Raises:
            StillArriving: where the file changes or is incomplete.
            SourceError: where it cannot be read.
            TransientError: where the connection fails.
        """
        path = f"{self._root}/{offer.external_id}"
        if offer.size is not None and offer.size > max_bytes:
            return None
        try:
            content: bytes = self._files.cat_file(path)
            self._files.invalidate_cache()
            after = self._offer(path, self._files.info(path))
        except OSError as wrong:
            raise _failure(f"cannot read {offer.name}: {wrong}", wrong) from wrong
        has_changed = after.external_version != offer.external_version
        if has_changed or self._is_incomplete(content, after):
            raise StillArriving(f"{offer.name} is still being written; the next run takes it")
        return content if len(content) <= max_bytes else None

    def sender_of(self, path: str) -> str | None:
        """Return the code of the unit in whose sub-folder a path below this folder is, or None."""
        match = re.search(self._source.sender, path)
        return match["unit"] if match else None

    def path_below(self, path: str) -> str | None:
        """Return `path` relative to this folder, None where it is elsewhere."""
        root = self._root.rstrip("/") + "/"
        return path[len(root) :] if path.startswith(root) else None

    def _list(self) -> dict[str, dict[str, Any]]:
        """Return every file with what the file system tells about it."""
        try:
            # fsspec caches remote listings, and one worker serves many runs.
            self._files.invalidate_cache()
            if not self._files.isdir(self._root):
                hint = "create it or set MTQG_INBOX_URL"
                raise SourceError(f"no folder at {_safe(self._url)}; {hint}")
            files: dict[str, dict[str, Any]] = self._files.find(self._root, detail=True)
        except OSError as wrong:
            raise _failure(f"cannot list {_safe(self._url)}: {wrong}", wrong) from wrong
        return files

    def _is_incomplete(self, content: bytes, offer: Offer) -> bool:
        """Return whether a file looks cut and may still grow.

        A file that has not changed for the settling time is as complete as it will be.
        """
        if content and not is_truncated_zip(content):
            return False
        age = (datetime.now(UTC) - offer.offered_at).total_seconds()
        return age < self._source.settle_seconds

    def _below(self, path: str) -> str:
        return self.path_below(path) or path

    def _leads_out(self, path: str) -> bool:
        """Return whether a local file is outside the folder.

        A sender could make a link to any file of this machine, and get it back in a marked copy.
        """
        if not isinstance(self._files, LocalFileSystem):
            return False
        if Path(path).resolve().is_relative_to(self._resolved):
            return False
        logger.warning(
            "source=%s file=%r refused=a link that leads out of the folder",
            self._source.name,
            self._below(path),
        )
        return True

    def _offer(self, path: str, info: dict[str, Any]) -> Offer:
        below = self._below(path)
        modified = _modified_at(info)
        size, etag = info.get("size"), info.get("ETag", "")
        return Offer(
            external_id=below,
            external_version=f"{size}-{modified.timestamp():.6f}-{etag}",
            name=unicodedata.normalize("NFC", below.rsplit("/", 1)[-1]),
            offered_at=modified,
            sender_unit=self.sender_of(below),
            size=size,
        )


def _is_unfinished(path: str) -> bool:
    return any(_UNFINISHED.search(part) for part in path.split("/"))


def _modified_at(info: dict[str, Any]) -> datetime:
    """Return when a file was last changed, in UTC; 1970 where the file system does not tell.

    File systems give it as a number, a text or a datetime.
    """
    stamp = next((info[name] for name in _TIMES if info.get(name)), 0)
    if isinstance(stamp, str):
        stamp = datetime.fromisoformat(stamp)
    if isinstance(stamp, datetime):
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(stamp), UTC)


def _failure(message: str, wrong: OSError) -> SourceError:
    """Return the error to raise: a transient one where the connection failed."""
    if isinstance(wrong, ConnectionError | TimeoutError):
        return TransientError(message)
    return SourceError(message)


def _safe(url: str) -> str:
    """Return `url` without a login, for messages."""
    return re.sub(r"//[^/]*@", "//…@", url)
