"""What `mtqg pack check` prints for a valid pack: what it holds, and what is still open."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from expectations.rules.rule_set import RuleSet
from mtqg.console import out
from program.forms.form import Form
from program.pack.completeness import PackGap, pack_gaps
from program.pack.pack import Pack
from program.units.unit import UnitKind
from program.vietnamese import VIETNAM_TIME

_NAMED = 6
"""How many entries of a group of gaps are named, unless all are."""

_FIGURES = re.compile(r"\d[\d.,]*")
_HEADINGS = {
    "missing": "Missing: the pack is valid without it, but something does not happen",
    "unknown": "Unknown: the pack says that nobody knows yet",
    "unverified": "Unverified: check before official use",
}


@dataclass(frozen=True, slots=True)
class _Count:
    """How many things of one kind a pack holds."""

    name: str
    count: int
    detail: str


class _Alike(NamedTuple):
    """What gaps have in common that stand in one row."""

    file: str
    what: str


def as_json(pack: Pack, rules: RuleSet) -> dict[str, object]:
    """Return what a valid pack holds and what is open, for another program."""
    return {
        "valid": True,
        "folder": str(pack.folder),
        "province": pack.province.name,
        "rule_set_version": rules.version,
        "counts": {entry.name: entry.count for entry in _counts(pack, rules)},
        "forms": [_form_as_json(form, rules) for form in pack.forms],
        "forms_without_rules": list(rules.unruled),
        "gaps": [asdict(gap) for gap in pack_gaps(pack)],
    }


def _form_as_json(form: Form, rules: RuleSet) -> dict[str, object]:
    return {
        "form": form.code,
        "version": form.version,
        "valid_from": form.valid_from,
        "valid_to": form.valid_to,
        "periods": [kind.value for kind in form.periods],
        "rules": len(rules.of_form(form.code)),
    }


def print_report(pack: Pack, rules: RuleSet, *, is_full: bool) -> None:
    """Print what a valid pack holds and what is open, similar gaps in one row.

    A row names its first entries, or all of them with `is_full`.
    """
    about = f"{pack.province.name}, {pack.program.short_name}"
    out.print(f"[bold]{pack.folder}[/]: {about}: [green]valid[/]", soft_wrap=True)
    holds = Table("", "", "", show_header=False, box=None)
    for entry in _counts(pack, rules):
        detail = Text(entry.detail, style="dim")
        holds.add_row(entry.name, str(entry.count), detail)
    out.print(holds)
    out.print(_forms(pack.forms, rules))
    gaps = pack_gaps(pack)
    for kind, of_kind in groupby(gaps, key=lambda gap: gap.kind):
        title = _HEADINGS.get(kind, kind)
        out.print(_gaps(title, list(of_kind), pack, is_full=is_full))
    if rules.unruled:
        forms = ", ".join(rules.unruled)
        out.print(
            f"Forms without rules of their own, checked by their layout alone: {forms}",
        )
    if not gaps:
        out.print("Nothing is missing, unknown or unverified.")


def _counts(pack: Pack, rules: RuleSet) -> list[_Count]:
    codes = {form.code for form in pack.forms}
    contacts = len(pack.correspondence.units)
    waived = len(pack.corrections)
    return [
        _units_count(pack),
        _projects_count(pack),
        _capital_count(pack),
        _indicators_count(pack),
        _Count("forms", len(codes), f"{len(pack.forms)} versions"),
        _duties_count(pack),
        _Count("contacts", contacts, "units with somebody to write to"),
        _Count("corrections", waived, "findings that a named person has waived"),
        _sources_count(pack),
        _rules_count(codes, rules),
    ]


def _capital_count(pack: Pack) -> _Count:
    amounts = sum(len(stream.amounts) for stream in pack.capital)
    return _Count("capital streams", len(pack.capital), f"{amounts} amounts")


def _indicators_count(pack: Pack) -> _Count:
    fed = sum(indicator.form is not None for indicator in pack.indicators)
    return _Count("indicators", len(pack.indicators), f"{fed} fed by a form")


def _duties_count(pack: Pack) -> _Count:
    duties = pack.calendar.duties
    known_deadlines = sum(duty.due.is_known for duty in duties)
    return _Count("duties", len(duties), f"{known_deadlines} with a known deadline")


def _sources_count(pack: Pack) -> _Count:
    sources = [f"{source.name} ({source.kind})" for source in pack.sources]
    return _Count("sources", len(sources), ", ".join(sources))


def _units_count(pack: Pack) -> _Count:
    today = datetime.now(VIETNAM_TIME).date()
    by_kind = Counter(unit.kind for unit in pack.units)
    # A pack has the units of the past too.
    valid = sum(unit.is_valid_on(today) for unit in pack.units)
    # A province's pack has no nation, and the country's no communes.
    kinds = ", ".join(f"{by_kind[kind]} {kind.value}" for kind in UnitKind if by_kind[kind])
    detail = f"{kinds}; {valid} of them valid today"
    return _Count("units", by_kind.total(), detail)


def _projects_count(pack: Pack) -> _Count:
    subs = sum(project.parent is not None for project in pack.projects)
    projects = len(pack.projects) - subs
    return _Count("projects", len(pack.projects), f"{projects} projects, {subs} sub-projects")


def _rules_count(codes: Iterable[str], rules: RuleSet) -> _Count:
    of_forms = sum(len(rules.of_form(code)) for code in codes)
    count = of_forms
    for of_every_form in (rules.reading, rules.cells, rules.history, rules.across):
        count += len(of_every_form)
    detail = f"{of_forms} of forms; version {rules.version}"
    return _Count("rules", count, detail)


def _forms(forms: Iterable[Form], rules: RuleSet) -> Table:
    columns = ("form", "version", "valid", "periods", "stages", "rules")
    table = Table(*columns, title="Forms", title_justify="left")
    for form in forms:
        count = len(rules.of_form(form.code))
        valid_to = form.valid_to or ""
        table.add_row(
            form.code,
            form.version,
            f"{form.valid_from} – {valid_to}".rstrip(),
            ", ".join(kind.value for kind in form.periods),
            ", ".join(stage.value for stage in form.stages),
            str(count) if count else "layout only",
        )
    return table


def _gaps(
    title: str,
    gaps: list[PackGap],
    pack: Pack,
    *,
    is_full: bool,
) -> Table:
    counted = f"{title} ({len(gaps)})"
    table = Table("file", "what", "where", title=counted, title_justify="left")
    groups: dict[_Alike, list[PackGap]] = defaultdict(list)
    for gap in gaps:
        alike = _Alike(gap.file, _pattern(gap, pack))
        groups[alike].append(gap)
    for alike, group in groups.items():
        # A single gap is shown with its own unit and figures.
        what = group[0].what if len(group) == 1 else alike.what
        entries = _entries(group, is_full=is_full)
        # Texts, because a cell of a pack may look like markup.
        table.add_row(alike.file, Text(what), Text(entries))
    return table


def _entries(gaps: list[PackGap], *, is_full: bool) -> str:
    count = len(gaps) if is_full else _NAMED
    # One entry may have several gaps.
    named = dict.fromkeys(gap.entry for gap in gaps[:count])
    listed = "; ".join(named)
    others = len(gaps) - count
    if others <= 0:
        return listed
    return f"{listed} and {others} more"


def _pattern(gap: PackGap, pack: Pack) -> str:
    """Return a gap's text without the unit's name and figures, equal for similar gaps."""
    what = gap.what
    names = {unit.name for unit in pack.units if unit.code == gap.entry}
    # A code may have had several names, and one may contain another: the longest first.
    for name in sorted(names, key=len, reverse=True):
        what = what.replace(name, "the unit")
    return _FIGURES.sub("…", what)
