"""The two rule sets that are compared: today's, and that of an earlier revision or of a folder.

Both run on today's code: what is compared are the YAML of the suites and the pack, never Python.
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

from expectations.earlier import fitting_rules
from expectations.rules import RuleSet
from program.errors import AskedError, ConfigurationError
from program.pack import Pack, fingerprint_of, load_pack
from program.settings import ROOT


@dataclass(frozen=True, slots=True)
class Side:
    """A pack and the rules that its forms are checked by; `notes` say what could not be taken over as it was."""

    name: str
    pack: Pack
    rules: RuleSet
    notes: tuple[str, ...] = ()


@contextmanager
def earlier_side(pack: Pack, suites: Path, since: str, old: Path | None) -> Iterator[Side]:
    """Yield `suites` and `pack` as they were at the revision `since`, or in the folder `old`; the checkout is left as it is.

    A rule of then that today's code cannot run, and forms of then that it cannot read, are left out with a note. Raises
    AskedError where there is no such revision or folder.
    """
    with TemporaryDirectory(prefix="mtqg-rules-") as temporary:
        then, notes = Path(temporary), list[str]()
        if old is not None:
            name = str(old)
            _copy(old, then, pack.folder, suites)
        else:
            name = _revision(suites, since)
            if not _extract(suites, since, then / "suites"):
                raise AskedError(f"--since: {suites} was not there at {since}; name a later revision, or --old FOLDER")
            if not _is_tracked(pack.folder) or not _extract(pack.folder, since, then / "pack"):
                notes.append(f"{pack.folder} was not there at {since}: today's pack stands on both sides")
        yield _side(name, then, pack, notes)


def _side(name: str, then: Path, pack: Pack, notes: list[str]) -> Side:
    earlier, folder = pack, then / "pack"
    if folder.is_dir():
        try:
            earlier = load_pack(folder)
        except ConfigurationError as wrong:
            first = str(wrong).splitlines()[0].replace(f"{then}/", "")
            notes.append(f"today's code cannot read the pack of {name}, so that today's forms stand on both sides: {first}")
            earlier = replace(pack, folder=folder)
    else:
        shutil.copytree(pack.folder, folder)
        earlier = replace(pack, folder=folder)
    rules, earlier, unfit = fitting_rules(then / "suites", earlier)
    notes += [f"left out of the earlier rules, since today's code cannot run it: {complaint}" for complaint in unfit]
    return Side(name, earlier, rules, tuple(notes))


def has_same_layouts(one: Pack, other: Pack) -> bool:
    """Tell whether a file is read alike by both packs: their forms and units are the same."""
    return _layouts(one) == _layouts(other)


def has_same_pack(one: Pack, other: Pack) -> bool:
    """Tell whether all that the packs declare is the same, besides their own suites."""
    return _declared(one) == _declared(other)


def _layouts(pack: Pack) -> str:
    return fingerprint_of([*sorted(pack.folder.glob("forms/*/*.yaml")), pack.folder / "units.csv"])


def _declared(pack: Pack) -> str:
    files = sorted(path for path in pack.folder.rglob("*") if path.suffix in (".yaml", ".csv"))
    return fingerprint_of([path for path in files if "suites" not in path.relative_to(pack.folder).parts])


def _copy(old: Path, then: Path, pack: Path, suites: Path) -> None:
    """Copy the suites, and the pack where it is there too, of a whole project or of a folder of suites alone."""
    inside = old / suites.relative_to(ROOT) if suites.is_relative_to(ROOT) else old
    found = next((folder for folder in (inside, old) if (folder / "reading.yaml").is_file()), None)
    if found is None:
        raise AskedError(f"--old: expected a folder of suites (reading.yaml, cells.yaml, …) or a copy of the project: {old}")
    shutil.copytree(found, then / "suites")
    earlier = old / pack.relative_to(ROOT) if pack.is_relative_to(ROOT) else None
    if earlier is not None and (earlier / "program.yaml").is_file():
        shutil.copytree(earlier, then / "pack")


def _revision(folder: Path, since: str) -> str:
    """Return a revision with its short commit. Raises AskedError where there is none, or no git."""
    if not _is_tracked(folder):
        raise AskedError(f"{folder} is in no git repository, or git is not installed; name the earlier rules by --old FOLDER")
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--short", "--end-of-options", f"{since}^{{commit}}")
    if found is None:
        raise AskedError(f"--since: git knows no revision {since!r} in {folder}; `git log --oneline` lists them")
    return f"{since} ({found.decode().strip()})"


def _is_tracked(folder: Path) -> bool:
    return _git(folder, "rev-parse", "--show-prefix") is not None


def _extract(folder: Path, since: str, into: Path) -> bool:
    """Write what `folder` held at a revision `into` another; return False where it was not there."""
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}")
    # Within a sub-folder git archives what is beneath it, by names relative to it.
    archive = _git(folder, "archive", "--format=tar", commit.decode().strip()) if commit else None
    if not archive:
        return False
    into.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(into, filter="data")
    return True


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Return what git answers about `folder`, None where it refuses or is not there."""
    program = shutil.which("git")
    if program is None or not folder.is_dir():
        return None
    done = subprocess.run([program, "-C", str(folder), *arguments], capture_output=True, check=False)  # noqa: S603  (git itself)
    return done.stdout if done.returncode == 0 else None
