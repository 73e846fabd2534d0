"""The reports of a run: which workbooks there are, where they are, and from what each is made."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.elements import form_elements
from program.forms.form import Form
from program.pack.load import Pack
from program.records.headline import headline
from program.records.plan_rows import PlanRow
from program.records.query_rows import ReportingRow
from program.records.report_state import is_past_due
from publish.documents.brief import BRIEF, BriefFacts, brief_bytes
from publish.documents.dispatch import DISPATCH, dispatch_bytes
from publish.output_folder import OutputFolder, code_digest, digest_of, pack_digest
from publish.own_forms.own_forms import write_own_forms
from publish.reports.annexes import doubt_table, source_table
from publish.reports.awaited import (
    awaited_reports,
    awaited_units,
    chasing_tables,
    of_open_units,
)
from publish.reports.consolidated import ConsolidatedKey, consolidated_tables, coverage_remarks
from publish.reports.disbursement import DisbursementReport, disbursement_tables
from publish.reports.plan_table import plan_table
from publish.reports.workbook import workbook_bytes
from publish.site.tables.plans import plan_panel
from publish.site.tables.target_summary import target_summary
from warehouse.database.engine import Warehouse
from warehouse.queries.marts import data_day, data_version
from warehouse.queries.plans import plans_in_years, plans_of
from warehouse.queries.report_facts import (
    DoubtRow,
    current_files,
    disbursement_rows,
    doubt_rows,
    report_facts,
    total_money,
    training_by_period,
)
from warehouse.queries.reports import progress_of, reporting

_DISBURSEMENT = "disbursement"
CHASING_LIST = "danh-sach-don-doc.xlsx"


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Which consolidated tables are wanted; None stands for all."""

    form_code: str | None = None
    period: str | None = None

    def takes(self, key: ConsolidatedKey) -> bool:
        """Tell whether a table is wanted."""
        is_of_form = self.form_code in (None, key.form_code)
        return is_of_form and self.period in (None, key.period)


ALL_REPORTS = ReportFilter()


def write_reports(
    warehouse: Warehouse,
    pack: Pack,
    folder: Path,
    *,
    is_ours: bool,
    wanted: ReportFilter = ALL_REPORTS,
) -> list[Path]:
    """Write the reports that anybody may read below `folder`; return the files that changed.

    There is a consolidated workbook for each form and period of which a report counts, a brief, and
    each form of the province's own.
    """
    day = data_day(warehouse)
    rows_by_key = _rows_by_key(reporting(warehouse))
    program = digest_of(code_digest(), pack_digest(pack))
    with OutputFolder(folder, is_ours=is_ours) as output:
        writer = _Writer(warehouse, pack, day, program, output)
        with_figures = {key: rows for key, rows in rows_by_key.items() if _has_figures(rows)}
        plans = _plans_by_key(plans_in_years(warehouse), with_figures)
        for key, rows in with_figures.items():
            if wanted.takes(key):
                writer.write(key, rows, plans.get(key, ()))
        if wanted == ALL_REPORTS:
            made_from = digest_of(program, data_version(warehouse), day)
            rows = reporting(warehouse)
            write_own_forms(output, warehouse, pack, rows, day, made_from)
            output.make(
                BRIEF, made_from, lambda: brief_bytes(_brief_facts(warehouse, pack, day), pack)
            )
        return output.written


def write_office_files(
    warehouse: Warehouse, pack: Pack, folder: Path, *, is_ours: bool
) -> list[Path]:
    """Write what only the office may read, because it holds contacts; return what changed.

    This is the list of whom to call, and the draft letter to the units.
    """
    day = data_day(warehouse)
    rows = reporting(warehouse)
    awaited = awaited_reports(rows, pack, day)
    made_from = digest_of(code_digest(), pack_digest(pack), day, rows)
    units = awaited_units(of_open_units(awaited, day))
    with OutputFolder(folder, is_ours=is_ours) as output:
        output.make(
            CHASING_LIST,
            made_from,
            lambda: workbook_bytes("Danh sách đôn đốc", chasing_tables(awaited, pack, day)),
        )
        # A letter that asks nobody is none.
        if units:
            output.make(DISPATCH, made_from, lambda: dispatch_bytes(units, rows, pack, day))
        return output.written


def consolidated_name(key: ConsolidatedKey) -> str:
    """Return where the consolidated workbook of a form and period is."""
    stage = "-uoc" if key.stage is Stage.ESTIMATE else ""
    return f"tong-hop/{key.form_code}-{key.period}{stage}.xlsx"


def _brief_facts(warehouse: Warehouse, pack: Pack, day: date) -> BriefFacts:
    province = pack.program.province
    rows = reporting(warehouse)
    awaited = of_open_units(awaited_reports(rows, pack, day), day)
    money = headline(total_money(warehouse, province), pack.program, day)
    return BriefFacts(
        day=day,
        targets=target_summary(progress_of(warehouse, province), pack),
        money=money,
        money_rows=disbursement_rows(warehouse, money.period, money.stage) if money else (),
        training=headline(training_by_period(warehouse, province), pack.program, day),
        plans=plan_panel(plans_of(warehouse, province), pack).groups,
        reports=rows,
        awaited=awaited_units(awaited),
    )


def _rows_by_key(rows: Sequence[ReportingRow]) -> dict[ConsolidatedKey, list[ReportingRow]]:
    by_key: dict[ConsolidatedKey, list[ReportingRow]] = defaultdict(list)
    for row in rows:
        by_key[ConsolidatedKey(row.form_code, row.period, row.stage)].append(row)
    return by_key


def _has_figures(rows: Sequence[ReportingRow]) -> bool:
    return any(row.verdict is not None and row.verdict.loads for row in rows)


def _plans_by_key(
    rows: Iterable[PlanRow], keys: Iterable[ConsolidatedKey]
) -> dict[ConsolidatedKey, list[PlanRow]]:
    """Return the planned figures of a year by the form's last workbook of that year.

    A result is that of the year so far: beside an earlier quarter it would say too much.
    """
    last: dict[tuple[str, int], ConsolidatedKey] = {}
    finals = [key for key in keys if key.stage is Stage.FINAL]
    for key in sorted(finals, key=lambda key: Period.parse(key.period).end_order):
        last[key.form_code, Period.parse(key.period).year] = key
    by_key: dict[ConsolidatedKey, list[PlanRow]] = defaultdict(list)
    for row in rows:
        workbook = last.get((row.form_code, row.year))
        if workbook is not None:
            by_key[workbook].append(row)
    # A form without any plan has nothing to set beside its results.
    return {key: lines for key, lines in by_key.items() if any(line.plans for line in lines)}


@dataclass(frozen=True, slots=True)
class _Writer:
    warehouse: Warehouse
    pack: Pack
    day: date
    program: str
    output: OutputFolder

    def write(
        self, key: ConsolidatedKey, rows: Sequence[ReportingRow], plans: Sequence[PlanRow]
    ) -> None:
        """Write the consolidated workbook of a form and period, and that of the money."""
        form = self.pack.form(key.form_code, Period.parse(key.period))
        # A report of a form that the pack no longer has: nobody knows what its columns mean.
        if form is None:
            return
        doubts = doubt_rows(self.warehouse, key.form_code, key.period, key.stage)
        # A unit that becomes late changes what the workbook says of it; one day more does not.
        late = [is_past_due(row, self.day) for row in rows]
        shown = [replace(row, days_late=None) for row in rows]
        made_from = digest_of(self.program, shown, late, doubts, plans)
        self.output.make(
            consolidated_name(key),
            made_from,
            lambda: self._consolidated(form, key, rows, doubts, plans),
        )
        if key.form_code == _DISBURSEMENT:
            name = f"giai-ngan/giai-ngan-{key.period}.xlsx"
            self.output.make(name, made_from, lambda: self._disbursement(key, rows))

    def _consolidated(
        self,
        form: Form,
        key: ConsolidatedKey,
        rows: Sequence[ReportingRow],
        doubts: Sequence[DoubtRow],
        plans: Sequence[PlanRow],
    ) -> bytes:
        of_key = (self.warehouse, key.form_code, key.period, key.stage)
        tables = consolidated_tables(form, key, rows, report_facts(*of_key), self.pack, self.day)
        if plans:
            year = Period.parse(key.period).year
            tables.append(plan_table(plans, year, form.short_title, self.pack))
        if doubts:
            tables.append(doubt_table(doubts, form_elements(form), key.period, self.pack))
        tables.append(source_table(current_files(*of_key), key.period, self.pack))
        return workbook_bytes(form.title, tables)

    def _disbursement(self, key: ConsolidatedKey, rows: Sequence[ReportingRow]) -> bytes:
        units = [self.pack.unit_on(row.unit_code, row.period) for row in rows]
        report = DisbursementReport(
            period=key.period,
            stage=key.stage,
            rows=disbursement_rows(self.warehouse, key.period, key.stage),
            facts=report_facts(self.warehouse, key.form_code, key.period, key.stage),
            units=[unit for unit in units if unit is not None],
            remarks=coverage_remarks(rows, self.pack, self.day),
        )
        return workbook_bytes("Giải ngân", disbursement_tables(report, self.pack))
