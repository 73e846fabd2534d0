"""The partitions of all provinces at a folder or URL: each is read, checked and named if wrong."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from program.errors import WarehouseError
from warehouse.national.manifest import (
    MANIFEST,
    PARTITIONS,
    PREFIX,
    PartitionFile,
    ProvinceManifest,
    partition_folder,
    read_manifest,
)


class PartitionFiles(Protocol):
    """The folder of all partitions, here or on another machine. Its methods raise OSError."""

    url: str

    def names(self, folder: str) -> list[str]:
        """Return the names of what is directly in a folder."""

    def read(self, name: str) -> bytes:
        """Return the bytes of a file."""

    def local_copy(self, name: str, below: Path) -> Path:
        """Return where a file is on this machine: a copy `below`, or the file itself."""


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
    """Reads the partitions of a folder. Files from elsewhere are copied below `copies`."""

    def __init__(self, folder: PartitionFiles, copies: Path) -> None:
        self._folder = folder
        self._copies = copies

    def provinces(self) -> list[str]:
        """Return the codes of the provinces that have a folder, in their order.

        Raises:
            WarehouseError: The folder cannot be listed.
        """
        try:
            names = self._folder.names(PARTITIONS)
        except OSError as wrong:
            raise WarehouseError(
                f"{self._folder.url}: no folder {PARTITIONS}/ with partitions of provinces: {wrong}"
            ) from wrong
        return sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))

    def read(self, province: str) -> Partition | BrokenPartition:
        """Return a province's partition; or why it is broken: then none of it is used."""
        folder = partition_folder(province)
        try:
            manifest = read_manifest(self._folder.read(f"{folder}/{MANIFEST}"))
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
        if ".." in Path(file.path).parts or Path(file.path).is_absolute():
            raise WarehouseError(f"{mart}: the path {file.path} leaves the province's folder")
        path = self._folder.local_copy(f"{folder}/{file.path}", self._copies)
        with path.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != file.sha256:
            raise WarehouseError(f"{mart}: damaged: its sha256 is {found}, not {file.sha256}")
        return path


def _name(wrong: OSError, folder: str) -> str:
    """Return the name of a file that is missing, below the province's folder where it is there."""
    name: Any = wrong.filename or (wrong.args[-1] if wrong.args else "")
    return str(name).rpartition(folder)[2].lstrip("/")
