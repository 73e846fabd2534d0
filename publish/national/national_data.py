"""The rows behind the country's pages, from its file: provinces stand where units were."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.records.plan_rows import PlanRow
from program.records.query_rows import (
    FirstSubmissionRow,
    PartReports,
    ProgressRow,
    QualityRow,
    ReportingRow,
    TerritorySumRow,
)
from program.records.site_rows import DisbursementRow
from program.submission import Verdict
from program.units.distinct_names import with_distinct_names
from publish.figure_rows import FigureRows
from publish.site.site_data import SiteData
from warehouse.national.file import NationalFile
from warehouse.queries.view_rows import view_row


def national_data(file: NationalFile, pack: Pack) -> SiteData:
    """Return what the pages show. Pages of submissions and texts are the province's own.

    Names of units tell apart what shares a name or a code (`program.units.distinct_names`).
    """
    return SiteData(
        pack=replace(pack, units=with_distinct_names(pack.units)),
        day=file.ask("day")[0]["day"],
        reports=[_reporting_row(row) for row in file.ask("reporting")],
        figure_rows=FigureRows(
            figures=_progress(file, is_of_nation=False),
            provincial=[row for row in national_progress(file) if row.target is not None],
            sums=[view_row(TerritorySumRow, row) for row in file.ask("sums")],
            stages=[],
            money=[view_row(DisbursementRow, row) for row in file.ask("disbursement")],
            plans=[view_row(PlanRow, row) for row in file.ask("plans")],
            narratives=[],
            # The country's first page answers with plans.
            training=[],
        ),
        submissions=[],
        quality=[view_row(QualityRow, row) for row in file.ask("findings")],
        first_passes=[view_row(FirstSubmissionRow, row) for row in file.ask("first_files")],
    )


def national_progress(file: NationalFile) -> list[ProgressRow]:
    """Return the country's own figures."""
    return _progress(file, is_of_nation=True)


def _progress(file: NationalFile, *, is_of_nation: bool) -> list[ProgressRow]:
    return [view_row(ProgressRow, row) for row in file.ask("progress", is_of_nation=is_of_nation)]


def _reporting_row(row: Mapping[str, Any]) -> ReportingRow:
    parts = None if row["due"] is None else view_row(PartReports, row)
    return ReportingRow(
        form_code=row["form_code"],
        unit_code=row["unit_code"],
        period=row["period"],
        stage=Stage(row["stage"]),
        due_date=row["due_date"],
        verdict=_verdict(parts),
        version=None,
        versions=0,
        is_open=bool(row["to_fix"]),
        received_at=row["received_at"],
        delivery_name=None,
        is_synthetic=row["is_synthetic"],
        first_at=row["first_at"],
        parts=parts,
    )


def _verdict(parts: PartReports | None) -> Verdict | None:
    """Return the verdict of the worst of a province's reports; None if one did not come."""
    if parts is None or parts.missing or not parts.due:
        return None
    if parts.to_fix:
        return Verdict.QUARANTINED
    return Verdict.ACCEPTED_WITH_WARNINGS if parts.with_warnings else Verdict.ACCEPTED
