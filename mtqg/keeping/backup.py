"""`mtqg backup`: the warehouse at one instant and every byte of the archive, in one file."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connectors.archive import Archive, name_of
from connectors.durable import sync_folder
from mtqg.console import out
from mtqg.keeping.bar import Advance, progress
from mtqg.keeping.manifest import ARCHIVE, MANIFEST, WAREHOUSE, Database, Manifest, Member
from program.errors import ArchiveError, AskedError
from program.settings import Settings, load_settings

if TYPE_CHECKING:
    from warehouse.copying import Contents


def backup(file: Annotated[Path, typer.Argument(help="Where to write it; must not be there yet.")]) -> None:
    """Write warehouse and archive into one file, at any time: a night may be at work meanwhile.

    The warehouse is as it was at one instant, and the archive has the bytes of everything that it names. The file appears
    under its name when it is whole and on the disk. Exit code 1, with the backup written, where the archive lacks bytes.
    """
    settings = load_settings()
    manifest = write_backup(settings, file)
    size = sum(member.size for member in manifest.members.values())
    line = f"{file}: {sum(manifest.rows.values())} rows, {len(manifest.members)} files, {size / 1e6:.1f} MB before packing."
    out.print(f"{line} `mtqg restore {file} --verify` brings it back.", highlight=False, soft_wrap=True)
    if manifest.missing:
        raise ArchiveError(f"archive: {len(manifest.missing)} files lack in the backup, the first: {manifest.missing[0]}")


def write_backup(settings: Settings, file: Path) -> Manifest:
    """Write the backup and return what it says of itself. Nothing stays where it fails."""
    from warehouse.copying import copy_warehouse, kind_of  # noqa: PLC0415  (keeps --help quick)
    from warehouse.engine import open_warehouse  # noqa: PLC0415

    if file.exists():
        raise AskedError(f"{file} is there already; a backup never replaces another: choose a name with the date")
    open_warehouse(settings.warehouse_url).dispose()
    file.absolute().parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.absolute().parent)))
        # First the warehouse: bytes are archived before the ledger names them, and so all that this copy names is there.
        contents = copy_warehouse(settings.warehouse_url, folder / WAREHOUSE)
        part = folder / file.name
        manifest = _pack(part, folder / WAREHOUSE, Archive(settings.archive_url), contents, kind_of(settings.warehouse_url))
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(file)
        sync_folder(file.absolute().parent)
    return manifest


def _pack(part: Path, copy: Path, archive: Archive, contents: "Contents", kind: Database) -> Manifest:
    members, names = {}, list(archive.names())
    missing = sorted(sha256 for sha256 in contents.sha256s if name_of(sha256) not in set(names))
    with zipfile.ZipFile(part, "w") as packed, progress("backing up", len(names) + 1) as advance:
        packed.write(copy, WAREHOUSE, zipfile.ZIP_DEFLATED)
        members[WAREHOUSE] = Member(sha256=_sha256_of(copy), size=copy.stat().st_size)
        advance(1)
        for name, content in _files(archive, names, missing, advance):
            # Workbooks are zips themselves.
            packed.writestr(ARCHIVE + name, content)
            members[ARCHIVE + name] = Member(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        manifest = Manifest(
            made_at=datetime.now(UTC),
            database=kind,
            schema_version=contents.schema,
            rows=contents.rows,
            sha256s=tuple(sorted(contents.sha256s)),
            missing=tuple(missing),
            members=members,
        )
        packed.writestr(MANIFEST, manifest.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
    return manifest


def _files(archive: Archive, names: list[str], missing: list[str], advance: Advance) -> Iterator[tuple[str, bytes]]:
    """Yield the archive's files; bytes that are no longer what their name says are counted as missing."""
    for name in names:
        content = archive.read(name)
        sha256 = name.rsplit("/", 1)[-1]
        if content is not None and (name != name_of(sha256) or hashlib.sha256(content).hexdigest() == sha256):
            yield name, content
        else:
            missing.append(sha256)
        advance(1)


def _sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
