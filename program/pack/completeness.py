"""What a pack leaves open. Nothing is wrong, but somebody should know: `mtqg pack check` prints it.

What is wrong with a pack is in `program.pack.validate`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from program.calendar.period import periods_between
from program.calendar.schedule import Duty
from program.pack.catalogue import CapitalSource, Indicator, Tag
from program.pack.pack import Pack
from program.units.unit import Unit

_CALENDAR = "calendar.yaml"
_CAPITAL = "capital.yaml"
_CONTACTS = "contacts.yaml"
_INDICATORS = "indicators.yaml"
_PROJECTS = "projects.yaml"


class GapKind(StrEnum):
    """Why something is a gap."""

    MISSING = "missing"
    """One part of the pack needs another part that is not there."""
    UNKNOWN = "unknown"
    """The pack says that nobody knows it."""
    UNVERIFIED = "unverified"
    """Nobody has seen it in the source that the pack names."""


@dataclass(frozen=True, slots=True)
class PackGap:
    """One gap: `file` and `entry` say where it is, `what` says what is open."""

    kind: GapKind
    file: str
    entry: str
    what: str


def pack_gaps(pack: Pack) -> list[PackGap]:
    """Return every gap of a pack: the missing ones, then the unknown, then the unverified."""
    return [*_missing(pack), *_unknown(pack), *_unverified(pack)]


def _missing(pack: Pack) -> Iterator[PackGap]:
    yield from _forms_without_duty(pack)
    yield from _forms_without_time(pack)
    yield from _duties_without_form(pack)
    yield from _indicators_without_form(pack)
    yield from _projects_without_indicator(pack)
    yield from _units_without_contact(pack)


def _forms_without_duty(pack: Pack) -> Iterator[PackGap]:
    forms_of_duties = {duty.form for duty in pack.calendar.duties}
    # Versions of a form share its code: one gap for all of them. A plan is due only where the
    # calendar asks for it.
    codes = dict.fromkeys(form.code for form in pack.forms if form.plan_of is None)
    for code in codes:
        if code not in forms_of_duties:
            yield PackGap(
                GapKind.MISSING,
                _CALENDAR,
                code,
                "no unit must send this form",
            )


def _forms_without_time(pack: Pack) -> Iterator[PackGap]:
    for form in pack.forms:
        if form.over_time is not None:
            continue
        file = f"forms/{form.code}/{form.version}.yaml"
        what = "over_time: flow or stock? Its figures are never added up over the year"
        yield PackGap(GapKind.MISSING, file, form.code, what)


def _duties_without_form(pack: Pack) -> Iterator[PackGap]:
    """Yield the duties with periods for which no version of their form is in force."""
    for duty in pack.calendar.duties:
        last = duty.last
        if last is None:
            # The duty goes on for ever. Its newest version, once in force, covers all later
            # periods.
            last = max(form.valid_from for form in pack.versions_of(duty.form))
        periods = periods_between(duty.every, duty.first, last)
        uncovered = [period.code for period in periods if pack.form(duty.form, period) is None]
        if not uncovered:
            continue
        listed = ", ".join(uncovered)
        what = f"no version of the form is in force for {listed}: reports would be due and refused"
        yield PackGap(GapKind.MISSING, _CALENDAR, _entry_of_duty(duty), what)


def _indicators_without_form(pack: Pack) -> Iterator[PackGap]:
    for indicator in pack.indicators:
        if indicator.form is not None:
            continue
        what = "no form feeds it"
        if indicator.note:
            what = f"{what}: {indicator.note}"
        yield PackGap(GapKind.MISSING, _INDICATORS, indicator.code, what)


def _projects_without_indicator(pack: Pack) -> Iterator[PackGap]:
    parents = {project.code: project.parent for project in pack.projects}
    measured: set[str | None] = set()
    for indicator in pack.indicators:
        if indicator.form and indicator.project:
            # An indicator of a sub-project measures its project too, but not the other way round.
            measured |= {indicator.project, parents.get(indicator.project)}
    for project in pack.projects:
        if project.code not in measured:
            what = "no indicator with a form measures it"
            yield PackGap(GapKind.MISSING, _PROJECTS, project.code, what)


def _units_without_contact(pack: Pack) -> Iterator[PackGap]:
    # The national pack receives no reports: there is nothing to write about.
    if not pack.sources:
        return
    for unit in pack.units:
        has_contact = unit.code in pack.correspondence.units
        if not has_contact and _must_report(unit, pack):
            what = f"nobody to write to at {unit.name}: the office gets its mails"
            yield PackGap(GapKind.MISSING, _CONTACTS, unit.code, what)


def _must_report(unit: Unit, pack: Pack) -> bool:
    """Tell whether a duty for units of this kind was in force while the unit existed."""
    for duty in pack.calendar.duties:
        # A unit that ended before the first duty will never be written to.
        if duty.from_kind is unit.kind and _shares_a_day(unit, duty):
            return True
    return False


def _shares_a_day(unit: Unit, duty: Duty) -> bool:
    unit_begins = unit.valid_from or duty.first
    unit_ends = unit.valid_to or date.max
    duty_ends = duty.last or date.max
    return unit_begins <= duty_ends and duty.first <= unit_ends


def _unknown(pack: Pack) -> Iterator[PackGap]:
    for source in pack.capital:
        if not source.amounts:
            yield PackGap(GapKind.UNKNOWN, _CAPITAL, source.code, "amounts")
    for indicator in pack.indicators:
        values = {
            "targets": indicator.targets,
            "baseline": indicator.baseline,
            "frequency": indicator.frequency,
        }
        unknown = [name for name, value in values.items() if not value]
        if unknown:
            yield PackGap(
                GapKind.UNKNOWN,
                _INDICATORS,
                indicator.code,
                ", ".join(unknown),
            )
    for duty in pack.calendar.duties:
        if not duty.due.is_known:
            yield PackGap(GapKind.UNKNOWN, _CALENDAR, _entry_of_duty(duty), "deadline")


def _entry_of_duty(duty: Duty) -> str:
    return f"{duty.form} from each {duty.from_kind.value}, {duty.stage.value}"


def _unverified(pack: Pack) -> Iterator[PackGap]:
    for project in pack.projects:
        yield from _unless_verified(_PROJECTS, project.code, "name", project.tag)
    # The report lists all names of capital sources, then all their amounts; indicators likewise.
    for source in pack.capital:
        yield from _unless_verified(_CAPITAL, source.code, "name", source.tag)
    for source in pack.capital:
        yield from _unverified_amounts(source)
    for indicator in pack.indicators:
        yield from _unless_verified(
            _INDICATORS,
            indicator.code,
            "indicator",
            indicator.tag,
        )
    for indicator in pack.indicators:
        yield from _unverified_baseline(indicator)
    for indicator in pack.indicators:
        yield from _unverified_targets(indicator)


def _unverified_amounts(source: CapitalSource) -> Iterator[PackGap]:
    for amount in source.amounts:
        what = f"{amount.vnd:,.0f} đồng"
        yield from _unless_verified(_CAPITAL, source.code, what, amount.tag)


def _unverified_baseline(indicator: Indicator) -> Iterator[PackGap]:
    baseline = indicator.baseline
    if baseline is not None:
        what = f"baseline {baseline.value:g}"
        yield from _unless_verified(_INDICATORS, indicator.code, what, baseline.tag)


def _unverified_targets(indicator: Indicator) -> Iterator[PackGap]:
    for target in indicator.targets:
        what = f"{target.scope} target {target.value:g}"
        yield from _unless_verified(_INDICATORS, indicator.code, what, target.tag)


def _unless_verified(
    file: str,
    entry: str,
    what: str,
    tag: Tag,
) -> Iterator[PackGap]:
    if not tag.is_verified:
        yield PackGap(GapKind.UNVERIFIED, file, entry, f"{what}: tag {tag.value}")
