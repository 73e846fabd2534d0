"""A Maildir: a folder with `new` and `cur`, one file for each mail.

The standard library's class reads each mail whole and writes it again to mark it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from connectors.mailbox.failures import reported

SEEN = "S"
"""The flag of a mail that somebody opened."""
_FOLDERS = ("new", "cur")


class MaildirFolder:
    """The mails of a Maildir, by the names of their files. Each method raises SourceError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"maildir {folder}"

    def mails(self) -> list[tuple[datetime, Path]]:
        """Return when each mail arrived, and its file, oldest first."""
        with reported(self._name):
            return sorted(self._listed())

    def _listed(self) -> Iterator[tuple[datetime, Path]]:
        for name in _FOLDERS:
            for path in (self._folder / name).iterdir():
                try:
                    is_mail = path.is_file()
                    arrived_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                except FileNotFoundError:
                    # A mail program has just moved or deleted it.
                    continue
                if is_mail:
                    yield arrived_at, path

    def read(self, path: Path, max_bytes: int) -> bytes:
        """Return the first `max_bytes` of a mail.

        Raises TransientError if the mail is gone: somebody deleted it.
        """
        with reported(self._name), self._found(path).open("rb") as mail:
            return mail.read(max_bytes)

    def mark_seen(self, path: Path) -> None:
        """Move a mail to `cur` and add the flag S."""
        base, _, _ = path.name.partition(":2,")
        # The flags of a Maildir are sorted letters.
        new_flags = "".join(sorted({*flags_of(path), SEEN}))
        with reported(self._name):
            path.rename(self._folder / "cur" / f"{base}:2,{new_flags}")

    def _found(self, path: Path) -> Path:
        """Return the file of a mail, also where a mail program has marked it since the listing."""
        if path.exists():
            return path
        base, _, _ = path.name.partition(":2,")
        for name in _FOLDERS:
            for each in (self._folder / name).iterdir():
                if each.name.partition(":2,")[0] == base:
                    return each
        raise ConnectionError(f"{path.name} was deleted")


def flags_of(path: Path) -> str:
    """Return the flags in the name of a mail's file."""
    _, _, flags = path.name.partition(":2,")
    return flags
