"""A province's partition for the country: its marts as Parquet, and a manifest that names them."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from connectors.shared_folder import SharedFolder
from program.errors import ConfigurationError, WarehouseError
from program.pack.pack import Pack
from program.settings import Settings
from publish.data.descriptor import parquet_name
from publish.output_folder import pack_digest
from warehouse.database.duckdb_file import open_duckdb
from warehouse.database.engine import Warehouse
from warehouse.national.definitions import definitions_of, plan_definitions_of
from warehouse.national.manifest import (
    FORMAT,
    MANIFEST,
    PartitionFile,
    ProvinceManifest,
    manifest_bytes,
    partition_folder,
    read_manifest,
    schema_digest,
)
from warehouse.national.sending import due_reports, last_run
from warehouse.queries.marts import declared_marts

_DATA = "data="
"""Before the digest in the name of a folder of Parquet files."""


def national_folder(settings: Settings, url: str = "") -> SharedFolder:
    """Return the folder of all provinces: `url`, or that of the settings with their options.

    Raises:
        ConfigurationError: There is none, or nothing knows such a URL.
        WarehouseError: It cannot be reached.
    """
    if not url and not settings.national_url:
        raise ConfigurationError("MTQG_NATIONAL_URL: unset; name the folder of all partitions")
    options = {} if url else settings.revealed(settings.national_options)
    try:
        return SharedFolder(url or settings.national_url, options)
    except ConfigurationError as wrong:
        raise ConfigurationError(f"MTQG_NATIONAL_URL: {wrong}") from wrong
    except OSError as wrong:
        raise WarehouseError(f"{url or settings.national_url}: not reached: {wrong}") from wrong


def write_partition(
    warehouse: Warehouse,
    pack: Pack,
    package: Path,
    target: SharedFolder,
    *,
    site: str,
    now: datetime,
) -> str:
    """Write the province's partition below a folder or URL; return the manifest's place.

    The manifest is written last and names the folder of its files, so a reader has all of one run.
    The files of the run before stay for those who read them now; older ones are removed. Where no
    mart changed, only the manifest is written.

    Args:
        warehouse: The warehouse that the package was written from. It is only read.
        pack: The configuration of the province.
        package: The folder that `write_data` wrote.
        target: The folder of all provinces.
        site: The address of the province's pages; "" for none.
        now: The time that the manifest gives.

    Raises:
        WarehouseError: It cannot be written, or no run has begun yet.
    """
    contents = {mart.name: (package / parquet_name(mart)).read_bytes() for mart in declared_marts()}
    described = _described(contents, package)
    manifest = _manifest(warehouse, pack, described, site=site, now=now)
    folder = partition_folder(manifest.province)
    try:
        earlier = _earlier(target, folder)
        for name, file in described.items():
            path = f"{folder}/{file.path}"
            if not target.exists(path):
                target.write(path, contents[name])
        target.write(f"{folder}/{MANIFEST}", manifest_bytes(manifest))
    except OSError as wrong:
        raise WarehouseError(f"{target.url}: cannot be written: {wrong}") from wrong
    current = _data_folder(manifest)
    if current not in earlier:
        _remove_older(target, folder, {current, *earlier})
    return f"{target.url}/{folder}/{MANIFEST}"


def _described(contents: Mapping[str, bytes], package: Path) -> dict[str, PartitionFile]:
    """Return the files as the manifest names them, in a folder that their bytes name."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    of_all = hashlib.sha256("".join(digests.values()).encode()).hexdigest()[:16]
    files = {}
    with open_duckdb() as connection:
        for mart in declared_marts():
            path = str(package / parquet_name(mart))
            counted = connection.execute("SELECT num_rows FROM parquet_file_metadata(?)", [path])
            (rows,) = counted.fetchone() or (0,)
            files[mart.name] = PartitionFile(
                path=f"{_DATA}{of_all}/{mart.name}.parquet",
                rows=rows,
                bytes=len(contents[mart.name]),
                sha256=digests[mart.name],
            )
    return files


def _manifest(
    warehouse: Warehouse,
    pack: Pack,
    files: Mapping[str, PartitionFile],
    *,
    site: str,
    now: datetime,
) -> ProvinceManifest:
    run = last_run(warehouse)
    return ProvinceManifest(
        format=FORMAT,
        province=pack.province.code,
        name=pack.province.name,
        pack=pack.folder.name,
        pack_digest=pack_digest(pack)[:16],
        run=run.run_id,
        as_of=run.as_of,
        written_at=now,
        rules_version=run.rules_version,
        program_version=version("mtqg-monitor"),
        site=site,
        schema_digest=schema_digest(),
        lateness=due_reports(warehouse, pack.calendar.working_days, run.as_of),
        files=files,
        indicators=definitions_of(pack),
        plans=plan_definitions_of(pack),
    )


def _data_folder(manifest: ProvinceManifest) -> str:
    return next(iter(manifest.files.values())).path.partition("/")[0]


def _earlier(target: SharedFolder, folder: str) -> list[str]:
    """Return the folder that the manifest there names; none where there is no manifest to read."""
    with suppress(FileNotFoundError, WarehouseError):
        return [_data_folder(read_manifest(target.read(f"{folder}/{MANIFEST}")))]
    return []


def _remove_older(target: SharedFolder, folder: str, kept: set[str]) -> None:
    try:
        for name in target.names(folder):
            if name.startswith(_DATA) and name not in kept:
                target.remove_folder(f"{folder}/{name}")
    except OSError as wrong:
        raise WarehouseError(
            f"{target.url}: the marts are sent; files of earlier runs cannot be removed: {wrong}"
        ) from wrong
