"""Which YAML files a pack's rule set is read from: the pack's own, else those of `suites/`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from expectations.rules.translation import LANGUAGES
from program.errors import ConfigurationError
from program.pack.pack import Pack

ACROSS = "across.yaml"
"""The rules across submissions. A pack's own file replaces the one of `suites/`.

Suites of early revisions have none.
"""
HISTORY = "history.yaml"
"""Rules that every form gets, against earlier periods and peers. As ACROSS in all else."""


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """The files of a rule set.

    `forms` has the file of each form that has rules of its own, `without_rules` the other forms.
    `across` and `history` are None if there is no such file.
    """

    reading: Path
    cells: Path
    across: Path | None
    history: Path | None
    forms: Mapping[str, Path]
    without_rules: tuple[str, ...]

    @property
    def paths(self) -> list[Path]:
        """All files, in an order that changes only with the files."""
        optional = [path for path in (self.across, self.history) if path is not None]
        return [self.reading, self.cells, *optional, *self.forms.values()]


def find_rule_files(pack: Pack, suites: Path) -> RuleFiles:
    """Return the files of the rules for `pack`, with those of `suites` where it has none.

    Raises ConfigurationError for a file in the pack's `suites/` that no form reads.
    """
    own = pack.folder / "suites"
    codes = sorted({form.code for form in pack.forms})
    _refuse_unused_files(own, codes)
    forms = _form_files((suites, own), codes)
    return RuleFiles(
        # A pack has no such rules of its own: they are about the reader and the layouts.
        reading=suites / "reading.yaml",
        cells=suites / "cells.yaml",
        across=_first_file(own / ACROSS, suites / ACROSS),
        history=_first_file(own / HISTORY, suites / HISTORY),
        forms=forms,
        without_rules=tuple(code for code in codes if code not in forms),
    )


def _form_files(folders: Sequence[Path], codes: Sequence[str]) -> dict[str, Path]:
    """Return the file of each form; the last of the folders that has one wins."""
    files: dict[str, Path] = {}
    for folder in folders:
        for code in codes:
            path = folder / f"{code}.yaml"
            if path.is_file():
                files[code] = path
    return files


def _first_file(*paths: Path) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def _refuse_unused_files(own: Path, codes: Sequence[str]) -> None:
    """Raise ConfigurationError for a file that no form reads: mostly a misspelt name."""
    form_files = [f"{code}.yaml" for code in codes]
    known = {ACROSS, HISTORY, *form_files}
    # `.yml` too: nothing reads it, and its author must learn that.
    paths = [*own.glob("*.y*ml"), *own.glob("*/*.y*ml")]
    for path in sorted(paths):
        is_rule_file = path.parent == own
        is_language = path.parent.name in LANGUAGES
        is_translation = is_language and (own / path.name).is_file()
        if path.name in known and (is_rule_file or is_translation):
            continue
        expected = ", ".join(form_files)
        raise ConfigurationError(
            f"{path}: no form reads this file; "
            f"expected one of {expected}, or its translation in en/"
        )
