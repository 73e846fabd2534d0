"""The rows behind the country's pages, from its file: provinces stand where units were."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from program.calendar.stage import Stage
from program.finding import Severity
from program.pack.load import Pack
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
from publish.site.site_data import FigureRows, SiteData
from warehouse.national.file import NationalFile
from warehouse.queries.reports import progress_row, row_of_view


def national_data(file: NationalFile, pack: Pack) -> SiteData:
    """Return what the pages show. Pages of submissions, plans and texts are the province's own."""
    return SiteData(
        pack=pack,
        day=file.ask("day")[0]["day"],
        reports=[_reporting_row(row) for row in file.ask("reporting")],
        figure_rows=FigureRows(
            figures=_progress(file, is_of_nation=False),
            provincial=[row for row in national_progress(file) if row.target is not None],
            sums=[row_of_view(TerritorySumRow, row) for row in file.ask("sums")],
            stages=[],
            money=[_of(DisbursementRow, row) for row in file.ask("disbursement")],
            plans=[],
            narratives=[],
        ),
        submissions=[],
        quality=[_quality_row(row) for row in file.ask("findings")],
        first_passes=[FirstSubmissionRow(**row) for row in file.ask("first_files")],
    )


def national_progress(file: NationalFile) -> list[ProgressRow]:
    """Return the country's own figures."""
    return _progress(file, is_of_nation=True)


def _quality_row(row: Mapping[str, Any]) -> QualityRow:
    return QualityRow(**{**row, "severity": Severity(row["severity"])})


def _progress(file: NationalFile, *, is_of_nation: bool) -> list[ProgressRow]:
    return [progress_row(row) for row in file.ask("progress", is_of_nation=is_of_nation)]


def _reporting_row(row: Mapping[str, Any]) -> ReportingRow:
    parts = None if row["due"] is None else _of(PartReports, row)
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
        days_late=row["most_days_late"],
        parts=parts,
    )


def _verdict(parts: PartReports | None) -> Verdict | None:
    """Return the verdict of the worst of a province's reports; None if one did not come."""
    if parts is None or parts.missing or not parts.due:
        return None
    if parts.to_fix:
        return Verdict.QUARANTINED
    return Verdict.ACCEPTED_WITH_WARNINGS if parts.with_warnings else Verdict.ACCEPTED


def _of(kind: Any, row: Mapping[str, Any]) -> Any:
    """Return a row as the dataclass that has its columns as fields."""
    values = {field.name: row[field.name] for field in fields(kind)}
    if "stage" in values:
        values["stage"] = Stage(values["stage"])
    return kind(**values)
