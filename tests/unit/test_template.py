"""The workbook that a district fills in: locked where it must be, open where it may, and read as it was written."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from expectations.checking import Checker
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.finding import Severity
from program.forms.form import Form
from program.forms.nil_report import NIL_LABEL
from program.forms.table import Column, ColumnType, Table
from program.forms.template_marker import MARKER_SHEET, read_marker
from program.forms.totals import formula_of
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT
from program.units.unit import Unit, UnitKind
from publish.template.choices import CHOICES_SHEET
from publish.template.guide import GUIDE_SHEET
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.conftest import period_of
from tests.shared_rules import rules_of
from tests.unit.test_form import COLUMN, IDENTITY
from tests.workbooks import read

YEAR, QUARTER = Period.parse("2024"), Period.parse("2024-Q4")
DISTRICT = Unit("942", "Huyện Châu Thành", UnitKind.DISTRICT, "94", None, None, "test")
COMMUNES = tuple(
    Unit(f"31{n:03}", f"Xã Tên Dài Thứ {n}", UnitKind.COMMUNE, "942", None, None, "test")
    for n in range(100, 130)
)


@dataclass(frozen=True)
class Case:
    """A form of a pack, asked of a unit that exists."""

    pack: Pack
    form: Form
    unit: Unit
    period: Period
    stage: Stage

    @property
    def communes(self) -> tuple[Unit, ...]:
        below = self.pack.units.children(self.unit.code, self.period.end)
        return (self.unit,) if self.unit.kind is UnitKind.COMMUNE else below

    def write(self, values: Values | None = None) -> bytes:
        return write_template(
            self.form, self.unit, self.period, values, stage=self.stage, communes=self.communes
        )


def cases() -> Iterator[Any]:
    for folder in sorted(p for p in (ROOT / "config").iterdir() if (p / "program.yaml").is_file()):
        pack = load_pack(folder)
        for form in pack.forms:
            for stage in form.stages:
                period = period_of(form)
                kinds = pack.calendar.reporters(form.code, period.end) or {
                    UnitKind.DISTRICT,
                    UnitKind.COMMUNE,
                }
                senders = (u for u in pack.units if u.kind in kinds and u.is_valid_on(period.end))
                unit = next(senders, None)
                # The nation's pack has no district and no commune: they are in a province's pack.
                if unit is None:
                    continue
                case = Case(pack, form, unit, period, stage)
                yield pytest.param(
                    case, id=f"{folder.name} {form.code} {form.version} {stage.value}"
                )


every_form = pytest.mark.parametrize("case", list(cases()))


def sample(case: Case) -> Values:
    """Return something for each cell that is typed in, without any total."""

    def line(table: Table, n: int) -> dict[str, Any]:
        # Units have names, which the register knows.
        typed = [c for c in table.columns if not c.parts and c.type is not ColumnType.UNITS]
        return {c.name: value(c, n + 3 * at) for at, c in enumerate(typed)}

    def value(column: Column, n: int) -> Any:
        match column.type:
            case ColumnType.DATE:
                return date(case.period.year, 2, 1 + n % 28)
            case ColumnType.CODE:
                return list(column.vocabulary)[n % len(column.vocabulary)]
            case ColumnType.COMMUNE:
                return case.communes[n % len(case.communes)].code if case.communes else None
            case ColumnType.TEXT:
                return f"Chữ {n}"
            case ColumnType.WHOLE:
                return 7 * n
            case _:
                return min(10.5 * n, column.maximum or 1e6)

    return Values(
        {
            t.name: {ln.key: line(t, n) for n, ln in enumerate(t.lines) if not ln.parts}
            for t in case.form.tables
            if t.lines
        },
        {t.name: [line(t, n) for n in range(3)] for t in case.form.tables if not t.lines},
    )


def opened(content: bytes, *, data_only: bool = False) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=data_only)


def resaved(content: bytes, fill: dict[str, dict[str, Any]]) -> bytes:
    """Return a workbook with cells filled in by openpyxl, which keeps formulas and drops their values."""
    book, buffer = opened(content), io.BytesIO()
    for sheet, cells in fill.items():
        for cell, value in cells.items():
            assert not book[sheet][cell].protection.locked, f"{sheet} {cell}"
            book[sheet][cell] = value
    book.save(buffer)
    return buffer.getvalue()


def data_sheets(book: Workbook, form: Form) -> list[Worksheet]:
    return [book[table.sheet] for table in form.tables]


def make(*tables: dict[str, Any], **changes: Any) -> Form:
    declared = {
        "code": "works",
        "version": "v1",
        "title": "Báo cáo thử",
        "short_title": "Thử",
        "project": None,
        "source": "test",
        "valid_from": date(2021, 1, 1),
        "periods": ["year"],
        "identity": IDENTITY,
        "tables": tables,
    }
    return Form.model_validate(declared | changes)


LIST = {"name": "works", "sheet": "Công trình", "title": "Công trình", "kind": "list"}
MATRIX = {
    "name": "levels",
    "sheet": "Tổng hợp",
    "title": "Tổng hợp",
    "kind": "matrix",
    "line": {"label": "Nội dung"},
    "lines": [
        {"key": "p1", "label": "Dự án 1"},
        {"key": "p2", "label": "Dự án 2", "parts": ["p2a", "p2b"]},
        {"key": "p2a", "label": "Tiểu dự án 1", "parts": ["p2a1"]},
        {"key": "p2a1", "label": "Nhiệm vụ 1"},
        {"key": "p2b", "label": "Tiểu dự án 2"},
        {"key": "total", "label": "Tổng cộng", "total": True, "parts": ["p1", "p2"]},
    ],
    "columns": [
        {
            "name": "central",
            "group": "Vốn",
            "label": "Vốn – TW",
            "type": "money",
            "measure": "triệu đồng",
            "minimum": 0,
        },
        {
            "name": "local",
            "group": "Vốn",
            "label": "Vốn – ĐP",
            "type": "money",
            "measure": "triệu đồng",
            "minimum": 0,
        },
        {
            "name": "all",
            "group": "Vốn",
            "label": "Vốn – Tổng số",
            "type": "money",
            "measure": "triệu đồng",
            "required": True,
            "parts": ["central", "local"],
        },
        {
            "name": "people",
            "label": "Số người",
            "type": "whole",
            "measure": "người",
            "required": True,
            "hint": "Người có mặt.",
        },
    ],
}
GIVEN = {
    "p1": {"central": 50.1, "local": 50.1, "people": 3},
    "p2a1": {"central": 52.1, "people": 0},
    "p2b": {"people": 4},
}


def written(matrix: dict[str, dict[str, Any]]) -> bytes:
    return write_template(make(MATRIX), DISTRICT, YEAR, Values({"levels": matrix}))


# --- reading back
# ---------------------------------------------------------------------------------------------------


def without_notes(reading: ParsedReport) -> list[tuple[str, str | None, str | None]]:
    """Return what was met, but for lines left empty (FORM-16)."""
    return [(p.rule, p.sheet, p.cell) for p in reading.problems if p.rule != "FORM-16"]


@every_form
def test_a_blank_workbook_is_read_as_what_it_is(case: Case) -> None:
    reading = read(case.write(), case.pack, period=case.period)
    assert (reading.form, reading.unit_code, reading.period) == (
        case.form,
        case.unit.code,
        case.period,
    )
    assert reading.stage is case.stage
    assert {rule for rule, _, _ in without_notes(reading)} == {"FORM-30"}, "nothing is filled in"
    assert {name: len(table.letters) for name, table in reading.tables.items()} == {
        table.name: len(table.columns) for table in case.form.tables
    }


@every_form
def test_what_was_given_is_read_and_totals_with_it(case: Case) -> None:
    values = sample(case)
    reading = read(case.write(values), case.pack, period=case.period)
    assert without_notes(reading) == []
    for table in case.form.tables:
        frame = reading.tables[table.name].frame
        assert len(frame) == len(table.lines) or len(frame) == len(values.lists[table.name])
        numbers = [c.name for c in table.columns if c.type.is_numeric]
        assert frame[numbers].notna().all().all()


@every_form
def test_the_same_arguments_give_the_same_bytes(case: Case) -> None:
    assert case.write(sample(case)) == case.write(sample(case))


def test_a_filled_training_report_is_accepted_though_nothing_computed_its_totals(
    pack: Pack,
) -> None:
    form = pack.form("training", QUARTER)
    assert form is not None
    blank = write_template(form, DISTRICT, QUARTER)
    letters = read(blank, pack).tables["levels"].letters
    names = ("classes", "participants", "women", "budget_planned_vnd", "budget_spent_vnd")
    lines = {10: (2, 120, 50, 152.3, 0), 11: (1, 30, 9, 20, 0)}
    summary = {
        f"{letters[name]}{row}": n
        for row, line in lines.items()
        for name, n in zip(names, line, strict=True)
    }
    content = resaved(blank, {"Tổng hợp": summary})
    reading = read(content, pack)
    totals = reading.tables["levels"].frame.set_index("line").loc["total"]
    assert (totals["classes"], totals["participants"], totals["budget_spent_vnd"]) == (3, 150, 0)
    findings = Checker(pack, rules_of(pack), "test").check([reading])[0].findings
    assert [f for f in findings if f.severity is not Severity.INFO] == []


# --- totals
# ---------------------------------------------------------------------------------------------------------


def test_totals_are_formulas_with_the_value_that_excel_would_give() -> None:
    content = written(GIVEN)
    formulas, shown = opened(content)["Tổng hợp"], opened(content, data_only=True)["Tổng hợp"]
    assert formulas["D11"].value == formula_of(["B11", "C11"])
    assert formulas["B12"].value == formula_of(["B13", "B15"])
    assert formulas["B13"].value == formula_of(["B14"])
    assert formulas["B16"].value == formula_of(["B11", "B12"])
    assert formulas["D16"].value == formula_of(["D11", "D12"])
    assert (shown["D11"].value, shown["B12"].value, shown["B16"].value, shown["D16"].value) == (
        100.2,
        52.1,
        102.2,
        152.3,
    )


def test_a_total_of_nothing_is_empty_and_a_total_of_noughts_is_0() -> None:
    shown = opened(written(GIVEN), data_only=True)["Tổng hợp"]
    assert (shown["C12"].value or "").strip() == ""
    assert shown["E13"].value == 0


def test_a_true_0_is_read_as_0(pack: Pack) -> None:
    form = pack.form("training", QUARTER)
    assert form is not None
    given = Values(
        {"levels": {"district": {"classes": 0, "participants": 0, "budget_spent_vnd": 0}}}
    )
    reading = read(write_template(form, DISTRICT, QUARTER, given), pack)
    assert without_notes(reading) == []
    assert reading.tables["levels"].frame.set_index("line").loc["total", "budget_spent_vnd"] == 0


def test_a_given_total_that_adds_up_is_a_formula_and_one_that_does_not_is_a_number() -> None:
    sheet = opened(
        written(
            {**GIVEN, "p2": {"people": 4}, "total": {"people": 9, "central": 102.2, "all": "?"}}
        )
    )["Tổng hợp"]
    assert sheet["E12"].value == formula_of(["E13", "E15"])
    assert sheet["B16"].value == formula_of(["B11", "B12"])
    assert (sheet["E16"].value, sheet["D16"].value) == (9, "?")
    assert sheet["E16"].protection.locked


def test_a_wrong_part_makes_the_total_above_it_of_what_is_shown() -> None:
    shown = opened(written({**GIVEN, "p2": {"people": 10}}), data_only=True)["Tổng hợp"]
    assert (shown["E12"].value, shown["E16"].value) == (10, 13)


def test_the_sums_of_a_list_stand_below_it_and_are_no_line() -> None:
    columns = [{"name": "title", "label": "Tên", "type": "text"}, {**COLUMN, "minimum": 0}]
    summaries = {"n": {"count": "title"}, "classes_all": {"sum": "classes"}}
    form = make({**LIST, "columns": columns, "summaries": summaries})
    given = [{"title": f"Lớp {n}", "classes": n} for n in range(45)]
    sheet = opened(write_template(form, DISTRICT, YEAR, Values(lists={"works": given})))[
        "Công trình"
    ]
    assert (sheet["A9"].value, sheet["A53"].value, sheet["A54"].value) == (1, 45, "Tổng cộng")
    assert sheet["C54"].value == formula_of([f"C{row}" for row in range(9, 54)])
    assert sheet["C54"].protection.locked


# --- headings
# -------------------------------------------------------------------------------------------------------


def test_groups_stand_over_their_columns_and_other_headings_over_both_rows() -> None:
    sheet = opened(written({}))["Tổng hợp"]
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"B7:D7", "A7:A8", "E7:E8"} <= merged
    assert [sheet[cell].value for cell in ("A7", "B7", "B8", "C8", "D8", "E7")] == [
        "Nội dung",
        "Vốn",
        "TW",
        "ĐP",
        "Tổng số",
        "Số người",
    ]
    assert [cell.value for cell in sheet[9]] == [None, *["(triệu đồng)"] * 3, "(người)"]
    assert [cell.value for cell in sheet[10]] == ["(A)", "(1)", "(2)", "(3=1+2)", "(4)"]


def test_lines_are_set_in_below_what_they_are_a_part_of_and_totals_are_bold() -> None:
    sheet = opened(written({}))["Tổng hợp"]
    lines = {sheet[f"A{row}"].value: sheet[f"A{row}"] for row in range(11, 17)}
    indents = [cell.alignment.indent for cell in lines.values()]
    assert indents == [1, 1, 3, 5, 3, 1]
    assert [name for name, cell in lines.items() if cell.font.bold] == [
        "Dự án 2",
        "Tiểu dự án 1",
        "Tổng cộng",
    ]


@every_form
def test_every_sheet_says_whose_report_it_is_and_when(case: Case) -> None:
    for sheet in data_sheets(opened(case.write()), case.form):
        said = [row[0].value for row in sheet.iter_rows(max_row=6, max_col=1)]
        stage = f" ({case.stage.label})" if len(case.form.stages) > 1 else ""
        identity = case.form.identity
        assert f"{identity.unit.label}: {case.unit.name}" in said
        assert f"{identity.unit_code.label}: {case.unit.code}" in said
        assert f"{identity.period.label}: {case.period.label}{stage}" in said


# --- cells to fill in
# -----------------------------------------------------------------------------------------------


@every_form
def test_only_cells_to_fill_in_are_unlocked_and_each_has_a_prompt(case: Case) -> None:
    book = opened(case.write())
    assert all(sheet.protection.sheet and not sheet.protection.password for sheet in book)
    for sheet in data_sheets(book, case.form):
        unlocked = {
            cell.coordinate
            for row in sheet.iter_rows()
            for cell in row
            if not cell.protection.locked
        }
        prompted = set()
        for rule in sheet.data_validations.dataValidation:
            assert 0 < len(rule.promptTitle) <= 32
            assert 0 < len(rule.prompt) <= 255
            assert len(rule.error) <= 255
            for area in rule.sqref.ranges:
                left, top, right, bottom = range_boundaries(str(area))
                prompted |= {
                    sheet.cell(r, c).coordinate
                    for r in range(top, bottom + 1)
                    for c in range(left, right + 1)
                }
        assert unlocked == prompted
        assert unlocked


def rules(form: Form, **more: Any) -> dict[str, Any]:
    """Return the rule of each column of the form's first sheet, by the first cell that it is for."""
    book = opened(write_template(form, DISTRICT, YEAR, **more))
    found = data_sheets(book, form)[0].data_validations.dataValidation
    of_columns = [rule for rule in found if rule.promptTitle != NIL_LABEL]
    return {str(next(iter(rule.sqref.ranges))).split(":")[0]: rule for rule in of_columns}


def test_figures_have_the_limits_that_the_form_declares() -> None:
    columns = [
        {**COLUMN, "minimum": 0, "required": True, "hint": "Lớp đã học xong."},
        {
            "name": "rate",
            "label": "Tỷ lệ",
            "type": "number",
            "measure": "%",
            "minimum": 0,
            "maximum": 100,
        },
        {"name": "change", "label": "Tăng, giảm", "type": "number"},
        {"name": "day", "label": "Ngày", "type": "date"},
        {"name": "word", "label": "Ghi chú của đơn vị về nội dung này trong kỳ", "type": "text"},
    ]
    found = rules(make({**LIST, "columns": columns}))
    kinds = [(r.type, r.formula1, r.formula2) for r in found.values()]
    assert kinds[:2] == [("whole", "0", "2147483647"), ("decimal", "0", "100")]
    assert (kinds[2][0], float(kinds[2][1])) == ("decimal", -9007199254740991)
    assert (kinds[3][0], kinds[4][0]) == ("date", None)
    assert (
        found["B9"].prompt
        == "Lớp đã học xong.\nSố nguyên từ 0 trở lên, đơn vị tính: lớp.\nBắt buộc nhập."
    )
    assert found["C9"].prompt == (
        "Số từ 0 đến 100, đơn vị tính: %, có thể có phần thập phân.\nChưa có số liệu thì để trống."
    )
    assert found["F9"].promptTitle == "Ghi chú của đơn vị về nội dung…"
    assert all(r.errorStyle in (None, "stop") for r in found.values())


def test_words_to_choose_from_are_a_drop_down() -> None:
    words = {"a": {"label": "Đường"}, "b": {"label": "Cầu"}}
    column = {"name": "kind", "label": "Loại", "type": "code", "vocabulary": words}
    assert rules(make({**LIST, "columns": [column]}))["B8"].formula1 == '"Đường,Cầu"'


def test_a_list_that_excel_cannot_take_into_a_cell_s_rule_stands_on_a_sheet_that_nobody_sees(
    tmp_path: Path,
) -> None:
    words = {"a": {"label": "Đường, cầu"}, "b": {"label": "Chợ"}}
    kind = {"name": "kind", "label": "Loại", "type": "code", "vocabulary": words}
    place = {"name": "place", "label": "Xã", "type": "commune"}
    form = make({**LIST, "columns": [kind, place]})
    found = rules(form, communes=COMMUNES)
    assert [r.formula1 for r in found.values()] == [
        f"{CHOICES_SHEET}!$A$1:$A$2",
        f"{CHOICES_SHEET}!$A$3:$A$32",
    ]
    sheet = opened(write_template(form, DISTRICT, YEAR, communes=COMMUNES))[CHOICES_SHEET]
    assert sheet.sheet_state == "veryHidden"
    assert [row[0] for row in sheet.values] == ["Đường, cầu", "Chợ", *(c.name for c in COMMUNES)]


def test_a_commune_is_typed_where_none_can_be_offered_and_named_where_its_code_is_given() -> None:
    form = make({**LIST, "columns": [{"name": "place", "label": "Xã", "type": "commune"}]})
    assert rules(form)["B8"].type is None
    given = Values(lists={"works": [{"place": COMMUNES[0].code}, {"place": "Xã Khác"}]})
    sheet = opened(write_template(form, DISTRICT, YEAR, given, communes=COMMUNES))["Công trình"]
    assert (sheet["B8"].value, sheet["B9"].value) == (COMMUNES[0].name, "Xã Khác")


def test_required_optional_and_computed_cells_have_colours_of_their_own() -> None:
    sheet = opened(written({}))["Tổng hợp"]
    colours = {sheet[cell].fill.fgColor.rgb for cell in ("E11", "B11", "D11")}
    assert len(colours) == 3
    guide = opened(written({}))[GUIDE_SHEET]
    shown = {
        row[0].fill.fgColor.rgb
        for row in guide.iter_rows(max_col=1)
        if row[0].fill.fill_type == "solid"
    }
    assert colours <= shown


def test_rows_may_be_put_only_into_a_list_without_formulas() -> None:
    plain = make({**LIST, "columns": [COLUMN]})
    sums = make(
        {
            **LIST,
            "columns": [COLUMN, {**COLUMN, "name": "all", "label": "Tất cả", "parts": ["classes"]}],
        }
    )
    allowed = [
        not data_sheets(opened(write_template(form, DISTRICT, YEAR)), form)[0].protection.insertRows
        for form in (plain, sums, make(MATRIX))
    ]
    assert allowed == [True, False, False]


# --- the book
# -------------------------------------------------------------------------------------------------------


@every_form
def test_the_book_begins_with_its_guide_and_ends_with_a_marker_that_nobody_sees(case: Case) -> None:
    book = opened(case.write())
    tables = [table.sheet for table in case.form.tables]
    assert [name for name in book.sheetnames if book[name].sheet_state == "visible"] == [
        GUIDE_SHEET,
        *tables,
    ]
    assert book.active.title == GUIDE_SHEET
    assert (book.sheetnames[-1], book[MARKER_SHEET].sheet_state) == (MARKER_SHEET, "veryHidden")
    marker = read_marker(list(book[MARKER_SHEET].values))
    assert marker is not None
    assert (marker.form, marker.version, marker.unit) == (
        case.form.code,
        case.form.version,
        case.unit.code,
    )
    assert (marker.period, marker.stage) == (case.period.code, case.stage.value)


@every_form
def test_the_guide_gives_the_form_s_instructions_and_leads_to_every_sheet(case: Case) -> None:
    guide = opened(case.write())[GUIDE_SHEET]
    texts = [str(cell.value) for row in guide.iter_rows() for cell in row if cell.value]
    assert set(case.form.instructions) <= set(texts)
    links = [row[0].hyperlink.location for row in guide.iter_rows(max_col=1) if row[0].hyperlink]
    assert links == [f"'{table.sheet}'!A1" for table in case.form.tables]


@every_form
def test_a_page_is_a4_across_one_page_wide_with_its_headings_and_a_footer(case: Case) -> None:
    book = opened(case.write())
    for table in case.form.tables:
        sheet = book[table.sheet]
        setup = sheet.page_setup
        assert (setup.orientation, int(setup.paperSize), setup.fitToHeight) == ("landscape", 9, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        first_line = int(sheet.freeze_panes[1:])
        assert sheet.print_title_rows == f"$7:${first_line - 1}"
        assert sheet.print_area.startswith(f"'{table.sheet}'!$A$1:")
        assert case.form.version in sheet.oddFooter.left.text
        assert case.form.short_title in sheet.oddFooter.left.text
        assert "&P/&N" in sheet.oddFooter.right.text


def test_everything_is_in_the_font_of_vietnamese_offices() -> None:
    book = opened(written(GIVEN))
    assert {
        cell.font.name for sheet in book for row in sheet.iter_rows() for cell in row if cell.value
    } == {"Times New Roman"}


def test_notes_stand_below_the_first_table_and_are_no_lines(pack: Pack) -> None:
    form = pack.form("training", QUARTER)
    assert form is not None
    content = write_template(
        form, DISTRICT, QUARTER, Values(notes=("Nguồn: bài báo.", "SỐ LIỆU GIẢ LẬP: 12 lớp."))
    )
    assert [opened(content)["Tổng hợp"][cell].value for cell in ("A14", "A15")] == [
        "Nguồn: bài báo.",
        "SỐ LIỆU GIẢ LẬP: 12 lớp.",
    ]
    assert {rule for rule, _, _ in without_notes(read(content, pack))} == {"FORM-30"}, (
        "nothing is filled in"
    )


def test_no_value_passes_for_one_that_nothing_has_calculated() -> None:
    with zipfile.ZipFile(io.BytesIO(written(GIVEN))) as package:
        assert b"fullCalcOnLoad" not in package.read("xl/workbook.xml")
