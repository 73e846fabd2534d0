"""Tables of the quality page: pure functions from the warehouse's rows to printable tables.

Queries are in `warehouse.queries.quality`; words and HTML are in
`templates/site/quality.html.j2`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import TypeVar

from program.calendar.period import Period
from program.finding import Severity
from program.pack.pack import Pack
from program.records.query_rows import FirstSubmissionRow, QualityRow, RuleExample, RunCount
from program.units.unit import Unit

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row", FirstSubmissionRow, QualityRow)

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class FirstSubmissionRate:
    """How many reports came and what was found in them.

    `at_once` counts the reports whose first file was accepted, `still_open` those without an
    accepted file. `criticals` and `warnings` count findings.
    """

    reports: int
    at_once: int
    still_open: int
    criticals: int
    warnings: int

    @property
    def percent(self) -> float | None:
        """The share accepted at once, in per cent; None if no report came."""
        return 100 * self.at_once / self.reports if self.reports else None


@dataclass(frozen=True, slots=True)
class RuleQuality:
    """What one rule found at one severity, over all runs."""

    rule: str
    severity: Severity
    findings: int
    submissions: int
    units: int
    runs: int
    example: RuleExample | None


@dataclass(frozen=True, slots=True)
class RunQuality:
    """A run with its findings and its Data Docs.

    `docs` has (form and table, link) of each result page; it is empty once the pages are removed.
    """

    run: RunCount
    criticals: int
    warnings: int
    docs: Sequence[tuple[str, str]]

    @property
    def submissions(self) -> int:
        """How many submissions the run checked."""
        return sum(self.run.verdicts.values())

    @property
    def accepted(self) -> int:
        """How many of them it loaded."""
        return sum(count for verdict, count in self.run.verdicts.items() if verdict.loads)

    @property
    def refused(self) -> int:
        """How many of them it did not load."""
        return self.submissions - self.accepted


@dataclass(frozen=True, slots=True)
class QualityPage:
    """What the quality page shows. `days` is the median of days until a report is corrected."""

    whole: FirstSubmissionRate
    days: float | None
    rules: Sequence[RuleQuality]
    units: Sequence[tuple[Unit | None, FirstSubmissionRate]]
    periods: Sequence[tuple[str | None, FirstSubmissionRate]]
    runs: Sequence[RunQuality]


def quality_page(
    reports: Sequence[FirstSubmissionRow],
    findings: Sequence[QualityRow],
    pack: Pack,
    examples: Mapping[str, RuleExample],
    runs: Sequence[RunQuality],
) -> QualityPage:
    """Return what the page shows of these reports and findings."""
    return QualityPage(
        whole=passing(reports, findings),
        days=days_to_fix(reports),
        rules=by_rule(findings, examples),
        units=by_unit(reports, findings, pack),
        periods=by_period(reports, findings),
        runs=runs,
    )


def passing(
    reports: Iterable[FirstSubmissionRow], findings: Iterable[QualityRow]
) -> FirstSubmissionRate:
    """Return the counts over these reports and findings."""
    counted = list(reports)
    by_severity = _count_by_severity(findings)
    return FirstSubmissionRate(
        reports=len(counted),
        at_once=sum(report.is_first_pass for report in counted),
        still_open=sum(not report.is_accepted for report in counted),
        criticals=by_severity[Severity.CRITICAL],
        warnings=by_severity[Severity.WARNING],
    )


def by_rule(rows: Iterable[QualityRow], examples: Mapping[str, RuleExample]) -> list[RuleQuality]:
    """Return a line per rule and severity, the one with most findings first."""
    groups = _group(rows, lambda row: (row.rule, row.severity))
    lines = []
    for (rule, severity), rows_of_rule in groups.items():
        # A file may not tell its unit.
        units = {row.unit_code for row in rows_of_rule if row.unit_code is not None}
        line = RuleQuality(
            rule=rule,
            severity=severity,
            findings=sum(row.findings for row in rows_of_rule),
            submissions=sum(row.submissions for row in rows_of_rule),
            units=len(units),
            runs=len({row.run_id for row in rows_of_rule}),
            example=examples.get(rule),
        )
        lines.append(line)
    return sorted(lines, key=lambda line: (-line.findings, line.rule))


def by_unit(
    reports: Iterable[FirstSubmissionRow], rows: Iterable[QualityRow], pack: Pack
) -> list[tuple[Unit | None, FirstSubmissionRate]]:
    """Return a line per unit; the unit is None if nobody knows it.

    First come the units with most reports still open, then those with most reports refused at
    first.
    """
    # A line is a unit, not a code: 31507 was Phường 6 and is Phường Sóc Trăng.
    reports_by_unit = _group(reports, lambda row: pack.unit_on(row.unit_code, row.period))
    rows_by_unit = _group(rows, lambda row: pack.unit_on(row.unit_code, row.period))
    lines = []
    for unit in dict.fromkeys([*reports_by_unit, *rows_by_unit]):
        counted = passing(reports_by_unit.get(unit, ()), rows_by_unit.get(unit, ()))
        lines.append((unit, counted))
    return sorted(lines, key=_most_open_first)


def _most_open_first(line: tuple[Unit | None, FirstSubmissionRate]) -> tuple[int, int, int, str]:
    unit, counted = line
    refused_at_first = counted.reports - counted.at_once
    # "~" comes after all codes: an unknown unit is the last of its equals.
    code = unit.code if unit else "~"
    return -counted.still_open, -refused_at_first, -counted.criticals, code


def by_period(
    reports: Iterable[FirstSubmissionRow], rows: Iterable[QualityRow]
) -> list[tuple[str | None, FirstSubmissionRate]]:
    """Return a line per period, the latest first; None stands for an unknown period."""
    # A report always has a period; a finding may lie in a file that does not tell it.
    reports_by_period: dict[str | None, list[FirstSubmissionRow]] = {}
    reports_by_period.update(_group(reports, lambda row: row.period))
    rows_by_period = _group(rows, lambda row: row.period)
    lines = []
    for period in dict.fromkeys([*reports_by_period, *rows_by_period]):
        counted = passing(reports_by_period.get(period, ()), rows_by_period.get(period, ()))
        lines.append((period, counted))
    return sorted(lines, key=lambda line: _period_order(line[0]), reverse=True)


def by_run(
    runs: Iterable[RunCount],
    rows: Iterable[QualityRow],
    docs: Mapping[int, Sequence[tuple[str, str]]],
) -> list[RunQuality]:
    """Return a line per publication, in their order. `docs` has the result pages by its number."""
    rows_by_run = _group(rows, lambda row: row.run_id)
    lines = []
    for run in runs:
        rows_of_all: list[QualityRow] = []
        for number in run.runs:
            rows_of_all += rows_by_run.get(number, ())
        by_severity = _count_by_severity(rows_of_all)
        line = RunQuality(
            run=run,
            criticals=by_severity[Severity.CRITICAL],
            warnings=by_severity[Severity.WARNING],
            docs=docs.get(run.run_id, ()),
        )
        lines.append(line)
    return lines


def days_to_fix(reports: Iterable[FirstSubmissionRow]) -> float | None:
    """Return the median of days from a report's first file to its first accepted one.

    Only reports whose first file was refused count. None if no such report is accepted yet.
    """
    days = []
    for report in reports:
        if report.is_first_pass:
            continue
        # None: it is not accepted yet, so that nobody knows how long it takes.
        if report.accepted_at is None or report.first_at is None:
            continue
        days.append((report.accepted_at - report.first_at).total_seconds() / _SECONDS_A_DAY)
    return median(days) if days else None


def _count_by_severity(rows: Iterable[QualityRow]) -> Counter[Severity]:
    counted: Counter[Severity] = Counter()
    for row in rows:
        counted[row.severity] += row.findings
    return counted


def _group(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _period_order(code: str | None) -> tuple[date, int]:
    """Order periods by their ends, an unknown one before all."""
    return (date.min, 0) if code is None else Period.parse(code).end_order
