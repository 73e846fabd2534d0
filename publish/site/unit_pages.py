"""The page of a unit: its reports, what waits for it, and its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from program.calendar.period import Period
from program.finding import Finding, Severity
from program.pack.catalogue import Indicator
from program.records.query_rows import ProgressRow, ReportingRow
from program.records.report_state import ReportState
from program.records.reporting_rates import Rates, rates_of
from program.units.unit import Unit
from publish.site.pages import SitePages, unit_path
from publish.site.quality_page import FirstSubmissionRate, passing
from publish.site.site_data import SiteData
from warehouse.database.engine import Warehouse
from warehouse.queries.site import findings_of_submissions

_TEMPLATE = "site/unit.html.j2"
_PERIODS = 4
"""Figures that a line shows, the latest ones."""
_MOST_FINDINGS = 40
"""Open findings that a page lists; of more, their number is said."""


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """A unit's figures of one indicator, the latest last.

    `sources` has the submission of each figure, in the same order. Nothing here follows from the
    reports of other units: one report would else change the pages of all peers.
    """

    indicator: Indicator
    rows: tuple[ProgressRow, ...]
    sources: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class FindingToFix:
    """A finding that waits for its sender, and the submission that it is in.

    `is_explained`: its sender explained it, and the office has not decided yet.
    """

    submission_id: int
    report: ReportingRow
    finding: Finding
    is_explained: bool = False


@dataclass(frozen=True, slots=True)
class UnitPage:
    """What the page of a unit's code shows. `unit` is the last unit of the code.

    `successors` says of each whether it has a page.
    """

    unit: Unit
    parent: Unit | None
    successors: tuple[tuple[Unit, bool], ...]
    predecessors: tuple[Unit, ...]
    reports: tuple[ReportingRow, ...]
    states: Mapping[ReportState, int]
    rates: Rates
    quality: FirstSubmissionRate
    findings: tuple[FindingToFix, ...]
    more_findings: int
    figures: tuple[UnitFigure, ...]


def write_unit_pages(
    pages: SitePages,
    data: SiteData,
    engine: Warehouse | None,
    common: Mapping[str, object],
) -> list[UnitPage]:
    """Write a page for each unit that reports; return what they show, in the order of codes.

    Without an engine they have no findings: the country's file has none in words.
    """
    findings = {} if engine is None else _open_findings(data, engine)
    shown = []
    for code, unit in data.units.items():
        page = _page_of(code, unit, data, findings.get(code, []))
        shown.append(page)
        values = {**common, "page": page, "state_of": data.state_of, "days_late": data.days_late}
        pages.write(unit_path(code), _TEMPLATE, page, values.copy)
    return shown


def _page_of(
    code: str,
    unit: Unit,
    data: SiteData,
    findings: Sequence[FindingToFix],
) -> UnitPage:
    reports = data.reports_by_unit.get(code, [])
    in_order = sorted(reports, key=lambda row: (Period.parse(row.period).end_order, row.form_code))
    last_day = unit.valid_to or unit.valid_from
    parent = None
    if unit.parent is not None and last_day is not None:
        parent = data.pack.units.get(unit.parent, last_day)
    successors = [(each, each.code in data.units) for each in data.pack.units.successors_of(unit)]
    first = data.first_passes_by_unit.get(code, [])
    found = data.quality_by_unit.get(code, [])
    return UnitPage(
        unit=unit,
        parent=parent or (data.pack.units.latest(unit.parent) if unit.parent else None),
        successors=tuple(successors),
        predecessors=tuple(data.pack.units.predecessors_of(unit)),
        reports=tuple(reversed(in_order)),
        states=data.state_counts(reports),
        rates=rates_of(reports, data.day),
        quality=passing(first, found),
        findings=tuple(findings[:_MOST_FINDINGS]),
        more_findings=max(len(findings) - _MOST_FINDINGS, 0),
        figures=tuple(_figures_of(code, data)),
    )


def _figures_of(code: str, data: SiteData) -> list[UnitFigure]:
    by_indicator: dict[str, list[ProgressRow]] = {}
    for row in data.figures_by_unit.get(code, []):
        if row.actual is not None:
            by_indicator.setdefault(row.indicator_code, []).append(row)
    figures = []
    for indicator in data.pack.indicators:
        rows = by_indicator.get(indicator.code)
        if not rows:
            continue
        latest = sorted(rows, key=lambda row: Period.parse(row.period).end_order)[-_PERIODS:]
        sources = tuple(data.source_of_figure(indicator, row) for row in latest)
        figures.append(UnitFigure(indicator, tuple(latest), sources))
    return figures


def _open_findings(data: SiteData, engine: Warehouse) -> Mapping[str, list[FindingToFix]]:
    """Return by unit what is open in the current or latest version of each report."""
    with_findings = {line.submission_id for line in data.submissions if line.open_findings}
    reports = {}
    for row in data.reports:
        if row.submission_id in with_findings:
            reports[row.submission_id] = row
    explained: set[tuple[int, Finding]] = set()
    for explanation in data.explanations:
        explained |= {(each.submission_id, each.finding) for each in explanation.findings}
    by_unit: dict[str, list[FindingToFix]] = {}
    for number, findings in findings_of_submissions(engine, sorted(reports)).items():
        row = reports[number]
        for finding in findings:
            if finding.severity is not Severity.INFO:
                is_explained = (number, finding) in explained
                item = FindingToFix(number, row, finding, is_explained)
                by_unit.setdefault(row.unit_code, []).append(item)
    return by_unit
