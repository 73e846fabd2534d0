"""A folder that senders put files into: local, SFTP, S3, WebDAV or any other URL of fsspec."""

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from connectors.file_names import display_name, path_as_listed, stored_path
from connectors.listing import Listed, Unlisted, list_below
from connectors.reader.open.workbook import is_whole_zip
from connectors.remote.open_files import open_files
from connectors.sources.times import utc_of
from program.delivery import Offer, UnusableOffer
from program.errors import ConfigurationError, SourceError, StillArrivingError, TransientError
from program.finding import ReaderFinding
from program.pack.source import FolderSource

# Spreadsheet programs, browsers and copy tools leave such files beside one that is open or that
# is still being copied.
_UNFINISHED_PREFIX = r"^(~\$|\.|thumbs\.db$|desktop\.ini$)"
_UNFINISHED_SUFFIX = r"\.(tmp|part|partial|crdownload|filepart|lock)$"
_UNFINISHED = re.compile(rf"(?i){_UNFINISHED_PREFIX}|{_UNFINISHED_SUFFIX}")

_SPECIAL = "tệp đặc biệt của hệ điều hành (ống dẫn, ổ cắm hoặc thiết bị)"

_LINK = "liên kết đến tệp khác"
_SPECIAL_TYPES = ("other", "unknown")
"""What fsspec's file systems call what is no file, folder or link: this machine's, SFTP."""

NEVER_SETTLED = ReaderFinding("FILE-11")
"""The finding for a file that is still arriving from one run to the next."""

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

_LARGEST_SIZE = 2**63 - 1
"""The largest whole number of a warehouse: SQLite refuses more."""
_MODIFIED_KEYS = ("mtime", "LastModified", "modified", "updated", "created")
"""The names that file systems of fsspec give to the time of the last change, best first."""


class Folder:
    """The files below a folder, at any depth. They are only read, never moved or deleted."""

    def __init__(
        self,
        source: FolderSource,
        url: str,
        options: Mapping[str, JsonValue] | None = None,
    ) -> None:
        self._source = source
        self._url = url
        seconds = source.budget.answer_seconds
        try:
            self._files, self._root = open_files(url, options or {}, seconds)
        except ConfigurationError as wrong:
            raise ConfigurationError(
                f"source {source.name}: cannot use the folder {_safe(url)}: {wrong}"
            ) from wrong
        except OSError as wrong:
            raise _failure(f"cannot reach {_safe(url)}: {_reason(wrong)}", wrong) from wrong
        self._resolved_root = Path(self._root).resolve()

    def offers(self, cursor: str | None) -> Iterator[tuple[Offer | UnusableOffer, str | None]]:
        """Yield every finished file, oldest first, with no cursor.

        A folder cannot tell what is new: the ledger does. Special files and links that lead
        nowhere are refused offers. A folder below that cannot be listed is an `UnusableOffer`.
        Raises SourceError, or TransientError if a retry is likely to help.
        """
        del cursor  # a Connector gets one
        offers: list[Offer] = []
        unusable: list[UnusableOffer] = []
        for found in self._list():
            below = self._below(found.path)
            if isinstance(found, Unlisted):
                unusable.append(_unlisted(below, found.error))
            elif not _is_unfinished(below):
                offers.append(self._offer(found.path, found.details))
        offers.sort(key=_order)
        for offer in offers:
            yield offer, None
        for place in unusable:
            yield place, None

    def _list(self) -> list[Listed | Unlisted]:
        try:
            # fsspec keeps remote listings, and one worker process lives through many runs.
            self._files.invalidate_cache()
            if not self._files.isdir(self._root):
                raise self._no_folder()
            return list(self._in_time(list_below(self._files, self._root)))
        except OSError as wrong:
            raise _failure(f"cannot list {_safe(self._url)}: {_reason(wrong)}", wrong) from wrong

    def _no_folder(self) -> SourceError:
        url = _safe(self._url)
        if self._files.exists(self._root):
            return SourceError(f"{url} is a file; name the folder that it is in")
        return SourceError(f"no folder at {url}; create it or set MTQG_INBOX_URL")

    def _in_time(self, listed: Iterator[Listed | Unlisted]) -> Iterator[Listed | Unlisted]:
        """Yield what is listed. Raises TimeoutError once the source has had its seconds."""
        seconds = self._source.budget.seconds
        end = time.monotonic() + seconds
        for found in listed:
            yield found
            if time.monotonic() > end:
                raise TimeoutError(f"the list has no end after {seconds} seconds")

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the bytes of a file, or None if they are more than `max_bytes`.

        Raises StillArrivingError if the file changed since it was listed, or may be half there.
        Raises SourceError, or TransientError if a retry is likely to help.
        """
        path = f"{self._root}/{path_as_listed(offer.external_id)}"
        # Many senders use the same name.
        place = display_name(offer.external_id)
        if offer.size is not None and offer.size > max_bytes:
            return None
        try:
            content: bytes = self._files.cat_file(path)
            self._files.invalidate_cache()
            after = self._offer(path, self._files.info(path))
        except FileNotFoundError as gone:
            raise SourceError(f"cannot read {place}: it was removed after the list") from gone
        except OSError as wrong:
            raise _failure(f"cannot read {place}: {_reason(wrong)}", wrong) from wrong
        has_changed = after.external_version != offer.external_version
        if has_changed or self._may_be_half_there(content, _unchanged_since(after, offer)):
            raise StillArrivingError(f"{offer.name} is still being written; the next run takes it")
        return content if len(content) <= max_bytes else None

    def _may_be_half_there(self, content: bytes, modified_at: datetime) -> bool:
        """Tell whether a file is young enough to be still copied, and does not show its end.

        Of a text, the first half is a text too. Only a zip package, such as an .xlsx, has a
        directory at its end, without which it is not whole.
        """
        age_seconds = (datetime.now(UTC) - modified_at).total_seconds()
        # An older file stays as it is. If it is broken, its sender must hear of it.
        return age_seconds < self._source.settle_seconds and not is_whole_zip(content)

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

    def _refusal(self, path: str, details: dict[str, Any]) -> ReaderFinding | None:
        """Return why there is no file to read at a path; None if there is one."""
        kind = _SPECIAL if details["type"] in _SPECIAL_TYPES else None
        if details["type"] == "link":
            # On another machine nobody knows where it leads, and the sender may have made it.
            kind = _LINK
        elif details.get("islink"):
            kind = self._wrong_link(Path(path))
        return ReaderFinding("FILE-10", values={"kind": kind}) if kind else None

    def _wrong_link(self, link: Path) -> str | None:
        """Return what is wrong with a link; None if it leads to a file of this folder."""
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):
            # RuntimeError: links that lead to each other.
            return "liên kết không dẫn đến tệp nào"
        # With such a link a sender could have any file of this machine read.
        if not target.is_relative_to(self._resolved_root):
            return "liên kết dẫn ra ngoài thư mục tiếp nhận"
        if target.is_dir():
            return "liên kết đến một thư mục"
        return None if target.is_file() else _SPECIAL

    def _offer(self, path: str, info: dict[str, Any]) -> Offer:
        below = self._below(path)
        modified_at = _modified_at(info)
        refusal = self._refusal(path, info)
        version = f"{info.get('size')}-{_state(info, modified_at)}"
        if refusal is not None:
            # The time of a pipe changes whenever somebody writes to it.
            version = refusal.values["kind"]
        file_name = below.rsplit("/", 1)[-1]
        return Offer(
            external_id=stored_path(below),
            external_version=version,
            name=display_name(file_name),
            offered_at=modified_at,
            sender_unit=self.sender_of(below),
            size=None if refusal else _size(info),
            refusal=refusal,
        )


def _is_unfinished(path: str) -> bool:
    """Tell whether a file, or a folder it is in, has a name that marks it as unfinished."""
    return any(_UNFINISHED.search(part) for part in path.split("/"))


def _order(offer: Offer) -> tuple[datetime, str]:
    """Return the key that sorts offers by their time, those without one first."""
    return offer.offered_at or _BEFORE_ALL, offer.external_id


def _unchanged_since(after: Offer, listed: Offer) -> datetime:
    """Return since when a file is as it is.

    Its own time may lie in the future; ours counts too, if an earlier listing had it.
    """
    times = (after.offered_at, listed.seen_at)
    return min([each for each in times if each is not None], default=_BEFORE_ALL)


def _modified_at(info: dict[str, Any]) -> datetime | None:
    """Return when a file was last changed, UTC. File systems give it under different names."""
    return utc_of(next((info[key] for key in _MODIFIED_KEYS if info.get(key)), None))


def _state(info: Mapping[str, Any], modified_at: datetime | None) -> str:
    """Return what differs when a file of the same size is replaced: its ETag, else its time.

    Beside an ETag a time says nothing, and some servers give it in a list with other digits than
    for a file alone. Apache marks the ETag of a young file as weak at first.
    """
    etag = info.get("ETag") or info.get("etag")
    if etag:
        return f"-{str(etag).removeprefix('W/')}"
    return "-" if modified_at is None else f"{modified_at.timestamp():.6f}-"


def _size(info: dict[str, Any]) -> int | None:
    """Return the size that a file system gives; None if it gives none, or what is no size."""
    size = info.get("size")
    return size if isinstance(size, int) and 0 <= size <= _LARGEST_SIZE else None


def _unlisted(below: str, wrong: OSError) -> UnusableOffer:
    name = stored_path(below)
    return UnusableOffer(
        name,
        f"the folder cannot be listed: {wrong.strerror or wrong}; "
        "give the run's user the right to read and enter it, or move it out of the inbox",
    )


def _failure(message: str, wrong: OSError) -> SourceError:
    """Return a TransientError if the connection failed: a retry may help. Else a SourceError."""
    if isinstance(wrong, ConnectionError | TimeoutError):
        return TransientError(message)
    return SourceError(message)


def _reason(wrong: OSError) -> str:
    """Return what an error says; of one of this machine, with its number and path."""
    return str(wrong) or type(wrong).__name__


def _safe(url: str) -> str:
    """Return `url` without a password, for messages."""
    return re.sub(r"//([^/]*|[^/@]*:(?!\d*/).*)@", "//…@", url)
