"""The consolidated table of a form: what all units reported for a period, and the sum of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from program.calendar.period import Period
from program.forms.form import Form
from program.forms.measure import PERCENT_SIGN, to_printed
from program.forms.table import Column, ColumnType, Line, ListSummary, Table
from program.pack.catalogue import IndicatorKind
from program.pack.pack import Pack
from program.records.query_rows import ReportingRow
from program.records.report_state import ReportState, state_of
from program.units.unit import Unit, UnitKind
from program.vietnamese import format_date
from publish.reports.table import (
    CellValue,
    Number,
    ReportColumn,
    ReportRow,
    ReportTable,
    RowLook,
    sum_of,
)
from warehouse.queries.report_facts import ReportFact
from warehouse.queries.report_states import ReportGroup

_STATE_WIDTH = 15
_UNIT_WIDTH = 26
_DECIMALS = {ColumnType.WHOLE: 0, ColumnType.NUMBER: 2, ColumnType.MONEY: 1}
_DOUBT_NOTE = (
    "Ô màu cam: số liệu cần kiểm tra (còn lưu ý chưa giải quyết, hoặc có từ như “trên”, “ước”); "
    "tổng có ô màu cam cũng mang màu cam."
)
_GAP_NOTE = (
    "Ô trống: đơn vị chưa có số liệu, không phải số 0. Dòng “Toàn tỉnh” chỉ cộng các đơn vị có số."
)
_SYNTHETIC_NOTE = "Có số liệu giả lập (GL) để làm mẫu, không phải số liệu thật."
_MOST_SHEET_LETTERS = 31


@dataclass(frozen=True, slots=True)
class _UnitReport:
    """A unit, what became of its report, and its facts by element and line."""

    unit: Unit
    row: ReportingRow
    state: ReportState
    facts: Mapping[tuple[str, int], ReportFact]

    @property
    def lines(self) -> list[int]:
        """The lines of lists, in the order of the sheet."""
        return sorted({line for _, line in self.facts if line})


def consolidated_tables(
    form: Form,
    key: ReportGroup,
    rows: Sequence[ReportingRow],
    facts: Sequence[ReportFact],
    pack: Pack,
    day: date,
) -> list[ReportTable]:
    """Return a table for each table of the form, a list's lines and its summaries apart.

    `rows` are the reports of the form and period that are due or came. Units of the lowest level
    are added up; the province's own report stands below the sum and is not in it.
    """
    return list(_Consolidated(form, key, rows, facts, pack, day).tables())


class _Consolidated:
    def __init__(
        self,
        form: Form,
        key: ReportGroup,
        rows: Sequence[ReportingRow],
        facts: Sequence[ReportFact],
        pack: Pack,
        day: date,
    ) -> None:
        self._form = form
        self._key = key
        self._pack = pack
        by_unit: dict[str, dict[tuple[str, int], ReportFact]] = defaultdict(dict)
        for fact in facts:
            by_unit[fact.unit_code][fact.element, fact.line] = fact
        reports = list(_unit_reports(rows, by_unit, pack, day))
        self._units = _added_up(reports)
        self._above = [report for report in reports if report not in self._units]
        self._averages = _averages(pack, form.code)

    def tables(self) -> Iterator[ReportTable]:
        for table in self._form.tables:
            if table.kind == "matrix":
                yield self._table(table.sheet, table.title, table.columns, self._matrix_rows(table))
                continue
            summaries = {
                name: summary
                for name, summary in table.summaries.items()
                if not summary.checks_only
            }
            if summaries:
                columns = [_summary_column(table, summary) for summary in summaries.values()]
                rows = self._section_rows(list(summaries), columns, "")
                title = f"{table.title}: tổng hợp"
                yield self._table(f"{table.sheet} – tổng hợp", title, columns, rows)
            yield self._list_table(table)

    def _table(
        self, sheet: str, title: str, columns: Sequence[Column], rows: Sequence[ReportRow]
    ) -> ReportTable:
        has_state = (
            ReportColumn("STT", 6),
            ReportColumn("Đơn vị", _UNIT_WIDTH),
            ReportColumn("Tình trạng báo cáo", _STATE_WIDTH),
        )
        figures = tuple(_report_column(column) for column in columns)
        return self._titled(sheet, title, (*has_state, *figures), rows, frozen=3)

    def _titled(
        self,
        sheet: str,
        title: str,
        columns: tuple[ReportColumn, ...],
        rows: Sequence[ReportRow],
        *,
        frozen: int,
    ) -> ReportTable:
        period = self._form.label_of(Period.parse(self._key.period), self._key.stage)
        return ReportTable(
            sheet=_sheet_name(sheet),
            title=f"BIỂU TỔNG HỢP TOÀN TỈNH: {self._form.short_title.upper()}",
            subtitle=f"{title} – {period} – {self._pack.program.office}",
            remarks=tuple(_remarks(self._units)),
            columns=columns,
            rows=tuple(rows),
            notes=(_DOUBT_NOTE, _GAP_NOTE),
            frozen=frozen,
        )

    def _matrix_rows(self, table: Table) -> list[ReportRow]:
        """Return a section for each line of a matrix, the grand total first."""
        lines = sorted(table.lines, key=lambda line: not line.total)
        rows: list[ReportRow] = []
        for line in lines:
            names = [f"{column.name}_{line.key}" for column in table.columns]
            rows += self._section_rows(names, table.columns, _heading(table, line), len(rows))
        return rows

    def _section_rows(
        self, names: Sequence[str], columns: Sequence[Column], heading: str, before: int = 0
    ) -> list[ReportRow]:
        """Return a row for each unit and their sum, below a heading where there is one.

        `before` is how many rows of the table come before these.
        """
        rows = [ReportRow((heading,), RowLook.SECTION)] if heading else []
        if heading and not self._has_figures(names):
            # A stream that nobody has would fill a page with empty rows.
            empty = f"{heading}: không đơn vị nào có số liệu."
            return [ReportRow((empty,), RowLook.SECTION)]
        first = before + len(rows)
        of_units = []
        for number, report in enumerate(self._units, start=1):
            of_units.append(_unit_row(report, str(number), names, columns))
        rows += of_units
        numbers = range(first, first + len(of_units))
        sums: list[CellValue] = []
        for at, column in enumerate(columns, start=3):
            cells = [row.cells[at] for row in of_units]
            sums.append(sum_of(numbers, cells) if self._is_addable(column) else None)
        counted = sum(report.state.is_accepted for report in self._units)
        coverage = f"{counted}/{len(self._units)} đơn vị"
        rows.append(ReportRow((None, "Toàn tỉnh", coverage, *sums), RowLook.TOTAL))
        for report in self._above:
            rows.append(_unit_row(report, "", names, columns, "tự báo cáo, không cộng"))
        return rows

    def _has_figures(self, names: Sequence[str]) -> bool:
        reports = (*self._units, *self._above)
        return any((name, 0) in report.facts for report in reports for name in names)

    def _is_addable(self, column: Column) -> bool:
        is_average = any(name.startswith(f"{column.name}_") for name in self._averages)
        has_sum = column.type.is_numeric and column.measure != PERCENT_SIGN
        return has_sum and not is_average and column.name not in self._averages

    def _list_table(self, table: Table) -> ReportTable:
        """Return the lines of all units below each other."""
        shown = [column for column in table.columns if not column.personal]
        columns = (
            ReportColumn("STT", 6),
            ReportColumn("Đơn vị", _UNIT_WIDTH),
            *(_report_column(column) for column in shown),
        )
        rows: list[ReportRow] = []
        for report in self._units:
            for cells in self._lines_of(report, shown):
                rows.append(ReportRow((str(len(rows) + 1), report.unit.name, *cells)))
        sums: list[CellValue] = []
        for at, column in enumerate(shown, start=2):
            cells = [row.cells[at] for row in rows]
            sums.append(sum_of(range(len(rows)), cells) if self._is_addable(column) else None)
        rows.append(ReportRow((None, f"Tổng cộng: {len(rows)} dòng", *sums), RowLook.TOTAL))
        return self._titled(table.sheet, table.title, columns, rows, frozen=2)

    def _lines_of(
        self, report: _UnitReport, columns: Sequence[Column]
    ) -> Iterator[list[CellValue]]:
        """Yield the cells of each line of a unit that has any of the columns."""
        for line in report.lines:
            facts = [report.facts.get((column.name, line)) for column in columns]
            # A report may have several lists, each with lines of its own.
            if any(facts):
                pairs = zip(facts, columns, strict=True)
                yield [self._list_cell(fact, column) for fact, column in pairs]

    def _list_cell(self, fact: ReportFact | None, column: Column) -> CellValue:
        if fact is None or fact.text is None:
            return _figure(fact, column)
        if column.type is ColumnType.CODE and fact.text in column.vocabulary:
            return column.vocabulary[fact.text].label
        if column.type is ColumnType.COMMUNE:
            unit = self._pack.unit_on(fact.text, self._key.period)
            return unit.name if unit else fact.text
        if column.type is ColumnType.DATE:
            return _date(fact.text)
        return fact.text


def coverage_remarks(rows: Sequence[ReportingRow], pack: Pack, day: date) -> tuple[str, ...]:
    """Return who has figures, who has none and why, and whether some are invented."""
    reports = list(_unit_reports(rows, {}, pack, day))
    return tuple(_remarks(_added_up(reports)))


def _remarks(reports: Sequence[_UnitReport]) -> Iterator[str]:
    counted = [report for report in reports if report.state.is_accepted]
    yield f"Có số liệu: {len(counted)}/{len(reports)} đơn vị."
    waiting = [report for report in reports if not report.state.is_accepted]
    if waiting:
        named = "; ".join(_named_gap(report) for report in waiting)
        yield f"Chưa có số liệu: {named}."
    if any(report.row.is_synthetic for report in counted):
        yield _SYNTHETIC_NOTE


def _added_up(reports: list[_UnitReport]) -> list[_UnitReport]:
    """Return the reports of the units below the province; its own where there are no others."""
    below = [report for report in reports if report.unit.kind is not UnitKind.PROVINCE]
    return below or reports


def _unit_reports(
    rows: Sequence[ReportingRow],
    facts_by_unit: Mapping[str, Mapping[tuple[str, int], ReportFact]],
    pack: Pack,
    day: date,
) -> Iterator[_UnitReport]:
    for row in sorted(rows, key=lambda row: row.unit_code):
        unit = pack.unit_on(row.unit_code, row.period)
        if unit is not None:
            facts = facts_by_unit.get(row.unit_code, {})
            yield _UnitReport(unit, row, state_of(row, day), facts)


def _unit_row(
    report: _UnitReport,
    number: str,
    names: Sequence[str],
    columns: Sequence[Column],
    state: str = "",
) -> ReportRow:
    figures = [
        _figure(report.facts.get((name, 0)), column)
        for name, column in zip(names, columns, strict=True)
    ]
    look = RowLook.LINE if report.state.is_accepted else RowLook.MISSING
    name = report.unit.name
    if report.row.is_synthetic and report.state.is_accepted:
        name = f"{name} (GL)"
    return ReportRow((number, name, state or report.state.label, *figures), look)


def _figure(fact: ReportFact | None, column: Column) -> CellValue:
    if fact is None:
        return None
    if fact.value is None:
        label = column.vocabulary.get(fact.text or "")
        return label.label if label else fact.text
    value = fact.value
    if column.type is ColumnType.MONEY:
        value = to_printed(value, column.measure)
    return Number(value, fact.is_doubtful, fact.qualifier)


def _date(text: str) -> CellValue:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return text


def _named_gap(report: _UnitReport) -> str:
    due = report.row.due_date
    deadline = f", hạn {format_date(due)}" if due else ""
    return f"{report.unit.name} ({report.state.label}{deadline})"


def _report_column(column: Column) -> ReportColumn:
    decimals = _DECIMALS.get(column.type, 0)
    # A narrative part is read in its cell.
    widest = 90 if column.type is ColumnType.TEXT else 34
    width = max(11, min(column.width, widest))
    return ReportColumn(column.sub_label, width, column.group, column.measure, decimals)


def _summary_column(table: Table, summary: ListSummary) -> Column:
    """Return a summary as a column: what is counted or added up, and of which lines."""
    column = table.column(summary.column)
    label, kind, measure = "Số dòng", ColumnType.WHOLE, ""
    if summary.sum:
        label, kind, measure = column.label, column.type, column.measure
    words = [_words_of(table.column(name), chosen) for name, chosen in summary.chosen.items()]
    if words:
        label += f": {'; '.join(words)}"
    return Column(name=summary.column, label=label, type=kind, measure=measure, width=16)


def _words_of(column: Column, chosen: Sequence[str]) -> str:
    labels = [column.vocabulary[word].label for word in chosen if word in column.vocabulary]
    return ", ".join(labels) or column.label


def _heading(table: Table, line: Line) -> str:
    return line.label if len(table.lines) > 1 else ""


def _averages(pack: Pack, form_code: str) -> set[str]:
    """Return the elements of a form that are averages: nobody adds up incomes per head."""
    names: set[str] = set()
    for indicator in pack.indicators:
        if indicator.form == form_code and indicator.kind is IndicatorKind.RATIO:
            names |= {indicator.numerator or "", indicator.denominator or ""}
    return names - {""}


def _sheet_name(text: str) -> str:
    kept = "".join(letter for letter in text if letter not in "[]:*?/\\")
    return kept[:_MOST_SHEET_LETTERS]
