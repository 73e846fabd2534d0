"""Bytes of any kind that the reader takes, marked: an .xlsx itself, everything else as a copy of its cells."""

import logging
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.reader.workbook import Sheet, open_workbook
from program.finding import Problem
from program.limits import Limits
from publish.marking.book import mark_book
from publish.marking.copy import mark_copy
from publish.marking.order import Order, Report, UnmarkableError

if TYPE_CHECKING:
    from program.pack import Pack  # a second of imports that only a portal's JSON needs

logger = logging.getLogger("mtqg.marking")

# What is raised for parts of a package that are not as the standard has them; whatever else is raised is a bug of ours.
_NOT_AS_EXPECTED = (UnmarkableError, zipfile.BadZipFile, KeyError, IndexError, ValueError)


def mark(order: Order, pack: "Pack | None", limits: Limits) -> bytes:
    """Return the marked workbook, an .xlsx; the same order gives the same bytes. Raises UnmarkableError where there is none.

    `pack` is given for a portal's JSON, and for nothing else.
    """
    if pack is not None:
        return mark_copy(*_of_portal(order, pack, limits))
    workbook = open_workbook(order.content, limits)
    if isinstance(workbook, Problem):
        raise UnmarkableError(f"it does not open: {workbook.rule}")
    try:
        return mark_book(order)
    except _NOT_AS_EXPECTED as wrong:
        logger.debug("mark name=%r copied=%s", order.name, wrong)
        return mark_copy(order, workbook.sheets)


def _of_portal(order: Order, pack: "Pack", limits: Limits) -> tuple[Order, list[Sheet]]:
    """Return the sheets that a JSON text is read as, and the order with their names: of several reports each has its own."""
    from connectors.reader.portal_report import PortalReport, read_reports  # noqa: PLC0415  (takes pandas along)

    reports = read_reports(order.content, pack, limits)
    if isinstance(reports, Problem):
        raise UnmarkableError(f"it is no report: {reports.rule}")
    sheets: list[Sheet] = []
    for part, report in enumerate(reports, start=1):
        if isinstance(report, PortalReport):
            sheets += [replace(sheet, name=_name(sheet.name, part, reports)) for sheet in report.found.sheets]
    if not sheets:
        raise UnmarkableError("it holds no report")
    return replace(order, reports=tuple(_renamed(report, reports) for report in order.reports)), sheets


def _renamed(report: Report, reports: Sequence[object]) -> Report:
    findings = (replace(f, sheet=f.sheet and _name(f.sheet, report.part, reports)) for f in report.findings)
    return replace(report, findings=tuple(findings))


def _name(sheet: str, part: int, reports: Sequence[object]) -> str:
    return f"{part}. {sheet}" if len(reports) > 1 else sheet
