"""What is wrong with a pack as a whole: unknown codes, and things declared twice.

What is only missing, perhaps for good reason, is in `program.pack.completeness`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import NamedTuple

from program.calendar.period import Period
from program.calendar.schedule import Duty
from program.forms.form import Form
from program.forms.plan_pairs import can_be_planned, planned_names
from program.pack.catalogue import CapitalSource, Indicator, Project
from program.pack.pack import Pack
from program.pack.waiver import WaiverEntry
from program.pack.yaml_file import repeated
from program.tools.dhis2 import FILE as DHIS2
from program.tools.mapping_mistakes import (
    did_you_mean,
    mistakes_of_dhis2,
    mistakes_of_source,
    mistakes_of_tool_form,
)
from program.tools.tool_form import FOLDER as TOOL_FORMS
from program.units.counts import FILE as COUNTS

_CALENDAR = "calendar.yaml"
_CAPITAL = "capital.yaml"
_CONTACTS = "contacts.yaml"
_INDICATORS = "indicators.yaml"
_PROGRAM = "program.yaml"
_PROJECTS = "projects.yaml"
_SOURCES = "sources.yaml"
_TARGETS = "targets.csv"


class PackError(NamedTuple):
    """What is wrong in `file`. `location` are the keys and positions from the top of the file."""

    file: str
    location: tuple[int | str, ...]
    text: str


def reference_errors(pack: Pack) -> list[PackError]:
    """Return every mistake; an empty list where all parts fit together."""
    return [
        *_repeated_names(pack),
        *_overlapping_versions(pack.forms),
        *_unknown_codes(pack),
        *_mistakes_of_plans(pack),
        *_mistakes_of_duties(pack),
        *_mistakes_of_indicators(pack),
        *_mistakes_of_unit_targets(pack),
        *_mistakes_of_unit_counts(pack),
        *_mistakes_of_corrections(pack),
        *_mistakes_of_tool_forms(pack),
        *_mistakes_of_dhis2(pack),
    ]


def _repeated_names(pack: Pack) -> Iterator[PackError]:
    """Yield each code or name that stands twice: one of the two entries would be ignored."""
    projects = [project.code for project in pack.projects]
    capital = [source.code for source in pack.capital]
    indicators = [indicator.code for indicator in pack.indicators]
    sources = [source.name for source in pack.sources]
    yield from _repeated(_PROJECTS, "projects", projects)
    yield from _repeated(_CAPITAL, "capital_sources", capital)
    yield from _repeated(_INDICATORS, "indicators", indicators)
    yield from _repeated(_SOURCES, "sources", sources)


def _repeated(file: str, key: str, names: list[str]) -> Iterator[PackError]:
    # The last entry is the one that somebody added.
    last_positions = {name: position for position, name in enumerate(names)}
    for name in repeated(names):
        location = (key, last_positions[name])
        yield PackError(file, location, f"{name} stands twice")


def _overlapping_versions(forms: Iterable[Form]) -> Iterator[PackError]:
    """Yield each pair of versions of a form between which a report could not choose."""
    for one, other in combinations(forms, 2):
        if one.code != other.code or not _overlap(one, other):
            continue
        text = (
            f"{one.version} and {other.version} are in force on the same day; "
            "give the older one a valid_to"
        )
        yield PackError(_file_of(one), ("valid_from",), text)


def _overlap(one: Form, other: Form) -> bool:
    one_ends = one.valid_to or date.max
    other_ends = other.valid_to or date.max
    return one.valid_from <= other_ends and other.valid_from <= one_ends


def _file_of(form: Form) -> str:
    return f"forms/{form.code}/{form.version}.yaml"


def _unknown_codes(pack: Pack) -> Iterator[PackError]:
    unit_codes = {unit.code for unit in pack.units}
    project_codes = {project.code for project in pack.projects}
    province = pack.program.province
    if province not in unit_codes:
        text = f"units.csv has no unit {province}"
        yield PackError(_PROGRAM, ("province",), text)
    yield from _unknown_parents(_PROJECTS, "projects", pack.projects)
    yield from _unknown_parents(_CAPITAL, "capital_sources", pack.capital)
    for form in pack.forms:
        if form.project and form.project not in project_codes:
            text = f"unknown project {form.project}"
            yield PackError(_file_of(form), ("project",), text)
    for code in pack.correspondence.units:
        if code not in unit_codes:
            location = ("units", code)
            yield PackError(_CONTACTS, location, f"unknown unit {code}")


def _mistakes_of_plans(pack: Pack) -> Iterator[PackError]:
    """Yield each plan of a form or figure that the pack does not have, and each second plan."""
    planned_by: dict[tuple[str, str], str] = {}
    for form in pack.forms:
        code = form.plan_of or form.code
        versions = pack.versions_of(code)
        if not versions:
            text = f"unknown form {code}; the pack has {_form_codes(pack)}"
            yield PackError(_file_of(form), ("plan_of",), text)
            continue
        known = set[str]().union(*(can_be_planned(version) for version in versions))
        for name, result in planned_names(form):
            first = planned_by.setdefault((code, result), f"{form.code}.{name}")
            if result not in known:
                hint = did_you_mean(result, known)
                text = f"{name}: plans: form {code} has no figure {result}{hint}"
                yield PackError(_file_of(form), ("tables",), text)
            elif first != f"{form.code}.{name}":
                text = f"{name}: plans: {first} plans {result} already"
                yield PackError(_file_of(form), ("tables",), text)


def _unknown_parents(
    file: str,
    key: str,
    entries: Sequence[Project | CapitalSource],
) -> Iterator[PackError]:
    """Yield the entries of a catalogue whose parent is no entry of it."""
    codes = {entry.code for entry in entries}
    for position, entry in enumerate(entries):
        if entry.parent and entry.parent not in codes:
            location = (key, position, "parent")
            text = f"{entry.code}: unknown parent {entry.parent}"
            yield PackError(file, location, text)


def _mistakes_of_duties(pack: Pack) -> Iterator[PackError]:
    for number, duty in enumerate(pack.calendar.duties):
        mistake = _mistake_of_duty(duty, pack)
        if mistake is not None:
            key, text = mistake
            yield PackError(_CALENDAR, ("duties", number, key), text)


def _mistake_of_duty(duty: Duty, pack: Pack) -> tuple[str, str] | None:
    """Return the key that is wrong in a duty, and why; None if its form can be reported so."""
    versions = pack.versions_of(duty.form)
    if not versions:
        return "form", f"unknown form {duty.form}; the pack has {_form_codes(pack)}"
    kind = duty.every
    if not any(kind in form.periods for form in versions):
        return "every", f"{duty.form}: no version of the form takes a {kind.value}"
    stage = duty.stage
    if not any(stage in form.stages for form in versions):
        return "stage", f"{duty.form}: no version of the form has the stage {stage.value}"
    return None


def _mistakes_of_indicators(pack: Pack) -> Iterator[PackError]:
    for number, indicator in enumerate(pack.indicators):
        for key, text in _mistakes_of_indicator(indicator, pack):
            location = ("indicators", number, key)
            yield PackError(_INDICATORS, location, f"{indicator.code}: {text}")


def _mistakes_of_indicator(indicator: Indicator, pack: Pack) -> Iterator[tuple[str, str]]:
    project_codes = {project.code for project in pack.projects}
    project = indicator.project
    if project and project not in project_codes:
        yield "project", f"unknown project {project}"
    form_code = indicator.form
    # An indicator may wait for its form: `program.pack.completeness` lists it.
    if form_code is None:
        return
    versions = pack.versions_of(form_code)
    if not versions:
        yield "form", f"unknown form {form_code}; the pack has {_form_codes(pack)}"
        return
    # A figure of any version counts: reports of earlier periods had it.
    figures: set[str] = set()
    for form in versions:
        figures.update(form.figures)
    named = {
        "numerator": indicator.numerator,
        "denominator": indicator.denominator,
        "weight": indicator.weight,
    }
    for key, name in named.items():
        if name and name not in figures:
            hint = did_you_mean(name, figures)
            yield key, f"form {form_code} has no figure {name}{hint}"


def _mistakes_of_unit_targets(pack: Pack) -> Iterator[PackError]:
    """Yield each target of a unit or an indicator that the pack does not have, or a second one."""
    seen: set[tuple[str, str, str]] = set()
    for target in pack.unit_targets:
        what = f"{target.indicator}, unit {target.unit}, {target.period}"
        key = (target.indicator, target.unit, target.period)
        if key in seen:
            yield PackError(_TARGETS, (), f"{what}: stands twice")
        seen.add(key)
        if pack.indicator(target.indicator) is None:
            yield PackError(_TARGETS, (), f"{what}: unknown indicator")
        # On the first day: a unit that ends within the period has the target all the same.
        first_day = Period.parse(target.period).start
        if pack.units.get(target.unit, first_day) is None:
            yield PackError(_TARGETS, (), f"{what}: units.csv has no such unit in the period")


def _mistakes_of_unit_counts(pack: Pack) -> Iterator[PackError]:
    """Yield each count of a unit that did not exist on its day."""
    for count in pack.unit_counts:
        if pack.units.get(count.unit, count.as_of) is None:
            what = f"{count.counted} of unit {count.unit}"
            text = f"{what}: units.csv has no such unit on {count.as_of}"
            yield PackError(COUNTS, (), text)


def _mistakes_of_corrections(pack: Pack) -> Iterator[PackError]:
    """Yield each correction of a report that the pack does not have, or of a finding twice."""
    # Two people may waive one finding in two files, and only one reason would be kept.
    files_by_place: dict[str, str] = {}
    for file, corrections in pack.correction_files.items():
        for number, correction in enumerate(corrections):
            location = ("corrections", number)
            place = correction.place
            other_file = files_by_place.get(place)
            if other_file is None:
                files_by_place[place] = file
            else:
                text = f"{place} stands twice, the other time in {other_file}"
                yield PackError(file, location, text)
            for key, text in _mistakes_of_correction(correction, pack):
                yield PackError(file, (*location, key), text)


def _mistakes_of_correction(correction: WaiverEntry, pack: Pack) -> Iterator[tuple[str, str]]:
    code = correction.form
    period = Period.parse(correction.period)
    form = pack.form(code, period)
    # One mistake of the form is enough: the others follow from it.
    if form is None:
        text = f"no form {code} is in force for {correction.period}"
        yield "form", f"{text}; the pack has {_form_codes(pack)}"
    elif period.kind not in form.periods:
        kind = period.kind.value
        yield "period", f"{code} is no report of a {kind}; found {correction.period}"
    elif correction.stage not in form.stages:
        stage = correction.stage.value
        yield "stage", f"{code} has no stage {stage}"
    unit = pack.units.get(correction.unit, period.end)
    if unit is None:
        yield "unit", f"units.csv has no unit {correction.unit} in {correction.period}"


def _form_codes(pack: Pack) -> str:
    codes = {form.code for form in pack.forms}
    return ", ".join(sorted(codes))


def _mistakes_of_dhis2(pack: Pack) -> Iterator[PackError]:
    if pack.dhis2 is not None:
        for location, text in mistakes_of_dhis2(pack.dhis2, pack):
            yield PackError(DHIS2, location, text)


def _mistakes_of_tool_forms(pack: Pack) -> Iterator[PackError]:
    """Yield what is wrong with the mappings of form tools, and with the sources that name them."""
    for name, tool_form in pack.tool_forms.items():
        for location, text in mistakes_of_tool_form(tool_form, pack):
            yield PackError(f"{TOOL_FORMS}/{name}.yaml", location, text)
    for number, source in enumerate(pack.sources):
        for key, text in mistakes_of_source(source, pack):
            yield PackError(_SOURCES, ("sources", number, key), f"{source.name}: {text}")
