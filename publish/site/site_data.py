"""What all pages of the site show, asked from the warehouse once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from program.calendar.stage import Stage
from program.pack.catalogue import Indicator
from program.pack.lateness import Lateness
from program.pack.pack import Pack
from program.records.office_inbox import Explanation
from program.records.query_rows import (
    FirstSubmissionRow,
    ProgressRow,
    QualityRow,
    ReportingRow,
)
from program.records.report_state import ReportState, state_counts, state_of
from program.records.site_rows import DisbursementRow, SubmissionLine
from program.units.unit import Unit
from publish.figure_rows import FigureRows, figure_rows
from publish.site.tables.target_summary import TargetLine, target_summary
from warehouse.database.engine import Warehouse
from warehouse.queries.marts import data_day
from warehouse.queries.office_inbox import explanations
from warehouse.queries.quality import first_passes, quality
from warehouse.queries.reports import reporting
from warehouse.queries.site import all_submissions

Row = TypeVar("Row")


@dataclass(frozen=True)
class SiteData:
    """The rows behind the pages, the day of the last run, and what several pages look up."""

    pack: Pack
    day: date
    reports: Sequence[ReportingRow]
    figure_rows: FigureRows
    submissions: Sequence[SubmissionLine]
    quality: Sequence[QualityRow]
    first_passes: Sequence[FirstSubmissionRow]
    explanations: Sequence[Explanation] = ()

    @cached_property
    def explanations_by_submission(self) -> Mapping[int, list[Explanation]]:
        """What senders explained about each submission, by its number, in order of arrival."""
        by_number: dict[int, list[Explanation]] = defaultdict(list)
        for explanation in self.explanations:
            for number in explanation.concerned:
                by_number[number].append(explanation)
        return by_number

    @cached_property
    def targets(self) -> list[TargetLine]:
        """Each indicator with a target, and the province's headline figure."""
        return target_summary(self.figure_rows.provincial, self.pack)

    @cached_property
    def units(self) -> Mapping[str, Unit]:
        """The last unit of each code that a report is due from or came from."""
        codes = {row.unit_code for row in self.reports}
        codes |= {row.unit_code for row in self.figure_rows.figures}
        units = {}
        for code in sorted(codes):
            unit = self.pack.units.latest(code)
            # A unit that the pack does not have any more has no name to show.
            if unit is not None:
                units[code] = unit
        return units

    @cached_property
    def reports_by_form(self) -> Mapping[str, list[ReportingRow]]:
        """The reports of each form; forms in the pack's order, unknown ones last."""
        by_form: dict[str, list[ReportingRow]] = {form.code: [] for form in self.pack.forms}
        for row in self.reports:
            by_form.setdefault(row.form_code, []).append(row)
        return by_form

    @cached_property
    def figures_by_unit(self) -> Mapping[str, list[ProgressRow]]:
        """Each unit's own figures by its code."""
        return _grouped(self.figure_rows.figures, "unit_code")

    @cached_property
    def reports_by_unit(self) -> Mapping[str, list[ReportingRow]]:
        """The reports of each unit by its code."""
        return _grouped(self.reports, "unit_code")

    @cached_property
    def money_by_project(self) -> Mapping[str, list[DisbursementRow]]:
        """The money of each project by its code; `total` has the units' own totals."""
        return _grouped(self.figure_rows.money, "project_code")

    @cached_property
    def first_passes_by_unit(self) -> Mapping[str, list[FirstSubmissionRow]]:
        """How soon the reports of each unit were accepted, by its code."""
        return _grouped(self.first_passes, "unit_code")

    @cached_property
    def quality_by_unit(self) -> Mapping[str, list[QualityRow]]:
        """The findings about each unit's reports, by its code."""
        return _grouped(self.quality, "unit_code")

    @cached_property
    def _current(self) -> Mapping[tuple[str, str, str, Stage], int]:
        current = {}
        for line in self.submissions:
            if line.is_current:
                key = (line.form_code or "", line.unit_code or "", line.period or "", line.stage)
                current[key] = line.submission_id
        return current

    def state_of(self, row: ReportingRow) -> ReportState:
        """Return the state of a report on the day of the last run."""
        return state_of(row, self.day)

    def days_late(self, row: ReportingRow) -> int | None:
        """Return by how many working days a report came late; None if nobody asked for it.

        None too while the office waits for it: that delay grows each day. Its page shows the
        deadline, and stays as it is while nothing comes.
        """
        if row.due_date is None or self.state_of(row).is_waited_for:
            return None
        return self._lateness.days(row)

    @cached_property
    def _lateness(self) -> Lateness:
        return Lateness(self.pack, self.day)

    def state_counts(self, rows: Iterable[ReportingRow]) -> Mapping[ReportState, int]:
        """Return how many of the reports that are asked for are in each state on that day."""
        return state_counts(rows, self.day)

    def source_of(self, form: str | None, unit: str, period: str, stage: Stage) -> int | None:
        """Return the number of the submission that a figure is from; None for a sum."""
        return self._current.get((form or "", unit, period, stage))

    def source_of_figure(self, indicator: Indicator, row: ProgressRow) -> int | None:
        """Return the number of the submission that a unit's own figure is from."""
        return self.source_of(indicator.form, row.unit_code, row.period, row.stage)


def site_data(engine: Warehouse, pack: Pack, kept: Path | None = None) -> SiteData:
    """Ask the warehouse for what the pages show. It is only read.

    `kept` is the file that keeps the figures for the next run.
    """
    day = data_day(engine)
    return SiteData(
        pack=pack,
        day=day,
        reports=reporting(engine),
        submissions=all_submissions(engine),
        quality=quality(engine),
        first_passes=first_passes(engine),
        explanations=explanations(engine),
        figure_rows=figure_rows(engine, pack, day, kept),
    )


def _grouped(rows: Iterable[Row], field: str) -> Mapping[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, field)].append(row)
    return groups
