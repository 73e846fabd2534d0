"""A folder that senders put files into: local, SFTP, S3, WebDAV or any other that fsspec knows by URL."""

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

# What spreadsheet programs, browsers and copy tools leave beside a file while it is open or still coming in.
_UNFINISHED = re.compile(r"(?i)^(~\$|\.|thumbs\.db$|desktop\.ini$)|\.(tmp|part|partial|crdownload|filepart|lock)$")


class Folder:
    """The files below a folder, at any depth. Files are only read, never moved or deleted."""

    def __init__(self, source: FolderSource, url: str) -> None:
        self._source = source
        self._url = url
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as wrong:
            raise ConfigurationError(f"source {source.name}: cannot use the folder {_safe(url)}: {wrong}") from wrong
        except OSError as wrong:
            raise _failure(f"cannot reach {_safe(url)}: {wrong}", wrong) from wrong
        self._resolved = Path(self._root).resolve()

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer, str | None]]:
        """Yield every finished file, oldest first. A folder has no cursor: the ledger knows what is new."""
        del cursor
        try:
            # fsspec keeps remote listings, and one worker lives through many nights.
            self._files.invalidate_cache()
            if not self._files.isdir(self._root):
                raise SourceError(f"no folder at {_safe(self._url)}; create it or set MTQG_INBOX_URL")
            found = self._files.find(self._root, detail=True)
        except OSError as wrong:
            raise _failure(f"cannot list {_safe(self._url)}: {wrong}", wrong) from wrong
        offered = (path for path in found if not _is_unfinished(self._below(path)) and not self._leads_out(path))
        offers = [self._offer(path, found[path]) for path in offered]
        for offer in sorted(offers, key=lambda o: (o.offered_at, o.external_id)):
            yield offer, None

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the file's bytes, None where it is too large. Raises StillArriving where it changes or is half there."""
        path = f"{self._root}/{offer.external_id}"
        if offer.size is not None and offer.size > max_bytes:
            return None
        try:
            content: bytes = self._files.cat_file(path)
            self._files.invalidate_cache()
            after = self._offer(path, self._files.info(path))
        except OSError as wrong:
            raise _failure(f"cannot read {offer.name}: {wrong}", wrong) from wrong
        age = (datetime.now(UTC) - after.offered_at).total_seconds()
        is_half_there = (not content or is_truncated_zip(content)) and age < self._source.settle_seconds
        if after.external_version != offer.external_version or is_half_there:
            raise StillArriving(f"{offer.name} is still being written; the next night takes it")
        return content if len(content) <= max_bytes else None

    def sender_of(self, path: str) -> str | None:
        """Return the code of the unit whose sub-folder a path below this folder lies in, or None."""
        match = re.search(self._source.sender, path)
        return match["unit"] if match else None

    def path_below(self, path: str) -> str | None:
        """Return `path` relative to this folder, or None where it lies elsewhere."""
        root = self._root.rstrip("/") + "/"
        return path[len(root) :] if path.startswith(root) else None

    def _below(self, path: str) -> str:
        return self.path_below(path) or path

    def _leads_out(self, path: str) -> bool:
        """Tell whether a file of this machine lies outside the folder: a link that a sender made would show them any file."""
        if not isinstance(self._files, LocalFileSystem) or Path(path).resolve().is_relative_to(self._resolved):
            return False
        logger.warning("source=%s file=%r refused=a link that leads out of the folder", self._source.name, self._below(path))
        return True

    def _offer(self, path: str, info: dict[str, Any]) -> Offer:
        below = self._below(path)
        modified = _modified_at(info)
        return Offer(
            external_id=below,
            external_version=f"{info.get('size')}-{modified.timestamp():.6f}-{info.get('ETag', '')}",
            name=unicodedata.normalize("NFC", below.rsplit("/", 1)[-1]),
            offered_at=modified,
            sender_unit=self.sender_of(below),
            size=info.get("size"),
        )


def _is_unfinished(path: str) -> bool:
    return any(_UNFINISHED.search(part) for part in path.split("/"))


def _modified_at(info: dict[str, Any]) -> datetime:
    """Return when a file was last changed, UTC; each file system has its own word for it, as number, text or instant."""
    stamp = next((info[name] for name in ("mtime", "LastModified", "modified", "updated", "created") if info.get(name)), 0)
    if isinstance(stamp, str):
        stamp = datetime.fromisoformat(stamp)
    if isinstance(stamp, datetime):
        return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(stamp), UTC)


def _failure(message: str, wrong: OSError) -> SourceError:
    """Return the error to raise: one that a retry is likely to cure where the connection failed."""
    return TransientError(message) if isinstance(wrong, ConnectionError | TimeoutError) else SourceError(message)


def _safe(url: str) -> str:
    """Return `url` without a password, for messages."""
    return re.sub(r"//[^/]*@", "//…@", url)
