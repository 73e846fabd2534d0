"""Reports that the office waits for, and the list of whom to call. The list holds contacts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from program.calendar.period import Period
from program.pack.contact import Contact
from program.pack.lateness import Lateness
from program.pack.pack import Pack
from program.records.query_rows import ReportingRow
from program.records.report_state import ReportState, state_of
from program.units.unit import Unit
from program.vietnamese import format_date
from publish.reports.table import Number, ReportColumn, ReportRow, ReportTable

_PLACEHOLDER_NOTE = "(*) Hạn tạm tính: tỉnh chưa quy định hạn gửi báo cáo này trong hệ thống."
_PRIVATE_NOTE = "Danh sách có họ tên, số điện thoại: chỉ dùng trong cơ quan, không đăng công khai."


@dataclass(frozen=True, slots=True)
class AwaitedReport:
    """A report that is late or must be corrected. `days_late` are working days."""

    row: ReportingRow
    unit: Unit
    title: str
    period_label: str
    state: ReportState
    days_late: int
    is_deadline_known: bool
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class AwaitedUnit:
    """A unit and what the office waits for from it, the latest report first."""

    unit: Unit
    reports: tuple[AwaitedReport, ...]

    @property
    def contact(self) -> Contact | None:
        """Whom to call; None where the pack has no contact for the unit."""
        return self.reports[0].contact

    @property
    def most_days_late(self) -> int:
        """The longest delay of its reports, in working days."""
        return max(report.days_late for report in self.reports)

    def count(self, state: ReportState) -> int:
        """Return how many of its reports are in a state."""
        return sum(report.state == state for report in self.reports)


@dataclass(frozen=True, slots=True)
class OpenReports:
    """What the office waits for on a day: the one count of page, brief, mails and commands.

    `units` still exist, the one that most is awaited from first; `missing` and `to_fix` count their
    reports. `of_ended` counts what is missing or to be corrected of units that do not exist any
    more: nobody can send it.
    """

    units: tuple[AwaitedUnit, ...]
    missing: int
    to_fix: int
    of_ended: int

    @property
    def ended_words(self) -> str:
        """How many are open of ended units, in words that add up with the others; "" for none."""
        if not self.of_ended:
            return ""
        return f"{self.of_ended} báo cáo chưa gửi hoặc chờ sửa của đơn vị đã kết thúc hoạt động"


def open_reports(rows: Sequence[ReportingRow], pack: Pack, day: date) -> OpenReports:
    """Return what the office waits for on a day."""
    awaited = awaited_reports(rows, pack, day)
    open_ones = of_open_units(awaited, day)
    return OpenReports(
        units=tuple(awaited_units(open_ones)),
        missing=sum(report.state is ReportState.MISSING for report in open_ones),
        to_fix=sum(report.state is ReportState.TO_FIX for report in open_ones),
        of_ended=len(awaited) - len(open_ones),
    )


def awaited_reports(rows: Sequence[ReportingRow], pack: Pack, day: date) -> list[AwaitedReport]:
    """Return the reports that are missing or must be corrected on a day, the latest first."""
    lateness = Lateness(pack, day)
    awaited = []
    for row in rows:
        state = state_of(row, day)
        unit = pack.unit_on(row.unit_code, row.period)
        if state.is_waited_for and unit is not None:
            awaited.append(_awaited(row, unit, state, lateness, pack))
    return sorted(awaited, key=lambda each: (-each.days_late, each.unit.code, each.title))


def awaited_units(reports: Sequence[AwaitedReport]) -> list[AwaitedUnit]:
    """Return the reports by unit: the unit that most is awaited from first."""
    by_unit: dict[Unit, list[AwaitedReport]] = defaultdict(list)
    for report in reports:
        by_unit[report.unit].append(report)
    units = [AwaitedUnit(unit, tuple(of_unit)) for unit, of_unit in by_unit.items()]
    return sorted(
        units, key=lambda each: (-len(each.reports), -each.most_days_late, each.unit.code)
    )


def of_open_units(reports: Sequence[AwaitedReport], day: date) -> list[AwaitedReport]:
    """Return the reports of units that still exist on `day`: nobody else can be called."""
    return [report for report in reports if report.unit.is_valid_on(day)]


def chasing_tables(reports: Sequence[AwaitedReport], pack: Pack, day: date) -> list[ReportTable]:
    """Return whom to call, each report that is awaited, and what nobody can send any more."""
    subtitle = f"Tính đến ngày {format_date(day)} – {pack.program.office}"
    is_placeholder = any(not report.is_deadline_known for report in reports)
    notes = (_PLACEHOLDER_NOTE, _PRIVATE_NOTE) if is_placeholder else (_PRIVATE_NOTE,)
    open_ones = of_open_units(reports, day)
    tables = [_by_unit(open_ones, subtitle, notes), _by_report(open_ones, subtitle, notes)]
    ended = [report for report in reports if not report.unit.is_valid_on(day)]
    if ended:
        title = "BÁO CÁO CÒN THIẾU CỦA ĐƠN VỊ ĐÃ KẾT THÚC HOẠT ĐỘNG"
        of_ended = _by_report(ended, subtitle, notes)
        tables.append(replace(of_ended, sheet="Đơn vị đã kết thúc", title=title))
    return tables


def _awaited(
    row: ReportingRow, unit: Unit, state: ReportState, lateness: Lateness, pack: Pack
) -> AwaitedReport:
    label = pack.label_of(row.form_code, row.period, row.stage)
    return AwaitedReport(
        row=row,
        unit=unit,
        title=pack.short_title_of(row.form_code) or row.form_code,
        period_label=label or Period.parse(row.period).label,
        state=state,
        days_late=lateness.days(row),
        is_deadline_known=lateness.is_known(row),
        contact=pack.correspondence.units.get(row.unit_code),
    )


def _by_unit(
    reports: Sequence[AwaitedReport], subtitle: str, notes: tuple[str, ...]
) -> ReportTable:
    columns = (
        ReportColumn("STT", 6),
        ReportColumn("Đơn vị", 26),
        ReportColumn("Chưa gửi", 10, measure="báo cáo"),
        ReportColumn("Chờ sửa", 10, measure="báo cáo"),
        ReportColumn("Chậm nhiều nhất", 12, measure="ngày làm việc"),
        ReportColumn("Người, bộ phận phụ trách", 40),
        ReportColumn("Điện thoại", 20),
        ReportColumn("Thư điện tử", 36),
    )
    rows = []
    for number, each in enumerate(awaited_units(reports), start=1):
        cells = (
            str(number),
            each.unit.name,
            Number(each.count(ReportState.MISSING)),
            Number(each.count(ReportState.TO_FIX)),
            Number(each.most_days_late),
            *_contact_cells(each.contact),
        )
        rows.append(ReportRow(cells))
    title = "DANH SÁCH ĐƠN VỊ CẦN ĐÔN ĐỐC"
    return ReportTable("Đơn vị", title, subtitle, (), columns, tuple(rows), notes)


def _by_report(
    reports: Sequence[AwaitedReport], subtitle: str, notes: tuple[str, ...]
) -> ReportTable:
    columns = (
        ReportColumn("STT", 6),
        ReportColumn("Đơn vị", 26),
        ReportColumn("Báo cáo", 30),
        ReportColumn("Kỳ", 24),
        ReportColumn("Hạn gửi", 14),
        ReportColumn("Chậm", 10, measure="ngày làm việc"),
        ReportColumn("Tình trạng", 18),
        ReportColumn("Người, bộ phận phụ trách", 40),
        ReportColumn("Điện thoại", 20),
        ReportColumn("Thư điện tử", 36),
    )
    rows = []
    for number, each in enumerate(reports, start=1):
        cells = (
            str(number),
            each.unit.name,
            each.title,
            each.period_label,
            due_text(each),
            Number(each.days_late),
            each.state.label,
            *_contact_cells(each.contact),
        )
        rows.append(ReportRow(cells))
    title = "DANH SÁCH BÁO CÁO CẦN ĐÔN ĐỐC"
    return ReportTable("Báo cáo", title, subtitle, (), columns, tuple(rows), notes)


def due_text(report: AwaitedReport) -> str:
    """Return the due date of a report, marked where it is a placeholder; "" without one."""
    due = report.row.due_date
    if due is None:
        return ""
    return format_date(due) if report.is_deadline_known else f"{format_date(due)} (*)"


def _contact_cells(contact: Contact | None) -> tuple[str, str, str]:
    return (contact.name, contact.phone, contact.email) if contact else ("", "", "")
