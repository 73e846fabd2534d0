"""A pack: one province's program, declared in `config/<pack>/`."""

import hashlib
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from pydantic import Field

from program.catalogue import Indicator, Project
from program.configuration import Model, load_model, repeated
from program.contact import Contact, Correspondence
from program.errors import ConfigurationError
from program.form import Form
from program.period import Period
from program.schedule import Duty
from program.source import Source
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


class _Calendar(Model):
    duties: tuple[Duty, ...]


@dataclass(frozen=True)
class Pack:
    """Everything a province declares, validated. `folder` is where it was read from."""

    folder: Path
    program: Program
    units: UnitRegister
    projects: tuple[Project, ...]
    indicators: tuple[Indicator, ...]
    forms: tuple[Form, ...]
    sources: tuple[Source, ...]
    duties: tuple[Duty, ...]
    correspondence: Correspondence
    fingerprint: str

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

    def contact_of(self, unit_code: str | None) -> Contact:
        """Return whom to write to about what `unit_code` sent; the office itself where nobody is known."""
        return self.correspondence.units.get(unit_code or "", self.correspondence.office)


def load_pack(folder: Path) -> Pack:
    """Read and validate a pack. Raises ConfigurationError that names the file and the key."""
    if not (folder / "program.yaml").is_file():
        raise ConfigurationError(f"MTQG_PACK: {folder} is no pack: it has no program.yaml")
    form_files = sorted(folder.glob("forms/*/*.yaml"))
    pack = Pack(
        folder=folder,
        program=load_model(folder / "program.yaml", Program),
        units=UnitRegister.read(folder / "units.csv"),
        projects=load_model(folder / "projects.yaml", _Projects).projects,
        indicators=load_model(folder / "indicators.yaml", _Indicators).indicators,
        forms=tuple(load_model(path, Form) for path in form_files),
        sources=load_model(folder / "sources.yaml", _Sources).sources,
        duties=load_model(folder / "calendar.yaml", _Calendar).duties,
        correspondence=load_model(folder / "contacts.yaml", Correspondence),
        fingerprint=fingerprint_of(form_files),
    )
    _check_references(pack)
    return pack


def fingerprint_of(files: list[Path]) -> str:
    """Return 12 hexadecimal digits that change when any of `files` changes its name or content."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _check_references(pack: Pack) -> None:
    """Refuse a pack whose parts name what another part does not declare."""
    projects = {p.code for p in pack.projects}
    forms = {f.code for f in pack.forms}
    units = {u.code for u in pack.units}
    wrong = _doubled(pack)
    if pack.program.province not in units:
        wrong.append(f"program.yaml: province: units.csv has no unit {pack.program.province}")
    wrong += [
        f"projects.yaml: {p.code}: unknown parent {p.parent}" for p in pack.projects if p.parent and p.parent not in projects
    ]
    wrong += [f"forms/{f.code}: unknown project {f.project}" for f in pack.forms if f.project not in projects]
    wrong += [
        f"calendar.yaml: {d.form}: every: no version of the form takes a {d.every.value}"
        for d in pack.duties
        if d.form in forms and not any(d.every in f.periods for f in pack.forms if f.code == d.form)
    ]
    wrong += [f"calendar.yaml: unknown form {d.form}" for d in pack.duties if d.form not in forms]
    wrong += [f"contacts.yaml: unknown unit {code}" for code in pack.correspondence.units if code not in units]
    for indicator in pack.indicators:
        wrong += _check_indicator(indicator, projects, pack.forms)
    if wrong:
        raise ConfigurationError("\n".join(f"{pack.folder}/{line}" for line in wrong))


def _doubled(pack: Pack) -> list[str]:
    """Return a line for each code or name that stands twice: the first would win and the second be lost in silence."""
    named = {
        "projects.yaml": [p.code for p in pack.projects],
        "indicators.yaml": [i.code for i in pack.indicators],
        "sources.yaml": [s.name for s in pack.sources],
    }
    wrong = [f"{file}: {name} stands twice" for file, names in named.items() for name in repeated(names)]
    wrong += [
        f"forms/{one.code}: {one.version} and {other.version} are in force on the same day; give the older one a valid_to"
        for one, other in combinations(pack.forms, 2)
        if one.code == other.code and _overlap(one, other)
    ]
    return wrong


def _overlap(one: Form, other: Form) -> bool:
    return one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max)


def _check_indicator(indicator: Indicator, projects: set[str], forms: tuple[Form, ...]) -> list[str]:
    place = f"indicators.yaml: {indicator.code}"
    if indicator.project and indicator.project not in projects:
        return [f"{place}: unknown project {indicator.project}"]
    if indicator.form is None:
        return []
    versions = [f for f in forms if f.code == indicator.form]
    if not versions:
        return [f"{place}: unknown form {indicator.form}"]
    known = {name for f in versions for t in f.tables for name in t.elements}
    wanted = [name for name in (indicator.numerator, indicator.denominator) if name]
    return [f"{place}: form {indicator.form} has no element {name}" for name in wanted if name not in known]
