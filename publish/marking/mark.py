"""Marking of any file that the reader takes: an .xlsx itself, all else as a copy of its cells."""

import logging
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.reader.json_reports.portal_report import PortalReport, is_json, read_reports
from connectors.reader.open.workbook import Sheet, open_workbook
from program.finding import ReaderFinding
from program.limits import Limits
from program.pack.pack import Pack
from publish.marking.mark_copy import mark_copy
from publish.marking.mark_xlsx import mark_book
from publish.marking.request import MarkedReport, MarkRequest, UnmarkableError

logger = logging.getLogger("mtqg.marking")

# These are raised for a package whose parts differ from the standard: then its cells are copied.
# Any other exception is a bug of ours.
_NOT_STANDARD = (UnmarkableError, zipfile.BadZipFile, KeyError, IndexError, ValueError)


@dataclass(frozen=True, slots=True)
class _PortalFile:
    """A portal's JSON as sheets, and the order whose findings name these sheets."""

    order: MarkRequest
    sheets: list[Sheet]


def mark(order: MarkRequest, pack: Pack, limits: Limits) -> bytes:
    """Return the marked workbook, an .xlsx. The same order gives the same bytes.

    Raises UnmarkableError where the reader cannot read the file.
    """
    if is_json(order.content):
        portal = _read_portal_file(order, pack, limits)
        return mark_copy(portal.order, portal.sheets)
    workbook = open_workbook(order.content, limits)
    # What the reader refuses has no cells that could be copied.
    if isinstance(workbook, ReaderFinding):
        raise UnmarkableError(f"it does not open: {workbook.rule}")
    try:
        return mark_book(order)
    except _NOT_STANDARD as error:
        logger.debug("mark name=%r copied=%s", order.name, error)
        # A copy without the layout is better than no marks.
        return mark_copy(order, workbook.sheets)


def _read_portal_file(order: MarkRequest, pack: Pack, limits: Limits) -> _PortalFile:
    """Return the sheets that the reader makes of a JSON text. Each of several reports has its own.

    Raises UnmarkableError where the text holds no report.
    """
    reports = read_reports(order.content, pack, limits)
    if isinstance(reports, ReaderFinding):
        raise UnmarkableError(f"it is no report: {reports.rule}")
    sheets: list[Sheet] = []
    for report_no, report in enumerate(reports, start=1):
        # Any other entry is what the reader refused. It has no cells to mark.
        if not isinstance(report, PortalReport):
            continue
        for sheet in report.found.sheets:
            name = _sheet_name(sheet.name, report_no, reports)
            renamed_sheet = replace(sheet, name=name)
            sheets.append(renamed_sheet)
    if not sheets:
        raise UnmarkableError("it holds no report")
    marked_reports = tuple(_rename_sheets(report, reports) for report in order.reports)
    renamed_order = replace(order, reports=marked_reports)
    return _PortalFile(renamed_order, sheets)


def _rename_sheets(report: MarkedReport, reports: Sequence[object]) -> MarkedReport:
    findings = []
    for finding in report.findings:
        if finding.sheet:
            name = _sheet_name(finding.sheet, report.report_no, reports)
            findings.append(replace(finding, sheet=name))
        else:
            findings.append(finding)
    return replace(report, findings=tuple(findings))


def _sheet_name(sheet: str, report_no: int, reports: Sequence[object]) -> str:
    """Return a sheet's name, with its report's number where a file has several reports."""
    return f"{report_no}. {sheet}" if len(reports) > 1 else sheet
