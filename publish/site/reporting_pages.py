"""The page on a form's reports: a heat map of units and periods, with reporting rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from program.records.query_rows import ReportingRow
from program.records.report_state import ReportState
from program.records.reporting_rates import Rates, rates_of
from program.units.register import Unit
from publish.site.pages import SitePages, reporting_path
from publish.site.site_data import SiteData
from publish.site.tables.grids import ReportingTable, reporting_tables

_TEMPLATE = "site/reporting.html.j2"


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
            rates[_key(unit)] = rates_of(filled, data.day)
            cells_of_all += filled
        maps.append(HeatMap(table, rates, rates_of(cells_of_all, data.day)))
    title = data.pack.short_title_of(code) or code
    return FormReports(code, title, data.state_counts(rows), tuple(maps))


def _key(unit: Unit) -> str:
    # A code was used again: two units of one table may share it.
    return f"{unit.code} {unit.name}"
