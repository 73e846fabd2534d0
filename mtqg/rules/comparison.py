"""What a change to the rules changes: verdicts that turn, and places that a rule newly finds or no longer finds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from expectations.texts import Words
from program.finding import Finding
from program.submission import Submission, Verdict

T = TypeVar("T")


class Turn(StrEnum):
    """How a verdict turns."""

    REFUSED = "newly_refused"
    ACCEPTED = "newly_accepted"
    WARNED = "newly_warned"
    UNWARNED = "no_longer_warned"


@dataclass(slots=True)
class First(Generic[T]):
    """The first `limit` of many, and how many there are: memory does not grow with what was found."""

    limit: int
    count: int = 0
    first: list[T] = field(default_factory=list)

    def add(self, entry: T) -> None:
        """Count an entry, and keep it where it is among the first."""
        self.count += 1
        if len(self.first) < self.limit:
            self.first.append(entry)


@dataclass(frozen=True, slots=True)
class Turned:
    """A delivery whose verdict turns. `rules`: what is newly found in it, or no longer."""

    delivery: int
    name: str
    unit: str | None
    form: str | None
    period: str | None
    before: Verdict
    after: Verdict
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A finding on one side only, or of another severity on the other (`was`)."""

    delivery: int
    name: str
    unit: str | None
    form: str | None
    period: str | None
    sheet: str | None
    cell: str | None
    value: str | None
    severity: str
    was: str | None
    message: str


@dataclass(slots=True)
class OfRule:
    """What is different about one rule's findings."""

    found: First[Place]
    gone: First[Place]
    regraded: First[Place]


class Comparison:
    """Gathers differences, delivery by delivery; each list holds its first `limit` entries and counts the others."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.turned: dict[Turn, First[Turned]] = {turn: First(limit) for turn in Turn}
        self.rules: dict[str, OfRule] = {}
        self._seen: set[tuple[int, int, Turn]] = set()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would be different."""
        return not self.rules and not any(turned.count for turned in self.turned.values())

    def add(self, before: Submission, after: Submission) -> None:
        """Compare what both sides say of one report."""
        found, gone, regraded = _differences(before.findings, after.findings)
        for finding in found:
            self._of(finding.rule).found.add(_place(after, finding))
        for finding in gone:
            self._of(finding.rule).gone.add(_place(before, finding))
        for was, finding in regraded:
            self._of(finding.rule).regraded.add(_place(after, finding, was))
        turn = _turn(before.verdict, after.verdict)
        # A report is compared twice where the rules within it and those across submissions both changed.
        if turn is not None and (after.delivery.id, after.part, turn) not in self._seen:
            self._seen.add((after.delivery.id, after.part, turn))
            rules = tuple(sorted({f.rule for f in (*found, *gone, *(now for _, now in regraded))}))
            self.turned[turn].add(Turned(*_about(after), before.verdict, after.verdict, rules))

    def _of(self, rule: str) -> OfRule:
        return self.rules.setdefault(rule, OfRule(First(self._limit), First(self._limit), First(self._limit)))


def changed_rules(before: Mapping[str, Words], after: Mapping[str, Words]) -> dict[str, list[str]]:
    """Return the rules that are not the same on both sides, with the keys that differ; `added` or `removed` for a whole one."""
    changed = {name: ["removed"] for name in sorted(before.keys() - after.keys())}
    changed |= {name: ["added"] for name in sorted(after.keys() - before.keys())}
    for name in sorted(before.keys() & after.keys()):
        keys = [key for key in type(after[name]).model_fields if getattr(before[name], key, None) != getattr(after[name], key)]
        if keys:
            changed[name] = keys
    return changed


def _differences(
    before: Iterable[Finding], after: Iterable[Finding]
) -> tuple[list[Finding], list[Finding], list[tuple[str, Finding]]]:
    """Return what is newly found, no longer found, and found at the same place with another severity."""
    gone, found = list(_without(before, after)), list(_without(after, before))
    regraded = []
    for finding in list(found):
        same = next((old for old in gone if (old.rule, old.sheet, old.cell) == (finding.rule, finding.sheet, finding.cell)), None)
        if same is not None:
            gone.remove(same)
            found.remove(finding)
            regraded.append((same.severity.value, finding))
    return found, gone, regraded


def _without(findings: Iterable[Finding], others: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings that `others` lack; two of a rule at one place are two. Other words do not make another finding."""
    left = Counter((f.rule, f.severity, f.sheet, f.cell) for f in others)
    for finding in findings:
        key = (finding.rule, finding.severity, finding.sheet, finding.cell)
        if left[key]:
            left[key] -= 1
        else:
            yield finding


def _turn(before: Verdict, after: Verdict) -> Turn | None:
    if before.loads != after.loads:
        return Turn.ACCEPTED if after.loads else Turn.REFUSED
    if not after.loads or before is after:
        return None
    return Turn.WARNED if after is Verdict.ACCEPTED_WITH_WARNINGS else Turn.UNWARNED


def _about(submission: Submission) -> tuple[int, str, str | None, str | None, str | None]:
    period = submission.period.code if submission.period else None
    unit = submission.unit_code or submission.delivery.sender_unit
    return submission.delivery.id, submission.delivery.name, unit, submission.form_code, period


def _place(submission: Submission, finding: Finding, was: str | None = None) -> Place:
    severity = finding.severity.value
    return Place(*_about(submission), finding.sheet, finding.cell, finding.value, severity, was, finding.message)
