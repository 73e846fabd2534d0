"""The reports of a run: which workbooks there are, where they are, and from what each is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from program.pack.pack import Pack
from program.records.headline import headline
from program.records.plan_rows import PlanRow
from program.records.query_rows import ProgressRow, ReportingRow
from program.records.site_rows import DisbursementRow
from publish.documents.brief import BRIEF, BriefFacts, brief_bytes
from publish.documents.dispatch import DISPATCH, dispatch_bytes
from publish.kept import figures_version, kept_answer
from publish.output_folder import OutputFolder, code_digest, digest_of, pack_digest
from publish.own_forms.own_forms import write_own_forms
from publish.reports.awaited import awaited_reports, chasing_tables, open_reports
from publish.reports.consolidated_workbooks import (
    ALL_REPORTS,
    ConsolidatedWorkbooks,
    ReportFilter,
    with_figures,
)
from publish.reports.workbook import workbook_bytes
from publish.site.tables.plans import plan_panel
from publish.site.tables.target_summary import target_summary
from publish.site.tables.training import training_answer
from warehouse.database.engine import Warehouse
from warehouse.queries.marts import data_day
from warehouse.queries.plans import plans_of
from warehouse.queries.report_facts import (
    TrainingOfPeriod,
    disbursement_rows,
    total_money,
    training_by_period,
)
from warehouse.queries.reports import progress_of, reporting

CHASING_LIST = "danh-sach-don-doc.xlsx"


def write_reports(
    warehouse: Warehouse,
    pack: Pack,
    folder: Path,
    *,
    is_ours: bool,
    wanted: ReportFilter = ALL_REPORTS,
    kept: Path | None = None,
) -> list[Path]:
    """Write the reports that anybody may read below `folder`; return the files that changed.

    There is a consolidated workbook for each form and period of which a report counts, a brief, and
    each form of the province's own. The last two print the day: `kept` is the folder that keeps
    their figures for the next run.
    """
    day = data_day(warehouse)
    rows = reporting(warehouse)
    with OutputFolder(folder, is_ours=is_ours) as output:
        workbooks = ConsolidatedWorkbooks(warehouse, pack, day, with_figures(rows), output)
        workbooks.write(wanted)
        if wanted == ALL_REPORTS:
            write_own_forms(output, warehouse, pack, rows, day, kept)
            version = figures_version(warehouse, pack, day)
            file = None if kept is None else kept / "brief.rows"
            output.make(
                BRIEF,
                digest_of(version, day),
                lambda: _brief(
                    kept_answer(file, version, partial(_province_rows, warehouse, pack, day)),
                    rows,
                    pack,
                    day,
                ),
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
    asked = open_reports(rows, pack, day)
    with OutputFolder(folder, is_ours=is_ours) as output:
        output.make(
            CHASING_LIST,
            made_from,
            lambda: workbook_bytes("Danh sách đôn đốc", chasing_tables(awaited, pack, day)),
        )
        # A letter that asks nobody is none.
        if asked.units:
            output.make(DISPATCH, made_from, lambda: dispatch_bytes(asked, rows, pack, day))
        return output.written


@dataclass(frozen=True, slots=True)
class _ProvinceRows:
    """The province's rows that the brief shows: they change with the reports and the month."""

    targets: Sequence[ProgressRow]
    money: DisbursementRow | None
    money_rows: Sequence[DisbursementRow]
    training: Sequence[TrainingOfPeriod]
    plans: Sequence[PlanRow]


def _province_rows(warehouse: Warehouse, pack: Pack, day: date) -> _ProvinceRows:
    province = pack.program.province
    money = headline(total_money(warehouse, province), pack.program, day)
    return _ProvinceRows(
        targets=progress_of(warehouse, province),
        money=money,
        money_rows=disbursement_rows(warehouse, money.period, money.stage) if money else (),
        training=training_by_period(warehouse, province),
        plans=plans_of(warehouse, province),
    )


def _brief(province: _ProvinceRows, rows: Sequence[ReportingRow], pack: Pack, day: date) -> bytes:
    plans = plan_panel(province.plans, pack)
    facts = BriefFacts(
        day=day,
        targets=target_summary(province.targets, pack),
        money=province.money,
        money_rows=province.money_rows,
        training=training_answer(province.training, plans, pack, day),
        plans=plans.groups,
        reports=rows,
        awaited=open_reports(rows, pack, day),
    )
    return brief_bytes(facts, pack)
