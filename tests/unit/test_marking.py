"""Marked workbooks: each finding is seen at its cell, all else is as it was, and what is sent back reads as before."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from program.finding import Finding, Severity
from program.forms.template_marker import OVERVIEW_MARK
from program.limits import DEFAULT_LIMITS
from program.pack.pack import Pack
from program.settings import ROOT
from publish.finding_colours import FINDING_COLOURS
from publish.marking.file_names import marked_name
from publish.marking.mark import mark
from publish.marking.overview import MOST_LISTED
from publish.marking.request import MarkedReport, MarkRequest, UnmarkableError, actionable
from publish.marking.texts import marking_texts
from tests.conftest import Fill
from tests.old_workbooks import biff5, xlsb
from tests.portal_reports import REPORT
from tests.unit.test_delimited import text
from tests.workbooks import Formula, Rows, facts, read_all, report, summary, with_macros

GOOD = ROOT / "tests" / "data" / "good"
GOLDEN = Path(__file__).parents[1] / "golden" / "marked-overview.txt"
SHEET = "Tổng hợp"
BAD = Finding(
    "TRN-01",
    Severity.CRITICAL,
    "Số nữ (101) lớn hơn số người (100).",
    "Kiểm tra lại.",
    "Không quá 100",
    SHEET,
    "D7",
    "101",
)
ASKED = Finding(
    "TRN-05",
    Severity.WARNING,
    "Tổng số lớp ghi 12, cộng lại được 11.",
    "Đối chiếu.",
    sheet=SHEET,
    cell="B9",
    value="12",
)
ALSO = Finding(
    "CELL-11",
    Severity.WARNING,
    "Ô này có vẻ thiếu ba số 0.",
    "Xem lại.",
    sheet=SHEET,
    cell="D7",
    value="101",
)
BLANK = Finding(
    "CELL-20",
    Severity.CRITICAL,
    "Ô bắt buộc còn trống.",
    "Nhập số.",
    sheet="Danh sách lớp",
    cell="M40",
)
WHOLE = Finding("FORM-10", Severity.CRITICAL, "Không thấy kỳ báo cáo.", "Ghi kỳ báo cáo.")
NOTE = Finding("CELL-02", Severity.INFO, "Ô để trống.", "Không cần.", sheet=SHEET, cell="H7")
FINDINGS = (BAD, ASKED, ALSO, BLANK, WHOLE)


def order(content: bytes, *findings: Finding, name: str = "báo cáo.xlsx") -> MarkRequest:
    return MarkRequest(content, name, (MarkedReport("Tập huấn – Quý 4 năm 2024", findings),))


def marked(content: bytes, *findings: Finding, name: str = "báo cáo.xlsx") -> bytes:
    return mark(order(content, *findings or FINDINGS, name=name), None, DEFAULT_LIMITS)


def opened(content: bytes, *, values: bool = False) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=values, rich_text=True)


def cells(sheet: Worksheet) -> dict[str, Cell]:
    return {cell.coordinate: cell for row in sheet.iter_rows() for cell in row}


def look(cell: Cell) -> tuple[object, ...]:
    """Everything of a cell that marking must leave as it is."""
    styles = (cell.font, cell.border, cell.alignment, cell.protection, cell.hyperlink)
    return (cell.value, cell.number_format, *map(repr, styles))


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def overview(content: bytes) -> list[list[str]]:
    return texts_of(opened(content).worksheets[0])


def texts_of(sheet: Worksheet) -> list[list[str]]:
    return [
        [str(cell.value) for cell in row if cell.value is not None] for row in sheet.iter_rows()
    ]


def colour(cell: Cell) -> str:
    return cell.fill.fgColor.rgb if cell.fill.patternType == "solid" else ""


@pytest.fixture(scope="module")
def template(fill: Fill) -> bytes:
    """A template of ours, filled in: groups, drop-downs, checked ranges, formulas, colours that depend, protection."""
    return fill("942", "2024-Q4")


def test_nothing_but_the_colour_and_note_of_the_findings_cells_differs(template: bytes) -> None:
    before, after = opened(template), opened(marked(template, BAD, ASKED))
    assert after.sheetnames[1:] == before.sheetnames
    for sheet in before:
        same, olds = after[sheet.title], cells(sheet)
        news = cells(same)
        assert {at: look(cell) for at, cell in news.items()} == {
            at: look(cell) for at, cell in olds.items()
        }
        changed = {
            at
            for at, cell in news.items()
            if repr(cell.fill) != repr(olds[at].fill) or cell.comment
        }
        assert changed == ({"D7", "B9"} if sheet.title == SHEET else set())
        assert {k: v.width for k, v in same.column_dimensions.items()} == {
            k: v.width for k, v in sheet.column_dimensions.items()
        }
        assert {k: v.height for k, v in same.row_dimensions.items()} == {
            k: v.height for k, v in sheet.row_dimensions.items()
        }
        assert sorted(map(str, same.merged_cells.ranges)) == sorted(
            map(str, sheet.merged_cells.ranges)
        )
        assert same.protection.sheet == sheet.protection.sheet
        assert same.sheet_state == sheet.sheet_state


def test_every_part_that_is_not_marked_is_the_same_to_the_byte(template: bytes) -> None:
    before, after = parts(template), parts(marked(template, BAD))
    touched = {name for name, content in before.items() if after[name] != content}
    sheets = {name for name in touched if name.startswith("xl/worksheets/sheet")}
    assert touched - sheets == {
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
    }
    assert len(sheets) <= 2, "the sheet that is marked, and the one that was open"


def test_what_excel_had_computed_stays_beside_its_formula() -> None:
    content = report(
        summary(
            lines=[
                ["Cấp huyện", 2, 120],
                ["Cấp xã", 1, 30],
                ["Tổng cộng", Formula("=B6+B7", 3), Formula("=C6+C7", 150)],
            ]
        )
    )
    after = marked(content, BAD, ASKED)
    assert [opened(after)[SHEET][at].value for at in ("B9", "C9")] == [
        opened(content)[SHEET][at].value for at in ("B9", "C9")
    ]
    assert [opened(after, values=True)[SHEET][at].value for at in ("B9", "C9")] == [3, 150]


def test_a_cell_with_several_findings_has_the_worst_colour_and_one_note_of_all(
    template: bytes,
) -> None:
    cell = opened(marked(template, ALSO, BAD))[SHEET]["D7"]
    assert colour(cell) == FINDING_COLOURS[Severity.CRITICAL]
    for words in (
        "TRN-01",
        BAD.message,
        "Đang ghi: 101",
        "Không quá 100",
        "Cách sửa: Kiểm tra lại.",
        "CELL-11",
        ALSO.message,
    ):
        assert words in cell.comment.text


def test_a_cell_that_was_not_there_is_made_and_marked(template: bytes) -> None:
    sheet = opened(marked(template, BLANK))["Danh sách lớp"]
    assert colour(sheet["M40"]) == FINDING_COLOURS[Severity.CRITICAL]
    assert "Ô bắt buộc" in sheet["M40"].comment.text
    assert sheet["M40"].value is None


def test_what_a_sender_noted_at_the_cell_stays_before_what_we_say() -> None:
    book = opened(report())
    book[SHEET]["D7"].comment = Comment("Chị Hoa xem lại", "Hoa")
    book[SHEET]["A1"].comment = Comment("Mẫu cũ", "Hoa")
    buffer = io.BytesIO()
    book.save(buffer)
    sheet = opened(marked(buffer.getvalue(), BAD, ASKED))[SHEET]
    note = sheet["D7"].comment.text
    assert note.index("Chị Hoa xem lại") < note.index("TRN-01")
    assert sheet["A1"].comment.text == "Mẫu cũ"
    assert "TRN-05" in sheet["B9"].comment.text


def test_the_first_sheet_lists_all_findings_as_reviewed(
    template: bytes, request: pytest.FixtureRequest
) -> None:
    sheet = opened(marked(template)).worksheets[0]
    lines = [" | ".join(row) for row in overview(marked(template))]
    links = [f"{link.ref} → {link.location}" for link in sheet._hyperlinks]
    listed = "\n".join([*lines, "", *links, ""])
    if request.config.getoption("--rewrite-golden"):
        GOLDEN.write_text(listed, encoding="utf-8")
    assert listed == GOLDEN.read_text(encoding="utf-8")


def test_it_opens_at_the_list_and_no_two_sheets_are_chosen(template: bytes) -> None:
    book = opened(marked(template, BAD))
    assert book.active.title == marking_texts("vi").sheet
    assert [sheet.sheet_view.tabSelected for sheet in book.worksheets].count(True) == 1
    assert book.worksheets[0].row_dimensions[1].hidden


def test_names_that_hold_on_one_sheet_still_hold_there(template: bytes) -> None:
    def areas(content: bytes) -> dict[str, str]:
        return {sheet.title: str(sheet.print_area) for sheet in opened(content)}

    before = areas(template)
    assert any(before.values())
    assert {
        name: area for name, area in areas(marked(template, BAD)).items() if name in before
    } == before


def test_charts_pictures_and_what_only_excel_knows_survive() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet(SHEET)
        sheet.write_column("A1", [1, 2, 3])
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": f"='{SHEET}'!$A$1:$A$3"})
        sheet.insert_chart("C2", chart)
        sheet.insert_image("F2", "dot.png", {"image_data": io.BytesIO(PIXEL)})
        sheet.add_sparkline("B1", {"range": f"'{SHEET}'!A1:A3"})
        sheet.insert_textbox("C20", "Ghi chú của đơn vị")
    content = buffer.getvalue()
    before, after = parts(content), parts(marked(content, BAD))
    kept = [name for name in before if name.startswith(("xl/charts/", "xl/drawings/", "xl/media/"))]
    assert len(kept) >= 4
    assert all(after[name] == before[name] for name in kept)
    assert b"sparkline" in after["xl/worksheets/sheet1.xml"]


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.mark.parametrize("sign", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1"])
def test_no_text_becomes_a_formula_whoever_wrote_it(sign: str) -> None:
    finding = Finding("CELL-11", Severity.CRITICAL, sign, sign, sign, SHEET, "B7", sign)
    for content in (report(), text(rows=[*summary(), ["Cấp ấp", sign.strip(), 3]]).encode()):
        after = marked(content, finding, name=f"{sign}.xlsx")
        for part, xml in parts(after).items():
            assert not (part.startswith("xl/worksheets/") and b"<f>" in xml)
        quoted = [
            c
            for row in opened(after).worksheets[0].iter_rows()
            for c in row
            if c.value and str(c.value).strip() == sign.strip()
        ]
        assert quoted
        assert all(cell.data_type == "s" and cell.quotePrefix for cell in quoted)


def same_report(pack: Pack, before: bytes, after: bytes) -> Iterator[tuple[object, object]]:
    olds, news = read_all(before, pack, sender="942"), read_all(after, pack, sender="942")
    assert len(olds) == len(news)
    for old, new in zip(olds, news, strict=True):
        yield (
            (old.form, old.unit_code, old.period, old.stage),
            (new.form, new.unit_code, new.period, new.stage),
        )
        yield facts(old), facts(new)
        yield old.problems, new.problems


WRONG = report(
    summary(
        lines=[
            ["Cấp huyện", "hai", 120, -50, 60, 20, 100],
            ["Cấp xã", "2.208", 30, 10, 15, 5, 25],
            ["Tổng cộng", 3],
        ]
    )
)


@pytest.mark.parametrize("content", [report(), WRONG, report(merge=["A1:B1"])])
def test_sent_back_as_it_is_it_reads_as_the_original_did(pack: Pack, content: bytes) -> None:
    for old, new in same_report(pack, content, marked(content)):
        assert old == new


def test_a_marked_template_reads_as_it_did(pack: Pack, template: bytes) -> None:
    for old, new in same_report(pack, template, marked(template)):
        assert old == new


def test_marked_again_it_has_one_list_and_nothing_of_what_was_mended(template: bytes) -> None:
    again = marked(marked(template, BAD, ASKED), BLANK)
    book, fresh = opened(again), opened(template)
    assert [str(sheet["A1"].value) for sheet in book].count(OVERVIEW_MARK) == 1
    assert {at for at, cell in cells(book[SHEET]).items() if cell.comment} == set()
    assert {at: colour(cell) for at, cell in cells(book[SHEET]).items()} == {
        at: colour(c) for at, c in cells(fresh[SHEET]).items()
    }
    assert "TRN-01" not in json.dumps(overview(again))
    assert "CELL-20" in json.dumps(overview(again))


def test_a_list_whose_texts_excel_moved_is_known_again(template: bytes) -> None:
    book, buffer = opened(marked(template, BAD)), io.BytesIO()
    book.save(buffer)
    again = opened(marked(buffer.getvalue(), ASKED))
    assert len(again.sheetnames) == len(book.sheetnames)
    assert again[SHEET]["D7"].comment is None


ROWS: Rows = summary()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ((GOOD / "training-libreoffice.xls").read_bytes(), SHEET),
        ((GOOD / "training-libreoffice.ods").read_bytes(), SHEET),
        (with_macros(report()), SHEET),
        (xlsb(ROWS), SHEET),
        (biff5([["Don vi", "So lop"], ["Xa", 2]]), "Sheet1"),
        ("Đơn vị báo cáo:;Huyện Châu Thành\n\nCấp;Số lớp\nXã;2\n".encode(), "CSV"),
    ],
    ids=["xls", "ods", "xlsm", "xlsb", "biff5", "csv"],
)
def test_what_is_no_xlsx_is_copied_cell_by_cell_and_marked(
    pack: Pack, content: bytes, name: str
) -> None:
    finding = Finding("TRN-01", Severity.CRITICAL, "Sai.", "Sửa.", "Đúng", name, "B4", "2")
    after = marked(content, finding)
    sheet = opened(after)[name]
    assert colour(sheet["B4"]) == FINDING_COLOURS[Severity.CRITICAL]
    assert "Sai." in sheet["B4"].comment.text
    assert marking_texts("vi").copied in json.dumps(overview(after), ensure_ascii=False)
    assert not any("vba" in part.lower() for part in parts(after))
    (old,), (new,) = read_all(content, pack, sender="942"), read_all(after, pack, sender="942")
    assert facts(old) == facts(new)


def test_a_portals_reports_are_sheets_each_with_its_own_findings(pack: Pack) -> None:
    several = [REPORT, {**REPORT, "period": "2024-Q3"}]
    (first, second) = read_all(json.dumps(several).encode(), pack, sender="942")
    table = next(iter(first.tables.values()))
    finding = Finding(
        "TRN-01",
        Severity.CRITICAL,
        "Sai.",
        "Sửa.",
        sheet=table.sheet,
        cell=f"{table.letters['classes']}2",
    )
    asked = MarkRequest(
        json.dumps(several).encode(),
        "q.json",
        (
            MarkedReport("Quý 4", (finding,), first.report_no),
            MarkedReport("Quý 3", (finding,), second.report_no),
        ),
    )
    book = opened(mark(asked, pack, DEFAULT_LIMITS))
    for part in (1, 2):
        assert (
            colour(book[f"{part}. {table.sheet}"][str(finding.cell)])
            == FINDING_COLOURS[Severity.CRITICAL]
        )


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 x", b"", b"PK\x03\x04 cut", report()[:2000]],
    ids=["pdf", "empty", "no-zip", "cut"],
)
def test_what_is_no_workbook_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(UnmarkableError, match="FILE-"):
        marked(content)


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for member, old in {**parts(content), name: part}.items():
            package.writestr(member, part if member == name else old)
    return buffer.getvalue()


def test_entities_are_never_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    styles = parts(report())["xl/styles.xml"]
    hostile = with_part(
        report(), "xl/styles.xml", bomb + b"]>" + re.sub(rb"<\?xml.*?\?>", b"", styles)
    )
    assert marking_texts("vi").copied in json.dumps(overview(marked(hostile)), ensure_ascii=False)


def test_the_same_order_is_the_same_workbook_to_the_byte(template: bytes) -> None:
    assert marked(template) == marked(template)
    assert marked((GOOD / "training-libreoffice.ods").read_bytes()) == marked(
        (GOOD / "training-libreoffice.ods").read_bytes()
    )


@pytest.mark.slow
@pytest.mark.slow
def test_ten_thousand_findings_stay_a_workbook_that_opens(template: bytes) -> None:
    many = [
        Finding(f"OWN-{row}", Severity.CRITICAL, "Sai.", "Sửa.", sheet=SHEET, cell=f"D{row}")
        for row in range(7, 10_007)
    ]
    after = opened(marked(template, *many))
    listed = texts_of(after.worksheets[0])
    assert len(listed) < MOST_LISTED + 20
    assert "5000 chỗ khác" in listed[-1][0]
    assert colour(after[SHEET]["D10006"]) == FINDING_COLOURS[Severity.CRITICAL]


def test_a_bad_column_is_one_line_of_the_list_and_a_note_at_each_cell(template: bytes) -> None:
    many = [replace(BAD, cell=f"D{row}") for row in range(7, 11)]
    after = marked(template, *many)
    listed = [line for line in overview(after) if BAD.message in " ".join(map(str, line))]
    assert len(listed) == 1
    assert "Tương tự ở 3 ô khác: D8, D9, D10." in " ".join(map(str, listed[0]))
    sheet = opened(after)[SHEET]
    assert all(BAD.message in sheet[f"D{row}"].comment.text for row in range(7, 11))


def test_notes_ask_for_nothing_and_are_left_out_and_the_worst_comes_first() -> None:
    assert actionable([NOTE, ASKED, BAD]) == (BAD, ASKED)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("báo cáo.xlsx", "báo cáo (đã đánh dấu).xlsx"),
        ("báo cáo (đã đánh dấu).xlsx", "báo cáo (đã đánh dấu).xlsx"),
        ("quý 4.zip / xã A/mẫu.csv", "mẫu (đã đánh dấu).xlsx"),
        ("../../etc/passwd", "passwd (đã đánh dấu).xlsx"),
        ("C:\\tmp\\a.xls", "a (đã đánh dấu).xlsx"),
        ("a\r\nBcc: x@y.xlsx", "a Bcc x@y (đã đánh dấu).xlsx"),
        ("x\u202excod.xlsx", "x xcod (đã đánh dấu).xlsx"),
        ("…", "… (đã đánh dấu).xlsx"),
        ("", "bao-cao (đã đánh dấu).xlsx"),
    ],
)
def test_a_marked_workbooks_name_says_what_it_is_and_is_no_path(name: str, expected: str) -> None:
    assert marked_name(name, marking_texts("vi").suffix) == expected
    assert len(marked_name(name * 100, marking_texts("vi").suffix)) < 90
