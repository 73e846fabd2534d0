"""The partitions of all provinces at a folder or URL: each is read, checked and named if wrong."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from program.errors import ConfigurationError, WarehouseError
from warehouse.national.manifest import (
    MANIFEST,
    PARTITIONS,
    PREFIX,
    PartitionFile,
    ProvinceManifest,
    partition_folder,
    read_manifest,
)


@dataclass(frozen=True, slots=True)
class NationalFolder:
    """The folder of all partitions: any URL of fsspec, with the options of its file system."""

    url: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def open(self) -> tuple[Any, str]:
        """Return its file system and its path there.

        Raises:
            ConfigurationError: Nothing knows such a URL.
            WarehouseError: It cannot be reached.
        """
        try:
            files, root = fsspec.core.url_to_fs(self.url, **self.options)
        except (ImportError, ValueError) as wrong:
            raise ConfigurationError(f"{self.url}: {wrong}") from wrong
        except OSError as wrong:
            raise WarehouseError(f"{self.url}: cannot be reached: {wrong}") from wrong
        return files, root


@dataclass(frozen=True, slots=True)
class Partition:
    """A province's partition: its manifest, and where the Parquet file of each mart is here."""

    manifest: ProvinceManifest
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class BrokenPartition:
    """A partition of which nothing can be used, and why."""

    province: str
    reason: str


class PartitionReader:
    """Reads the partitions of a folder. Files from elsewhere are copied to this machine.

    Args:
        folder: The folder that holds `mart/`.
        copies: A folder of this machine for the copies.
    """

    def __init__(self, folder: NationalFolder, copies: Path) -> None:
        self._files, self._root = folder.open()
        self._url = folder.url
        self._copies = copies

    def provinces(self) -> list[str]:
        """Return the codes of the provinces that have a folder, in their order.

        Raises:
            WarehouseError: The folder cannot be listed.
        """
        try:
            self._files.invalidate_cache()
            listed = self._files.ls(f"{self._root}/{PARTITIONS}", detail=False)
        except OSError as wrong:
            raise WarehouseError(
                f"{self._url}: no folder {PARTITIONS}/ with partitions of provinces: {wrong}"
            ) from wrong
        names = [path.rstrip("/").rpartition("/")[2] for path in listed]
        return sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))

    def read(self, province: str) -> Partition | BrokenPartition:
        """Return a province's partition; or why it is broken: then none of it is used."""
        folder = f"{self._root}/{partition_folder(province)}"
        try:
            manifest = read_manifest(self._files.cat_file(f"{folder}/{MANIFEST}"))
            if manifest.province != province:
                raise WarehouseError(f"{MANIFEST} is of province {manifest.province}")
            files = {name: self._file(folder, name, file) for name, file in manifest.files.items()}
        except FileNotFoundError as wrong:
            return BrokenPartition(province, f"missing file: {_name(wrong, folder)}")
        except (WarehouseError, OSError) as wrong:
            return BrokenPartition(province, str(wrong))
        return Partition(manifest, files)

    def _file(self, folder: str, mart: str, file: PartitionFile) -> Path:
        """Return where a file is on this machine.

        Raises:
            WarehouseError: Its bytes are not those that the manifest names.
        """
        source = f"{folder}/{file.path}"
        if ".." in Path(file.path).parts or Path(file.path).is_absolute():
            raise WarehouseError(f"{mart}: the path {file.path} leaves the province's folder")
        path = self._local(source)
        with path.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != file.sha256:
            raise WarehouseError(f"{mart}: damaged: its sha256 is {found}, not {file.sha256}")
        return path

    def _local(self, source: str) -> Path:
        if isinstance(self._files, LocalFileSystem):
            return Path(source)
        path = self._copies / source.removeprefix(self._root).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._files.get_file(source, str(path))
        return path


def _name(wrong: OSError, folder: str) -> str:
    """Return the name of a file that is missing, below the province's folder where it is there."""
    name: Any = wrong.filename or (wrong.args[-1] if wrong.args else "")
    return str(name).removeprefix(folder).lstrip("/")
