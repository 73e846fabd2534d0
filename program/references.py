"""What is wrong with a pack as a whole: a part that names what no other part declares, or one thing declared twice.

What is only missing, and may be so for good reason, is in `program.gaps`.
"""

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from program.catalogue import Indicator
from program.configuration import repeated
from program.correction import Correction
from program.form import Form
from program.period import Period
from program.schedule import Duty

if TYPE_CHECKING:
    from program.pack import Pack


class Mistake(NamedTuple):
    """What is wrong in `file`; `location` are the keys and positions that lead to it, from the file's beginning."""

    file: str
    location: tuple[int | str, ...]
    text: str


def wrong_references(pack: "Pack") -> list[Mistake]:
    """Return every mistake, file by file; none where the parts fit together."""
    return [
        *_doubled(pack),
        *_unknown_codes(pack),
        *(m for n, duty in enumerate(pack.calendar.duties) for m in _of_duty(n, duty, pack)),
        *(m for n, indicator in enumerate(pack.indicators) for m in _of_indicator(n, indicator, pack)),
        *_of_corrections(pack),
    ]


def _doubled(pack: "Pack") -> Iterator[Mistake]:
    """Yield each code or name that stands twice: the first would win and the second be lost in silence."""
    named = {
        ("projects.yaml", "projects"): [p.code for p in pack.projects],
        ("capital.yaml", "capital_sources"): [c.code for c in pack.capital],
        ("indicators.yaml", "indicators"): [i.code for i in pack.indicators],
        ("sources.yaml", "sources"): [s.name for s in pack.sources],
    }
    for (file, key), names in named.items():
        for name in repeated(names):
            yield Mistake(file, (key, len(names) - 1 - names[::-1].index(name)), f"{name} stands twice")
    for one, other in combinations(pack.forms, 2):
        if one.code == other.code and _overlap(one, other):
            both = f"{one.version} and {other.version}"
            text = f"{both} are in force on the same day; give the older one a valid_to"
            yield Mistake(_file_of(one), ("valid_from",), text)


def _overlap(one: Form, other: Form) -> bool:
    return one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max)


def _file_of(form: Form) -> str:
    return f"forms/{form.code}/{form.version}.yaml"


def _unknown_codes(pack: "Pack") -> Iterator[Mistake]:
    projects, units, capital = {p.code for p in pack.projects}, {u.code for u in pack.units}, {c.code for c in pack.capital}
    if pack.program.province not in units:
        yield Mistake("program.yaml", ("province",), f"units.csv has no unit {pack.program.province}")
    for n, project in enumerate(pack.projects):
        if project.parent and project.parent not in projects:
            yield Mistake("projects.yaml", ("projects", n, "parent"), f"{project.code}: unknown parent {project.parent}")
    for n, source in enumerate(pack.capital):
        if source.parent and source.parent not in capital:
            yield Mistake("capital.yaml", ("capital_sources", n, "parent"), f"{source.code}: unknown parent {source.parent}")
    for form in pack.forms:
        if form.project and form.project not in projects:
            yield Mistake(_file_of(form), ("project",), f"unknown project {form.project}")
    for code in pack.correspondence.units:
        if code not in units:
            yield Mistake("contacts.yaml", ("units", code), f"unknown unit {code}")


def _of_duty(number: int, duty: Duty, pack: "Pack") -> Iterator[Mistake]:
    versions = [f for f in pack.forms if f.code == duty.form]
    at = ("duties", number)
    if not versions:
        known = ", ".join(sorted({f.code for f in pack.forms}))
        yield Mistake("calendar.yaml", (*at, "form"), f"unknown form {duty.form}; the pack has {known}")
    elif not any(duty.every in f.periods for f in versions):
        yield Mistake("calendar.yaml", (*at, "every"), f"{duty.form}: no version of the form takes a {duty.every.value}")
    elif not any(duty.stage in f.stages for f in versions):
        yield Mistake("calendar.yaml", (*at, "stage"), f"{duty.form}: no version of the form has the stage {duty.stage.value}")


def _of_indicator(number: int, indicator: Indicator, pack: "Pack") -> Iterator[Mistake]:
    def mistake(key: str, text: str) -> Mistake:
        return Mistake("indicators.yaml", ("indicators", number, key), f"{indicator.code}: {text}")

    if indicator.project and indicator.project not in {p.code for p in pack.projects}:
        yield mistake("project", f"unknown project {indicator.project}")
    if indicator.form is None:
        return
    versions = [f for f in pack.forms if f.code == indicator.form]
    if not versions:
        known = ", ".join(sorted({f.code for f in pack.forms}))
        yield mistake("form", f"unknown form {indicator.form}; the pack has {known}")
        return
    figures = {name for form in versions for name in form.figures}
    for key, name in (("numerator", indicator.numerator), ("denominator", indicator.denominator)):
        if name and name not in figures:
            yield mistake(key, f"form {indicator.form} has no figure {name}{_nearest(name, figures)}")


def _of_corrections(pack: "Pack") -> Iterator[Mistake]:
    """Yield what a correction names that is no report of the pack, and two that overrule one finding."""
    known: dict[str, str] = {}
    for file, corrections in pack.correction_files.items():
        for number, correction in enumerate(corrections):
            at = ("corrections", number)
            if correction.place in known:
                yield Mistake(file, at, f"{correction.place} stands twice, the other time in {known[correction.place]}")
            known.setdefault(correction.place, file)
            for key, text in _strange_report(correction, pack):
                yield Mistake(file, (*at, key), text)


def _strange_report(correction: Correction, pack: "Pack") -> Iterator[tuple[str, str]]:
    period = Period.parse(correction.period)
    form = pack.form(correction.form, period)
    if form is None:
        known = ", ".join(sorted({f.code for f in pack.forms}))
        yield "form", f"no form {correction.form} is in force for {correction.period}; the pack has {known}"
    elif period.kind not in form.periods:
        yield "period", f"{correction.form} is no report of a {period.kind.value}; found {correction.period}"
    elif correction.stage not in form.stages:
        yield "stage", f"{correction.form} has no stage {correction.stage.value}"
    if pack.units.get(correction.unit, period.end) is None:
        yield "unit", f"units.csv has no unit {correction.unit} in {correction.period}"


def _nearest(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=3)
    return f"; did you mean {' or '.join(near)}?" if near else ""
