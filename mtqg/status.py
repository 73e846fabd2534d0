"""`mtqg status`: who has reported what, when and with which result, and who has not."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.table import Table
from rich.text import Text

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import VERDICT_STYLES, out, print_json
from mtqg.templates.template import read_period
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import UsageError
from program.near_names import nearest
from program.pack.lateness import Lateness
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.records.letter import ReportName
from program.records.office_inbox import Explanation
from program.records.query_rows import ReportingRow, RunSubmissionRow
from program.records.report_state import ReportState, state_of
from program.records.reporting_rates import rates_of
from program.settings import load_settings
from program.units.unit import UnitKind
from program.vietnamese import VIETNAM_TIME, format_date, format_instant
from warehouse.queries.office_inbox import open_explanations
from warehouse.queries.reports import reporting, unplaced

_STYLES = {
    ReportState.NOT_YET_DUE: "dim",
    ReportState.MISSING: "red",
    ReportState.TO_FIX: "red",
    ReportState.ACCEPTED: "green",
    ReportState.WITH_WARNINGS: "yellow",
}
_DATE_WIDTH = 10
"""Letters of a date, 02/12/2024."""
_WIDE = 100
"""Letters in a line of a terminal in which a date and its time stand side by side."""
_RECEIVERS = {"unit": "đơn vị", "office": "cơ quan tổng hợp", "leader": "lãnh đạo"}
_NOTHING = "Không có báo cáo nào phải gửi hoặc đã gửi"
_UNPLACED = "Tệp chưa xếp được (không rõ đơn vị, biểu hoặc kỳ)"


class _Heading(NamedTuple):
    """What the reports of one table have in common."""

    form_code: str
    period: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which reports are asked for; None stands for all."""

    period: str | None
    form: str | None
    unit: str | None
    level: UnitKind | None
    is_missing_only: bool

    @property
    def is_everything(self) -> bool:
        """Tell whether files that belong to no report are asked for too."""
        return self == _Wanted(None, None, None, None, is_missing_only=False)


class _Status:
    """The answer: the reports that are asked for, and what became of each on a day."""

    def __init__(
        self,
        rows: Sequence[ReportingRow],
        pack: Pack,
        day: date,
        explained: Collection[ReportName] = (),
    ) -> None:
        self.pack = pack
        self._explained = frozenset(explained)
        self.day = day
        self.lateness = Lateness(pack, day)
        self.rows = rows

    def only(self, wanted: _Wanted) -> Sequence[ReportingRow]:
        """Return the reports that are asked for."""
        return [row for row in self.rows if self._takes(row, wanted)]

    def _takes(self, row: ReportingRow, wanted: _Wanted) -> bool:
        if wanted.form not in (None, row.form_code):
            return False
        if wanted.unit not in (None, row.unit_code):
            return False
        if wanted.is_missing_only and not self.state(row).is_waited_for:
            return False
        if wanted.level is None:
            return True
        unit = self.pack.unit_on(row.unit_code, row.period)
        return unit is not None and unit.kind is wanted.level

    def state(self, row: ReportingRow) -> ReportState:
        """Return what became of a report."""
        return state_of(row, self.day)

    def is_explained(self, row: ReportingRow) -> bool:
        """Tell whether an explanation of a report waits for the office."""
        return ReportName(row.form_code, row.unit_code, row.period, row.stage) in self._explained

    def state_text(self, row: ReportingRow) -> str:
        """Return the state of a report in words, and whether its sender explained it."""
        explained = "; đã giải trình" if self.is_explained(row) else ""
        return f"{self.state(row).label}{explained}"

    def late_text(self, row: ReportingRow) -> str:
        """Return the delay and its escalation in words, "" if the report is not late."""
        days = self.lateness.days(row)
        if not days:
            return ""
        if not self.lateness.is_known(row):
            return f"{days} ngày làm việc (hạn tạm tính)"
        receiver = self.lateness.escalated_to(row)
        escalated = f", báo {_RECEIVERS[receiver]}" if receiver else ""
        return f"{days} ngày làm việc{escalated}"

    def version_text(self, row: ReportingRow) -> str:
        """Return the number of the version that counts, and how many came."""
        if not row.versions:
            return ""
        # Where the current version is not loaded, its own state says that it is to be fixed.
        is_newer_open = row.is_open and row.verdict is not None and row.verdict.loads
        newer = "; bản mới hơn chờ sửa" if is_newer_open else ""
        return f"{row.version}/{row.versions}{newer}"

    def name(self, row: ReportingRow) -> str:
        """Return the name of a report's unit."""
        return _name(row.unit_code, row.period, self.pack)


def status(
    period: Annotated[
        str | None,
        typer.Option(help="Only this period: 2024, 2024-H1, 2024-Q4, 2024-12 or 'Quý IV/2024'."),
    ] = None,
    form: Annotated[str | None, typer.Option(help="Only this form: training, works, …")] = None,
    unit: Annotated[
        str | None, typer.Option(help="Only this unit, by its code or name: 942, 'Châu Thành'.")
    ] = None,
    level: Annotated[UnitKind | None, typer.Option(help="Only units of this level.")] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", help="Write the answer into this workbook.")
    ] = None,
    as_of: AsOf = None,
    *,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only what is late, or waits for a correction.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for another program.")
    ] = False,
) -> None:
    """Show who has reported what, when and with which verdict, and who has not; in Vietnamese.

    For a missing report, the table says how late it is, and to whom contacts.yaml escalates the
    delay. The state is that of the current version; a later one may wait for a correction. Files
    whose unit, form or period is unknown come last. With --as-of: what was current at the end of
    that day, and what was late on it.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    code = read_period(period).code if period else None
    unit_code = _unit_code(unit, code, pack) if unit else None
    wanted = _Wanted(code, form, unit_code, level, missing)
    _check(wanted, pack)
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    today = as_of.date() if as_of else datetime.now(VIETNAM_TIME).date()
    # An explanation waits now: of an earlier day nobody asks what waited.
    explained = set() if as_of else _explained(open_explanations(warehouse))
    answer = _Status(reporting(warehouse, code), pack, today, explained)
    rows = answer.only(wanted)
    # A file without a known period is of no period that one could ask for.
    strays = unplaced(warehouse) if wanted.is_everything else []
    if as_json:
        reports = [_as_json(row, answer) for row in rows]
        reports += [_stray_as_json(stray) for stray in strays]
        print_json(reports)
        return
    if xlsx is not None:
        _write_xlsx(xlsx, rows, answer)
        out.print(str(xlsx), soft_wrap=True)
        return
    _print_answer(rows, strays, answer, wanted)


def _print_answer(
    rows: Sequence[ReportingRow],
    strays: Sequence[RunSubmissionRow],
    answer: _Status,
    wanted: _Wanted,
) -> None:
    _print_tables(rows, answer, wanted)
    _print_strays(strays, answer.pack)
    if wanted.is_everything:
        out.print(_whole(answer), soft_wrap=True)
    if not rows and not strays:
        out.print(_nothing(answer, wanted))


def _whole(answer: _Status) -> str:
    """Return the counts of all reports, as the first page and the brief have them."""
    # Imported here: most questions are about a part.
    from publish.reports.awaited import open_reports  # noqa: PLC0415

    rates = rates_of(answer.rows, answer.day)
    awaited = open_reports(answer.rows, answer.pack, answer.day)
    ended = ""
    if awaited.of_ended:
        ended = f"; {awaited.of_ended} chưa gửi hoặc chờ sửa của đơn vị đã kết thúc hoạt động"
    return (
        f"Đến ngày {format_date(answer.day)}: đến hạn {rates.expected} báo cáo, đã gửi "
        f"{rates.actual}, đạt {rates.accepted}. Còn chờ {len(awaited.units)} đơn vị: "
        f"{awaited.missing} báo cáo chưa gửi, {awaited.to_fix} chờ sửa{ended}."
    )


def _explained(explanations: Iterable[Explanation]) -> set[ReportName]:
    """Return the reports that explanations are about."""
    reports: set[ReportName] = set()
    for explanation in explanations:
        reports |= set(explanation.missing)
        reports |= {each.report for each in explanation.findings if each.report is not None}
    return reports


def _check(wanted: _Wanted, pack: Pack) -> None:
    """Raise UsageError for a form that the pack does not have."""
    forms = sorted({form.code for form in pack.forms})
    if wanted.form is not None and wanted.form not in forms:
        raise UsageError(f"no form {wanted.form!r}; forms of this pack: {', '.join(forms)}")


def _unit_code(text: str, period: str | None, pack: Pack) -> str:
    """Return the code of the unit with a code or a name, of today or of a former unit.

    Raises:
        UsageError: No unit, or several. The message has the units that may be meant.
    """
    by_code = pack.unit_on(text, period)
    if by_code is not None:
        return by_code.code
    found: dict[str, str] = {}
    for day in _days_of_names(period, pack):
        named = pack.units.named(text, day, kinds=_kinds_that_report(pack, day))
        found |= {unit.code: unit.name for unit in named}
    if len(found) == 1:
        return next(iter(found))
    names = {unit.code: unit.name for unit in pack.units}
    meant = sorted(found) or nearest(text, names)
    listed = " or ".join(f"{code} ({found.get(code, names[code])})" for code in meant)
    if found:
        raise UsageError(f"--unit: {text!r} may be {listed}; give the code")
    hint = f"did you mean {listed}?" if meant else "units.csv of the pack lists them"
    raise UsageError(f"no unit {text!r}; {hint}")


def _days_of_names(period: str | None, pack: Pack) -> set[date]:
    """Return the days on which a name may be looked up: before and after each reorganisation."""
    if period is not None:
        return {Period.parse(period).end}
    last_days = {unit.valid_to for unit in pack.units if unit.valid_to is not None}
    next_days = {day + timedelta(days=1) for day in last_days}
    return {*last_days, *next_days, datetime.now(VIETNAM_TIME).date()}


def _kinds_that_report(pack: Pack, day: date) -> frozenset[UnitKind]:
    """Return the kinds of units that send any form: a commune of 2024 sends none."""
    kinds = {UnitKind.PROVINCE}
    for form in pack.forms:
        kinds |= pack.calendar.reporters(form.code, day)
    return frozenset(kinds)


def _nothing(answer: _Status, wanted: _Wanted) -> str:
    """Return the sentence that says that nothing fits, and of which periods there is something."""
    if wanted.is_missing_only and answer.rows:
        return "Không có báo cáo nào còn thiếu hoặc chờ sửa."
    about = f" cho kỳ {wanted.period}" if wanted.period else ""
    return f"{_NOTHING}{about}, với các điều kiện đã chọn."


def _heading(row: ReportingRow) -> _Heading:
    return _Heading(row.form_code, row.period, row.stage)


def _as_json(row: ReportingRow, answer: _Status) -> dict[str, object]:
    lateness = answer.lateness
    return {
        "form": row.form_code,
        "unit": row.unit_code,
        "unit_name": answer.name(row),
        "period": row.period,
        "stage": row.stage.value,
        "state": answer.state(row).value,
        "due": row.due_date,
        "due_is_known": lateness.is_known(row),
        "late_working_days": lateness.days(row),
        "tell": lateness.escalated_to(row) or None,
        "reported": row.verdict is not None,
        "verdict": row.verdict.value if row.verdict else None,
        "version": row.version,
        "versions": row.versions,
        "to_fix": row.is_open,
        "explained": answer.is_explained(row),
        "received_at": row.received_at.isoformat() if row.received_at else None,
        "file": row.delivery_name,
        "synthetic": row.is_synthetic,
    }


def _stray_as_json(row: RunSubmissionRow) -> dict[str, object]:
    return {
        "form": row.form_code,
        "unit": row.unit_code,
        "period": row.period,
        "reported": False,
        "verdict": row.verdict.value,
        "sender": row.sender_unit,
        "received_at": row.received_at.isoformat(),
        "file": row.delivery_name,
        "synthetic": row.is_synthetic,
    }


def _print_tables(rows: Sequence[ReportingRow], answer: _Status, wanted: _Wanted) -> None:
    is_missing_only = wanted.is_missing_only
    if wanted.unit is not None and rows:
        # A table for each report of one unit would be a heading for each line.
        out.print(_table_of_unit(wanted.unit, rows, answer, is_missing_only=is_missing_only))
        return
    for heading, group in groupby(rows, key=_heading):
        out.print(_table(heading, list(group), answer, is_missing_only=is_missing_only))


def _table(
    heading: _Heading,
    rows: Sequence[ReportingRow],
    answer: _Status,
    *,
    is_missing_only: bool,
) -> Table:
    form_title = answer.pack.short_title_of(heading.form_code) or heading.form_code
    label = answer.pack.label_of(heading.form_code, heading.period, heading.stage)
    accepted = sum(answer.state(row).is_accepted for row in rows)
    counted = f"còn chờ {len(rows)}" if is_missing_only else f"đạt {accepted}/{len(rows)}"
    title = f"{form_title} · {label}{_due(rows, answer)}: {counted}"
    table = Table(title=title, title_justify="left")
    for column in ("đơn vị", "tình trạng", "bản", "nhận lúc", "chậm"):
        # In a narrow terminal "bản" and "chậm" fold, and the time of day goes below its date. A
        # name over three lines would part what belongs together.
        table.add_column(
            column,
            no_wrap=column in ("đơn vị", "tình trạng"),
            width=_DATE_WIDTH if column == "nhận lúc" and out.width < _WIDE else None,
        )
    for row in rows:
        state = answer.state(row)
        # Texts, because rich parses the markup of a string each time that it measures a cell.
        table.add_row(
            Text(f"{row.unit_code} {answer.name(row)}"),
            Text(answer.state_text(row), style=_STYLES[state]),
            Text(answer.version_text(row)),
            Text(format_instant(row.received_at) if row.received_at else ""),
            Text(answer.late_text(row)),
        )
    return table


def _table_of_unit(
    code: str, rows: Sequence[ReportingRow], answer: _Status, *, is_missing_only: bool
) -> Table:
    """Return the reports of one unit, a line for each form and period."""
    rates = rates_of(rows, answer.day)
    counted = f"còn chờ {len(rows)}"
    if not is_missing_only:
        counted = f"đến hạn {rates.expected}, đã gửi {rates.actual}, đạt {rates.accepted}"
    title = f"{code} {answer.name(rows[-1])}: {counted}"
    table = Table(title=title, title_justify="left")
    for column in ("báo cáo", "kỳ", "hạn gửi", "tình trạng", "bản", "nhận lúc", "chậm"):
        table.add_column(column, no_wrap=column == "tình trạng")
    for row in rows:
        state = answer.state(row)
        table.add_row(
            Text(answer.pack.short_title_of(row.form_code) or row.form_code),
            Text(answer.pack.label_of(row.form_code, row.period, row.stage) or row.period),
            Text(format_date(row.due_date) if row.due_date else ""),
            Text(state.label, style=_STYLES[state]),
            Text(answer.version_text(row)),
            Text(format_instant(row.received_at) if row.received_at else ""),
            Text(answer.late_text(row)),
        )
    return table


def _due(rows: Sequence[ReportingRow], answer: _Status) -> str:
    """Return the due date of a table's reports in words, "" if none is due."""
    for row in rows:
        if row.due_date:
            placeholder = "" if answer.lateness.is_known(row) else " (tạm tính)"
            return f", hạn {format_date(row.due_date)}{placeholder}"
    return ""


def _write_xlsx(path: Path, rows: Sequence[ReportingRow], answer: _Status) -> None:
    # Imported here: the answer on the screen needs no workbook.
    from program.machine.atomic_write import write_atomic  # noqa: PLC0415
    from publish.reports.status_table import status_table  # noqa: PLC0415
    from publish.reports.workbook import workbook_bytes  # noqa: PLC0415

    table = status_table(rows, answer.pack, answer.day, answer.late_text)
    write_atomic(path, workbook_bytes("Tình hình báo cáo", [table]))


def _print_strays(strays: Sequence[RunSubmissionRow], pack: Pack) -> None:
    if strays:
        out.print(f"[bold]{_UNPLACED}[/]")
    for stray in strays:
        sender = f"{stray.sender_unit} {_name(stray.sender_unit, stray.period, pack)}"
        line = Text.assemble(
            "  ",
            (stray.verdict.label, VERDICT_STYLES[stray.verdict]),
            f" của {sender}: {stray.delivery_name}",
        )
        out.print(line, soft_wrap=True)


def _name(code: str | None, period: str | None, pack: Pack) -> str:
    unit = pack.unit_on(code, period)
    return unit.name if unit else ""
