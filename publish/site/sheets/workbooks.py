"""Write the workbooks of the pages that have tables: one a page.

One a page, not one for all: a new report then changes the workbooks of a few pages, and a reader
downloads what the page shows.
"""

from functools import partial

from publish.site.first_page import ShownPages
from publish.site.pages import (
    SitePages,
    area_path,
    indicator_path,
    project_path,
    reporting_path,
    unit_path,
)
from publish.site.sheets.indicator_sheets import indicator_sheets
from publish.site.sheets.plan_sheets import plan_sheets
from publish.site.sheets.project_sheets import project_sheets
from publish.site.sheets.quality_sheets import quality_sheets
from publish.site.sheets.reporting_sheets import area_sheets, reporting_sheets
from publish.site.sheets.unit_sheets import unit_sheets
from publish.site.site_data import SiteData


def write_workbooks(pages: SitePages, shown: ShownPages, data: SiteData) -> None:
    """Write the workbook of each page of `shown` whose rows changed."""
    pack, write = data.pack, pages.write_workbook
    for indicator in shown.indicators:
        path, title = indicator_path(indicator.indicator.code), indicator.indicator.name
        write(path, title, indicator, partial(indicator_sheets, indicator, pack))
    for project in shown.projects:
        path, title = project_path(project.project.code), project.project.name
        write(path, title, project, partial(project_sheets, project, pack))
    for form in shown.forms:
        tables = partial(reporting_sheets, form.maps, pack, data.state_of)
        write(reporting_path(form.code), form.title, form, tables)
    for unit in shown.units:
        tables = partial(unit_sheets, unit, data)
        write(unit_path(unit.unit.code), unit.unit.name, unit, tables)
    for code, area in shown.areas.items():
        write(area_path(code), area.title, area, partial(area_sheets, area, pack))
    tables = partial(plan_sheets, shown.plans, pack)
    write("plans.html", "Kế hoạch và kết quả", shown.plans, tables)
    tables = partial(quality_sheets, shown.quality, pack)
    write("quality.html", "Chất lượng báo cáo", shown.quality, tables)
