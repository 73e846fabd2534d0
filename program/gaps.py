"""What a pack leaves open: nothing is wrong with it, but somebody should know. `mtqg pack check` prints it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from program.catalogue import Indicator
from program.pack import Pack
from program.period import periods_between
from program.units import Unit


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing, unknown or unverified; `file` and `entry` say where, `what` says what."""

    kind: str
    file: str
    entry: str
    what: str


def gaps_of(pack: Pack) -> list[Gap]:
    """Return every gap of a pack, kind by kind, in the order of its files."""
    return [*_missing(pack), *_unknown(pack), *_unverified(pack)]


def _missing(pack: Pack) -> Iterator[Gap]:
    asked = {duty.form for duty in pack.calendar.duties}
    for code in dict.fromkeys(f.code for f in pack.forms):
        if code not in asked:
            yield Gap("missing", "calendar.yaml", code, "no unit must send this form")
    for duty in pack.calendar.duties:
        last = duty.last or max(form.valid_from for form in pack.forms if form.code == duty.form)
        uncovered = [p.code for p in periods_between(duty.every, duty.first, last) if pack.form(duty.form, p) is None]
        if uncovered:
            about = f"no version of the form is in force for {', '.join(uncovered)}: reports would be owed and refused"
            yield Gap("missing", "calendar.yaml", f"{duty.form} from each {duty.from_kind.value}, {duty.stage.value}", about)
    for indicator in pack.indicators:
        if indicator.form is None:
            yield Gap("missing", "indicators.yaml", indicator.code, f"no form feeds it{_because(indicator)}")
    fed = {i.project for i in pack.indicators if i.form}
    parents = {p.code: p.parent for p in pack.projects}
    for project in pack.projects:
        if not any(code and _is_beneath(code, project.code, parents) for code in fed):
            yield Gap("missing", "projects.yaml", project.code, "no indicator with a form measures it")
    for unit in pack.units:
        if unit.code not in pack.correspondence.units and _owes(unit, pack):
            yield Gap("missing", "contacts.yaml", unit.code, f"nobody to write to at {unit.name}: the office gets its mails")


def _owes(unit: Unit, pack: Pack) -> bool:
    """Tell whether a unit exists on some day of a duty that units of its kind have."""
    return any(
        duty.from_kind is unit.kind
        and (unit.valid_from or duty.first) <= (duty.last or date.max)
        and duty.first <= (unit.valid_to or date.max)
        for duty in pack.calendar.duties
    )


def _because(indicator: Indicator) -> str:
    return f": {indicator.note}" if indicator.note else ""


def _is_beneath(code: str, project: str, parents: dict[str, str | None]) -> bool:
    return code == project or parents.get(code) == project


def _unknown(pack: Pack) -> Iterator[Gap]:
    for source in pack.capital:
        if not source.amounts:
            yield Gap("unknown", "capital.yaml", source.code, "amounts")
    for indicator in pack.indicators:
        names = {"targets": indicator.targets, "baseline": indicator.baseline, "frequency": indicator.frequency}
        missing = [name for name, value in names.items() if not value]
        if missing:
            yield Gap("unknown", "indicators.yaml", indicator.code, ", ".join(missing))
    for duty in pack.calendar.duties:
        if not duty.due.is_known:
            yield Gap("unknown", "calendar.yaml", f"{duty.form} from each {duty.from_kind.value}, {duty.stage.value}", "deadline")


def _unverified(pack: Pack) -> Iterator[Gap]:
    tagged = [
        *(("projects.yaml", p.code, "name", p.tag) for p in pack.projects),
        *(("capital.yaml", c.code, "name", c.tag) for c in pack.capital),
        *(("capital.yaml", c.code, f"{a.vnd:,.0f} đồng", a.tag) for c in pack.capital for a in c.amounts),
        *(("indicators.yaml", i.code, "indicator", i.tag) for i in pack.indicators),
        *(("indicators.yaml", i.code, f"baseline {i.baseline.value:g}", i.baseline.tag) for i in pack.indicators if i.baseline),
        *(("indicators.yaml", i.code, f"{t.scope} target {t.value:g}", t.tag) for i in pack.indicators for t in i.targets),
    ]
    for file, entry, what, tag in tagged:
        if not tag.is_verified:
            yield Gap("unverified", file, entry, f"{what}: tag {tag.value}")
