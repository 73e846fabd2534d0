"""What the quality page shows, put in order: pure functions from the warehouse's answers to what its template prints."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from program.answers import FirstPassRow, NightCount, QualityRow, RuleExample
from program.finding import Severity
from program.pack import Pack
from program.period import Period
from program.units import Unit

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Passing:
    """How many reports came, how many were accepted at once, how many are not yet; and what was found in them."""

    reports: int
    at_once: int
    still_open: int
    criticals: int
    warnings: int

    @property
    def percent(self) -> float | None:
        """The share accepted at once; None where no report came."""
        return 100 * self.at_once / self.reports if self.reports else None


@dataclass(frozen=True, slots=True)
class OfRule:
    """What one rule found at one severity, over all nights."""

    rule: str
    severity: Severity
    findings: int
    submissions: int
    units: int
    nights: int
    example: RuleExample | None


@dataclass(frozen=True, slots=True)
class OfNight:
    """A night with its findings and its Data Docs: (form and table, link) each, none where they are no longer kept."""

    night: NightCount
    criticals: int
    warnings: int
    docs: Sequence[tuple[str, str]]

    @property
    def submissions(self) -> int:
        """How many files it judged."""
        return sum(self.night.verdicts.values())

    @property
    def accepted(self) -> int:
        """How many of them were loaded."""
        return sum(count for verdict, count in self.night.verdicts.items() if verdict.loads)

    @property
    def refused(self) -> int:
        """How many of them were not."""
        return self.submissions - self.accepted


def passing(reports: Iterable[FirstPassRow], findings: Iterable[QualityRow]) -> Passing:
    """Return the sum of both."""
    known = list(reports)
    found = _severities(findings)
    return Passing(
        reports=len(known),
        at_once=sum(r.is_first_pass for r in known),
        still_open=sum(not r.is_accepted for r in known),
        criticals=found[Severity.CRITICAL],
        warnings=found[Severity.WARNING],
    )


def by_rule(rows: Iterable[QualityRow], examples: Mapping[str, RuleExample]) -> list[OfRule]:
    """Return each rule with what it found, the most frequent first."""
    groups = _grouped(rows, lambda row: (row.rule, row.severity))
    found = [
        OfRule(
            rule=rule,
            severity=severity,
            findings=sum(row.findings for row in of_rule),
            submissions=sum(row.submissions for row in of_rule),
            units=len({row.unit_code for row in of_rule} - {None}),
            nights=len({row.run_id for row in of_rule}),
            example=examples.get(rule),
        )
        for (rule, severity), of_rule in groups.items()
    ]
    return sorted(found, key=lambda rule: (-rule.findings, rule.rule))


def by_unit(reports: Iterable[FirstPassRow], rows: Iterable[QualityRow], pack: Pack) -> list[tuple[Unit | None, Passing]]:
    """Return each unit with its reports, those of which most is still open or was refused first; None: unit unknown."""
    # A line is a unit, not a code: 31507 was Phường 6 and is Phường Sóc Trăng.
    of_reports = _grouped(reports, lambda row: pack.unit_on(row.unit_code, row.period))
    of_findings = _grouped(rows, lambda row: pack.unit_on(row.unit_code, row.period))
    units = dict.fromkeys((*of_reports, *of_findings))
    lines = [(unit, passing(of_reports.get(unit, ()), of_findings.get(unit, ()))) for unit in units]
    return sorted(
        lines, key=lambda line: (-line[1].still_open, line[1].at_once - line[1].reports, -line[1].criticals, _name(line[0]))
    )


def by_period(reports: Iterable[FirstPassRow], rows: Iterable[QualityRow]) -> list[tuple[str | None, Passing]]:
    """Return each period with its reports, the latest first; last what no period is known of."""
    of_reports, of_findings = _grouped(reports, lambda row: row.period), _grouped(rows, lambda row: row.period)
    periods: dict[str | None, None] = dict.fromkeys((*of_reports, *of_findings))
    lines = [(period, passing(of_reports.get(period or "", ()), of_findings.get(period, ()))) for period in periods]
    return sorted(lines, key=lambda line: _order(line[0]), reverse=True)


def by_night(
    nights: Iterable[NightCount], rows: Iterable[QualityRow], docs: Mapping[int, Sequence[tuple[str, str]]]
) -> list[OfNight]:
    """Return each night with what it found and the Data Docs that are kept of it, in the order of `nights`."""
    found = {run_id: _severities(of_night) for run_id, of_night in _grouped(rows, lambda row: row.run_id).items()}
    nothing: Counter[Severity] = Counter()
    counted = ((night, found.get(night.run_id, nothing)) for night in nights)
    return [OfNight(n, c[Severity.CRITICAL], c[Severity.WARNING], docs.get(n.run_id, ())) for n, c in counted]


def days_to_fix(reports: Iterable[FirstPassRow]) -> float | None:
    """Return the median of days from the first file to the first accepted one, of reports refused at first; None for none."""
    late = (r for r in reports if not r.is_first_pass)
    days = [(r.accepted_at - r.first_at).total_seconds() / 86_400 for r in late if r.accepted_at and r.first_at]
    return median(days) if days else None


def _severities(rows: Iterable[QualityRow]) -> Counter[Severity]:
    found: Counter[Severity] = Counter()
    for row in rows:
        found[row.severity] += row.findings
    return found


Row = TypeVar("Row", FirstPassRow, QualityRow)


def _grouped(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _name(unit: Unit | None) -> str:
    return unit.code if unit else "~"


def _order(code: str | None) -> tuple[int, int]:
    """Order periods by their end, the longer of two that end on one day after the shorter; unknown ones before all."""
    if code is None:
        return 0, 0
    period = Period.parse(code)
    return period.end.toordinal(), -period.start.toordinal()
