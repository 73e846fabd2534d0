"""Which files to check: the files that are named, and those below the folders that are named."""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_WORKBOOKS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".xltx", ".xltm", ".xlt", ".ods", ".ots", ".et"}

# What districts sometimes send in place of a workbook.
_DOCUMENTS = {".pdf", ".doc", ".docx", ".odt", ".rtf", ".htm", ".html", ".mht"}
_DATA = {".csv", ".tsv", ".json"}
_PACKAGES = {".zip", ".rar", ".7z"}
_PICTURES = {".jpg", ".jpeg", ".png", ".gif", ".heic"}
_NO_SUFFIX = {""}
_CHECKED = _WORKBOOKS | _DOCUMENTS | _DATA | _PACKAGES | _PICTURES | _NO_SUFFIX


class Reason(StrEnum):
    """Why a file below a folder is left out."""

    UNFINISHED = "unfinished"
    """A hidden file, or one that Excel, a browser or a copy tool leaves (`~$báo cáo.xlsx`)."""
    NO_WORKBOOK = "no workbook"
    LINK = "link"
    """A link to another folder: it might lead in a circle."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not checked, and why."""

    path: Path
    reason: Reason


@dataclass(frozen=True, slots=True)
class Found:
    """The files to check, each once, and the files below the folders that are left out."""

    files: tuple[Path, ...]
    left_out: tuple[LeftOut, ...]


def files_of(paths: Iterable[Path]) -> Found:
    """Return every path that is no folder, and the files below each folder, sorted by name.

    A path that does not exist is among the files, and so is a folder that cannot be listed:
    opening it gives the reason. Never raises.
    """
    files: dict[Path, Path] = {}
    left_out: dict[Path, LeftOut] = {}
    for path in paths:
        for found in _below(path) if is_folder(path) else (path,):
            if isinstance(found, LeftOut):
                left_out.setdefault(found.path.absolute(), found)
            else:
                files.setdefault(found.absolute(), found)
    # A file that is named is checked, even where its folder would leave it out.
    remaining = [entry for place, entry in left_out.items() if place not in files]
    return Found(tuple(files.values()), tuple(remaining))


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; False if the system does not tell."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def named(path: Path) -> str:
    """Return a path for another program. Bytes that are no Unicode are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def shown(path: Path) -> str:
    """Return a path for a reader: composed Unicode, without control characters.

    A terminal would take a control character as a command.
    """
    composed = unicodedata.normalize("NFC", named(path))
    return "".join(c if c.isprintable() else "\ufffd" for c in composed)


def _below(folder: Path) -> Iterator[Path | LeftOut]:
    unlisted: list[Path] = []

    def keep_unlisted(error: OSError) -> None:
        unlisted.append(Path(error.filename))

    for place, folders, names in os.walk(folder, onerror=keep_unlisted):
        for name in sorted(folders):
            path = Path(place) / name
            if path.is_symlink():
                yield LeftOut(path, Reason.LINK)
        # os.walk goes into the folders that remain in this list, in its order.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names, key=_composed):
            path = Path(place) / name
            reason = _reason_against(name)
            yield LeftOut(path, reason) if reason else path
    yield from unlisted


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _reason_against(name: str) -> Reason | None:
    if name.startswith(("~$", ".")):
        return Reason.UNFINISHED
    if Path(name).suffix.casefold() not in _CHECKED:
        return Reason.NO_WORKBOOK
    return None
