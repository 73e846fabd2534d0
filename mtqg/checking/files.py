"""Which files a check is about: those that are named, and those below the folders that are named."""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

# Workbooks, and what a district sends in place of one; a file without a suffix may be either.
_WORKBOOKS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".xltx", ".xltm", ".xlt", ".ods", ".ots", ".et"}
_IN_PLACE_OF_ONE = {
    *(".csv", ".tsv", ".json", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".htm", ".html", ".mht", ".zip", ".rar", ".7z"),
    *(".jpg", ".jpeg", ".png", ".gif", ".heic"),
    "",
}


class Reason(StrEnum):
    """Why a file below a folder is left out."""

    UNFINISHED = "unfinished"
    """What Excel, browsers and copy tools leave beside a file (`~$báo cáo.xlsx`), and hidden files."""
    NO_WORKBOOK = "no workbook"
    LINK = "link"
    """A link to another folder: it might lead in a circle."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that was not taken, and why."""

    path: Path
    reason: Reason


@dataclass(frozen=True, slots=True)
class Found:
    """The files to check, each once, and what else was met below the folders."""

    files: tuple[Path, ...]
    left_out: tuple[LeftOut, ...]


def files_of(paths: Iterable[Path]) -> Found:
    """Return every path that is no folder as it is, there or not, and the files below each folder, by name.

    A folder that cannot be listed is among the files: whoever opens it meets the reason. Never raises.
    """
    files: dict[Path, Path] = {}
    left_out: dict[Path, LeftOut] = {}
    for path in paths:
        for found in _below(path) if is_folder(path) else (path,):
            if isinstance(found, LeftOut):
                left_out.setdefault(found.path.absolute(), found)
            else:
                files.setdefault(found.absolute(), found)
    return Found(tuple(files.values()), tuple(out for place, out in left_out.items() if place not in files))


def is_folder(path: Path) -> bool:
    """Tell whether `path` is a folder, as far as that may be known."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def named(path: Path) -> str:
    """Return a path for another program: as it is, but for bytes that are no Unicode."""
    return os.fsencode(path).decode("utf-8", "replace")


def shown(path: Path) -> str:
    """Return a path for a reader: composed, and without what a terminal would take for a command."""
    return "".join(c if c.isprintable() else "\ufffd" for c in unicodedata.normalize("NFC", named(path)))


def _below(folder: Path) -> Iterator[Path | LeftOut]:
    unlisted: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=lambda error: unlisted.append(Path(error.filename))):
        for name in sorted(folders):
            if (Path(place) / name).is_symlink():
                yield LeftOut(Path(place) / name, Reason.LINK)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names, key=lambda name: unicodedata.normalize("NFC", name)):
            reason = _reason_against(name)
            yield LeftOut(Path(place) / name, reason) if reason else Path(place) / name
    yield from unlisted


def _reason_against(name: str) -> Reason | None:
    if name.startswith(("~$", ".")):
        return Reason.UNFINISHED
    return None if Path(name).suffix.casefold() in _WORKBOOKS | _IN_PLACE_OF_ONE else Reason.NO_WORKBOOK
