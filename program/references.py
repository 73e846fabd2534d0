"""What is wrong with a pack as a whole: a part that names what no other part declares, or one thing declared twice.

What is only missing, and may be so for good reason, is in `program.gaps`.
"""

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

from program.catalogue import Indicator
from program.configuration import repeated
from program.form import Form
from program.schedule import Duty

if TYPE_CHECKING:
    from program.pack import Pack


def wrong_references(pack: "Pack") -> list[str]:
    """Return a line for each mistake, beginning with the file that it is in; none where the parts fit together."""
    return [
        *_doubled(pack),
        *_unknown_codes(pack),
        *(line for duty in pack.calendar.duties for line in _of_duty(duty, pack)),
        *(line for indicator in pack.indicators for line in _of_indicator(indicator, pack)),
    ]


def _doubled(pack: "Pack") -> Iterator[str]:
    """Yield each code or name that stands twice: the first would win and the second be lost in silence."""
    named = {
        "projects.yaml": [p.code for p in pack.projects],
        "capital.yaml": [c.code for c in pack.capital],
        "indicators.yaml": [i.code for i in pack.indicators],
        "sources.yaml": [s.name for s in pack.sources],
    }
    for file, names in named.items():
        yield from (f"{file}: {name} stands twice" for name in repeated(names))
    for one, other in combinations(pack.forms, 2):
        if one.code == other.code and _overlap(one, other):
            both = f"{one.version} and {other.version}"
            yield f"forms/{one.code}: {both} are in force on the same day; give the older one a valid_to"


def _overlap(one: Form, other: Form) -> bool:
    return one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max)


def _unknown_codes(pack: "Pack") -> Iterator[str]:
    projects, units, capital = {p.code for p in pack.projects}, {u.code for u in pack.units}, {c.code for c in pack.capital}
    if pack.program.province not in units:
        yield f"program.yaml: province: units.csv has no unit {pack.program.province}"
    for project in pack.projects:
        if project.parent and project.parent not in projects:
            yield f"projects.yaml: {project.code}: unknown parent {project.parent}"
    for source in pack.capital:
        if source.parent and source.parent not in capital:
            yield f"capital.yaml: {source.code}: unknown parent {source.parent}"
    for form in pack.forms:
        if form.project and form.project not in projects:
            yield f"forms/{form.code}/{form.version}.yaml: unknown project {form.project}"
    for code in pack.correspondence.units:
        if code not in units:
            yield f"contacts.yaml: unknown unit {code}"


def _of_duty(duty: Duty, pack: "Pack") -> Iterator[str]:
    versions = [f for f in pack.forms if f.code == duty.form]
    if not versions:
        yield f"calendar.yaml: unknown form {duty.form}"
    elif not any(duty.every in f.periods for f in versions):
        yield f"calendar.yaml: {duty.form}: every: no version of the form takes a {duty.every.value}"
    elif not any(duty.stage in f.stages for f in versions):
        yield f"calendar.yaml: {duty.form}: stage: no version of the form has the stage {duty.stage.value}"


def _of_indicator(indicator: Indicator, pack: "Pack") -> Iterator[str]:
    place = f"indicators.yaml: {indicator.code}"
    if indicator.project and indicator.project not in {p.code for p in pack.projects}:
        yield f"{place}: unknown project {indicator.project}"
    if indicator.form is None:
        return
    versions = [f for f in pack.forms if f.code == indicator.form]
    if not versions:
        yield f"{place}: unknown form {indicator.form}"
        return
    known = {name for form in versions for name in form.figures}
    for name in (indicator.numerator, indicator.denominator):
        if name and name not in known:
            yield f"{place}: form {indicator.form} has no figure {name}"
