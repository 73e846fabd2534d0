"""A folder that senders put files into: local, SFTP, S3, WebDAV or any other URL of fsspec."""

import logging
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from connectors.reader.open.workbook import is_truncated_zip
from program.delivery import Offer
from program.errors import ConfigurationError, SourceError, StillArrivingError, TransientError
from program.pack.source import FolderSource

logger = logging.getLogger("mtqg.folder")

# Spreadsheet programs, browsers and copy tools leave such files beside one that is open or that
# is still being copied.
_UNFINISHED_PREFIX = r"^(~\$|\.|thumbs\.db$|desktop\.ini$)"
_UNFINISHED_SUFFIX = r"\.(tmp|part|partial|crdownload|filepart|lock)$"
_UNFINISHED = re.compile(rf"(?i){_UNFINISHED_PREFIX}|{_UNFINISHED_SUFFIX}")

_MODIFIED_KEYS = ("mtime", "LastModified", "modified", "updated", "created")
"""The names that file systems of fsspec give to the time of the last change, best first."""


class Folder:
    """The files below a folder, at any depth. They are only read, never moved or deleted."""

    def __init__(self, source: FolderSource, url: str) -> None:
        self._source = source
        self._url = url
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as wrong:
            raise ConfigurationError(
                f"source {source.name}: cannot use the folder {_safe(url)}: {wrong}"
            ) from wrong
        except OSError as wrong:
            raise _failure(f"cannot reach {_safe(url)}: {wrong}", wrong) from wrong
        self._resolved_root = Path(self._root).resolve()

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer, str | None]]:
        """Yield every finished file, oldest first, with no cursor.

        A folder cannot tell what is new: the ledger does.
        Raises SourceError, or TransientError if a retry is likely to help.
        """
        del cursor  # a Connector gets one
        found = self._list()
        offers = []
        for path, info in found.items():
            if not _is_unfinished(self._below(path)) and not self._leads_out(path):
                offers.append(self._offer(path, info))
        offers.sort(key=lambda offer: (offer.offered_at, offer.external_id))
        for offer in offers:
            yield offer, None

    def _list(self) -> dict[str, dict[str, Any]]:
        """Return the details of all files by path."""
        try:
            # fsspec keeps remote listings, and one worker process lives through many runs.
            self._files.invalidate_cache()
            if not self._files.isdir(self._root):
                raise SourceError(
                    f"no folder at {_safe(self._url)}; create it or set MTQG_INBOX_URL"
                )
            found: dict[str, dict[str, Any]] = self._files.find(self._root, detail=True)
        except OSError as wrong:
            raise _failure(f"cannot list {_safe(self._url)}: {wrong}", wrong) from wrong
        return found

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the bytes of a file, or None if they are more than `max_bytes`.

        Raises StillArrivingError if the file changed since it was listed, or if it is half there.
        Raises SourceError, or TransientError if a retry is likely to help.
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
        if has_changed or self._is_half_there(content, after.offered_at):
            raise StillArrivingError(f"{offer.name} is still being written; the next run takes it")
        return content if len(content) <= max_bytes else None

    def _is_half_there(self, content: bytes, modified_at: datetime) -> bool:
        """Tell whether a file looks cut off and is young enough to be still copied."""
        age_seconds = (datetime.now(UTC) - modified_at).total_seconds()
        if age_seconds >= self._source.settle_seconds:
            # It stays as it is. Its sender must hear that it is broken.
            return False
        return not content or is_truncated_zip(content)

    def sender_of(self, path: str) -> str | None:
        """Return the code of the unit that a path below this folder belongs to, or None."""
        match = re.search(self._source.sender, path)
        return match["unit"] if match else None

    def path_below(self, path: str) -> str | None:
        """Return `path` relative to this folder, or None if it lies elsewhere."""
        root = self._root.rstrip("/") + "/"
        return path[len(root) :] if path.startswith(root) else None

    def _below(self, path: str) -> str:
        return self.path_below(path) or path

    def _leads_out(self, path: str) -> bool:
        """Tell whether a local file lies outside the folder.

        With such a link a sender could have any file of this machine read.
        """
        if not isinstance(self._files, LocalFileSystem):
            return False
        if Path(path).resolve().is_relative_to(self._resolved_root):
            return False
        logger.warning(
            "source=%s file=%r refused=a link that leads out of the folder",
            self._source.name,
            self._below(path),
        )
        return True

    def _offer(self, path: str, info: dict[str, Any]) -> Offer:
        below = self._below(path)
        modified_at = _modified_at(info)
        # A replaced file differs in one of the three; not all file systems have an ETag.
        version = f"{info.get('size')}-{modified_at.timestamp():.6f}-{info.get('ETag', '')}"
        file_name = below.rsplit("/", 1)[-1]
        return Offer(
            external_id=below,
            external_version=version,
            # macOS stores accents apart from their letters.
            name=unicodedata.normalize("NFC", file_name),
            offered_at=modified_at,
            sender_unit=self.sender_of(below),
            size=info.get("size"),
        )


def _is_unfinished(path: str) -> bool:
    """Tell whether a file, or a folder it is in, has a name that marks it as unfinished."""
    return any(_UNFINISHED.search(part) for part in path.split("/"))


def _modified_at(info: dict[str, Any]) -> datetime:
    """Return when a file was last changed, UTC.

    File systems give it under different names, as a number, a text or a time. If one gives none,
    the file is of 1970.
    """
    stamp = next((info[key] for key in _MODIFIED_KEYS if info.get(key)), 0)
    if isinstance(stamp, str):
        stamp = datetime.fromisoformat(stamp)
    if isinstance(stamp, datetime):
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(stamp), UTC)


def _failure(message: str, wrong: OSError) -> SourceError:
    """Return a TransientError if the connection failed: a retry may help. Else a SourceError."""
    if isinstance(wrong, ConnectionError | TimeoutError):
        return TransientError(message)
    return SourceError(message)


def _safe(url: str) -> str:
    """Return `url` without a password, for messages."""
    return re.sub(r"//[^/]*@", "//…@", url)
