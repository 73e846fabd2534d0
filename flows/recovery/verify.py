"""Verify the archive: every kept file against its sha256, and the warehouse against the archive.

Each run verifies a part, so that all of it is verified within 30 days. `mtqg verify` verifies all.
A disk can lose or change bytes years after they were written; a backup made since then has the
damaged ones too, so it must be known early.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from connectors.archive import Archive, name_of
from program.errors import ArchiveError
from warehouse.database.engine import Warehouse
from warehouse.queries.operations import archived_files

VERIFIED = "ledger/verified.json"
"""The document of the archive that says when each of its folders was verified last."""
_DAYS = 30
_FOLDERS = tuple(f"{number:02x}" for number in range(256))
_FOLDERS_A_RUN = 10
"""A run a day verifies all 256 in 26 days."""
_NEVER = date.min


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: how many files are whole, and a sentence for each that is not."""

    files: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Record:
    """When each folder was verified last, and the files that were found damaged."""

    days: Mapping[str, date]
    damaged: Collection[str]


def verify_all(
    warehouse: Warehouse,
    archive: Archive,
    today: date,
) -> Iterator[Verified]:
    """Verify the whole archive, one folder after another; yield what each of the 256 has.

    The record of the archive is written at the end.
    """
    expected = _expected(warehouse)
    damaged: set[str] = set()
    for folder in _FOLDERS:
        yield _verify(archive, expected[folder], damaged)
    _keep(archive, _Record(dict.fromkeys(_FOLDERS, today), damaged))


def verify_part(warehouse: Warehouse, archive: Archive, today: date) -> Verified:
    """Verify the folders whose turn it is, and the files that were damaged the last time.

    A run a day verifies each folder within 30 days. After days without a run it verifies more.
    Idempotent. Raises ArchiveError if the record cannot be read or written.
    """
    record = _read(archive)
    turn = _folders_of_today(record, today)
    expected = _expected(warehouse)
    files: dict[str, str] = {}
    for folder in turn:
        files |= expected[folder]
    for sha256 in record.damaged:
        of_folder = expected[sha256[:2]]
        # A file that was purged meanwhile is expected no longer.
        if sha256 in of_folder:
            files[sha256] = of_folder[sha256]
    damaged: set[str] = set()
    verified = _verify(archive, files, damaged)
    days = {**record.days, **dict.fromkeys(turn, today)}
    _keep(archive, _Record(days, damaged))
    return verified


def _folders_of_today(record: _Record, today: date) -> list[str]:
    """Return the folders to verify: some that were verified longest ago, and all that are due."""
    oldest_first = sorted(_FOLDERS, key=lambda folder: record.days.get(folder, _NEVER))
    due: list[str] = []
    for folder, last in record.days.items():
        age = today - last
        # Runs were missed: the folders of their turns are verified now.
        if age.days >= _DAYS - 1:
            due.append(folder)
    chosen = dict.fromkeys([*oldest_first[:_FOLDERS_A_RUN], *due])
    return list(chosen)


def _expected(warehouse: Warehouse) -> dict[str, dict[str, str]]:
    """Return, by folder, the sha256 of each file that the archive must have, with its name."""
    expected: dict[str, dict[str, str]] = defaultdict(dict)
    for sha256, name in archived_files(warehouse):
        expected[sha256[:2]][sha256] = name
    return expected


def _verify(archive: Archive, files: Mapping[str, str], damaged: set[str]) -> Verified:
    """Read files and compare them with their sha256. Adds to `damaged`."""
    problems = []
    for sha256, name in files.items():
        try:
            archive.get(sha256)
        except ArchiveError as problem:
            damaged.add(sha256)
            problems.append(f"{problem} ({name}, file {name_of(sha256)})")
    return Verified(len(files) - len(problems), tuple(problems))


def _read(archive: Archive) -> _Record:
    content = archive.read(VERIFIED)
    if content is None:
        return _Record({}, ())
    try:
        stored = json.loads(content)
        days = {folder: date.fromisoformat(day) for folder, day in stored["days"].items()}
        return _Record(days, stored["damaged"])
    except (ValueError, KeyError, AttributeError, TypeError):
        # The record says only what to look at first: without it, all is looked at again.
        return _Record({}, ())


def _keep(archive: Archive, record: _Record) -> None:
    days = {folder: day.isoformat() for folder, day in sorted(record.days.items())}
    stored = {"days": days, "damaged": sorted(record.damaged)}
    archive.write(VERIFIED, json.dumps(stored, indent=1).encode())
