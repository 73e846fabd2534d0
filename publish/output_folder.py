"""A folder of published files, each written only when what it is made of has changed.

A run with nothing new makes none of them, and leaves their bytes and times as they are.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from program.machine.atomic_write import write_atomic
from program.pack.pack import Pack
from program.settings import ROOT

_RECORD = ".made-from.json"
_CODE = ("program", "publish", "warehouse")
_CODE_SUFFIXES = {".py", ".sql", ".yaml", ".j2", ".docx", ".xlsx"}


def digest_of(*parts: object) -> str:
    """Return a short text that differs where one of `parts` does."""
    joined = "\n".join(repr(part) for part in parts)
    return hashlib.sha256(joined.encode(errors="surrogatepass")).hexdigest()[:32]


@cache
def code_digest() -> str:
    """Return a digest of the program's own files from which published files follow."""
    found = hashlib.sha256()
    for package in _CODE:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in _CODE_SUFFIXES:
                found.update(path.read_bytes())
    return found.hexdigest()


def pack_digest(pack: Pack) -> str:
    """Return a digest of all files of a pack, and of the pack that it extends."""
    found = hashlib.sha256()
    for folder in (pack.folder, pack.extended):
        if folder is not None:
            _add_files(folder, found)
    return found.hexdigest()


def _add_files(folder: Path, digest: "hashlib._Hash") -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\n".encode())
            digest.update(path.read_bytes())


class OutputFolder:
    """Writes files below a folder. Use it in a `with`: the end of it settles the folder.

    With `is_ours` the folder holds nothing but these files: what is not made again is removed, and
    a record says what each file was made from. With `only_below`, that holds for these sub-folders.
    Otherwise every file is written, and others are left alone. After an error nothing is removed.
    """

    def __init__(
        self, folder: Path, *, is_ours: bool, only_below: Sequence[str] | None = None
    ) -> None:
        self.folder = folder
        self._cleaned = [folder]
        if only_below is not None:
            self._cleaned = [folder / name for name in only_below]
        self.written: list[Path] = []
        self._is_ours = is_ours
        self._made_from: dict[str, str] = {}
        self._before = self._read_record() if is_ours else {}

    def __enter__(self) -> "OutputFolder":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self._is_ours:
            self._settle()

    def path(self, name: str) -> Path:
        """Return where the file `name` is."""
        return self.folder / name

    def is_current(self, name: str, made_from: str) -> bool:
        """Tell whether the file `name` is there, made from the same; it is then kept."""
        is_same = self._before.get(name) == made_from and self.path(name).exists()
        if is_same:
            self._made_from[name] = made_from
        return is_same

    def write(self, name: str, content: bytes, made_from: str) -> None:
        """Write the file `name` in one move; a file with the same bytes stays as it is."""
        path = self.path(name)
        self._made_from[name] = made_from
        if not path.exists() or path.read_bytes() != content:
            write_atomic(path, content)
            self.written.append(path)

    def make(self, name: str, made_from: str, content: Callable[[], bytes]) -> None:
        """Write the file `name` unless it is there, made from the same.

        Calls `content` only where it writes. Idempotent.
        """
        if not self.is_current(name, made_from):
            self.write(name, content(), made_from)

    def record_of(self, name: str) -> str:
        """Return from what the file `name` was made before; "" if it is not there."""
        return self._before.get(name, "") if self.path(name).exists() else ""

    def keep_as(self, name: str, made_from: str) -> None:
        """Keep the file `name` as it is: what it is made from now gives the same bytes."""
        self._made_from[name] = made_from

    def keep_group(self, prefixes: Sequence[str], made_from: str) -> bool:
        """Keep every file on record whose name has one of `prefixes`, if all are made from this.

        False, with nothing kept, if one is not or there is none: the group is to be made again.
        """
        group = [name for name in self._before if name.startswith(tuple(prefixes))]
        is_same = bool(group) and {self._before[name] for name in group} == {made_from}
        if not is_same or not all(self.path(name).exists() for name in group):
            return False
        self._made_from |= dict.fromkeys(group, made_from)
        return True

    def _read_record(self) -> dict[str, str]:
        try:
            record = json.loads((self.folder / _RECORD).read_bytes())
        except (OSError, ValueError):
            # Without a record every file is made again.
            return {}
        return record if isinstance(record, dict) else {}

    def _settle(self) -> None:
        found = [path for folder in self._cleaned for path in folder.rglob("*")]
        for path in found:
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and name != _RECORD and name not in self._made_from:
                path.unlink()
        if self._made_from != self._before:
            record = json.dumps(self._made_from, indent=0, sort_keys=True, ensure_ascii=False)
            write_atomic(self.folder / _RECORD, record.encode())
