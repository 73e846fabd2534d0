"""Reading a pack: one province's program, declared in `config/<pack>/`.

The national pack may extend a province's: it takes over the definitions that it does not have
itself, so that figures of both mean the same (decision 57).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from program.calendar.schedule import Calendar
from program.errors import ConfigurationError
from program.forms.form import Form
from program.forms.table import Table
from program.pack.catalogue import CapitalSource, Indicator, Project, UnitTarget
from program.pack.contact import Correspondence
from program.pack.csv_file import read_rows
from program.pack.pack import Pack, Program
from program.pack.source import Source
from program.pack.validate import reference_errors
from program.pack.waiver import WaiverEntry
from program.pack.yaml_file import Model, load_model, yaml_location
from program.tools.dhis2 import FILE as DHIS2
from program.tools.dhis2 import Dhis2
from program.tools.tool_form import FOLDER as TOOL_FORMS
from program.tools.tool_form import ToolForm
from program.units.counts import FILE as COUNTS
from program.units.counts import UnitCount
from program.units.register import UnitRegister
from program.units.unit import UnitKind


class _Projects(Model):
    projects: tuple[Project, ...]


class _Indicators(Model):
    indicators: tuple[Indicator, ...]


class _Sources(Model):
    sources: tuple[Source, ...] = Field(min_length=1)


class _Capital(Model):
    capital_sources: tuple[CapitalSource, ...]


_CAPITAL = "capital.yaml"
_INDICATORS = "indicators.yaml"
_PROGRAM = "program.yaml"
_SOURCES = "sources.yaml"
NARRATIVE = "narrative"
"""The only column of the narrative part: its elements are `narrative_<line>`."""
_NARRATIVE_FILE = "forms/narrative.yaml"


class _Corrections(Model):
    corrections: tuple[WaiverEntry, ...]


@dataclass(frozen=True, slots=True)
class _PackFiles:
    """The files of a pack that define figures: its own, else those of the pack that it extends."""

    folder: Path
    extended: Path | None

    def path(self, name: str) -> Path:
        """Return where a file is. One that neither folder has is named in the pack's own."""
        for folder in self._folders:
            if (folder / name).is_file():
                return folder / name
        return self.folder / name

    def is_taken_over(self, name: str) -> bool:
        """Tell whether a file is that of the extended pack."""
        return self.path(name) != self.folder / name

    def layout_files(self) -> list[Path]:
        """Return the files that say how reports are laid out, in a fixed order."""
        narrative = self.path(_NARRATIVE_FILE)
        files = self.form_files()
        if narrative.is_file():
            files.insert(0, narrative)
        return [*files, *_tool_form_files(self.folder)]

    def form_files(self) -> list[Path]:
        """Return the files of all versions of forms, in the order of their names."""
        names: set[Path] = set()
        for folder in self._folders:
            names.update(path.relative_to(folder) for path in folder.glob("forms/*/*.yaml"))
        return [self.path(str(name)) for name in sorted(names)]

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.folder,) if self.extended is None else (self.folder, self.extended)


def load_pack(folder: Path) -> Pack:
    """Read and validate a pack.

    Raises:
        ConfigurationError: Something is wrong. The message names the file, its line and the key.
    """
    if not (folder / _PROGRAM).is_file():
        raise ConfigurationError(f"MTQG_PACK: {folder} is no pack: it has no {_PROGRAM}")
    program = load_model(folder / _PROGRAM, Program)
    files = _PackFiles(folder, _extended(folder, program))
    correction_files = sorted(folder.glob("corrections/*.yaml"))
    units = UnitRegister.read(folder / "units.csv")
    projects = load_model(files.path("projects.yaml"), _Projects)
    narrative = _load_narrative(files.path(_NARRATIVE_FILE))
    forms = tuple(_load_form(path, narrative) for path in files.form_files())
    pack = Pack(
        folder=folder,
        program=program,
        units=units,
        projects=projects.projects,
        capital=_load_capital(files),
        indicators=_load_indicators(files),
        forms=forms,
        sources=_load_sources(folder / _SOURCES, program, units),
        calendar=load_model(files.path("calendar.yaml"), Calendar),
        correspondence=load_model(folder / "contacts.yaml", Correspondence),
        unit_targets=read_rows(folder / "targets.csv", UnitTarget),
        unit_counts=read_rows(folder / COUNTS, UnitCount),
        correction_files=_load_corrections(correction_files),
        tool_forms=_load_tool_forms(folder),
        dhis2=_load_dhis2(folder / DHIS2),
        # Of the files that decide how a report is read and checked.
        fingerprint=fingerprint_of([*files.layout_files(), *correction_files]),
        extended=files.extended,
    )
    _refuse_wrong_references(pack, files)
    _refuse_extending_province(pack)
    return pack


def _extended(folder: Path, program: Program) -> Path | None:
    """Return the folder of the pack that a pack extends, or None.

    Raises:
        ConfigurationError: It is no pack, or it extends another one itself.
    """
    if not program.extends:
        return None
    extended = (folder / program.extends).resolve()
    place = yaml_location(folder / _PROGRAM, ("extends",))
    if not (extended / _PROGRAM).is_file():
        raise ConfigurationError(f"{place}{extended} is no pack: it has no {_PROGRAM}")
    if load_model(extended / _PROGRAM, Program).extends:
        raise ConfigurationError(f"{place}{extended} extends another pack itself: name that one")
    return extended


def _refuse_extending_province(pack: Pack) -> None:
    # A run copies, ships and compares the folder of its pack: it must be whole (decision 10).
    if pack.extended is not None and pack.province.kind is not UnitKind.NATION:
        place = yaml_location(pack.folder / _PROGRAM, ("extends",))
        raise ConfigurationError(
            f"{place}only the national pack extends another; that of {pack.province.name} has all "
            "files itself (docs/national.md)"
        )


def _load_capital(files: _PackFiles) -> tuple[CapitalSource, ...]:
    """Return the sources of capital; of the extended pack's, with the national amounts only."""
    declared = load_model(files.path(_CAPITAL), _Capital).capital_sources
    if not files.is_taken_over(_CAPITAL):
        return declared
    return tuple(source.of_nation() for source in declared)


def _load_indicators(files: _PackFiles) -> tuple[Indicator, ...]:
    """Return the indicators; of the extended pack's, without what its province set itself."""
    declared = load_model(files.path(_INDICATORS), _Indicators).indicators
    if not files.is_taken_over(_INDICATORS):
        return declared
    national = [indicator.of_nation() for indicator in declared]
    return tuple(indicator for indicator in national if indicator is not None)


def _load_sources(path: Path, program: Program, units: UnitRegister) -> tuple[Source, ...]:
    """Return where reports come from. The nation may have no file: it reads partitions only."""
    first = units.latest(program.province)
    is_nation = first is not None and first.kind is UnitKind.NATION
    if is_nation and not path.is_file():
        return ()
    return load_model(path, _Sources).sources


def load_calendar(folder: Path) -> Calendar:
    """Read and validate a pack's `calendar.yaml` alone.

    Raises:
        ConfigurationError: Something is wrong. The message names the file, its line and the key.
    """
    return load_model(folder / "calendar.yaml", Calendar)


def layout_files(folder: Path) -> list[Path]:
    """Return the files in a folder that say how reports are laid out, in a fixed order."""
    return _PackFiles(folder, None).layout_files()


def _tool_form_files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{TOOL_FORMS}/*.yaml"))


def _load_dhis2(path: Path) -> Dhis2 | None:
    return load_model(path, Dhis2) if path.is_file() else None


def _load_tool_forms(folder: Path) -> dict[str, ToolForm]:
    return {path.stem: load_model(path, ToolForm) for path in _tool_form_files(folder)}


def _load_form(path: Path, narrative: Table | None) -> Form:
    """Return one version of a form. Its path must be `<code>/<version>.yaml`."""
    form = load_model(path, Form)
    _refuse_difference(path, "code", declared=form.code, in_path=path.parent.name)
    _refuse_difference(path, "version", declared=form.version, in_path=path.stem)
    if narrative is None or not form.narrative:
        return form
    try:
        return form.with_table(narrative)
    except ValueError as wrong:
        raise ConfigurationError(f"{path}: the narrative part does not fit: {wrong}") from wrong


def _load_narrative(path: Path) -> Table | None:
    """Return the narrative part that each form of a pack gets; None where the pack has none."""
    if not path.is_file():
        return None
    table = load_model(path, Table)
    names = [column.name for column in table.columns]
    is_narrative = table.kind == "matrix" and table.is_words_only and table.optional
    if not is_narrative or names != [NARRATIVE]:
        raise ConfigurationError(
            f"{path}: expected an optional matrix with one column {NARRATIVE} of text; "
            f"found {table.kind} {', '.join(names)}"
        )
    return table


def _refuse_difference(
    path: Path,
    key: str,
    *,
    declared: str,
    in_path: str,
) -> None:
    if declared != in_path:
        place = yaml_location(path, (key,))
        raise ConfigurationError(
            f"{place}expected {in_path}, as the file's path has it; found {declared}"
        )


def _load_corrections(paths: list[Path]) -> dict[str, tuple[WaiverEntry, ...]]:
    corrections = {}
    for path in paths:
        corrections[f"corrections/{path.name}"] = load_model(path, _Corrections).corrections
    return corrections


def _refuse_wrong_references(pack: Pack, files: _PackFiles) -> None:
    lines = []
    for file, location, text in reference_errors(pack):
        path = files.path(file)
        # Only YAML has keys to point at.
        place = yaml_location(path, location) if location else f"{path}: "
        lines.append(place + text)
    if lines:
        raise ConfigurationError("\n".join(lines))


def fingerprint_of(files: list[Path]) -> str:
    """Return 12 hexadecimal digits that change when a file changes its name or content."""
    digest = hashlib.sha256()
    for path in files:
        # The zero bytes keep the end of one part apart from the beginning of the next.
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
