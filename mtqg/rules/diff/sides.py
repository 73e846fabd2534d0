"""The two rule sets of a comparison: today's, and that of an earlier revision or of a folder.

Both run on today's code. They differ in YAML (suites and pack), never in Python.
"""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from expectations.rules.earlier_revision import load_rules_of_revision
from expectations.rules.rule_set import RuleSet
from program.errors import ConfigurationError, UsageError
from program.pack.load import fingerprint_of, layout_files, load_pack
from program.pack.pack import Pack
from program.settings import ROOT


@dataclass(frozen=True, slots=True)
class RuleSide:
    """A pack and its rules. `notes` name what the earlier side lacks and takes from today's."""

    name: str
    pack: Pack
    rules: RuleSet
    notes: tuple[str, ...] = ()


@contextmanager
def earlier_side(
    pack: Pack,
    suites: Path,
    since: str,
    old: Path | None,
) -> Iterator[RuleSide]:
    """Yield suites and pack of the git revision `since`, or of the folder `old` if there is one.

    The checkout stays as it is. Earlier rules that today's code cannot run are left out with a
    note; where today's code cannot read the earlier forms, today's forms replace them with a
    note. Raises UsageError if the revision or the folder does not exist.
    """
    with TemporaryDirectory(prefix="mtqg-rules-") as temporary:
        copy = Path(temporary)
        notes: list[str] = []
        if old is not None:
            name = str(old)
            _copy(old, copy, pack.folder, suites)
        else:
            name = _revision(suites, since)
            _check_out(since, copy, pack.folder, suites, notes)
        yield _side(name, copy, pack, notes)


def _check_out(
    since: str,
    copy: Path,
    pack: Path,
    suites: Path,
    notes: list[str],
) -> None:
    """Write the suites and the pack of a revision into the folder `copy`."""
    if not _extract(suites, since, copy / "suites"):
        raise UsageError(
            f"--since: {suites} was not there at {since}; name a later revision, or --old FOLDER"
        )
    if not _is_tracked(pack) or not _extract(pack, since, copy / "pack"):
        notes.append(f"{pack} was not there at {since}: both sides use today's pack")


def _side(
    name: str,
    copy: Path,
    pack: Pack,
    notes: list[str],
) -> RuleSide:
    folder = copy / "pack"
    if folder.is_dir():
        earlier_pack = _load_earlier(name, copy, pack, notes)
    else:
        # The rules that cannot run are removed from this copy.
        shutil.copytree(pack.folder, folder)
        earlier_pack = replace(pack, folder=folder)
    rules, earlier_pack, complaints = load_rules_of_revision(copy / "suites", earlier_pack)
    left_out = "left out of the earlier rules, because today's code cannot run it"
    notes += [f"{left_out}: {complaint}" for complaint in complaints]
    return RuleSide(name, earlier_pack, rules, tuple(notes))


def _load_earlier(
    name: str,
    copy: Path,
    pack: Pack,
    notes: list[str],
) -> Pack:
    """Return the earlier pack, or today's pack on its folder where it cannot be read."""
    folder = copy / "pack"
    try:
        return load_pack(folder)
    except ConfigurationError as wrong:
        # The path of the temporary copy would mean nothing to the reader.
        first_line = str(wrong).splitlines()[0].replace(f"{copy}/", "")
        notes.append(
            f"today's code cannot read the pack of {name}, so both sides use today's forms: "
            + first_line
        )
        return replace(pack, folder=folder)


def has_same_layouts(one: Pack, other: Pack) -> bool:
    """Tell whether a file is read in the same way with both packs.

    Their forms and units are then the same.
    """
    return _layouts(one) == _layouts(other)


def has_same_pack(one: Pack, other: Pack) -> bool:
    """Tell whether both packs have the same content, apart from their own suites."""
    return _declared(one) == _declared(other)


def _layouts(pack: Pack) -> str:
    return fingerprint_of([*layout_files(pack.folder), pack.folder / "units.csv"])


def _declared(pack: Pack) -> str:
    declared = []
    for path in sorted(pack.folder.rglob("*")):
        # The suites are what differs: comparing them is the aim.
        is_suite = "suites" in path.relative_to(pack.folder).parts
        if path.suffix in (".yaml", ".csv") and not is_suite:
            declared.append(path)
    return fingerprint_of(declared)


def _copy(
    old: Path,
    copy: Path,
    pack: Path,
    suites: Path,
) -> None:
    """Copy the suites, and the pack if it is there, into the folder `copy`.

    `old` is a copy of the project, or a folder with suites alone.
    """
    # The same folder in the other copy of the project.
    in_project = old / suites.relative_to(ROOT) if suites.is_relative_to(ROOT) else old
    for folder in (in_project, old):
        if (folder / "reading.yaml").is_file():
            shutil.copytree(folder, copy / "suites")
            break
    else:
        raise UsageError(
            "--old: expected a folder of suites (reading.yaml, cells.yaml, …) "
            f"or a copy of the project: {old}"
        )
    # A pack outside the project has no counterpart in a copy of it.
    if not pack.is_relative_to(ROOT):
        return
    earlier_pack = old / pack.relative_to(ROOT)
    if (earlier_pack / "program.yaml").is_file():
        shutil.copytree(earlier_pack, copy / "pack")


def _revision(folder: Path, since: str) -> str:
    """Return a revision with its short commit.

    Raises UsageError if git is missing or does not know the revision.
    """
    if not _is_tracked(folder):
        raise UsageError(
            f"{folder} is in no git repository, or git is not installed; "
            "name the earlier rules by --old FOLDER"
        )
    commit = _commit(folder, since, "--short")
    if commit is None:
        raise UsageError(
            f"--since: git knows no revision {since!r} in {folder}; `git log --oneline` lists them"
        )
    return f"{since} ({commit})"


def _is_tracked(folder: Path) -> bool:
    return _git(folder, "rev-parse", "--show-prefix") is not None


def _extract(folder: Path, since: str, into: Path) -> bool:
    """Write the files that `folder` had at a revision; return whether it had any."""
    commit = _commit(folder, since)
    if commit is None:
        return False
    # In a sub-folder, git archives the files below it with names relative to it.
    archive = _git(folder, "archive", "--format=tar", commit)
    if not archive:
        return False
    into.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        # The filter refuses paths and links that lead out of the folder.
        files.extractall(into, filter="data")
    return True


def _commit(folder: Path, since: str, *options: str) -> str | None:
    """Return the commit of a revision, None if git does not know it."""
    # `--end-of-options` keeps git from taking a revision such as "--output=x" as an option.
    options = ("--verify", "--quiet", *options, "--end-of-options")
    found = _git(folder, "rev-parse", *options, f"{since}^{{commit}}")
    return None if found is None else found.decode().strip()


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Return what a git command prints, None if it fails or git is not installed."""
    program = shutil.which("git")
    if program is None or not folder.is_dir():
        return None
    command = [program, "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  (git itself)
    return done.stdout if done.returncode == 0 else None
