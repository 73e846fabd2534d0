"""Files that offices sent, or that were made to look so: what is read of each, and what is asked.

`tests/data/cases/` holds them. Each stands for a kind; its siblings stand below the table.
"""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import openpyxl
import pytest
from openpyxl.cell import Cell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from connectors.reader.open.number_formats import parse_format
from connectors.reader.reader import read_parts
from expectations.rules.rule_set import RuleSet
from program.finding import Severity
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
from program.settings import ROOT
from tests.conftest import delivery
from tests.old_workbooks import xlsb_error
from tests.workbooks import (
    COMMUNE,
    DISTRICT,
    HEADER,
    MEASURES,
    TOTAL,
    Rows,
    class_list,
    read,
    report,
    summary,
    workbook,
)

CASES = ROOT / "tests" / "data" / "cases"
ERRORS = {("CELL-12", "I7"), ("CELL-12", "E8"), ("CELL-12", "H8")}


class Case(NamedTuple):
    """A file, the problems that its sender is asked about, and what must be read of it."""

    file: str
    asked: set[tuple[str, str | None]]
    unit: str
    period: str


TABLE = [
    Case("blank-totals-become-0.xls", set(), "946", "2025-Q2"),
    Case("err-in-optional-cells.xlsx", ERRORS, "942", "2024-Q4"),
    Case("err-in-optional-cells.ods", ERRORS, "942", "2024-Q4"),
    Case("err-in-optional-cells.xls", ERRORS, "942", "2024-Q4"),
    Case("rare-error-code.xlsx", {("CELL-12", "I7")}, "942", "2024-Q4"),
    Case("struck-out-row.xlsx", {("CELL-38", "B6")}, "942", "2024-Q4"),
    Case("hidden-number-format.xlsx", {("CELL-39", "I7")}, "942", "2024-Q4"),
    Case("word-in-number-format.xlsx", {("CELL-07", "C7")}, "942", "2024-Q4"),
    Case("month-stored-as-day.xlsx", {("CELL-30", "H9")}, "943", "2024-Q4"),
    # The three texts were cut out of a report without its line of totals.
    Case("csv-nul-tail.csv", {("FORM-09", "A7")}, "943", "2024-Q4"),
    Case("csv-trailing-ctrl-z.csv", {("FORM-09", "A7")}, "943", "2024-Q4"),
    Case("csv-formula-text.csv", {("FORM-09", "A7")}, "943", "2024-Q4"),
    Case("zip-with-backslashes.xlsx", set(), "942", "2024-Q4"),
    Case("heading-ke-hoach-von-nam-2025.xlsx", set(), "947", "2025-Q2"),
]


def read_case(file: str, pack: Pack) -> ParsedReport:
    (reading,) = read_parts((CASES / file).read_bytes(), delivery(file), pack)
    return reading


def asked(reading: ParsedReport, pack: Pack) -> set[tuple[str, str | None]]:
    """Return rule and cell of what the sender is asked about; notes are left out."""
    rules = RuleSet(pack).reading
    found = [p for p in reading.problems if rules[p.rule].severity is not Severity.INFO]
    return {(problem.rule, problem.cell) for problem in found}


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.file)
def test_a_file_of_an_office_is_read_as_its_sender_sees_it(case: Case, pack: Pack) -> None:
    reading = read_case(case.file, pack)
    assert asked(reading, pack) == case.asked
    assert (reading.unit_code, str(reading.period)) == (case.unit, case.period)


def test_a_total_of_nothing_that_an_old_workbook_stores_as_0_is_blank(pack: Pack) -> None:
    reading = read_case("blank-totals-become-0.xls", pack)
    noted = [problem.cell for problem in reading.problems if problem.rule == "CELL-37"]
    assert len(noted) == 40
    assert not {fact.cell for fact in facts_of(reading)} & set(noted)


def test_a_field_that_is_written_as_a_formula_is_its_text(pack: Pack) -> None:
    reading = read_case("csv-formula-text.csv", pack)
    assert reading.tables["levels"].values["classes"] == [1.0, 2.0]
    told = [(p.rule, p.cell, p.value) for p in reading.problems if p.cell == "B10"]
    assert told == [("CELL-09", "B10", "02")]


# --- siblings of the files: the same kind in another dress ------------------------------------


def changed(sheet: str, address: str, change: Callable[[Cell], None]) -> bytes:
    """Return a good report with one cell changed."""
    book = openpyxl.load_workbook(io.BytesIO(report()))
    change(book[sheet][address])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def formatted(address: str, value: float | date, number_format: str) -> bytes:
    """Return a good report with a figure of its summary under a number format."""

    def change(cell: Cell) -> None:
        cell.value, cell.number_format = value, number_format

    return changed("Tổng hợp", address, change)


@pytest.mark.parametrize(
    ("value", "number_format", "read_as", "rule"),
    [
        (120.0, ";;;", 120.0, "CELL-39"),
        (120.0, '"";"";""', 120.0, "CELL-39"),
        (0.0, "0;-0;;@", 0.0, None),
        (120.0, '0" lượt"', None, "CELL-07"),
        (120.0, "0\\ \\l\\ư\\ợ\\t", None, "CELL-07"),
        (120.0, '#,##0" người"', 120.0, "CELL-09"),
        (120.0, '"khoảng "0', 120.0, "CELL-18"),
        (0.0, '0;-0;"không"', 0.0, "CELL-25"),
        (120_000.0, "#,##0,", 120.0, "CELL-40"),
        (120.0, '_-* #,##0\\ "₫"_-;\\-* #,##0\\ "₫"_-;_-* "-"??\\ "₫"_-;_-@_-', 120.0, None),
        (120.0, "[Red]#,##0;[Blue]-#,##0", 120.0, None),
        (120.0, '[>=100]0" lượt";0', 120.0, None),
    ],
)
def test_a_figure_is_read_as_its_number_format_shows_it(
    pack: Pack, value: float, number_format: str, read_as: float | None, rule: str | None
) -> None:
    reading = read(formatted("C7", value, number_format), pack)
    first = reading.tables["levels"].values["participants"][0]
    assert (first if first == first else None) == read_as
    assert [p.rule for p in reading.problems if p.cell == "C7"] == ([rule] if rule else [])


def test_a_scaled_amount_is_the_one_that_is_shown(pack: Pack) -> None:
    reading = read(formatted("I7", 152_300.0, "#,##0.0,"), pack)
    assert reading.tables["levels"].values["budget_planned_vnd"][0] == 152_300_000.0
    (problem,) = [p for p in reading.problems if p.cell == "I7"]
    assert (problem.rule, problem.value) == ("CELL-40", "152,3")
    assert (problem.values["read_as"], problem.values["meant"]) == ("152,3", "152.300")


@pytest.mark.parametrize(
    ("number_format", "rule"),
    [
        ("mm/yyyy", "CELL-30"),
        ("mmm-yy", "CELL-30"),
        ('"tháng "m/yyyy', "CELL-30"),
        ("yyyy", "CELL-30"),
        ("dd/mm/yyyy", None),
        ("d-mmm-yy", None),
    ],
)
def test_a_day_of_which_only_the_month_is_shown_is_a_month(
    pack: Pack, number_format: str, rule: str | None
) -> None:
    def change(cell: Cell) -> None:
        cell.value, cell.number_format = date(2024, 12, 1), number_format

    reading = read(changed("Danh sách lớp", "F6", change), pack)
    assert [p.rule for p in reading.problems if p.cell == "F6"] == ([rule] if rule else [])


def _strike_out(cell: Cell) -> None:
    cell.font = Font(strike=True)


def _strike_out_in_part(cell: Cell) -> None:
    cell.value = CellRichText(TextBlock(InlineFont(strike=True), "Lớp "), "Lớp A")


def _strike_nothing(cell: Cell) -> None:
    cell.font = Font(strike=False)


@pytest.mark.parametrize(
    ("sheet", "address", "change", "told"),
    [
        ("Danh sách lớp", "H6", _strike_out, True),
        ("Tổng hợp", "C8", _strike_out, True),
        ("Danh sách lớp", "B6", _strike_out_in_part, True),
        ("Danh sách lớp", "B6", _strike_nothing, False),
        ("Danh sách lớp", "A1", _strike_out, False),
    ],
    ids=["a figure", "of a matrix", "a part of a text", "struck out by 0", "outside the table"],
)
def test_what_is_struck_out_is_asked_about_at_its_line(
    pack: Pack, sheet: str, address: str, change: Callable[[Cell], None], told: bool
) -> None:
    reading = read(changed(sheet, address, change), pack)
    found = [(p.sheet, p.cell) for p in reading.problems if p.rule == "CELL-38"]
    assert found == ([(sheet, address)] if told else [])


@pytest.mark.parametrize(("code", "text"), [(0x07, "#DIV/0!"), (0x2A, "#N/A"), (0x2B, "#ERROR!")])
def test_an_error_in_a_binary_workbook_is_met_at_its_cell(pack: Pack, code: int, text: str) -> None:
    reading = read(xlsb_error(code), pack)
    assert [(p.cell, p.value) for p in reading.problems if p.rule == "CELL-12"] == [("B6", text)]


@pytest.mark.parametrize("error", ["#SPILL!", "#CALC!", "#GETTING_DATA", "#BUSY!"])
def test_an_error_that_calamine_does_not_know_costs_one_cell(pack: Pack, error: str) -> None:
    content = (CASES / "rare-error-code.xlsx").read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"#ERROR!", error.encode()))
    reading = read(buffer.getvalue(), pack)
    assert [(p.cell, p.value) for p in reading.problems if p.rule == "CELL-12"] == [("I7", error)]


@pytest.mark.parametrize("text", ["#DIV/0!", "Err:522", "Err:504"])
def test_an_error_as_text_is_an_error(pack: Pack, text: str) -> None:
    def change(cell: Cell) -> None:
        cell.value, cell.data_type = text, "s"

    reading = read(changed("Tổng hợp", "C7", change), pack)
    assert [p.rule for p in reading.problems if p.cell == "C7"] == ["CELL-12"]


@pytest.mark.parametrize("tail", [b"\x1a", b"\0" * 600, b"\r\n\x1a" + b"\0" * 100])
def test_what_stands_behind_a_text_is_passed_over(pack: Pack, tail: bytes) -> None:
    content = (CASES / "csv-nul-tail.csv").read_bytes().rstrip(b"\0")
    assert facts_of(read(content + tail, pack)) == facts_of(read(content, pack)) != ()


@pytest.mark.parametrize(
    ("content", "kind", "step"),
    [
        (
            b"From: a@b.vn\r\nTo: c@d.vn\r\nSubject: Bao cao\r\n\r\nx;y;z\r\n",
            "thư điện tử",
            "take_out",
        ),
        (
            b"Return-Path: <a@b.vn>\nReceived: from x\nMIME-Version: 1.0\n\nx",
            "thư điện tử",
            "take_out",
        ),
        (b"0\x82\x10\x00\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02\xa0", "tệp ký số", "take_out"),
        (b"MIIGPgYJKoZIhvcNAQcCoIIGLzCCBisCAQExDzANBgkqhkiG9w0BBw", "tệp ký số", "take_out"),
        (b"-----BEGIN PKCS7-----\nMIIG", "tệp ký số", "take_out"),
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0", "lối tắt của Windows", "find"),
        (b"[InternetShortcut]\r\nURL=https://example.vn/\r\n", "lối tắt đến một trang web", "find"),
        (
            b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n"
            b'Content-Type: multipart/related; boundary="x"\r\n\r\n',
            "trang web lưu thành một tệp",
            "save_as",
        ),
        (
            b"From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/related;\r\n\ttype="text/html"\r\n\r\n',
            "trang web lưu thành một tệp",
            "save_as",
        ),
        (b"%PDF-1.7", "tệp PDF", "copy"),
        (b"\0\0\0\x18ftypheic", "tệp ảnh HEIC", "copy"),
        (b"Rar!\x1a\x07", "tệp nén RAR", "take_out"),
    ],
)
def test_another_kind_of_file_is_named_with_what_to_do(
    pack: Pack, content: bytes, kind: str, step: str
) -> None:
    (problem,) = read(content, pack).problems
    assert problem.rule == "FILE-02"
    assert problem.values["kind"].startswith(kind)
    assert problem.case == step
    assert step in RuleSet(pack).reading["FILE-02"].cases


def test_a_table_under_words_with_colons_is_no_mail(pack: Pack) -> None:
    content = b"To:;942\nSubject;;\n" + (CASES / "csv-nul-tail.csv").read_bytes()
    assert "FILE-02" not in {problem.rule for problem in read(content, pack).problems}


@pytest.mark.parametrize("code", ["", "General", "0.00", "@", "#,##0;(#,##0)", "dd/mm/yyyy hh:mm"])
def test_an_ordinary_number_format_changes_nothing(code: str) -> None:
    parsed = parse_format(code)
    assert parsed is not None
    assert parsed.changes_something is (code == "")


# --- a year or a day behind a heading -----------------------------------------------------------


def money_headings(planned: str, spent: str, *more: str) -> bytes:
    """Return a report of 2024-Q4 with other headings over its two amounts."""
    heading = [*HEADER[:8], planned, spent, *more]
    lines = [[*line, *[7] * len(more)] for line in (DISTRICT, COMMUNE, TOTAL)]
    return report(summary(header=[heading, MEASURES], lines=lines))


@pytest.mark.parametrize(
    ("planned", "spent", "told"),
    [
        ("Kinh phí kế hoạch năm 2024", "Kinh phí thực hiện đến 31/12/2024", []),
        ("Kinh phí kế hoạch 2024", "Kinh phí thực hiện quý IV/2024", []),
        ("Kinh phí kế hoạch (năm 2024)", "Kinh phí thực hiện\ntính đến ngày 31/12/2024", []),
        ("Kinh phí kế hoạch năm 2024 (triệu đồng)", "Kinh phí thực hiện (triệu đồng) 2024", []),
        ("Kinh phí kế hoạch năm 2023", "Kinh phí thực hiện đến hết 30/9/2024", ["I5", "J5"]),
        ("Kinh phí kế hoạch", "Kinh phí thực hiện quý III năm 2024", ["J5"]),
    ],
)
def test_a_time_behind_a_heading_is_passed_over_and_compared_with_the_period(
    pack: Pack, planned: str, spent: str, told: list[str]
) -> None:
    reading = read(money_headings(planned, spent), pack)
    assert facts_of(reading) == facts_of(read(report(), pack))
    assert [p.cell for p in reading.problems if p.rule == "FORM-54"] == told
    assert {p.rule for p in reading.problems} <= {"FORM-54"}


def test_a_column_of_another_year_beside_the_form_s_own_is_the_sender_s(pack: Pack) -> None:
    content = money_headings(HEADER[8], HEADER[9], "Kinh phí kế hoạch năm 2023")
    reading = read(content, pack)
    assert facts_of(reading) == facts_of(read(report(), pack))
    assert [(p.rule, p.cell) for p in reading.problems] == [("FORM-08", "K5")]


@pytest.mark.parametrize(
    "heading",
    ["Kinh phí kế hoạch 9 tháng đầu năm 2024", "Kinh phí kế hoạch 2021-2025", "Năm 2024"],
)
def test_other_words_before_a_year_make_another_heading(pack: Pack, heading: str) -> None:
    reading = read(money_headings(heading, HEADER[9]), pack)
    assert "budget_planned_vnd" not in {p.element for p in facts_of(reading)}
    assert "FORM-25" in {problem.rule for problem in reading.problems}


def test_what_is_no_report_names_the_headings_that_are_not_known(pack: Pack) -> None:
    rows: Rows = [
        ["BÁO CÁO"],
        ["STT", "Họ và tên", "Số lớp", "Mức lương", "Ghi chú"],
        [1, "A", 1, 2],
    ]
    (problem,) = read(workbook(("S", rows)), pack).problems
    assert (problem.rule, problem.sheet, problem.cell) == ("FORM-01", "S", "A2")
    named = 'các tiêu đề chưa nhận ra: "STT"; "Họ và tên"; "Mức lương"; "Ghi chú"'
    assert problem.values["headings"] == named


# --- figures as text in the writing of another country ------------------------------------------


def amounts(*texts: str) -> list[list[object]]:
    """Return the three lines of the summary with texts for their planned amounts."""
    lines = (DISTRICT, COMMUNE, TOTAL)
    return [[*line[:8], text, line[9]] for line, text in zip(lines, texts, strict=True)]


@pytest.mark.parametrize(
    ("texts", "read_as", "rules"),
    [
        (("5169.9", "2,598.7", "7,768.6"), (5169.9, 2598.7, 7768.6), ["CELL-41"] * 3),
        (("2,598.7", "1,234", "3,832.7"), (2598.7, 1234.0, 3832.7), ["CELL-41"] * 3),
        (("2,598.7", "2.208", "2,600.908"), (2598.7, 2.208, 2600.908), ["CELL-41"] * 3),
        (("5169.9", "2.208", "7377.9"), (5169.9, None, 7377.9), ["CELL-41", "CELL-11", "CELL-41"]),
        (
            ("2,598.7", "1,234", "3.832,7"),
            (2598.7, None, 3832.7),
            ["CELL-41", "CELL-11", "CELL-09"],
        ),
        (("2.598", "1,234", "12"), (2598.0, 1.234, 12.0), ["CELL-09", "CELL-09"]),
    ],
    ids=["one reading", "a whole column", "and its dots", "dots alone", "both ways", "by law"],
)
def test_figures_in_a_foreign_writing_are_read_where_they_have_one_reading(
    pack: Pack, texts: tuple[str, ...], read_as: tuple[float | None, ...], rules: list[str]
) -> None:
    reading = read(report(summary(lines=amounts(*texts))), pack)
    values = reading.tables["levels"].values["budget_planned_vnd"]
    found = tuple(round(v / 1e6, 6) if isinstance(v, float) and v == v else None for v in values)
    assert found == read_as
    assert [p.rule for p in reading.problems if (p.cell or "").startswith("I")] == rules


# --- unit and period in a title only ------------------------------------------------------------


def titled(*titles: str) -> bytes:
    """Return a report whose unit and period stand in its titles only."""
    identity: Rows = [[title] for title in titles]
    return report(summary(identity=identity), class_list(identity=[]))


@pytest.mark.parametrize(
    "titles",
    [
        ("Huyện Châu Thành – Quý IV/2024",),
        ("UBND HUYỆN CHÂU THÀNH", "BÁO CÁO ĐÀO TẠO, TẬP HUẤN QUÝ 4 NĂM 2024"),
        ("Báo cáo đào tạo quý IV năm 2024 huyện Châu Thành",),
        ("Huyện Châu Thành", "Báo cáo kết quả 3 tháng cuối năm 2024"),
        ("UBND TỈNH SÓC TRĂNG", "H. Châu Thành", "Kết quả tập huấn\nQuý 4/2024"),
        ("Huyện Châu Thành, ngày 05 tháng 01 năm 2025", "Quý IV năm 2024", "UBND huyện Châu Thành"),
        ("Huyện Châu Thành", "Kết quả từ ngày 01/10/2024 đến ngày 31/12/2024"),
        ("Huyện Châu Thành", "(Từ 01/10 - 31/12/2024)"),
        ("Huyện Châu Thành", "Tập huấn từ ngày 01 tháng 10 năm 2024 đến ngày 31 tháng 12 năm 2024"),
        ("Huyện Châu Thành", "Chương trình MTQG giai đoạn 2021-2025 quý IV năm 2024"),
        ("Huyện Châu Thành", "Vốn đầu tư quý IV năm 2024", "Giai đoạn I: từ năm 2021 đến năm 2025"),
        ("Huyện Châu Thành", "Quý IV/2024 (từ ngày 01/10/2024 đến ngày 31/12/2024)"),
        ("Huyện Châu Thành", "Kết quả quý IV năm 2024 so với quý IV năm 2023"),
        ("Huyện Châu Thành", "Tập huấn quý IV năm 2024 (so với cùng kỳ năm 2023)"),
        ("Huyện Châu Thành", "Quý IV/2024 – so cùng kỳ – quý IV/2023"),
        ("Huyện Châu Thành", "Báo cáo quý IV năm 2024", "(So sánh với quý IV năm 2023)"),
    ],
)
def test_a_title_names_unit_and_period_where_no_label_does(
    pack: Pack, titles: tuple[str, ...]
) -> None:
    reading = read(titled(*titles), pack)
    assert (reading.unit_code, str(reading.period)) == ("942", "2024-Q4")
    assert {problem.rule for problem in reading.problems} == {"FORM-55"}
    assert reading.tables["levels"].values == read(report(), pack).tables["levels"].values


@pytest.mark.parametrize(
    "title",
    [
        "Báo cáo năm 2024, lũy kế đến 30/9/2024",
        "Báo cáo năm 2024, số liệu đến hết quý III",
        "Lũy kế đến hết quý IV năm 2024",
        "Kết quả 9 tháng đầu năm 2024",
        "Châu Thành, ngày     tháng 12 năm 2024",
        "Châu Thành, ngày … tháng …, quý IV năm 2024",
        "Châu Thành, ngày 31 tháng 12\nquý IV năm 2024",
        "Giai đoạn từ quý I năm 2021 – quý IV năm 2024",
        "Quyết định ngày 14/10/2021 về Chương trình năm 2021",
        "Kết quả từ ngày 01/10/2024 đến ngày 30/11/2024",
        "6 tháng cuối năm 2024, ước cả năm 2024",
        "So với quý IV năm 2023",
        "So sánh quý IV năm 2024 với quý IV năm 2023",
    ],
)
def test_a_title_that_says_less_or_more_than_a_period_is_asked_about(
    pack: Pack, title: str
) -> None:
    reading = read(titled("Huyện Châu Thành", title), pack)
    assert reading.period is None
    assert "FORM-05" in {problem.rule for problem in reading.problems}


@pytest.mark.parametrize(
    ("titles", "rule"),
    [
        (
            (
                "Huyện Châu Thành và huyện Kế Sách",
                "Huyện Kế Sách",
                "Huyện Châu Thành",
                "Quý 4/2024",
            ),
            "FORM-02",
        ),
        (("Huyện Châu Thành", "Quý 3/2024", "Quý 4/2024"), "FORM-05"),
        (("Huyện Châu Thành", "Quý III và quý IV năm 2024"), "FORM-05"),
        (("Huyện Châu Thành", "9 tháng đầu năm 2024"), "FORM-05"),
        (("Huyện Châu Thành", "Tháng 9 và 3 tháng cuối năm 2024"), "FORM-05"),
        (("Huyện Châu Thành", "Chương trình giai đoạn 2021 - 2025"), "FORM-05"),
        (("Huyện Châu Thành", "Ngày 31 tháng 12 năm 2024"), "FORM-05"),
        (("Phòng Dân tộc", "Quý 4/2024"), "FORM-02"),
    ],
)
def test_titles_that_leave_a_choice_are_asked_about(
    pack: Pack, titles: tuple[str, ...], rule: str
) -> None:
    rules = {problem.rule for problem in read(titled(*titles), pack).problems}
    assert rule in rules
