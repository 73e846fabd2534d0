"""The page on a form's reports: a heat map of units and periods, with reporting rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from program.calendar.period import Period
from program.records.query_rows import ReportingRow
from program.records.report_state import ReportState
from program.records.reporting_rates import Rates, rates_of
from program.units.unit import Unit
from publish.site.pages import SitePages, part_path, reporting_path
from publish.site.site_data import SiteData
from publish.site.tables.grids import ReportingTable, reporting_tables
from publish.site.tables.parts import PartLink, parts_of

_TEMPLATE = "site/reporting.html.j2"
_PART_TEMPLATE = "site/reporting_part.html.j2"
_LINE_BYTES, _CELL_BYTES = 350, 150
"""About how long a line of a heat map is in HTML, and each report of it."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The reports of one form, kind of period and level, with the rates of each unit.

    One that is too long for a page has no lines: `parts` has the links to its parts, and the rates
    of each.
    """

    table: ReportingTable
    rates: Mapping[str, Rates]
    total: Rates
    parts: tuple[tuple[PartLink, Rates], ...] = ()

    def rates_of(self, unit: Unit) -> Rates:
        """Return the rates of a unit's line."""
        return self.rates[_key(unit)]


@dataclass(frozen=True, slots=True)
class ReportingPart:
    """What the page of a part of a heat map shows: some units of one level."""

    code: str
    title: str
    form_title: str
    map: HeatMap


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
    writer = _Writer(
        pages, data, {**common, "state_of": data.state_of, "days_late": data.days_late}
    )
    return [writer.write(code, rows) for code, rows in data.reports_by_form.items() if rows]


@dataclass(frozen=True, slots=True)
class _Writer:
    pages: SitePages
    data: SiteData
    common: Mapping[str, object]

    def write(self, code: str, rows: Sequence[ReportingRow]) -> FormReports:
        """Write the page of a form, and those of the parts of its heat maps.

        Returns the page with its heat maps in whole.
        """
        title = self.data.pack.short_title_of(code) or code
        wholes = [
            _heat_map(table, self.data.day) for table in reporting_tables(rows, self.data.pack)
        ]
        page = FormReports(code, title, self.data.state_counts(rows), tuple(wholes))
        maps = tuple(self._in_parts(code, title, whole) for whole in wholes)
        shown = page if maps == page.maps else replace(page, maps=maps)
        values = {**self.common, "page": shown}
        self.pages.write(reporting_path(code), _TEMPLATE, shown, values.copy)
        return page

    def _in_parts(self, code: str, form_title: str, whole: HeatMap) -> HeatMap:
        """Return a heat map as it is, or with links to its parts, which are written."""
        grid = whole.table.grid
        parts = []
        for part in parts_of(grid.lines, self.data.pack.units, _weight):
            table = replace(whole.table, grid=replace(grid, lines=part.lines))
            page = ReportingPart(code, part.title, form_title, _heat_map(table, self.data.day))
            # A form may have several kinds of periods.
            kind = Period.parse(grid.columns[0].period).kind.value
            path = part_path(reporting_path(code), f"{kind}-{part.name}")
            self.pages.write(path, _PART_TEMPLATE, page, {**self.common, "page": page}.copy)
            link = PartLink(path, part.title, len(part.lines), table.grid.filled)
            parts.append((link, page.map.total))
        if not parts:
            return whole
        without = replace(whole.table, grid=replace(grid, lines=()))
        return HeatMap(without, {}, whole.total, tuple(parts))


def _heat_map(table: ReportingTable, day: date) -> HeatMap:
    rates = {}
    cells_of_all: list[ReportingRow] = []
    for unit, cells in table.grid.lines:
        filled = [cell for cell in cells if cell is not None]
        rates[_key(unit)] = rates_of(filled, day)
        cells_of_all += filled
    return HeatMap(table, rates, rates_of(cells_of_all, day))


def _weight(cells: Sequence[object]) -> int:
    return _LINE_BYTES + _CELL_BYTES * sum(cell is not None for cell in cells)


def _key(unit: Unit) -> str:
    # A code was used again: two units of one table may share it.
    return f"{unit.code} {unit.name}"
