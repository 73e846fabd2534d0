"""Workbooks as offices fill them in: odd ones that are right, and ones with an error.

Each is the template of a good report, changed in a spreadsheet. What was typed into the template is
what its sender means: a figure that is loaded and differs from it is a false fact. Nothing here
knows the rules.
"""

import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import openpyxl
from openpyxl.cell import Cell
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.worksheet import Worksheet

from benchmarks.in_memory import Cell as Value
from benchmarks.in_memory import Report
from connectors.reader.reader import read_parts
from expectations.checking import Checker
from program.delivery import Delivery
from program.finding import Severity
from program.forms.form import Form
from program.forms.table import Table
from program.pack.pack import Pack
from program.submission import Submission
from publish.template.grid import grid_of
from publish.template.requests import request_of

Facts = Counter[tuple[str, float | None, str | None]]
"""Facts by element, figure and text, wherever on its sheet a line stands."""
ANY_CELL = ""
"""An error of a whole sheet: any finding on it counts."""


@dataclass
class Sheet:
    """A filled-in table of a template, and where its cells are."""

    cells: Worksheet
    columns: Mapping[str, int]
    lines: list[int]
    dice: random.Random

    def cell(self, name: str, row: int) -> Cell:
        """Return the cell of a column on a row."""
        found = self.cells.cell(row, self.columns[name])
        assert isinstance(found, Cell)
        return found

    def given(self, name: str) -> list[Cell]:
        """Return the typed cells of a column that hold something."""
        cells = [self.cell(name, row) for row in self.lines]
        return [cell for cell in cells if cell.value not in (None, "", 0)]

    def one_of(self, name: str) -> Cell | None:
        """Return one such cell; None if there is none."""
        cells = self.given(name)
        return self.dice.choice(cells) if cells else None

    def shift(self, first: int, by: int) -> None:
        """Move the lines from the `first` one on down, as somebody who leaves rows free."""
        for row in reversed(self.lines[first:]):
            for at in self.columns.values():
                self.cells.cell(row + by, at).value = self.cells.cell(row, at).value
                self.cells.cell(row, at).value = None
        self.lines[first:] = [row + by for row in self.lines[first:]]


Change = Callable[[Sheet], str | None]
"""Changes a sheet; returns the cell that a finding must name, ANY_CELL, or None: impossible."""


@dataclass(frozen=True)
class WorkbookCase:
    """A change of one table of a form's template."""

    form: str
    table: str
    change: Change


@dataclass
class WorkbookScore:
    """Counts of a case."""

    tried: int = 0
    reported: int = 0
    asked: int = 0
    kept_out: int = 0
    false_facts: int = 0
    """Loaded without a question at their cells or sheet, and not what the sender means."""
    rules: Counter[str] = field(default_factory=Counter)


# --- odd, and right ------------------------------------------------------------------------------


def as_typed(_sheet: Sheet) -> str:
    """The template as it is."""
    return ANY_CELL


def rows_left_free(at_start: int, sheet: Sheet) -> str | None:
    """Two rows are free above the lines of a list, or between them."""
    first = 0 if at_start else len(sheet.lines) // 2
    if len(sheet.lines) < 3 or len(sheet.lines) > 30:
        return None
    sheet.shift(first, 2)
    return ANY_CELL


def a_name_over_lines(name: str, sheet: Sheet) -> str | None:
    """A group of lines has a name over it."""
    if not 3 <= len(sheet.lines) <= 30:
        return None
    sheet.shift(0, 1)
    sheet.cell(name, sheet.lines[0] - 1).value = "I. Công trình chuyển tiếp"
    return ANY_CELL


def other_order(sheet: Sheet) -> str:
    """Two lines of a matrix change places, with their names."""
    first, second = sheet.lines[0], sheet.lines[1]
    for at in (1, *sheet.columns.values()):
        one, other = sheet.cells.cell(first, at), sheet.cells.cell(second, at)
        one.value, other.value = other.value, one.value
    return ANY_CELL


def in_thousands(names: tuple[str, ...], sheet: Sheet) -> str:
    """Money in nghìn đồng, and the header says so."""
    for name in names:
        at = sheet.columns[name]
        for row in range(1, sheet.lines[0]):
            cell = sheet.cells.cell(row, at)
            if cell.value == "(triệu đồng)":
                cell.value = "(nghìn đồng)"
        for cell in sheet.given(name):
            cell.value = round(float(str(cell.value)) * 1000, 3)
    return ANY_CELL


def as_text(name: str, words: str, sheet: Sheet) -> str | None:
    """A figure was typed with words behind it."""
    cell = sheet.one_of(name)
    if cell is None:
        return None
    cell.value = f"{cell.value}".replace(".", ",") + words
    return ANY_CELL


def day_as_text(name: str, pattern: str, sheet: Sheet) -> str | None:
    """A day is text."""
    cell = sheet.one_of(name)
    if cell is None or not isinstance(cell.value, date):
        return None
    cell.value = cell.value.strftime(pattern)
    return ANY_CELL


def as_share(name: str, sheet: Sheet) -> str:
    """A column in % holds shares, as Excel shows them."""
    for cell in sheet.given(name):
        cell.value, cell.number_format = float(str(cell.value)) / 100, "0%"
    return ANY_CELL


def own_total(name: str, summed: str, sheet: Sheet) -> str | None:
    """The sender adds up a list."""
    if not sheet.lines:
        return None
    row = sheet.lines[-1] + 1
    sheet.cell(name, row).value = "Cộng toàn huyện"
    sheet.cell(summed, row).value = sum(float(str(cell.value)) for cell in sheet.given(summed))
    return ANY_CELL


def signed_below(sheet: Sheet) -> str:
    """Notes and names stand below the table."""
    below = sheet.cells.max_row + 2
    sheet.cells.cell(below, 2).value = "Ghi chú: số liệu tính đến hết kỳ báo cáo."
    sheet.cells.cell(below + 1, 2).value = "NGƯỜI LẬP BIỂU"
    sheet.cells.cell(below + 1, 6).value = "THỦ TRƯỞNG ĐƠN VỊ"
    sheet.cells.cell(below + 5, 2).value = "Nguyễn Văn A"
    return ANY_CELL


def own_column(sheet: Sheet) -> str:
    """The sender adds a column."""
    at = max(sheet.columns.values()) + 1
    sheet.cells.cell(_header_of(sheet), at).value = "Ghi chú"
    sheet.cells.cell(sheet.lines[0], at).value = "Đã nghiệm thu 500"
    return ANY_CELL


def _header_of(sheet: Sheet) -> int:
    """Return the row of the template's headings: the filled one over the measures."""
    at = min(sheet.columns.values())
    rows = range(sheet.lines[0] - 1, 0, -1)
    return next(row for row in rows if len(str(sheet.cells.cell(row, at).value or "")) > 5)


# --- errors --------------------------------------------------------------------------------------


def two_figures(name: str, sheet: Sheet) -> str | None:
    """A cell holds two figures."""
    cell = sheet.one_of(name)
    if cell is None:
        return None
    cell.value = f"{cell.value}/{float(str(cell.value)) + 10:.0f}"
    return cell.coordinate


def an_error_value(name: str, sheet: Sheet) -> str | None:
    """A cell shows an error."""
    cell = sheet.one_of(name)
    if cell is None:
        return None
    cell.value = "#REF!"
    return cell.coordinate


def own_total_off(name: str, summed: str, words: str, sheet: Sheet) -> str | None:
    """A total that was typed by hand is too high."""
    if len(sheet.lines) < 2:
        return None
    row = sheet.lines[-1] + 1
    sheet.cell(name, row).value = words
    cell = sheet.cell(summed, row)
    cell.value = sum(float(str(cell.value)) for cell in sheet.given(summed)) * 1.1 + 9
    # A line of totals is one thing: its name may be reported instead of its figure.
    return f"{row}"


def hidden_lines(sheet: Sheet) -> str | None:
    """A line with figures is hidden."""
    if not sheet.lines:
        return None
    sheet.cells.row_dimensions[sheet.lines[-1]].hidden = True
    return ANY_CELL


def merged_money(name: str, sheet: Sheet) -> str | None:
    """One amount stands for two lines."""
    if len(sheet.lines) < 2 or sheet.lines[1] != sheet.lines[0] + 1:
        return None
    top = sheet.cell(name, sheet.lines[0])
    below = sheet.cell(name, sheet.lines[1])
    below.value = None
    sheet.cells.merge_cells(f"{top.coordinate}:{below.coordinate}")
    return top.coordinate


def other_words_above(begins: str, words: str, sheet: Sheet) -> str | None:
    """Another unit or period stands above the table of one sheet."""
    for row in sheet.cells.iter_rows(max_row=sheet.lines[0] - 1 if sheet.lines else 8):
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith(begins):
                cell.value = words
                return ANY_CELL
    return None


def a_second_copy(sheet: Sheet) -> str:
    """The sheet was copied, and a figure changed in the copy."""
    book = sheet.cells.parent
    assert book is not None
    twin = book.copy_worksheet(sheet.cells)
    twin.title = f"{sheet.cells.title} (2)"
    row, at = sheet.lines[0], max(sheet.columns.values())
    twin.cell(row, at).value = 1
    return ANY_CELL


def american_day(name: str, sheet: Sheet) -> str | None:
    """The month stands before the day."""
    cells = [c for c in sheet.given(name) if isinstance(c.value, date) and c.value.day > 12]
    if not cells:
        return None
    cell = sheet.dice.choice(cells)
    assert isinstance(cell.value, date)
    cell.value = cell.value.strftime("%m/%d/%Y")
    return cell.coordinate


def _case(form: str, table: str, change: Callable[..., str | None], *given: object) -> WorkbookCase:
    return WorkbookCase(form, table, lambda sheet: change(*given, sheet))


ODD: dict[str, WorkbookCase] = {
    "as typed (works)": _case("works", "work_list", as_typed),
    "as typed (training)": _case("training", "levels", as_typed),
    "as typed (paid)": _case("disbursement", "capital", as_typed),
    "as typed (households)": _case("livelihoods", "support", as_typed),
    "as typed (outcomes)": _case("outcomes", "places", as_typed),
    "rows left free above a list": _case("works", "work_list", rows_left_free, 1),
    "rows left free within a list": _case("works", "work_list", rows_left_free, 0),
    "a name over the lines": _case("works", "work_list", a_name_over_lines, "work_name"),
    "lines in another order": _case("outcomes", "places", other_order),
    "money in nghìn đồng": _case("livelihoods", "support", in_thousands, ("support_vnd",)),
    "money with its measure": _case("livelihoods", "support", as_text, "support_vnd", " tr.đ"),
    "people with their measure": _case(
        "training", "class_list", as_text, "class_participants", " người"
    ),
    "a day with dots": _case("works", "work_list", day_as_text, "work_start", "%d.%m.%Y"),
    "a short year": _case("works", "work_list", day_as_text, "work_start", "%d/%m/%y"),
    "a share as Excel has it": _case("works", "work_list", as_share, "work_progress_pct"),
    "a total in own words": _case(
        "training", "class_list", own_total, "class_title", "class_participants"
    ),
    "signed below": _case("livelihoods", "support", signed_below),
    "a column of notes": _case("works", "work_list", own_column),
}
WRONG: dict[str, WorkbookCase] = {
    "two figures in a cell": _case("livelihoods", "support", two_figures, "supported"),
    "an error value (people)": _case(
        "training", "class_list", an_error_value, "class_participants"
    ),
    "an error value (money)": _case("works", "work_list", an_error_value, "work_investment_vnd"),
    "a typed total too high (works)": _case(
        "works", "work_list", own_total_off, "work_name", "work_investment_vnd", "Tổng cộng"
    ),
    "a typed total too high (classes)": _case(
        "training",
        "class_list",
        own_total_off,
        "class_title",
        "class_participants",
        "Cộng toàn huyện",
    ),
    "a hidden line": _case("works", "work_list", hidden_lines),
    "an amount over two lines": _case("works", "work_list", merged_money, "work_investment_vnd"),
    "another unit on one sheet": _case(
        "livelihoods",
        "model_list",
        other_words_above,
        "Đơn vị báo cáo",
        "Đơn vị báo cáo: Tỉnh Sóc Trăng",
    ),
    "another period on one sheet": _case(
        "training", "class_list", other_words_above, "Kỳ báo cáo", "Kỳ báo cáo: Quý I năm 2021"
    ),
    "a sheet twice": _case("disbursement", "capital", a_second_copy),
    "a day in American order": _case("works", "work_list", american_day, "work_start"),
}


def try_workbooks(
    reports: Mapping[str, list[Report]],
    pack: Pack,
    checker: Checker,
    dice: random.Random,
    scores: dict[str, WorkbookScore],
) -> None:
    """Try each case with the first report of its form that it can change."""
    for name, case in (ODD | WRONG).items():
        for report in dice.sample(reports[case.form], len(reports[case.form])):
            if _try(case, report, pack, checker, dice, scores[name]):
                break


def _try(
    case: WorkbookCase,
    report: Report,
    pack: Pack,
    checker: Checker,
    dice: random.Random,
    score: WorkbookScore,
) -> bool:
    """Score a case on a report; return False where the report gives no room for it."""
    book = _typed(report, pack)
    sheet = _sheet(book, case.table, report, pack, dice)
    if not sheet.lines:
        return False
    meant = _loaded(_submission(book, report, pack, checker))
    reported_at = case.change(sheet)
    if reported_at is None:
        return False
    submission = _submission(book, report, pack, checker)
    asked = [each for each in submission.findings if each.severity is not Severity.INFO]
    score.tried += 1
    score.reported += any(_is_at(each.cell, reported_at) for each in asked)
    score.asked += bool(asked)
    score.kept_out += not submission.verdict.loads
    if submission.verdict.loads and not asked:
        score.false_facts += (_loaded(submission) - meant).total()
        score.false_facts += (meant - _loaded(submission)).total()
    score.rules.update({each.rule for each in asked})
    return True


def _is_at(cell: str | None, reported_at: str) -> bool:
    """Tell whether a finding names a cell, or a row where `reported_at` is a number."""
    if reported_at.isdigit():
        return (cell or "").lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == reported_at
    return reported_at in (ANY_CELL, cell)


def _typed(report: Report, pack: Pack) -> openpyxl.Workbook:
    """Return the blank template of a report with its figures typed in."""
    form = _form_of(report, pack)
    unit = pack.units.get(report.unit, report.period.end)
    assert unit is not None
    request = request_of(pack, form, unit, report.period, report.stage)
    book = openpyxl.load_workbook(io.BytesIO(request.write()))
    for table in form.tables:
        cells = book[table.sheet]
        for row, values in _rows(report, table):
            for name, at in _columns(table).items():
                value = values.get(name)
                vocabulary = table.column(name).vocabulary
                if value is not None and not cells.cell(row, at).protection.locked:
                    is_word = isinstance(value, str) and value in vocabulary
                    cells.cell(row, at).value = vocabulary[value].label if is_word else value
    return book


def _form_of(report: Report, pack: Pack) -> Form:
    form = pack.form(report.form, report.period)
    assert form is not None
    return form


def _rows(report: Report, table: Table) -> Iterator[tuple[int, Mapping[str, Value]]]:
    """Yield the row of each line in the template, from 1, and the line's values."""
    grid = grid_of(table, 0)
    for number, (key, values) in enumerate(report.tables.get(table.name, {}).items()):
        row = grid.row_of(key) if table.lines else grid.top + number
        yield row + 1, values


def _columns(table: Table) -> dict[str, int]:
    """Return where the columns of a table are in the template, from 1."""
    grid = grid_of(table, 0)
    addresses = {column.name: grid.address(column.name, grid.top) for column in table.columns}
    return {name: coordinate_to_tuple(address)[1] for name, address in addresses.items()}


def _sheet(
    book: openpyxl.Workbook, name: str, report: Report, pack: Pack, dice: random.Random
) -> Sheet:
    table = _form_of(report, pack).table(name)
    lines = [row for row, _ in _rows(report, table)]
    return Sheet(book[table.sheet], _columns(table), lines, dice)


def _submission(
    book: openpyxl.Workbook, report: Report, pack: Pack, checker: Checker
) -> Submission:
    """Return what becomes of a workbook that its unit sends after the period."""
    buffer = io.BytesIO()
    book.save(buffer)
    received_at = datetime.combine(report.period.end, time(3), UTC) + timedelta(days=15)
    name = f"{report.unit} {report.form} {report.period}.xlsx"
    sent = Delivery(1, "province", "folder", name, received_at, "0" * 64, report.unit)
    (submission,) = checker.check(read_parts(buffer.getvalue(), sent, pack))
    return submission


def _loaded(submission: Submission) -> Facts:
    return Counter((fact.element, fact.value, fact.text) for fact in submission.facts)
