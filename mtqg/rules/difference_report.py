"""What `mtqg rules diff` prints."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from mtqg.console import out
from mtqg.rules.comparison import Comparison, First, OfRule, Place, Turn, Turned, changed_rules
from mtqg.rules.replay import Replayed
from mtqg.rules.sides import Side
from program.pack import Pack

T = TypeVar("T", Place, Turned)

_TURNS = {
    Turn.REFUSED: ("newly refused", "red"),
    Turn.ACCEPTED: ("newly accepted", "green"),
    Turn.WARNED: ("newly warned", "yellow"),
    Turn.UNWARNED: ("no longer warned", "green"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sides, the forms that the change can touch (None: any), and what it does to archived reports."""

    before: Side
    after: Side
    affected: set[str] | None
    comparison: Comparison
    replayed: Replayed

    @property
    def changed(self) -> dict[str, list[str]]:
        """The rules that differ, with the keys that do."""
        return changed_rules(self.before.rules.words, self.after.rules.words)


def as_json(difference: Difference) -> dict[str, Any]:
    """Return all of it for another program; lists hold their first entries beside the `count` of all."""
    comparison, replayed = difference.comparison, difference.replayed
    return {
        "compared_with": difference.before.name,
        "notes": list(difference.before.notes),
        "changed_rules": difference.changed,
        "affected_forms": None if difference.affected is None else sorted(difference.affected),
        "deliveries": {"archived": replayed.archived, "compared": replayed.compared, "failed": dict(replayed.failed)},
        "held_together": replayed.held_together,
        "verdicts": {turn.value: asdict(turned) for turn, turned in comparison.turned.items()},
        "findings": {rule: asdict(of_rule) for rule, of_rule in sorted(comparison.rules.items())},
    }


def print_difference(difference: Difference) -> None:
    """Print what was compared, the verdicts that turn, and the places that differ, rule by rule."""
    before, replayed, comparison = difference.before, difference.replayed, difference.comparison
    _say(f"[bold]Today's rules, compared with {before.name}[/]")
    for note in before.notes:
        _say(f"  [yellow]note[/] {note}")
    for rule, keys in difference.changed.items():
        _say(f"  {rule}: {', '.join(keys)}")
    _say(f"{replayed.compared} of {replayed.archived} archived deliveries checked by both{_chosen(difference)}.")
    if replayed.held_together:
        _say(f"{replayed.held_together} reports that are believed held together by both.")
    for complaint, count in replayed.failed.most_common():
        _say(f"  [red]{count} left out[/]: {complaint}")
    if comparison.is_empty:
        _say("No verdict and no finding would be different.")
        return
    for turn, (words, style) in _TURNS.items():
        _say(f"[{style}]{words}: {comparison.turned[turn].count}[/]")
        _print_first(comparison.turned[turn], lambda turned: _turned(turned, difference.after.pack))
    for rule, of_rule in sorted(comparison.rules.items()):
        _print_rule(rule, of_rule, difference.after.pack)


def _chosen(difference: Difference) -> str:
    if difference.affected is None:
        return ""
    forms = ", ".join(sorted(difference.affected)) or "none"
    return f" (forms whose rules differ: {forms}; the others are judged as before)"


def _print_rule(rule: str, of_rule: OfRule, pack: Pack) -> None:
    kinds = (
        ("newly found", "+", of_rule.found),
        ("no longer found", "-", of_rule.gone),
        ("other severity", "~", of_rule.regraded),
    )
    _say(f"[bold]{rule}[/]: {', '.join(f'{words} {places.count}' for words, _, places in kinds if places.count)}")
    for _, sign, places in kinds:
        _print_first(places, lambda place, sign=sign: f"{sign} {_place(place, pack)}")  # type: ignore[misc]


def _print_first(entries: First[T], line: Callable[[T], str]) -> None:
    for entry in entries.first:
        out.print(f"  {line(entry)}", markup=False, highlight=False, soft_wrap=True)
    if entries.count > len(entries.first):
        out.print(f"  … and {entries.count - len(entries.first)} more (--limit)", style="dim", highlight=False)


def _turned(turned: Turned, pack: Pack) -> str:
    verdicts = f"{turned.before.value} → {turned.after.value}"
    return f"{_report(turned, pack)}: {verdicts} by {', '.join(turned.rules)} · {turned.name}"


def _place(place: Place, pack: Pack) -> str:
    cell = f'"{place.sheet}" {place.cell or ""}'.rstrip() if place.sheet else "the file"
    value = f" ({place.value})" if place.value else ""
    severity = f"{place.was} → {place.severity}" if place.was else place.severity
    return f"{_report(place, pack)} · {cell}{value} · {severity} · {place.name}"


def _report(about: Place | Turned, pack: Pack) -> str:
    unit = pack.unit_on(about.unit, about.period)
    parts: Iterable[str | None] = (f"#{about.delivery}", unit.name if unit else about.unit, about.form, about.period)
    return " · ".join(_known(parts))


def _known(parts: Iterable[str | None]) -> Iterator[str]:
    yield from (part for part in parts if part)


def _say(line: str) -> None:
    out.print(line, highlight=False, soft_wrap=True)
