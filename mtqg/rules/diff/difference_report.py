"""What `mtqg rules diff` prints."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, TypeVar

from mtqg.console import out, print_plain
from mtqg.rules.diff.comparison import (
    FindingPlace,
    First,
    RuleChange,
    RuleComparison,
    Turned,
    VerdictChange,
    changed_rules,
)
from mtqg.rules.diff.replay import Replayed
from mtqg.rules.diff.sides import RuleSide
from program.pack.pack import Pack

T = TypeVar("T", FindingPlace, Turned)

_TURNS = {
    VerdictChange.REFUSED: ("newly refused", "red"),
    VerdictChange.ACCEPTED: ("newly accepted", "green"),
    VerdictChange.WARNED: ("newly warned", "yellow"),
    VerdictChange.UNWARNED: ("no longer warned", "green"),
}


class _Kind(NamedTuple):
    """One kind of difference between the findings of a rule."""

    words: str
    sign: str
    places: First[FindingPlace]


@dataclass(frozen=True, slots=True)
class RulesDifference:
    """Both sides, the forms that the change affects (None: any), and what it does to reports."""

    before: RuleSide
    after: RuleSide
    affected: set[str] | None
    comparison: RuleComparison
    replayed: Replayed

    @property
    def changed(self) -> dict[str, list[str]]:
        """The rules that differ, each with the keys that differ."""
        return changed_rules(self.before.rules.words, self.after.rules.words)


def as_json(difference: RulesDifference) -> dict[str, Any]:
    """Return the difference for another program.

    A list has its first entries; the `count` beside it is the number of all.
    """
    comparison = difference.comparison
    replayed = difference.replayed
    affected = difference.affected
    return {
        "compared_with": difference.before.name,
        "notes": list(difference.before.notes),
        "changed_rules": difference.changed,
        "affected_forms": None if affected is None else sorted(affected),
        "deliveries": {
            "archived": replayed.archived,
            "compared": replayed.compared,
            "failed": dict(replayed.failed),
        },
        "held_together": replayed.held_together,
        "verdicts": {turn.value: asdict(turned) for turn, turned in comparison.turned.items()},
        "findings": {rule: asdict(of_rule) for rule, of_rule in sorted(comparison.rules.items())},
    }


def print_difference(difference: RulesDifference) -> None:
    """Print what was compared, the verdicts that change, and the findings that differ by rule."""
    comparison = difference.comparison
    _print_compared(difference)
    if comparison.is_empty:
        _print_line("No verdict and no finding would be different.")
        return
    pack = difference.after.pack
    for turn, (words, style) in _TURNS.items():
        turned = comparison.turned[turn]
        _print_line(f"[{style}]{words}: {turned.count}[/]")
        _print_first(turned, lambda entry: _turned_line(entry, pack))
    for rule, of_rule in sorted(comparison.rules.items()):
        _print_rule(rule, of_rule, pack)


def _print_compared(difference: RulesDifference) -> None:
    before = difference.before
    replayed = difference.replayed
    _print_line(f"[bold]Today's rules, compared with {before.name}[/]")
    for note in before.notes:
        _print_line(f"  [yellow]note[/] {note}")
    for rule, keys in difference.changed.items():
        _print_line(f"  {rule}: {', '.join(keys)}")
    scope = _scope(difference)
    _print_line(
        f"{replayed.compared} of {replayed.archived} archived deliveries checked by both{scope}."
    )
    if replayed.held_together:
        _print_line(f"{replayed.held_together} current reports cross-checked by both.")
    for complaint, count in replayed.failed.most_common():
        _print_line(f"  [red]{count} left out[/]: {complaint}")


def _scope(difference: RulesDifference) -> str:
    if difference.affected is None:
        return ""
    forms = ", ".join(sorted(difference.affected)) or "none"
    return f" (forms whose rules differ: {forms}; the results of the others stay the same)"


def _print_rule(rule: str, of_rule: RuleChange, pack: Pack) -> None:
    kinds = (
        _Kind("newly found", "+", of_rule.found),
        _Kind("no longer found", "-", of_rule.gone),
        _Kind("other severity", "~", of_rule.regraded),
    )
    counts = [f"{kind.words} {kind.places.count}" for kind in kinds if kind.places.count]
    _print_line(f"[bold]{rule}[/]: {', '.join(counts)}")
    for kind in kinds:
        _print_places(kind, pack)


def _print_places(kind: _Kind, pack: Pack) -> None:
    _print_first(kind.places, lambda place: f"{kind.sign} {_place_line(place, pack)}")


def _print_first(entries: First[T], line_of: Callable[[T], str]) -> None:
    for entry in entries.first:
        print_plain(f"  {line_of(entry)}")
    # Only the first entries are kept, and all of them counted.
    more = entries.count - len(entries.first)
    if more:
        out.print(f"  … and {more} more (--limit)", style="dim")


def _turned_line(turned: Turned, pack: Pack) -> str:
    verdicts = f"{turned.before.value} → {turned.after.value}"
    return f"{_report(turned, pack)}: {verdicts} by {', '.join(turned.rules)} · {turned.name}"


def _place_line(place: FindingPlace, pack: Pack) -> str:
    cell = "the file"
    if place.sheet:
        address = place.cell or ""
        cell = f'"{place.sheet}" {address}'.rstrip()
    value = f" ({place.value})" if place.value else ""
    severity = str(place.severity)
    if place.was:
        severity = f"{place.was} → {severity}"
    return f"{_report(place, pack)} · {cell}{value} · {severity} · {place.name}"


def _report(about: FindingPlace | Turned, pack: Pack) -> str:
    # The same code was used for other units in other years.
    unit = pack.unit_on(about.unit, about.period)
    unit_name = unit.name if unit else about.unit
    parts = (f"#{about.delivery}", unit_name, about.form, about.period)
    return " · ".join(part for part in parts if part)


def _print_line(line: str) -> None:
    out.print(line, soft_wrap=True)
