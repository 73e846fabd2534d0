"""Bytes of any kind: each ends in sheets or in a FILE problem, never in an exception, and quickly."""

import io
import zipfile
from datetime import date, datetime
from functools import cache

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from connectors.reader.open.markup import Percentage, Uncomputed
from connectors.reader.open.workbook import Sheet, is_whole_zip, open_workbook
from program.finding import ReaderFinding
from program.limits import Limits
from tests.old_workbooks import biff5
from tests.workbooks import Formula, report, workbook

LIMIT = 50_000_000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@cache
def good() -> bytes:
    return report()


def opened(content: bytes, limit: int = LIMIT) -> list[Sheet] | ReaderFinding:
    found = open_workbook(content, Limits(unpacked_bytes=limit))
    return found if isinstance(found, ReaderFinding) else found.sheets


def sheets(content: bytes) -> list[Sheet]:
    found = opened(content)
    assert isinstance(found, list), found
    return found


def problem(content: bytes, limit: int = LIMIT) -> str:
    found = opened(content, limit)
    assert isinstance(found, ReaderFinding)
    return " ".join([found.rule, *found.values.values()])


def package(**members: bytes) -> bytes:
    """Return a zip; `__` in a name stands for a slash, a final `_` for `.xml`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").removesuffix("_") + ".xml", content)
    return buffer.getvalue()


def changed(content: bytes, member: str, old: bytes, new: bytes) -> bytes:
    """Return an .xlsx with a piece of one of its members replaced."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            assert name != member or old in data
            target.writestr(name, data.replace(old, new, 1) if name == member else data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "FILE-01"),
        (b"\0" * 20_000_000, "FILE-02 tệp không rõ loại"),
        (b"%PDF-1.7 ...", "FILE-02 tệp PDF"),
        (b"\x89PNG\r\n", "FILE-02 tệp ảnh PNG"),
        (b"\xff\xd8\xff\xe0", "FILE-02 tệp ảnh JPEG"),
        (b"Rar!\x1a\x07", "FILE-02 tệp nén RAR"),
        (b"7z\xbc\xaf", "FILE-02 tệp nén 7z"),
        (b"{\\rtf1", "FILE-02 văn bản RTF"),
        (b"\n<HTML><table>", "FILE-02 trang web HTML"),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "FILE-02 trang web HTML"),
        ("Số lớp;12".encode(), "FILE-02 tệp văn bản không có bảng"),
        (package(word__document_=b"<w/>"), "FILE-02 văn bản Word"),
        (package(readme=b"x"), "FILE-02 tệp nén zip không chứa bảng tính"),
        (package(xl__workbook_=b"<not/>"), "FILE-03 lỗi trong cấu trúc tệp"),
        (
            package(xl__workbook_=b"\xff\xfe", **{"xl___rels__workbook.xml.rels": b"<x"}),
            "FILE-03 lỗi trong cấu trúc tệp",
        ),
        (b"PK\x03\x04" + b"\0" * 100, "FILE-03 tệp bị cắt cụt hoặc hỏng khi gửi"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "FILE-04"),
        (OLE + b"\0" * 600 + "WordDocument".encode("utf-16-le"), "FILE-02 văn bản Word"),
        (OLE, "FILE-03 lỗi trong cấu trúc tệp"),
        (OLE + b"\0" * 5000, "FILE-03 lỗi trong cấu trúc tệp"),
        (OLE + b"\xff" * 5000, "FILE-03 lỗi trong cấu trúc tệp"),
    ],
)
def test_what_is_no_workbook_is_called_what_it_is(content: bytes, expected: str) -> None:
    assert problem(content) == expected


def test_a_workbook_gives_its_sheets_cell_by_cell_from_a1_on() -> None:
    rows = [[], [None, "x", 2.5], [True, date(2024, 12, 2), datetime(2024, 12, 2, 8, 30)]]
    found = sheets(workbook(("Một", rows), ("Hai", [])))
    assert [sheet.name for sheet in found] == ["Một", "Hai"]
    assert found[0].rows == [
        ["", "", ""],
        ["", "x", 2.5],
        [True, date(2024, 12, 2), datetime(2024, 12, 2, 8, 30)],
    ]
    assert found[1].rows == []


def test_merged_cells_come_with_their_corners() -> None:
    assert sheets(workbook(("S", [["x"]]), merge=["A1:C2"]))[0].merged == (((0, 0), (1, 2)),)


def test_a_chart_on_a_sheet_of_its_own_does_not_keep_the_figures_from_being_read() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "='Số liệu'!$A$1:$A$2"})
        book.add_chartsheet("Biểu đồ").set_chart(chart)
        book.add_worksheet("Số liệu").write_formula(0, 0, "=1/0", None, "#DIV/0!")
    found = sheets(buffer.getvalue())
    assert [(sheet.name, sheet.rows) for sheet in found] == [
        ("Biểu đồ", []),
        ("Số liệu", [[Uncomputed("#DIV/0!")]]),
    ]


def test_hidden_sheets_are_read_too() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Hiện"
    book.create_sheet("Ẩn").sheet_state = "veryHidden"
    buffer = io.BytesIO()
    book.save(buffer)
    assert [sheet.name for sheet in sheets(buffer.getvalue())] == ["Hiện", "Ẩn"]


def test_dates_of_a_macintosh_workbook_are_the_same_days() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active["A1"] = date(2024, 12, 2)
    buffer = io.BytesIO()
    book.save(buffer)
    assert sheets(buffer.getvalue())[0].rows == [[date(2024, 12, 2)]]


def test_errors_and_formulas_without_a_value_are_no_empty_cells() -> None:
    rows = [
        [
            1,
            Formula("=1/0", "#DIV/0!"),
            Formula("=A1"),
            Formula("=A1+1", 2),
            Formula('="a"', "a"),
            Formula("=A1&B1", 0),
        ]
    ]
    found = sheets(workbook(("S", [*rows, [], [None] * 8 + [Formula("=A9")]])))[0]
    assert found.rows[0][:6] == [
        1,
        Uncomputed("#DIV/0!"),
        Uncomputed("=A1"),
        2,
        "a",
        Uncomputed("=A1&B1"),
    ]
    assert found.rows[2][8] == Uncomputed("=A9")
    assert {len(row) for row in found.rows} == {9}


def test_a_zero_that_excel_calculated_is_a_zero() -> None:
    stale = workbook(("S", [[1, Formula("=A1-1", 0)]]))
    calculated = changed(stale, "xl/workbook.xml", b' fullCalcOnLoad="1"', b"")
    assert sheets(stale)[0].rows == [[1, Uncomputed("=A1-1")]]
    assert sheets(calculated)[0].rows == [[1, 0]]


def test_a_formula_whose_result_is_no_text_is_an_empty_cell() -> None:
    content = changed(
        workbook(("S", [[1, Formula("=A1")]])),
        "xl/worksheets/sheet1.xml",
        b'<c r="B1">',
        b'<c r="B1" t="str">',
    )
    assert sheets(content)[0].rows == [[1]] or sheets(content)[0].rows == [[1, ""]]


def test_cells_and_rows_without_an_address_stand_one_after_the_other() -> None:
    content = workbook(("S", [[1, Formula("=A1")], [2, Formula("=A2", "#N/A")]]))
    for address in (
        b' r="1" spans="1:2"',
        b' r="A1"',
        b' r="B1"',
        b' r="2" spans="1:2"',
        b' r="A2"',
        b' r="B2"',
    ):
        content = changed(content, "xl/worksheets/sheet1.xml", address, b"")
    assert sheets(content)[0].rows == [[1, Uncomputed("=A1")], [2, Uncomputed("#N/A")]]


def test_a_workbook_written_with_prefixed_names_is_searched_too() -> None:
    content = workbook(("S", [[1, Formula("=1/0", "#DIV/0!")]]))
    xml = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    prefixed = (
        xml.replace(b"</", b"\0")
        .replace(b"<", b"<x:")
        .replace(b"\0", b"</x:")
        .replace(b"<x:?", b"<?")
    )
    prefixed = prefixed.replace(b"xmlns=", b"xmlns:x=", 1)
    assert sheets(changed(content, "xl/worksheets/sheet1.xml", xml, prefixed))[0].rows == [
        [1, Uncomputed("#DIV/0!")]
    ]


@pytest.mark.parametrize("corner", ["XFD1048576", "F1048576", "XFD400"])
def test_a_value_in_the_far_corner_is_refused_before_memory_is_asked_for(corner: str) -> None:
    """Without the check before it, calamine asks for 550 GB and ends the process."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write("A1", 1)
        sheet.write(corner, 2)
    assert problem(buffer.getvalue()) == "FILE-05 5.000.000 ô một trang"


@pytest.mark.parametrize(
    "address", [b"READSHEETB9", b"A99999999", b"A0", b"B", b"", b"$B$1", b"&#66;1"]
)
def test_a_cell_without_a_proper_address_makes_a_broken_file(address: bytes) -> None:
    """calamine takes any number of letters for a column, and lays out as many (found by damaging workbooks at random)."""
    content = changed(
        workbook(("S", [[1, 2]])), "xl/worksheets/sheet1.xml", b'r="B1"', b'r="' + address + b'"'
    )
    assert problem(content).startswith("FILE-03")


def test_a_sheet_in_another_encoding_is_not_taken_on_trust() -> None:
    content = workbook(("S", [[1]]))
    xml = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert problem(
        changed(content, "xl/worksheets/sheet1.xml", xml, xml.decode().encode("utf-16"))
    ).startswith("FILE-03")


def test_a_boast_about_its_dimensions_changes_nothing() -> None:
    content = changed(
        workbook(("S", [[1]])), "xl/worksheets/sheet1.xml", b'ref="A1"', b'ref="A1:XFD1048576"'
    )
    assert sheets(content)[0].rows == [[1]]


def test_more_columns_than_any_program_has_are_refused() -> None:
    """Found by damaging bytes at random: a cell beyond column XFD has no address, so that nothing could be said of it."""
    lines = b"a;b\n" * 20
    assert problem(lines + b";" * 16_384 + b"c\n") == "FILE-05 16.384 cột một trang"
    assert sheets(lines + b";" * 16_383 + b"c\n")[0].rows[20][-1] == "c"
    assert (
        problem(biff5([["a"], [*[None] * 16_384, 1]], "cp1252")) == "FILE-05 16.384 cột một trang"
    )


@pytest.mark.parametrize(
    ("member", "old", "new"),
    [
        ("xl/workbook.xml", b"<workbookPr ", b'<workbookPr date1904="1"/><workbookPr '),
        ("xl/sharedStrings.xml", b"</t>", b"<v>1</v></t>"),
    ],
    ids=["two epochs", "a tag in a text"],
)
def test_what_programs_would_show_differently_is_refused(
    member: str, old: bytes, new: bytes
) -> None:
    """Found by damaging XML at random: calamine takes the last of two epochs, and a tag's text as part of a cell's."""
    assert problem(changed(workbook(("A", [["Xã", 1]])), member, old, new)).startswith("FILE-03")


def test_formats_down_to_the_last_row_do_no_harm() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.write("A1", 1)
        sheet.write_blank("XFD1048576", None, bold)
    assert sheets(buffer.getvalue())[0].rows == [[1]]


def test_a_bomb_that_says_its_size_is_refused_by_it() -> None:
    bomb = package(xl__workbook_=b"<workbook/>", xl__worksheets__sheet1_=b" " * 3_000_000)
    assert len(bomb) < 10_000
    assert problem(bomb, limit=1_000_000) == "FILE-05 1 MB sau khi giải nén"


def test_a_bomb_that_lies_about_its_size_is_refused_as_broken() -> None:
    size = 3_000_000
    bomb = changed(good(), "xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData>" + b" " * size)
    real = next(
        i.file_size for i in zipfile.ZipFile(io.BytesIO(bomb)).infolist() if i.file_size > size
    )
    lying = bomb.replace(real.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != bomb
    assert problem(lying, limit=1_000_000) == "FILE-03 tệp bị cắt cụt hoặc hỏng khi gửi"


def test_a_zip_with_a_password_is_refused() -> None:
    locked = bytearray(good())
    position = 0
    while (position := locked.find(b"PK\x01\x02", position)) >= 0:
        locked[position + 8] |= 1
        position += 4
    assert problem(bytes(locked)).startswith("FILE-03")


def test_a_workbook_cut_anywhere_is_broken_or_too_short_to_be_one() -> None:
    content = good()
    for cut in range(1, len(content), 61):
        assert problem(content[:cut]).startswith(("FILE-02", "FILE-03")), cut
        assert not is_whole_zip(content[:cut])
    assert is_whole_zip(content)
    assert not is_whole_zip(b"%PDF")


@settings(max_examples=150)
@given(st.data())
def test_a_workbook_with_flipped_bits_ends_in_sheets_or_a_problem(data: st.DataObject) -> None:
    content = bytearray(good())
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[position] ^= data.draw(st.integers(1, 255))
    ends_well(bytes(content))


@settings(max_examples=100)
@given(st.data())
def test_a_workbook_with_damaged_xml_ends_in_sheets_or_a_problem(data: st.DataObject) -> None:
    """Flipped bits mostly fail the zip's own checksum; here the damage is inside."""
    member = data.draw(
        st.sampled_from(
            ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"]
        )
    )
    xml = zipfile.ZipFile(io.BytesIO(good())).read(member)
    start = data.draw(st.integers(0, len(xml) - 1))
    piece = xml[start : start + data.draw(st.integers(1, 40))]
    ends_well(changed(good(), member, piece, data.draw(st.binary(max_size=20))))


@given(st.binary(max_size=300))
def test_random_bytes_end_in_a_problem(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", OLE):
        assert isinstance(opened(start + content), ReaderFinding)


def ends_well(content: bytes) -> None:
    found = opened(content)
    if isinstance(found, ReaderFinding):
        assert found.rule.startswith("FILE-")
    else:
        assert all(len(row) == len(sheet.rows[0]) for sheet in found for row in sheet.rows)


@pytest.mark.parametrize(
    ("number_format", "is_percentage"),
    [
        ("0%", True),
        ("0.00%", True),
        ("0.0%", True),
        ("[Red]0.0 %;[Blue]-0.0 %", True),
        ("General", False),
        ('0.0"%"', False),
        ("0.0\\%", False),
        ("[$%]0", False),
        ("dd/mm/yyyy", False),
    ],
)
def test_a_number_that_excel_shows_as_a_percentage_is_one(
    number_format: str, is_percentage: bool
) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, 12.5)
        sheet.write(1, 1, 0.985, book.add_format({"num_format": number_format}))
        sheet.write(2, 1, "98,5%", book.add_format({"num_format": number_format}))
        sheet.write_blank(3, 1, None, book.add_format({"num_format": number_format}))
    rows = sheets(buffer.getvalue())[0].rows
    assert isinstance(rows[1][1], Percentage) is is_percentage
    assert not isinstance(rows[0][0], Percentage)
    assert rows[2][1] == "98,5%"


def test_a_workbook_without_styles_has_no_percentages() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good())) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            if name != "xl/styles.xml":
                target.writestr(name, source.read(name))
    assert not any(
        isinstance(cell, Percentage)
        for sheet in sheets(buffer.getvalue())
        for row in sheet.rows
        for cell in row
    )
