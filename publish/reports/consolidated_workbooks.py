"""The consolidated workbook of each form, period and stage, made again only where it changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.elements import form_elements
from program.forms.form import Form
from program.forms.plan_pairs import plan_pairs
from program.pack.pack import Pack
from program.records.plan_rows import PlanRow
from program.records.query_rows import ReportingRow
from program.records.report_state import is_past_due
from publish.kept import begun_month
from publish.output_folder import OutputFolder, code_digest, digest_of, pack_digest
from publish.reports.annexes import doubt_table, source_table
from publish.reports.consolidated import consolidated_tables, coverage_remarks
from publish.reports.disbursement import DisbursementReport, disbursement_tables
from publish.reports.plan_table import plan_table
from publish.reports.workbook import workbook_bytes
from warehouse.database.engine import Warehouse
from warehouse.queries.marts import catalogue_version
from warehouse.queries.plans import plans_in_years
from warehouse.queries.report_facts import (
    current_files,
    disbursement_rows,
    doubt_rows,
    report_facts,
)
from warehouse.queries.report_states import ReportGroup, State, group_states

_DISBURSEMENT = "disbursement"


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Which consolidated tables are wanted; None stands for all."""

    form_code: str | None = None
    period: str | None = None

    def takes(self, key: ReportGroup) -> bool:
        """Tell whether a table is wanted."""
        is_of_form = self.form_code in (None, key.form_code)
        return is_of_form and self.period in (None, key.period)


ALL_REPORTS = ReportFilter()


def consolidated_name(key: ReportGroup) -> str:
    """Return where the consolidated workbook of a form and period is."""
    stage = "-uoc" if key.stage is Stage.ESTIMATE else ""
    return f"tong-hop/{key.form_code}-{key.period}{stage}.xlsx"


def with_figures(rows: Sequence[ReportingRow]) -> dict[ReportGroup, list[ReportingRow]]:
    """Return the reports of each form, period and stage of which one counts."""
    groups: dict[ReportGroup, list[ReportingRow]] = defaultdict(list)
    for row in rows:
        groups[ReportGroup(row.form_code, row.period, row.stage)].append(row)
    return {group: reports for group, reports in groups.items() if _has_figures(reports)}


def _has_figures(rows: Sequence[ReportingRow]) -> bool:
    return any(row.verdict is not None and row.verdict.loads for row in rows)


def _last_of_years(groups: Iterable[ReportGroup]) -> dict[tuple[str, int], ReportGroup]:
    """Return the last workbook of each form and year, which has the year's plans.

    A result is that of the year so far: beside an earlier quarter it would say too much.
    """
    finals = [group for group in groups if group.stage is Stage.FINAL]
    last = {}
    for group in sorted(finals, key=lambda group: Period.parse(group.period).end_order):
        last[group.form_code, Period.parse(group.period).year] = group
    return last


@dataclass(frozen=True)
class ConsolidatedWorkbooks:
    """Writes the workbooks of each form, period and stage whose inputs have changed.

    Those whose inputs have not are not asked about: neither their facts, doubts nor plans.
    """

    warehouse: Warehouse
    pack: Pack
    day: date
    rows: Mapping[ReportGroup, Sequence[ReportingRow]]
    output: OutputFolder

    def write(self, wanted: ReportFilter) -> None:
        """Write those that are wanted."""
        program = digest_of(code_digest(), pack_digest(self.pack))
        for group, rows in self.rows.items():
            if wanted.takes(group):
                self._write(group, rows, program)

    def _write(self, group: ReportGroup, rows: Sequence[ReportingRow], program: str) -> None:
        """Write the consolidated workbook of a form and period, and that of the money."""
        form = self.pack.form(group.form_code, Period.parse(group.period))
        # A report of a form that the pack no longer has: nobody knows what its columns mean.
        if form is None:
            return
        # A unit that becomes late changes what the workbook says of it; one day more does not.
        late = [is_past_due(row, self.day) for row in rows]
        state = sorted(self._states.get(group, ()))
        made_from = digest_of(program, rows, late, state, self._plans_version(group))
        self.output.make(
            consolidated_name(group), made_from, lambda: self._consolidated(form, group, rows)
        )
        if group.form_code == _DISBURSEMENT:
            name = f"giai-ngan/giai-ngan-{group.period}.xlsx"
            self.output.make(name, made_from, lambda: self._disbursement(group, rows))

    @cached_property
    def _states(self) -> Mapping[ReportGroup, State]:
        return group_states(self.warehouse)

    @cached_property
    def _last(self) -> Mapping[tuple[str, int], ReportGroup]:
        return _last_of_years(self.rows)

    def _year_of_plans(self, group: ReportGroup) -> int | None:
        """Return the year whose plans stand in a workbook; None where none do."""
        year = Period.parse(group.period).year
        is_planned = group.form_code in self._planned_by
        is_last = self._last.get((group.form_code, year)) == group
        return year if is_planned and is_last else None

    def _plans_version(self, group: ReportGroup) -> str:
        """Return a text that changes when the planned figures in a workbook may have changed.

        They follow from the reports of the year about the form and the forms that plan it, from
        whose reports are due, and from the month.
        """
        year = self._year_of_plans(group)
        if year is None:
            return ""
        forms = {group.form_code, *self._planned_by[group.form_code]}
        states = [
            (each, sorted(state))
            for each, state in self._states.items()
            if each.form_code in forms and Period.parse(each.period).year == year
        ]
        return digest_of(self._catalogue, begun_month(self.day), sorted(states))

    @cached_property
    def _catalogue(self) -> str:
        return catalogue_version(self.warehouse)

    @cached_property
    def _planned_by(self) -> Mapping[str, set[str]]:
        """Return by a form of results the forms with its plans."""
        forms: dict[str, set[str]] = defaultdict(set)
        for pair in plan_pairs(self.pack.forms):
            forms[pair.result_form].add(pair.plan_form)
        return forms

    @cached_property
    def _plans(self) -> Mapping[tuple[str, int], Sequence[PlanRow]]:
        rows: dict[tuple[str, int], list[PlanRow]] = defaultdict(list)
        for row in plans_in_years(self.warehouse):
            rows[row.form_code, row.year].append(row)
        return rows

    def _plans_of(self, group: ReportGroup) -> Sequence[PlanRow]:
        year = self._year_of_plans(group)
        plans = () if year is None else self._plans.get((group.form_code, year), ())
        # A form without any plan has nothing to set beside its results.
        return plans if any(line.plans for line in plans) else ()

    def _consolidated(self, form: Form, group: ReportGroup, rows: Sequence[ReportingRow]) -> bytes:
        facts = report_facts(self.warehouse, *group)
        tables = consolidated_tables(form, group, rows, facts, self.pack, self.day)
        plans = self._plans_of(group)
        if plans:
            year = Period.parse(group.period).year
            tables.append(plan_table(plans, year, form.short_title, self.pack))
        doubts = doubt_rows(self.warehouse, *group)
        if doubts:
            tables.append(doubt_table(doubts, form_elements(form), group.period, self.pack))
        files = current_files(self.warehouse, *group)
        tables.append(source_table(files, group.period, self.pack))
        return workbook_bytes(form.title, tables)

    def _disbursement(self, group: ReportGroup, rows: Sequence[ReportingRow]) -> bytes:
        units = [self.pack.unit_on(row.unit_code, row.period) for row in rows]
        report = DisbursementReport(
            period=group.period,
            stage=group.stage,
            rows=disbursement_rows(self.warehouse, group.period, group.stage),
            facts=report_facts(self.warehouse, *group),
            units=[unit for unit in units if unit is not None],
            remarks=coverage_remarks(rows, self.pack, self.day),
        )
        return workbook_bytes("Giải ngân", disbursement_tables(report, self.pack))
