"""What `mtqg pack check` prints of a valid pack: what it holds, and what is still open."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from itertools import groupby

from rich.table import Table
from rich.text import Text

from expectations.rules import RuleSet
from mtqg.console import out
from program.form import Form
from program.gaps import Gap, gaps_of
from program.pack import Pack
from program.units import UnitKind
from program.vietnamese import VIETNAM_TIME

_NAMED = 6
_FIGURES = re.compile(r"\d[\d.,]*")
_HEADINGS = {
    "missing": "Missing: nothing is wrong, but nothing will come of it either",
    "unknown": "Unknown: the pack says that nobody knows yet",
    "unverified": "Unverified: not to be used officially before somebody has checked it",
}


def as_json(pack: Pack, rules: RuleSet) -> dict[str, object]:
    """Return what a valid pack holds and what is open, for another program."""
    return {
        "valid": True,
        "folder": str(pack.folder),
        "province": pack.province.name,
        "rule_set_version": rules.version,
        "counts": {name: count for name, count, _ in _counts(pack, rules)},
        "forms": [_form_as_json(form, rules) for form in pack.forms],
        "forms_without_rules": list(rules.unruled),
        "gaps": [asdict(gap) for gap in gaps_of(pack)],
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
    """Print what a valid pack holds, and what is open, alike entries gathered; all of them named where `is_full`."""
    out.print(f"[bold]{pack.folder}[/]: {pack.province.name}, {pack.program.short_name}: [green]valid[/]", soft_wrap=True)
    holds = Table("", "", "", show_header=False, box=None)
    for name, count, detail in _counts(pack, rules):
        holds.add_row(name, str(count), Text(detail, style="dim"))
    out.print(holds)
    out.print(_forms(pack.forms, rules))
    gaps = gaps_of(pack)
    for kind, of_kind in groupby(gaps, key=lambda gap: gap.kind):
        out.print(_gaps(_HEADINGS.get(kind, kind), list(of_kind), pack, is_full=is_full))
    if rules.unruled:
        named = ", ".join(rules.unruled)
        out.print(f"Forms without rules of their own, checked by their layout alone: {named}", highlight=False)
    if not gaps:
        out.print("Nothing is missing, unknown or unverified.")


def _counts(pack: Pack, rules: RuleSet) -> list[tuple[str, int, str]]:
    units = Counter(unit.kind for unit in pack.units)
    today = datetime.now(VIETNAM_TIME).date()
    standing = sum(unit.is_valid_on(today) for unit in pack.units)
    kinds = ", ".join(f"{units[kind]} {kind.value}" for kind in UnitKind)
    codes = list(dict.fromkeys(form.code for form in pack.forms))
    of_forms, others = sum(len(rules.of_form(code)) for code in codes), len(rules.across) + len(rules.history)
    subs = sum(project.parent is not None for project in pack.projects)
    return [
        ("units", sum(units.values()), f"{kinds}; {standing} of them stand today"),
        ("projects", len(pack.projects), f"{len(pack.projects) - subs} projects, {subs} sub-projects"),
        ("capital streams", len(pack.capital), f"{sum(len(c.amounts) for c in pack.capital)} amounts"),
        ("indicators", len(pack.indicators), f"{sum(i.form is not None for i in pack.indicators)} fed by a form"),
        ("forms", len(codes), f"{len(pack.forms)} versions"),
        ("duties", len(pack.calendar.duties), f"{sum(d.due.is_known for d in pack.calendar.duties)} with a known deadline"),
        ("contacts", len(pack.correspondence.units), "units with somebody to write to"),
        ("corrections", len(pack.corrections), "findings that a named person has overruled"),
        ("sources", len(pack.sources), ", ".join(f"{source.name} ({source.kind})" for source in pack.sources)),
        ("rules", len(rules.reading) + len(rules.cells) + of_forms + others, f"{of_forms} of forms; version {rules.version}"),
    ]


def _forms(forms: Iterable[Form], rules: RuleSet) -> Table:
    table = Table("form", "version", "valid", "periods", "stages", "rules", title="Forms", title_justify="left")
    for form in forms:
        valid = f"{form.valid_from} – {form.valid_to or ''}".rstrip()
        periods, stages = (", ".join(kind.value for kind in kinds) for kinds in (form.periods, form.stages))
        count = len(rules.of_form(form.code))
        table.add_row(form.code, form.version, valid, periods, stages, str(count) if count else "layout only")
    return table


def _gaps(title: str, gaps: list[Gap], pack: Pack, *, is_full: bool) -> Table:
    table = Table("file", "what", "where", title=f"{title} ({len(gaps)})", title_justify="left")
    alike: dict[tuple[str, str], list[Gap]] = defaultdict(list)
    for gap in gaps:
        alike[gap.file, _pattern(gap, pack)].append(gap)
    for (file, what), group in alike.items():
        count = len(group) if is_full else _NAMED
        named = "; ".join(dict.fromkeys(gap.entry for gap in group[:count]))
        more = f" and {len(group) - count} more" if len(group) > count else ""
        table.add_row(file, Text(group[0].what if len(group) == 1 else what), Text(f"{named}{more}"))
    return table


def _pattern(gap: Gap, pack: Pack) -> str:
    """Return what is said of an entry without its own name and figures, so that alike entries say the same."""
    what = gap.what
    for name in sorted({unit.name for unit in pack.units if unit.code == gap.entry}, key=len, reverse=True):
        what = what.replace(name, "the unit")
    return _FIGURES.sub("…", what)
