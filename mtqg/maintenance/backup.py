"""`mtqg backup`: a snapshot of the warehouse and all bytes of the archive, in one file."""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.archive import Archive, name_of
from flows.archive import open_archive
from mtqg.console import out
from mtqg.maintenance.manifest import (
    ARCHIVE,
    MANIFEST,
    WAREHOUSE,
    Database,
    Manifest,
    ManifestMember,
)
from mtqg.maintenance.progress_bar import Advance, progress
from program.errors import ArchiveError, UsageError
from program.machine.atomic_write import move_durably
from program.machine.temporary_folder import temporary_folder
from program.settings import Settings, load_settings

if TYPE_CHECKING:
    from warehouse.maintenance.dump import Contents

_UNFINISHED = ".mtqg-backup-"
_ABANDONED_AFTER = timedelta(hours=6)
"""Another backup into the same folder may be at work, but none is silent for so long."""


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
) -> None:
    """Write warehouse and archive into one file, also while a run is active.

    The warehouse is a snapshot, and the archive has the bytes of all deliveries in it. The file
    appears under its name when it is complete and on the disk. Exit code 1, with the backup
    written, where the archive lacks bytes.
    """
    settings = load_settings()
    manifest = write_backup(settings, file)
    rows = sum(manifest.rows.values())
    size_mb = sum(member.size for member in manifest.members.values()) / 1e6
    out.print(
        f"{file}: {rows} rows, {len(manifest.members)} files, {size_mb:.1f} MB before packing. "
        f"`mtqg restore {file} --verify` brings it back.",
        soft_wrap=True,
    )
    if manifest.missing:
        raise ArchiveError(
            f"archive: the backup lacks {len(manifest.missing)} files, "
            f"the first: {manifest.missing[0]}"
        )


def write_backup(settings: Settings, file: Path) -> Manifest:
    """Write a backup and return its manifest. After an error, no file remains.

    What a killed backup left in the same folder is removed.

    Raises UsageError if `file` exists.
    """
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415
    from warehouse.maintenance.dump import copy_warehouse, kind_of  # noqa: PLC0415  (keeps --help quick)

    if file.exists():
        raise UsageError(
            f"{file} exists; a backup never replaces another: choose a name with the date"
        )
    # Opening checks the schema: an older warehouse is refused.
    open_warehouse(settings.warehouse_url).dispose()
    target = file.absolute().parent
    target.mkdir(parents=True, exist_ok=True)
    # In the target's own folder: a file cannot be renamed to another disk.
    with temporary_folder(target, _UNFINISHED, abandoned_after=_ABANDONED_AFTER) as folder:
        copy = folder / WAREHOUSE
        # The warehouse comes first. Bytes are archived before the ledger names them, so that the
        # archive has all bytes that this copy names.
        contents = copy_warehouse(settings.warehouse_url, copy)
        part = folder / file.name
        kind = kind_of(settings.warehouse_url)
        manifest = _pack(part, copy, open_archive(settings), contents, kind)
        move_durably(part, file)
    return manifest


def _pack(
    part: Path,
    copy: Path,
    archive: Archive,
    contents: "Contents",
    kind: Database,
) -> Manifest:
    members: dict[str, ManifestMember] = {}
    names = list(archive.names())
    archived = set(names)
    missing = [sha256 for sha256 in contents.sha256s if name_of(sha256) not in archived]
    missing.sort()
    # The warehouse is one step.
    steps = len(names) + 1
    with zipfile.ZipFile(part, "w") as packed, progress("backing up", steps) as advance:
        packed.write(copy, WAREHOUSE, zipfile.ZIP_DEFLATED)
        members[WAREHOUSE] = ManifestMember(sha256=_sha256_of(copy), size=copy.stat().st_size)
        advance(1)
        for name, content in _intact_files(archive, names, missing, advance):
            # Stored without compression: workbooks are zips already.
            packed.writestr(ARCHIVE + name, content)
            sha256 = hashlib.sha256(content).hexdigest()
            members[ARCHIVE + name] = ManifestMember(sha256=sha256, size=len(content))
        manifest = Manifest(
            made_at=datetime.now(UTC),
            database=kind,
            schema_version=contents.schema,
            rows=contents.rows,
            sha256s=tuple(sorted(contents.sha256s)),
            missing=tuple(missing),
            members=members,
        )
        # Last: it names what was really packed.
        packed.writestr(MANIFEST, manifest.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
    return manifest


def _intact_files(
    archive: Archive,
    names: Sequence[str],
    missing: list[str],
    advance: Advance,
) -> Iterator[tuple[str, bytes]]:
    """Yield the archive's files. The sha256 of a lost or changed file is added to `missing`."""
    for name in names:
        content = archive.read(name)
        sha256 = name.rsplit("/", 1)[-1]
        if content is not None and _is_intact(name, sha256, content):
            yield name, content
        else:
            missing.append(sha256)
        advance(1)


def _is_intact(name: str, sha256: str, content: bytes) -> bool:
    # A run's document has another name: it has no sha256 to compare with.
    if name != name_of(sha256):
        return True
    return hashlib.sha256(content).hexdigest() == sha256


def _sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
