"""What a change to the rules changes: verdicts, and findings that appear or disappear."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from expectations.rules.texts import RuleText
from program.finding import Finding, Severity
from program.submission import Submission, Verdict

T = TypeVar("T")


class VerdictChange(StrEnum):
    """How a verdict changes."""

    REFUSED = "newly_refused"
    ACCEPTED = "newly_accepted"
    WARNED = "newly_warned"
    UNWARNED = "no_longer_warned"


@dataclass(slots=True)
class First(Generic[T]):
    """The first `limit` entries and the number of all, so that memory does not grow with them."""

    limit: int
    count: int = 0
    first: list[T] = field(default_factory=list)

    def add(self, entry: T) -> None:
        """Count an entry and keep it if it is among the first `limit`."""
        self.count += 1
        if len(self.first) < self.limit:
            self.first.append(entry)


@dataclass(frozen=True, slots=True)
class Turned:
    """A report whose verdict changes.

    `rules` are the rules whose findings in it appear, disappear or change their severity.
    """

    delivery: int
    name: str
    unit: str | None
    form: str | None
    period: str | None
    before: Verdict
    after: Verdict
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingPlace:
    """A finding that appears, disappears or changes its severity.

    `was` is the earlier severity of a finding that both sides have, else None.
    """

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
class RuleChange:
    """The findings of one rule that differ."""

    found: First[FindingPlace]
    gone: First[FindingPlace]
    regraded: First[FindingPlace]


class _Regraded(NamedTuple):
    """A finding that both sides have with different severities."""

    earlier_severity: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class _Differences:
    """How the findings in one report differ."""

    found: Sequence[Finding]
    gone: Sequence[Finding]
    regraded: Sequence[_Regraded]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of all rules that have a difference, sorted."""
        ids = {finding.rule for finding in (*self.found, *self.gone)}
        ids |= {regraded.finding.rule for regraded in self.regraded}
        return tuple(sorted(ids))


class _FindingKey(NamedTuple):
    """What makes two findings the same. The message is no part of it: wording may change."""

    rule: str
    severity: Severity
    sheet: str | None
    cell: str | None


class _ReportFields(NamedTuple):
    """The fields with which `Turned` and `Place` begin."""

    delivery: int
    name: str
    unit: str | None
    form: str | None
    period: str | None


class RuleComparison:
    """Collects differences, one report after another.

    Each list keeps its first `limit` entries and counts the others.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.turned: dict[VerdictChange, First[Turned]] = {
            turn: First(limit) for turn in VerdictChange
        }
        self.rules: dict[str, RuleChange] = {}
        self._counted: set[tuple[int, int, VerdictChange]] = set()

    @property
    def is_empty(self) -> bool:
        """Whether no verdict and no finding differs."""
        has_turned = any(turned.count for turned in self.turned.values())
        return not self.rules and not has_turned

    def add(self, before: Submission, after: Submission) -> None:
        """Compare both sides' results for one report and keep the differences."""
        differences = _differences(before.findings, after.findings)
        for finding in differences.found:
            of_rule = self._of(finding.rule)
            of_rule.found.add(_place(after, finding))
        for finding in differences.gone:
            of_rule = self._of(finding.rule)
            of_rule.gone.add(_place(before, finding))
        for regraded in differences.regraded:
            finding = regraded.finding
            place = _place(after, finding, regraded.earlier_severity)
            of_rule = self._of(finding.rule)
            of_rule.regraded.add(place)
        self._add_turn(before.verdict, after, differences.rules)

    def _add_turn(
        self,
        before: Verdict,
        after: Submission,
        rules: tuple[str, ...],
    ) -> None:
        turn = _turn(before, after.verdict)
        if turn is None:
            return
        # A report comes twice where its own rules and the cross-checks both changed.
        key = (after.delivery.id, after.report_no, turn)
        if key not in self._counted:
            self._counted.add(key)
            self.turned[turn].add(
                Turned(
                    *_report_fields(after),
                    before,
                    after.verdict,
                    rules,
                )
            )

    def _of(self, rule: str) -> RuleChange:
        if rule not in self.rules:
            self.rules[rule] = RuleChange(
                found=First(self._limit),
                gone=First(self._limit),
                regraded=First(self._limit),
            )
        return self.rules[rule]


def changed_rules(
    before: Mapping[str, RuleText],
    after: Mapping[str, RuleText],
) -> dict[str, list[str]]:
    """Return the rules that differ, each with the keys that differ.

    The list is `["added"]` or `["removed"]` for a rule that only one side has.
    """
    removed = before.keys() - after.keys()
    added = after.keys() - before.keys()
    on_both_sides = before.keys() & after.keys()
    changed: dict[str, list[str]] = {}
    for name in sorted(removed):
        changed[name] = ["removed"]
    for name in sorted(added):
        changed[name] = ["added"]
    for name in sorted(on_both_sides):
        keys = _differing_keys(before[name], after[name])
        if keys:
            changed[name] = keys
    return changed


def _differing_keys(before: RuleText, after: RuleText) -> list[str]:
    # The earlier rule may be of another kind, which lacks some keys.
    keys = type(after).model_fields
    return [key for key in keys if getattr(before, key, None) != getattr(after, key)]


def _differences(before: Iterable[Finding], after: Iterable[Finding]) -> _Differences:
    """Return which findings appear, disappear, and change their severity at the same place."""
    gone = list(_without(before, after))
    found = []
    regraded = []
    for finding in _without(after, before):
        earlier = _at_same_place(finding, gone)
        if earlier is None:
            found.append(finding)
        else:
            # It did not disappear: it has another severity now.
            gone.remove(earlier)
            regraded.append(_Regraded(earlier.severity.value, finding))
    return _Differences(found, gone, regraded)


def _at_same_place(finding: Finding, others: Iterable[Finding]) -> Finding | None:
    place = (finding.rule, finding.sheet, finding.cell)
    for other in others:
        if (other.rule, other.sheet, other.cell) == place:
            return other
    return None


def _without(findings: Iterable[Finding], others: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings that `others` lack; two findings with the same key count as two."""
    unmatched = Counter(_key(finding) for finding in others)
    for finding in findings:
        key = _key(finding)
        # Each finding of the others answers for one finding only.
        if unmatched[key]:
            unmatched[key] -= 1
        else:
            yield finding


def _key(finding: Finding) -> _FindingKey:
    return _FindingKey(finding.rule, finding.severity, finding.sheet, finding.cell)


def _turn(before: Verdict, after: Verdict) -> VerdictChange | None:
    """Return how a verdict changes, None if the change does not matter to a reader."""
    # What is loaded counts on the page: this goes before any warning.
    if before.loads != after.loads:
        return VerdictChange.ACCEPTED if after.loads else VerdictChange.REFUSED
    # Quarantined or unreadable: the report is not loaded either way.
    if not after.loads or before is after:
        return None
    return (
        VerdictChange.WARNED if after is Verdict.ACCEPTED_WITH_WARNINGS else VerdictChange.UNWARNED
    )


def _report_fields(submission: Submission) -> _ReportFields:
    return _ReportFields(
        delivery=submission.delivery.id,
        name=submission.delivery.name,
        # A file without a readable unit is named by the unit that sent it.
        unit=submission.unit_code or submission.delivery.sender_unit,
        form=submission.form_code,
        period=submission.period.code if submission.period else None,
    )


def _place(
    submission: Submission,
    finding: Finding,
    was: str | None = None,
) -> FindingPlace:
    return FindingPlace(
        *_report_fields(submission),
        sheet=finding.sheet,
        cell=finding.cell,
        value=finding.value,
        severity=finding.severity.value,
        was=was,
        message=finding.message,
    )
