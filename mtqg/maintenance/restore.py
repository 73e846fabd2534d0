"""`mtqg restore`: warehouse and archive from a backup, where there is no warehouse."""

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from connectors.archive import Archive
from flows.archive import open_archive
from mtqg.console import out
from mtqg.maintenance.manifest import ARCHIVE, WAREHOUSE, Manifest, read_manifest
from mtqg.maintenance.progress_bar import progress
from program.errors import ArchiveError, ConfigurationError, UsageError, WarehouseError
from program.machine.temporary_folder import temporary_folder
from program.pack.load import load_pack
from program.settings import Settings, load_settings

_COPY_BYTES = 1 << 20


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `mtqg backup` wrote.")],
    into: Annotated[
        Path | None,
        typer.Option(
            help="Restore into this folder, not into the configured places: a rehearsal (SQLite)."
        ),
    ] = None,
    *,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Then count the rows and read the bytes of all deliveries."),
    ] = False,
) -> None:
    """Restore warehouse and archive from a backup, into the configured places.

    An existing warehouse is never overwritten: move it away first, or restore --into another
    folder. The archive keeps the files that it has. Every file is compared with its sha256. The
    warehouse is put in place last, complete or not at all, so that the command can run again
    after a crash.
    """
    settings = load_settings() if into is None else _settings_of(into)
    manifest = restore_backup(settings, file)
    made_at = f"{manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"
    out.print(f"restored {file}, made at {made_at}.", soft_wrap=True)
    if verify:
        count = verify_restored(settings, manifest)
        rows = sum(manifest.rows.values())
        out.print(
            f"verified: {rows} rows in {len(manifest.rows)} tables, "
            f"the bytes of {count} deliveries by their sha256."
        )
    due = _due_for_purge(settings)
    if due:
        out.print(
            f"{due} files hold personal data and their time is over: `mtqg purge` lists them, "
            "and --confirm removes them."
        )
    # The restore is complete: the loss is older than the backup.
    if manifest.missing:
        raise ArchiveError(
            "archive: when the backup was made, the archive had already lost "
            f"{len(manifest.missing)} files, the first: {manifest.missing[0]}"
        )


def _settings_of(folder: Path) -> Settings:
    """Return settings whose warehouse and archive are in their default places in a folder."""
    return load_settings(var=folder, warehouse_url="", archive_url="", archive_options={})


def restore_backup(settings: Settings, file: Path) -> Manifest:
    """Restore a backup and return its manifest.

    Raises UsageError, with the warehouse unchanged, for a file that is no intact backup, for a
    backup of another database, and where a warehouse or later runs exist.
    """
    from warehouse.database.run_lock import exclusive_run  # noqa: PLC0415
    from warehouse.maintenance.dump import restore_dir, restore_warehouse  # noqa: PLC0415  (quick --help)

    url = settings.warehouse_url
    with _opened(file) as backup:
        manifest = read_manifest(backup)
        _refuse_other_database(file, manifest, url)
        # No run may begin on a warehouse that is half there.
        with exclusive_run(url):
            _refuse_existing_warehouse(url)
            archive = open_archive(settings)
            _refuse_later_runs(archive, manifest)
            restored_to = restore_dir(url)
            # No other restore is at work: this one holds the run lock.
            with temporary_folder(restored_to, ".restore-", abandoned_after=timedelta(0)) as folder:
                copy = folder / WAREHOUSE
                _unpack_warehouse(backup, manifest, copy)
                _put_archive(backup, manifest, archive)
                # Last: a crash before it leaves no warehouse, and the command can run again.
                restore_warehouse(url, copy)
    return manifest


def _due_for_purge(settings: Settings) -> int:
    """Return how many restored files were purged after the backup, or are due for it now.

    0 where that is unknown: an older warehouse, or no pack. The restore is complete all the same,
    and the digest of the next run tells the number.
    """
    from flows.recovery.purge import expired_of  # noqa: PLC0415  (keeps --help quick)
    from warehouse.database.engine import open_warehouse  # noqa: PLC0415

    # A restored warehouse may need a migration before it can be opened.
    with suppress(ConfigurationError, WarehouseError), ExitStack() as stack:
        engine = open_warehouse(settings.warehouse_url)
        stack.callback(engine.dispose)
        archive = open_archive(settings)
        return len(
            expired_of(
                load_pack(settings.pack),
                archive,
                engine,
                datetime.now(UTC),
            )
        )
    return 0


def verify_restored(settings: Settings, manifest: Manifest) -> int:
    """Compare what was restored with the manifest; return how many deliveries' bytes were read.

    Raises WarehouseError or ArchiveError for the first difference.
    """
    from warehouse.maintenance.dump import contents_of  # noqa: PLC0415  (keeps --help quick)

    found = contents_of(settings.warehouse_url)
    for table, rows in manifest.rows.items():
        count = found.rows.get(table, 0)
        if table not in found.rows or count != rows:
            raise WarehouseError(f"warehouse: {table} has {count} rows, the backup had {rows}")
    if found.sha256s != set(manifest.sha256s):
        raise WarehouseError("warehouse: its ledger names other bytes than the backup's")
    archive = open_archive(settings)
    # The archive had lost some bytes before the backup.
    expected = found.sha256s - set(manifest.missing)
    with progress("verifying", len(expected)) as advance:
        for sha256 in sorted(expected):
            # Reading compares the bytes with their sha256.
            archive.get(sha256)
            advance(1)
    return len(expected)


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as wrong:
        raise UsageError(f"{file}: cannot be read as a backup: {wrong}") from wrong


def _refuse_other_database(file: Path, manifest: Manifest, url: str) -> None:
    from warehouse.maintenance.dump import kind_of  # noqa: PLC0415  (keeps --help quick)

    kind = kind_of(url)
    if manifest.database != kind:
        raise UsageError(
            f"{file} is of {manifest.database}, MTQG_WAREHOUSE_URL is of {kind}; "
            "restore it there, or make the warehouse again from the archive: `mtqg rebuild`"
        )


def _refuse_existing_warehouse(url: str) -> None:
    from warehouse.database.backends import display_url  # noqa: PLC0415
    from warehouse.maintenance.dump import is_in_use  # noqa: PLC0415  (keeps --help quick)

    if is_in_use(url):
        raise UsageError(
            f"a warehouse is there: {display_url(url)}; nothing was restored; "
            "move it away first, or restore with --into another folder"
        )


def _refuse_later_runs(archive: Archive, manifest: Manifest) -> None:
    """Raise UsageError where the archive has runs that the backup lacks.

    After a restore, the results of these runs would be lost, or their mails sent twice.
    """
    in_backup = {name.removeprefix(ARCHIVE) for name in manifest.members}
    later = [name for name in archive.names("ledger/runs") if name not in in_backup]
    if later:
        raise UsageError(
            f"the archive knows {len(later)} runs that are not in the backup, so nothing was "
            "restored; `mtqg rebuild` makes the warehouse from the archive, those runs too"
        )


def _unpack_warehouse(backup: zipfile.ZipFile, manifest: Manifest, copy: Path) -> None:
    """Write the warehouse of a backup to the file `copy`, and compare it with its sha256."""
    with _reading(backup), backup.open(WAREHOUSE) as packed, copy.open("wb") as file:
        shutil.copyfileobj(packed, file, _COPY_BYTES)
        file.flush()
        # On SQLite a rename puts the copy in place: it must be on the disk before that.
        os.fsync(file.fileno())
    with copy.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    _refuse_changed(backup, WAREHOUSE, manifest, sha256)


def _put_archive(backup: zipfile.ZipFile, manifest: Manifest, archive: Archive) -> None:
    with progress("restoring", len(manifest.members)) as advance:
        for member, content in _files(backup, manifest):
            name = member.removeprefix(ARCHIVE)
            is_document = name.startswith("ledger/")
            # An existing document of a run may be more complete than the one in the backup.
            if not is_document or archive.read(name) is None:
                archive.write(name, content)
            advance(1)


def _files(backup: zipfile.ZipFile, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """Yield the archive's files in a backup, each after a comparison with its sha256."""
    for name in manifest.members:
        if name.startswith(ARCHIVE):
            with _reading(backup):
                content = backup.read(name)
            _refuse_changed(backup, name, manifest, hashlib.sha256(content).hexdigest())
            yield name, content


@contextmanager
def _reading(backup: zipfile.ZipFile) -> Iterator[None]:
    """Turn the errors of a damaged zip into an UsageError."""
    try:
        yield
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as wrong:
        raise UsageError(f"{backup.filename}: damaged: {wrong}; take another backup") from wrong


def _refuse_changed(
    backup: zipfile.ZipFile,
    name: str,
    manifest: Manifest,
    sha256: str,
) -> None:
    if manifest.members[name].sha256 != sha256:
        raise UsageError(
            f"{backup.filename}: damaged: {name} is not what was packed; take another backup"
        )
