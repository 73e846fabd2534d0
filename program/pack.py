"""A pack: one province's program, declared in `config/<pack>/`."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import Field

from program.catalogue import CapitalSource, Indicator, Project
from program.configuration import Model, load_model, place_of
from program.contact import Contact, Correspondence
from program.correction import Correction
from program.errors import ConfigurationError
from program.form import Form
from program.period import Period
from program.references import wrong_references
from program.schedule import Calendar
from program.source import Source
from program.stage import Stage
from program.units import Unit, UnitRegister


class Program(Model):
    """A pack's `program.yaml`: who it is for. `notice` is printed on the page where a sample is shown."""

    province: str
    name: str
    short_name: str
    office: str
    site_title: str
    notice: str = ""
    source: str


class _Projects(Model):
    projects: tuple[Project, ...]


class _Indicators(Model):
    indicators: tuple[Indicator, ...]


class _Sources(Model):
    sources: tuple[Source, ...] = Field(min_length=1)


class _Capital(Model):
    capital_sources: tuple[CapitalSource, ...]


class _Corrections(Model):
    corrections: tuple[Correction, ...]


@dataclass(frozen=True)
class Pack:
    """Everything a province declares, validated. `folder` is where it was read from.

    `correction_files` are the overruled findings, by the file below `folder` that declares them.
    """

    folder: Path
    program: Program
    units: UnitRegister
    projects: tuple[Project, ...]
    capital: tuple[CapitalSource, ...]
    indicators: tuple[Indicator, ...]
    forms: tuple[Form, ...]
    sources: tuple[Source, ...]
    calendar: Calendar
    correspondence: Correspondence
    correction_files: dict[str, tuple[Correction, ...]]
    fingerprint: str

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """Every finding that somebody overruled."""
        return tuple(correction for of_file in self.correction_files.values() for correction in of_file)

    @property
    def province(self) -> Unit:
        """The province itself, a reporting unit like any other."""
        unit = self.units.latest(self.program.province)
        if unit is None:
            raise ConfigurationError(f"{self.folder}/units.csv: no unit has the province's code {self.program.province}")
        return unit

    def form(self, code: str, period: Period) -> Form | None:
        """Return the version of form `code` in force for `period`, or None."""
        return next((f for f in self.forms if f.code == code and f.covers(period)), None)

    def unit_on(self, code: str | None, period: str | None) -> Unit | None:
        """Return the unit that bore `code` on the last day of a period's code; its last bearer where no period is known."""
        if code is None:
            return None
        return (self.units.get(code, Period.parse(period).end) if period else None) or self.units.latest(code)

    def label_of(self, form_code: str | None, period: str | None, stage: Stage) -> str | None:
        """Return a period as an office writes it, with the stage where the form has more than one; None where unknown."""
        if period is None:
            return None
        form = next((f for f in self.forms if f.code == form_code), None)
        return form.label_of(Period.parse(period), stage) if form else Period.parse(period).label

    def deadline_of(self, form: str, unit: str, period: str, stage: Stage) -> date | None:
        """Return when a unit's report is due; None where nobody has said so: a placeholder of the calendar is no deadline."""
        reporter, of_period = self.unit_on(unit, period), Period.parse(period)
        return self.calendar.deadline(form, stage, reporter.kind, of_period) if reporter else None

    def indicator(self, code: str) -> Indicator | None:
        """Return the indicator `code`, or None."""
        return next((i for i in self.indicators if i.code == code), None)

    def contact_of(self, unit_code: str | None) -> Contact:
        """Return whom to write to about what `unit_code` sent; the office itself where nobody is known."""
        return self.correspondence.units.get(unit_code or "", self.correspondence.office)


def load_pack(folder: Path) -> Pack:
    """Read and validate a pack. Raises ConfigurationError that names the file, its line and the key."""
    if not (folder / "program.yaml").is_file():
        raise ConfigurationError(f"MTQG_PACK: {folder} is no pack: it has no program.yaml")
    form_files, correction_files = sorted(folder.glob("forms/*/*.yaml")), sorted(folder.glob("corrections/*.yaml"))
    pack = Pack(
        folder=folder,
        program=load_model(folder / "program.yaml", Program),
        units=UnitRegister.read(folder / "units.csv"),
        projects=load_model(folder / "projects.yaml", _Projects).projects,
        capital=load_model(folder / "capital.yaml", _Capital).capital_sources,
        indicators=load_model(folder / "indicators.yaml", _Indicators).indicators,
        forms=tuple(_load_form(path) for path in form_files),
        sources=load_model(folder / "sources.yaml", _Sources).sources,
        calendar=load_model(folder / "calendar.yaml", Calendar),
        correspondence=load_model(folder / "contacts.yaml", Correspondence),
        correction_files={f"corrections/{path.name}": load_model(path, _Corrections).corrections for path in correction_files},
        fingerprint=fingerprint_of([*form_files, *correction_files]),
    )
    wrong = wrong_references(pack)
    if wrong:
        raise ConfigurationError("\n".join(place_of(folder / file, location) + text for file, location, text in wrong))
    return pack


def _load_form(path: Path) -> Form:
    """Return a version of a form, whose folder and file are called what it says that it is."""
    form = load_model(path, Form)
    for key, said, called in (("code", form.code, path.parent.name), ("version", form.version, path.stem)):
        if said != called:
            raise ConfigurationError(f"{place_of(path, (key,))}expected {called}, as the file's path has it; found {said}")
    return form


def fingerprint_of(files: list[Path]) -> str:
    """Return 12 hexadecimal digits that change when any of `files` changes its name or content."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
