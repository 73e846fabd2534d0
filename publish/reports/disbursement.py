"""Disbursement by project, unit and stream of capital, with what is left of each plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.measure import to_printed
from program.pack.pack import Pack
from program.records.site_rows import DisbursementRow
from program.units.unit import Unit, UnitKind
from publish.reports.table import (
    CellValue,
    Number,
    ReportColumn,
    ReportRow,
    ReportTable,
    RowLook,
    percent_of,
    sum_of,
)
from warehouse.queries.report_facts import ReportFact

_MONEY = "triệu đồng"
_TOTAL = "total"
_STREAMS = {
    "central_investment": "Đầu tư TW",
    "local_investment": "Đầu tư ĐP",
    "central_recurrent": "Sự nghiệp TW",
    "local_recurrent": "Sự nghiệp ĐP",
    "carried_over": "Kéo dài",
    _TOTAL: "Tổng số",
}
_PLAN, _DISBURSED = "plan", "disbursed"
_CUMULATIVE = (
    "Giải ngân lũy kế từ 01/01 đến hết kỳ. TW: ngân sách trung ương; ĐP: đối ứng ngân sách địa "
    "phương. Tỷ lệ tính trên kế hoạch trong cùng dòng."
)
_DOUBT_NOTE = "Ô màu cam: số liệu cần kiểm tra; tổng có ô màu cam cũng mang màu cam."


@dataclass(frozen=True, slots=True)
class DisbursementReport:
    """The money of one period: rows of the mart, units that must report, facts for their doubts.

    `remarks` say in words who is in it and who is missing.
    """

    period: str
    stage: Stage
    rows: Sequence[DisbursementRow]
    facts: Sequence[ReportFact]
    units: Sequence[Unit]
    remarks: tuple[str, ...]


def disbursement_tables(report: DisbursementReport, pack: Pack) -> list[ReportTable]:
    """Return three tables: by project, unit and stream; by unit; by project."""
    made = _Disbursement(report, pack)
    return [made.by_unit(), made.by_project(), made.by_project_unit_and_stream()]


class _Disbursement:
    def __init__(self, report: DisbursementReport, pack: Pack) -> None:
        self._report = report
        self._pack = pack
        below = [unit for unit in report.units if unit.kind is not UnitKind.PROVINCE]
        self._units = below or list(report.units)
        own = [row for row in report.rows if row.basis == "reported"]
        self._by_key = {(row.project_code, row.unit_code, row.source): row for row in own}
        self._doubtful = {
            (fact.unit_code, fact.element) for fact in report.facts if fact.is_doubtful
        }
        self._projects = {_TOTAL: "Tổng cộng"} | {
            project.code: project.title for project in pack.projects
        }

    def by_unit(self) -> ReportTable:
        """Return plan, disbursed and what is left of each unit, the lowest rate first."""
        rows = [self._sum_row(unit.code, _TOTAL, unit.name) for unit in self._units]
        rows.sort(key=_rate)
        return self._table("Theo đơn vị", "theo đơn vị, tỷ lệ thấp trước", "Đơn vị", 30, rows)

    def by_project(self) -> ReportTable:
        """Return the same of each project, over all units."""
        rows = []
        for code, name in self._projects.items():
            of_units = [self._sum_row(unit.code, code, name) for unit in self._units]
            added = _added(of_units)
            if code != _TOTAL and added is not None:
                rows.append(self._row(name, added))
        # The total that units reported themselves: a project's parts are projects too.
        total = _added([self._sum_row(unit.code, _TOTAL, "") for unit in self._units])
        return self._table("Theo dự án", "theo dự án, tiểu dự án", "Dự án", 62, rows, total)

    def by_project_unit_and_stream(self) -> ReportTable:
        """Return a section for each project: all units and their sum, by stream."""
        columns = [ReportColumn("STT", 5), ReportColumn("Dự án, đơn vị", 34)]
        for label in _STREAMS.values():
            columns += [
                ReportColumn("Kế hoạch", 11, label, _MONEY, 1),
                ReportColumn("Giải ngân", 11, label, _MONEY, 1),
                ReportColumn("Tỷ lệ", 8, label, "%", 1),
            ]
        rows: list[ReportRow] = []
        for code, name in self._projects.items():
            rows += self._section(code, name, len(rows))
        return ReportTable(
            sheet="Dự án – đơn vị – nguồn",
            title="GIẢI NGÂN THEO DỰ ÁN, ĐƠN VỊ VÀ NGUỒN VỐN",
            subtitle=self._subtitle(),
            remarks=self._report.remarks,
            columns=tuple(columns),
            rows=tuple(rows),
            notes=(_CUMULATIVE, _DOUBT_NOTE),
        )

    def _section(self, code: str, name: str, before: int) -> Iterator[ReportRow]:
        """Yield the sum of a project and, below it, each unit that has figures of it."""
        of_units = []
        for unit in self._units:
            cells: list[CellValue] = [None, unit.name]
            for stream in _STREAMS:
                cells += [*self._pair(unit.code, code, stream), None]
            if any(isinstance(cell, Number) for cell in cells):
                of_units.append(ReportRow(tuple(_with_rates(cells)), depth=1))
        if not of_units:
            return
        numbers = range(before + 1, before + 1 + len(of_units))
        columns = range(2, 2 + 3 * len(_STREAMS))
        of_project = [sum_of(numbers, [row.cells[at] for row in of_units]) for at in columns]
        sums: list[CellValue] = [None, name, *of_project]
        yield ReportRow(tuple(_with_rates(sums)), RowLook.TOTAL)
        yield from of_units

    def _pair(self, unit: str, project: str, stream: str) -> list[CellValue]:
        row = self._by_key.get((project, unit, stream))
        if row is None:
            return [None, None]
        return [
            self._money(row.plan_vnd, _PLAN, row),
            self._money(row.disbursed_vnd, _DISBURSED, row),
        ]

    def _money(self, value: float | None, what: str, row: DisbursementRow) -> Number | None:
        if value is None:
            return None
        line = row.project_code.lower().replace("-", "_")
        element = f"{what}_{row.source}_vnd_{line}"
        return Number(to_printed(value, _MONEY), (row.unit_code, element) in self._doubtful)

    def _sum_row(self, unit: str, project: str, name: str) -> ReportRow:
        return self._row(name, self._pair(unit, project, _TOTAL))

    def _row(self, name: str, pair: Sequence[CellValue]) -> ReportRow:
        cells: list[CellValue] = [None, name, *pair]
        rate = percent_of(cells, 3, 2)
        look = RowLook.MISSING
        if any(isinstance(cell, Number) for cell in pair):
            look = RowLook.LINE
        return ReportRow((*cells, rate, _left(pair)), look)

    def _table(
        self,
        sheet: str,
        what: str,
        heading: str,
        width: float,
        rows: Sequence[ReportRow],
        total: Sequence[CellValue] | None = None,
    ) -> ReportTable:
        """Return a table of plan, disbursed, rate and what is left.

        Its last row is `total`, or the sum of the rows.
        """
        numbered = [_numbered(row, number) for number, row in enumerate(rows, start=1)]
        last: list[CellValue] = [None, "Toàn tỉnh"]
        if total is None:
            at_rows = range(len(rows))
            last += [sum_of(at_rows, [row.cells[at] for row in rows]) for at in (2, 3)]
            left: CellValue = sum_of(at_rows, [row.cells[5] for row in rows])
        else:
            last += total
            left = _left(total)
        last += [percent_of(last, 3, 2), left]
        columns = (
            ReportColumn("STT", 6),
            ReportColumn(heading, width),
            ReportColumn("Kế hoạch", 16, measure=_MONEY, decimals=1),
            ReportColumn("Giải ngân", 16, measure=_MONEY, decimals=1),
            ReportColumn("Tỷ lệ", 10, measure="%", decimals=1),
            ReportColumn("Còn lại", 16, measure=_MONEY, decimals=1),
        )
        return ReportTable(
            sheet=sheet,
            title=f"KẾ HOẠCH VỐN VÀ GIẢI NGÂN {what.upper()}",
            subtitle=self._subtitle(),
            remarks=self._report.remarks,
            columns=columns,
            rows=(*numbered, ReportRow(tuple(last), RowLook.TOTAL)),
            notes=(_CUMULATIVE, _DOUBT_NOTE),
        )

    def _subtitle(self) -> str:
        period = Period.parse(self._report.period).label_in_text
        return f"Lũy kế đến hết {period} – {self._pack.program.office}"


def _with_rates(cells: Sequence[CellValue]) -> list[CellValue]:
    """Return a row of pairs and rates with each rate computed from the pair before it."""
    filled = list(cells)
    for at in range(4, len(filled), 3):
        filled[at] = percent_of(filled, at - 1, at - 2)
    return filled


def _left(pair: Sequence[CellValue]) -> Number | None:
    """Return what is left of a plan: None where it or what was disbursed is unknown."""
    plan, disbursed = pair
    if not isinstance(plan, Number) or not isinstance(disbursed, Number):
        return None
    return Number(plan.value - disbursed.value, plan.is_doubtful or disbursed.is_doubtful)


def _added(rows: Sequence[ReportRow]) -> list[CellValue] | None:
    """Return the sums of plan and disbursed; None if no row has any."""
    sums: list[CellValue] = []
    for column in (2, 3):
        total = sum_of((), [row.cells[column] for row in rows])
        if total.value is None:
            sums.append(None)
        else:
            sums.append(Number(total.value, total.is_doubtful))
    if sums == [None, None]:
        return None
    return sums


def _rate(row: ReportRow) -> tuple[bool, float]:
    """Order rows by their rate; those without one come last."""
    rate = percent_of(row.cells, 3, 2).value
    return rate is None, rate or 0


def _numbered(row: ReportRow, number: int) -> ReportRow:
    return ReportRow((str(number), *row.cells[1:]), row.look, row.depth)
