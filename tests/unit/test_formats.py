"""Workbooks of every format that districts send: the same report, the same facts, and nothing runs or blows up."""

import io
import json
import struct
import zipfile

import pytest

from connectors.reader.open.markup import Percentage
from connectors.reader.open.workbook import Workbook, open_workbook
from connectors.zip_deliveries import members_of
from program.finding import ReaderFinding
from program.limits import DEFAULT_LIMITS
from program.pack.pack import Pack
from program.settings import ROOT
from tests.old_workbooks import biff5, ole, xlsb
from tests.portal_reports import REPORT
from tests.unit.test_delimited import ROWS, windows_1258
from tests.workbooks import (
    Rows,
    facts,
    met,
    old_tcvn3,
    old_vni,
    read,
    report,
    with_macros,
    workbook,
)

GOOD = ROOT / "tests" / "data" / "good"


def opened(content: bytes) -> Workbook | ReaderFinding:
    return open_workbook(content, DEFAULT_LIMITS)


def why_not(content: bytes) -> str:
    found = opened(content)
    assert isinstance(found, ReaderFinding)
    return " ".join([found.rule, *found.values.values()])


def rewritten(rows: Rows, write) -> Rows:
    return [[write(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]


def package(**members: bytes) -> bytes:
    """Return a zip; `__` in a name stands for a slash, a single `_` for a dot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["training-libreoffice.xls", "training-libreoffice.ods"])
def test_a_report_that_libreoffice_saved_has_the_same_facts(pack: Pack, name: str) -> None:
    reading = read((GOOD / name).read_bytes(), pack, sender="942")
    assert facts(reading) == facts(read(report(), pack))
    assert met(reading) == []


@pytest.mark.parametrize(
    "content",
    [
        xlsb(ROWS),
        biff5(rewritten(ROWS, lambda text: windows_1258(text).decode("cp1258"))),
        biff5(rewritten(ROWS, old_tcvn3), "cp1252"),
        biff5(rewritten(ROWS, old_vni), "cp1252"),
    ],
    ids=["xlsb", "Excel 95, Windows-1258", "Excel 95, TCVN3", "Excel 95, VNI"],
)
def test_an_older_or_binary_workbook_has_the_same_facts(pack: Pack, content: bytes) -> None:
    expected = facts(read(workbook(("S", ROWS)), pack))
    reading = read(content, pack, sender="942")
    assert len(expected) == 44
    assert facts(reading) == expected
    assert met(reading) in ([], [("FILE-07", None)])


@pytest.mark.parametrize(
    "content", [with_macros(report()), xlsb(ROWS, macros=True)], ids=["xlsm", "xlsb"]
)
def test_macros_are_named_and_the_figures_read(pack: Pack, content: bytes) -> None:
    reading = read(content, pack, sender="942")
    assert met(reading) == [("FILE-06", None)]
    assert len(facts(reading)) == 44


def test_macros_of_an_old_workbook_are_named_too() -> None:
    content = biff5([["a", 1]], "cp1252") + "_VBA_PROJECT".encode("utf-16-le")
    found = opened(content)
    assert isinstance(found, Workbook)
    assert [p.rule for p in found.problems] == ["FILE-06"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (package(ppt__presentation_xml=b"x"), "bản trình chiếu PowerPoint"),
        (
            package(mimetype=b"application/vnd.oasis.opendocument.text", content_xml=b"<x/>"),
            "văn bản OpenDocument",
        ),
        (package(bao_cao_xlsx=b"x"), "tệp nén zip, bảng tính nằm bên trong"),
        (b"PK\x05\x06" + bytes(18), "tệp nén zip không chứa bảng tính"),
        (ole("PowerPoint Document", b"x"), "bản trình chiếu PowerPoint"),
        (ole("WordDocument", b"x"), "văn bản Word"),
        (ole("__substg1.0_001A001E", b"x"), "thư Outlook"),
        (b"\0\0\0\x18ftypheic\0\0", "tệp ảnh HEIC"),
        (b"II*\0\x08", "tệp ảnh TIFF"),
        (b"\x1f\x8b\x08", "tệp nén gzip"),
        (b'<?xml version="1.0"?><a>;;;</a>', "tệp XML"),
        (b"<table><tr><td>1;2</td></tr>\n;\n</table>", "trang web HTML"),
    ],
)
def test_what_is_no_workbook_is_called_what_it_is(content: bytes, kind: str) -> None:
    assert why_not(content) == f"FILE-02 {kind}"


def test_a_word_text_with_a_workbook_in_it_is_no_workbook() -> None:
    word = (
        ole("Workbook", b"x")
        + "WordDocument".encode("utf-16-le")
        + "ObjectPool".encode("utf-16-le")
    )
    assert why_not(word) == "FILE-02 văn bản Word"
    book = biff5([["a", 1]], "cp1252") + "WordDocument".encode("utf-16-le")
    assert isinstance(opened(book), Workbook)


def test_a_value_in_the_far_corner_of_a_binary_workbook_is_refused_before_memory_is_asked_for() -> (
    None
):
    assert why_not(xlsb([[1]], (1_048_575, 16_383, 2.0))) == "FILE-05 5.000.000 ô một trang"


@pytest.mark.parametrize(
    "damage",
    [(b"\x00\x02\x0e\x00", b"\x00\x02\x0e\x00\x00\x00\x00\x00\xff\xff\xff\xff")],
    ids=["size of a sheet"],
)
def test_an_old_workbook_that_boasts_of_its_size_is_refused_before_memory_is_asked_for(
    damage: tuple[bytes, bytes],
) -> None:
    """Found by damaging bytes at random: calamine aborts the process over one of these."""
    content = (GOOD / "training-libreoffice.xls").read_bytes()
    at = content.index(damage[0])
    assert (
        why_not(content[:at] + damage[1] + content[at + len(damage[1]) :])
        == "FILE-05 5.000.000 ô một trang"
    )
    # calamine reads the longer record in an older version, too, by its length alone.
    begin = struct.pack("<HHHH", 0x0809, 4, 0x0500, 0x10)
    longer = struct.pack("<HHIIHHH", 0x0200, 14, 0x50004, 0x80000, 0x6143, 0x206C, 0)
    assert why_not(ole("Book", begin + longer)) == "FILE-05 5.000.000 ô một trang"
    corner = biff5([["a"], *[[]] * 65_000, [*[None] * 255, 1]], "cp1252")
    assert why_not(corner) == "FILE-05 5.000.000 ô một trang"


@pytest.mark.parametrize(
    ("place", "sector"),
    [(512 + 4, 1), (512 + 4 * 2, 2), (512 + 4 * 5, 3), (68, 0)],
    ids=["folder", "stream of one", "stream of several", "list of lists"],
)
def test_sectors_that_run_in_a_circle_make_a_broken_file(place: int, sector: int) -> None:
    """Found in a published file: calamine follows the circle until memory ends, and the process with it."""
    content = bytearray(biff5([["a", 1]], "cp1252"))
    content[place : place + 4] = struct.pack("<I", sector)
    if (
        place == 68
    ):  # the header's list of lists of sectors, whose last entry names the next such list: itself
        content[512 + 508 : 512 + 512] = struct.pack("<I", 0)
    assert why_not(bytes(content)) == "FILE-03 lỗi trong cấu trúc tệp"


def test_an_old_workbook_with_a_password_is_named_so_and_not_called_too_large() -> None:
    """Its sheets' records are encrypted: what they seem to say of their size is chance."""
    begin, password = (
        struct.pack("<HHHH", 0x0809, 4, 0x0600, 5),
        struct.pack("<HHHI", 0x002F, 6, 1, 1719),
    )
    sheet = struct.pack(
        "<HHHHHHIIHHH", 0x0809, 4, 0x0600, 0x10, 0x0200, 14, 0, 0xDEADBEEF, 0, 0xABCD, 0
    )
    assert why_not(ole("Workbook", begin + password + sheet)) == "FILE-04"
    assert why_not(ole("Workbook", begin + sheet)).startswith("FILE-05")


def ods(*rows: str) -> bytes:
    """Return an .ods of one sheet with these rows, as LibreOffice writes them."""
    joined = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows).encode()
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(GOOD / "training-libreoffice.ods") as source,
        zipfile.ZipFile(buffer, "w") as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "content.xml":
                opening = content.index(b"<table:table ")
                first_row = content.index(b"<table:table-row", opening)
                end = content.index(b"</table:table>")
                content = content[:first_row] + joined + content[end:]
            target.writestr(name, content)
    return buffer.getvalue()


def test_an_ods_shows_its_percentages_and_its_merged_cells() -> None:
    text = (
        '<table:table-cell office:value-type="string"{}><text:p>Huyện</text:p></table:table-cell>'
    )
    number = '<table:table-cell office:value-type="{}" office:value="0.985"{}/>'
    content = ods(
        text.format(' table:number-columns-spanned="1" table:number-rows-spanned="2"')
        + number.format("percentage", ' table:number-columns-repeated="2"')
        + number.format("float", ""),
        "<table:covered-table-cell/>" + number.format("percentage", ""),
    )
    book = open_workbook(content, DEFAULT_LIMITS)
    assert isinstance(book, Workbook)
    sheet = book.sheets[0]
    assert sheet.merged == (((0, 0), (1, 0)),)
    shown = [[type(cell) is Percentage for cell in row] for row in sheet.rows]
    assert shown == [[False, True, True, False], [False, True, False, False]]


@pytest.mark.parametrize(("down", "across"), [(1_000_000, 90), (1, 2_000_000_000)])
def test_a_value_repeated_over_and_over_is_refused_before_memory_is_asked_for(
    down: int, across: int
) -> None:
    repeated = (
        f'<table:table-row table:number-rows-repeated="{down}"><table:table-cell office:value-type="float" '
        f'office:value="1" table:number-columns-repeated="{across}"/></table:table-row>'
    ).encode()
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(GOOD / "training-libreoffice.ods") as source,
        zipfile.ZipFile(buffer, "w") as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            target.writestr(
                name, content.replace(b"<table:table-row", repeated + b"<table:table-row", 1)
            )
    assert why_not(buffer.getvalue()) == "FILE-05 5.000.000 ô một trang"


def test_a_package_of_two_kinds_is_broken() -> None:
    content = io.BytesIO(report())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/workbook.bin", b"")
    assert why_not(content.getvalue()).startswith("FILE-03")


@pytest.mark.parametrize(
    "content", [xlsb([["a", 1], [2]]), biff5([["a", 1], [2]], "cp1252")], ids=["xlsb", "xls"]
)
def test_a_damaged_one_ends_in_sheets_or_a_problem(content: bytes) -> None:
    for at in range(0, len(content), 7):
        opened(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        opened(content[:at])


def test_zipped_and_from_the_portal_the_same_report_has_the_same_facts(pack: Pack) -> None:
    files = {
        "a.xlsx": workbook(("S", ROWS)),
        "b.xlsb": xlsb(ROWS),
        "c.xls": biff5(rewritten(ROWS, old_vni), "cp1252"),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    taken = [
        facts(read(member.content, pack, sender="942"))
        for member in members_of(buffer.getvalue(), DEFAULT_LIMITS)
    ]
    assert [len(each) for each in taken] == [44, 44, 44]
    assert taken[0] == taken[1] == taken[2]
    values = {(element, value, text) for element, _, _, value, text in taken[0]}
    portal = facts(read(json.dumps(REPORT).encode(), pack, sender="942"))
    assert {(element, value, text) for element, _, _, value, text in portal} == values
