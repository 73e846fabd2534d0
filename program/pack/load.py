"""Reading a pack: one province's program, declared in `config/<pack>/`."""

import hashlib
from pathlib import Path

from pydantic import Field

from program.calendar.schedule import Calendar
from program.errors import ConfigurationError
from program.forms.form import Form
from program.forms.table import Table
from program.pack.catalogue import CapitalSource, Indicator, Project
from program.pack.contact import Correspondence
from program.pack.csv_file import read_rows
from program.pack.pack import Pack, Program
from program.pack.source import Source
from program.pack.unit_target import FILE as TARGETS
from program.pack.unit_target import UnitTarget
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

__all__ = ["Pack", "Program", "fingerprint_of", "load_calendar", "load_pack"]


class _Projects(Model):
    projects: tuple[Project, ...]


class _Indicators(Model):
    indicators: tuple[Indicator, ...]


class _Sources(Model):
    sources: tuple[Source, ...] = Field(min_length=1)


class _Capital(Model):
    capital_sources: tuple[CapitalSource, ...]


NARRATIVE = "narrative"
"""The only column of the narrative part: its elements are `narrative_<line>`."""
_NARRATIVE_FILE = "forms/narrative.yaml"


class _Corrections(Model):
    corrections: tuple[WaiverEntry, ...]


def load_pack(folder: Path) -> Pack:
    """Read and validate a pack.

    Raises:
        ConfigurationError: Something is wrong. The message names the file, its line and the key.
    """
    if not (folder / "program.yaml").is_file():
        raise ConfigurationError(f"MTQG_PACK: {folder} is no pack: it has no program.yaml")
    form_files = sorted(folder.glob("forms/*/*.yaml"))
    correction_files = sorted(folder.glob("corrections/*.yaml"))
    program = load_model(folder / "program.yaml", Program)
    units = UnitRegister.read(folder / "units.csv")
    projects = load_model(folder / "projects.yaml", _Projects)
    capital = load_model(folder / "capital.yaml", _Capital)
    indicators = load_model(folder / "indicators.yaml", _Indicators)
    narrative = _load_narrative(folder / _NARRATIVE_FILE)
    forms = tuple(_load_form(path, narrative) for path in form_files)
    sources = load_model(folder / "sources.yaml", _Sources)
    pack = Pack(
        folder=folder,
        program=program,
        units=units,
        projects=projects.projects,
        capital=capital.capital_sources,
        indicators=indicators.indicators,
        forms=forms,
        sources=sources.sources,
        calendar=load_calendar(folder),
        correspondence=load_model(folder / "contacts.yaml", Correspondence),
        unit_targets=read_rows(folder / TARGETS, UnitTarget),
        unit_counts=read_rows(folder / COUNTS, UnitCount),
        correction_files=_load_corrections(correction_files),
        tool_forms=_load_tool_forms(folder),
        dhis2=_load_dhis2(folder / DHIS2),
        # Of the files that decide how a report is read and checked.
        fingerprint=fingerprint_of([*layout_files(folder), *correction_files]),
    )
    _refuse_wrong_references(pack)
    return pack


def load_calendar(folder: Path) -> Calendar:
    """Read and validate a pack's `calendar.yaml` alone.

    Raises:
        ConfigurationError: Something is wrong. The message names the file, its line and the key.
    """
    return load_model(folder / "calendar.yaml", Calendar)


def layout_files(folder: Path) -> list[Path]:
    """Return the files of a pack that say how its reports are laid out, in a fixed order."""
    narrative = folder / _NARRATIVE_FILE
    files = sorted(folder.glob("forms/*/*.yaml"))
    if narrative.is_file():
        files.insert(0, narrative)
    return [*files, *_tool_form_files(folder)]


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


def _refuse_wrong_references(pack: Pack) -> None:
    lines = []
    for file, location, text in reference_errors(pack):
        path = pack.folder / file
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
