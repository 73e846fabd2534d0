"""`mtqg restore`: warehouse and archive from a backup, where there are none."""

import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from connectors.archive import Archive
from mtqg.console import out
from mtqg.keeping.bar import progress
from mtqg.keeping.manifest import ARCHIVE, WAREHOUSE, Manifest, read_manifest
from program.errors import ArchiveError, AskedError, ConfigurationError, WarehouseError
from program.pack import load_pack
from program.settings import Settings, load_settings


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `mtqg backup` wrote.")],
    into: Annotated[
        Path | None,
        typer.Option(help="Restore into this folder in place of the configured places, to rehearse or to look (SQLite)."),
    ] = None,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Then count the rows and read every delivery's bytes where they were put.")
    ] = False,
) -> None:
    """Bring back warehouse and archive from a backup, into the configured places.

    Never over a warehouse that is there: move it away first, or restore --into another folder. The archive is added to: bytes
    that are there stay. Every file is held against its sha256 on the way. The warehouse is put in place last, whole or not
    at all, so that after a crash the command is simply run again.
    """
    settings = load_settings() if into is None else Settings(var=into, warehouse_url="", archive_url="")
    manifest = restore_backup(settings, file)
    out.print(f"restored what {file} held at {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC.", highlight=False, soft_wrap=True)
    if verify:
        count = verify_restored(settings, manifest)
        rows = sum(manifest.rows.values())
        out.print(f"verified: {rows} rows in {len(manifest.rows)} tables, the bytes of {count} deliveries by their sha256.")
    if due := _due_for_purge(settings):
        out.print(f"{due} files tell of persons and their time is over: `mtqg purge` lists them, and --confirm removes them.")
    if manifest.missing:
        lack = f"{len(manifest.missing)} files, the first: {manifest.missing[0]}"
        raise ArchiveError(f"archive: when the backup was made, the archive had already lost {lack}")


def restore_backup(settings: Settings, file: Path) -> Manifest:
    """Put everything back and return what the backup says of itself. Raises AskedError, and changes nothing, where it cannot."""
    from warehouse.copying import is_living, kind_of, landing_of, restore_warehouse  # noqa: PLC0415  (keeps --help quick)
    from warehouse.dialects import place_of  # noqa: PLC0415
    from warehouse.nights import only_night  # noqa: PLC0415

    url = settings.warehouse_url
    with _opened(file) as backup:
        manifest = read_manifest(backup)
        if manifest.database != kind_of(url):
            hint = "restore it there, or build the warehouse anew from the archive: `mtqg rebuild`"
            raise AskedError(f"{file} is of {manifest.database}, MTQG_WAREHOUSE_URL is of {kind_of(url)}; {hint}")
        with only_night(url):
            if is_living(url):
                hint = "nothing was restored; move it away first, or restore with --into another folder"
                raise AskedError(f"a warehouse is there: {place_of(url)}; {hint}")
            archive = Archive(settings.archive_url)
            _refuse_other_history(archive, manifest)
            with tempfile.TemporaryDirectory(prefix=".restore-", dir=landing_of(url)) as folder:
                copy = _unpacked(backup, manifest, Path(folder) / WAREHOUSE)
                _put_archive(backup, manifest, archive)
                restore_warehouse(url, copy)
    return manifest


def _due_for_purge(settings: Settings) -> int:
    """Return how many of the restored files were purged since the backup, or should be by now.

    0 where that cannot be asked, with an older warehouse or without its pack: it is restored all the same, and the next night's
    digest tells.
    """
    from flows.purging import expired_of  # noqa: PLC0415  (keeps --help quick)
    from warehouse.engine import open_warehouse  # noqa: PLC0415

    with suppress(ConfigurationError, WarehouseError), ExitStack() as stack:
        engine = open_warehouse(settings.warehouse_url)
        stack.callback(engine.dispose)
        return len(expired_of(load_pack(settings.pack), Archive(settings.archive_url), engine, datetime.now(UTC)))
    return 0


def verify_restored(settings: Settings, manifest: Manifest) -> int:
    """Hold what was restored against what the backup says; return how many deliveries' bytes were read.

    Raises WarehouseError or ArchiveError for the first thing that is not as it was.
    """
    from warehouse.copying import contents_of  # noqa: PLC0415  (keeps --help quick)

    found = contents_of(settings.warehouse_url)
    for table, rows in manifest.rows.items():
        if found.rows.get(table) != rows:
            raise WarehouseError(f"warehouse: {table} has {found.rows.get(table, 0)} rows, the backup had {rows}")
    if found.sha256s != set(manifest.sha256s):
        raise WarehouseError("warehouse: its ledger names other bytes than the backup's")
    archive, wanted = Archive(settings.archive_url), sorted(found.sha256s - set(manifest.missing))
    with progress("verifying", len(wanted)) as advance:
        for sha256 in wanted:
            archive.get(sha256)
            advance(1)
    return len(wanted)


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as wrong:
        raise AskedError(f"{file}: cannot be read as a backup: {wrong}") from wrong


def _refuse_other_history(archive: Archive, manifest: Manifest) -> None:
    """Raise AskedError where the archive knows more than the backup: the nights since then would be forgotten, or told twice."""
    of_backup = {name.removeprefix(ARCHIVE) for name in manifest.members}
    later = [name for name in archive.names("ledger/nights") if name not in of_backup]
    if later:
        raise AskedError(
            f"the archive knows {len(later)} nights that are not in the backup, so nothing was restored; `mtqg rebuild` "
            "makes the warehouse from the archive, those nights too"
        )


def _unpacked(backup: zipfile.ZipFile, manifest: Manifest, copy: Path) -> Path:
    with _reading(backup), backup.open(WAREHOUSE) as packed, copy.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    with copy.open("rb") as file:
        _hold(backup, WAREHOUSE, manifest, hashlib.file_digest(file, "sha256").hexdigest())
    return copy


def _put_archive(backup: zipfile.ZipFile, manifest: Manifest, archive: Archive) -> None:
    with progress("restoring", len(manifest.members)) as advance:
        for member, content in _files(backup, manifest):
            name = member.removeprefix(ARCHIVE)
            # A night's document may have been completed since.
            if not name.startswith("ledger/") or archive.read(name) is None:
                archive.write(name, content)
            advance(1)


def _files(backup: zipfile.ZipFile, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """Yield the archive's files, each as it was packed."""
    for name in manifest.members:
        if name.startswith(ARCHIVE):
            with _reading(backup):
                content = backup.read(name)
            _hold(backup, name, manifest, hashlib.sha256(content).hexdigest())
            yield name, content


@contextmanager
def _reading(backup: zipfile.ZipFile) -> Iterator[None]:
    """Say in a sentence that a backup is damaged."""
    try:
        yield
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as wrong:
        raise AskedError(f"{backup.filename}: damaged: {wrong}; take another backup") from wrong


def _hold(backup: zipfile.ZipFile, name: str, manifest: Manifest, sha256: str) -> None:
    if manifest.members[name].sha256 != sha256:
        raise AskedError(f"{backup.filename}: damaged: {name} is not what was packed; take another backup")
