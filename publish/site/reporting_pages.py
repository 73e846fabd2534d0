"""The page on a form's reports: a heat map of units and periods, with rates of completeness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from program.records.query_rows import ReportingRow
from program.records.report_state import ReportState
from program.units.register import Unit
from publish.site.pages import SitePages, reporting_path
from publish.site.site_data import SiteData
from publish.site.tables.grids import ReportingTable, reporting_tables

_TEMPLATE = "site/reporting.html.j2"


@dataclass(frozen=True, slots=True)
class Rates:
    """How complete and how timely reports are (`docs/marts.md`, words of DHIS2's reporting rates).

    `expected` reports were due, `actual` of them came, `on_time` of them by the deadline.
    """

    expected: int
    actual: int
    on_time: int

    @property
    def rate(self) -> float | None:
        """The share that came, in per cent; None if nothing was due."""
        return 100 * self.actual / self.expected if self.expected else None

    @property
    def on_time_rate(self) -> float | None:
        """The share that came by the deadline, in per cent; None if nothing was due."""
        return 100 * self.on_time / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The reports of one form, kind of period and level, with the rates of each unit."""

    table: ReportingTable
    rates: Mapping[str, Rates]
    total: Rates


@dataclass(frozen=True, slots=True)
class FormReports:
    """What the page of a form shows."""

    code: str
    title: str
    states: Mapping[ReportState, int]
    maps: tuple[HeatMap, ...]


def rates_of(rows: Sequence[ReportingRow]) -> Rates:
    """Return the rates of the reports that are due."""
    due = [row for row in rows if row.due_date is not None and row.is_due]
    came = [row for row in due if row.verdict is not None]
    on_time = [row for row in came if row.is_timely]
    return Rates(len(due), len(came), len(on_time))


def write_reporting_pages(
    pages: SitePages, data: SiteData, common: Mapping[str, object]
) -> list[FormReports]:
    """Write a page for each form of which a report is due or came; return what they show."""
    shown = []
    for code, rows in data.reports_by_form.items():
        if not rows:
            continue
        page = _page_of(code, rows, data)
        shown.append(page)
        values = {**common, "page": page, "state_of": data.state_of}
        pages.write(reporting_path(code), _TEMPLATE, page, values.copy)
    return shown


def _page_of(code: str, rows: Sequence[ReportingRow], data: SiteData) -> FormReports:
    maps = []
    for table in reporting_tables(rows, data.pack):
        rates = {}
        cells_of_all: list[ReportingRow] = []
        for unit, cells in table.grid.lines:
            filled = [cell for cell in cells if cell is not None]
            rates[_key(unit)] = rates_of(filled)
            cells_of_all += filled
        maps.append(HeatMap(table, rates, rates_of(cells_of_all)))
    title = data.pack.short_title_of(code) or code
    return FormReports(code, title, data.state_counts(rows), tuple(maps))


def _key(unit: Unit) -> str:
    # A code was used again: two units of one table may share it.
    return f"{unit.code} {unit.name}"
