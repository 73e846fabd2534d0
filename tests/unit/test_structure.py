"""docs/reading.md, heading "Structure": what stands on a sheet, what becomes of it, and what is reported. Every row is tried here.

The workbooks are typed by hand, as offices type them: names of the state above, signatures below, totals, groups, notes.
"""

import base64
import io
import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pytest
import xlsxwriter

from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT
from tests.workbooks import (
    CLASS,
    COMMUNE,
    DISTRICT,
    HEADER,
    IDENTITY,
    LIST_HEADER,
    MEASURES,
    OTHER_CLASS,
    TOTAL,
    Cell,
    Rows,
    class_list,
    hiding,
    met,
    read,
    report,
    summary,
    without_further_columns,
    workbook,
)

DOCUMENT = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
STATE: Rows = [
    ["ỦY BAN NHÂN DÂN", None, None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
    ["HUYỆN CHÂU THÀNH", None, None, None, "Độc lập - Tự do - Hạnh phúc"],
    [],
    [None, None, None, None, "Châu Thành, ngày 05 tháng 01 năm 2025"],
    ["Biểu số 01"],
    ["BÁO CÁO KẾT QUẢ THỰC HIỆN CHƯƠNG TRÌNH MTQG 1719"],
    ["(Kèm theo Công văn số 12/UBND-DT ngày 05/01/2025)"],
]
SIGNED: Rows = [
    [],
    [None, "Người lập biểu", None, None, "KT. CHỦ TỊCH"],
    [None, "(Ký tên)", None, None, "PHÓ CHỦ TỊCH"],
    [],
    [None, "Trần Văn A"],
]
NUMBERS: list[Cell] = ["A", *[f"({n})" for n in range(1, 10)]]


class Case(NamedTuple):
    """A workbook, and the plain one whose facts it must give; none: it is not the same report."""

    content: bytes
    plain: bytes | None


def levels(
    header: Rows = (HEADER, MEASURES),
    lines: Rows = (DISTRICT, COMMUNE, TOTAL),
    merge: Sequence[str] = (),
    **more: Rows,
) -> Case:
    return Case(report(summary(header=header, lines=lines, **more), merge=merge), report())


def classes(
    header: Rows = (LIST_HEADER,),
    lines: Rows = (CLASS, OTHER_CLASS),
    merge: Sequence[str] = (),
    **more: Rows,
) -> Case:
    return Case(
        report(None, class_list(header=header, lines=lines, **more), merge=merge, merge_on=1),
        report(),
    )


def label(old: str, new: str | None, header: list[Cell] = HEADER) -> list[Cell]:
    return [new if cell == old else cell for cell in header]


PLAN = [
    "Kế hoạch vốn – Đầu tư TW",
    "Kế hoạch vốn – Đầu tư ĐP",
    "Kế hoạch vốn – Sự nghiệp TW",
    "Kế hoạch vốn – Sự nghiệp ĐP",
    "Kế hoạch vốn – Kéo dài",
    "Kế hoạch vốn – Tổng số",
]
SPENT = [text.replace("Kế hoạch vốn", "Giải ngân lũy kế") for text in PLAN]
CAPITAL_HEADER: list[Cell] = ["Dự án, tiểu dự án", *PLAN, *SPENT]
DA1: list[Cell] = ["Dự án 1", 100, 10, 50, 5, 0, 165, 80, 8, 40, 4, 0, 132]
DA3_1: list[Cell] = ["Tiểu dự án 1 - Dự án 3", None, None, 30, 3, 0, 33, None, None, 20, 2, 0, 22]
DA3_2: list[Cell] = ["Tiểu dự án 2 - Dự án 3", None, None, 20, 2, 0, 22, None, None, 10, 1, 0, 11]
DA3: list[Cell] = ["Dự án 3", None, None, 50, 5, 0, 55, None, None, 30, 3, 0, 33]
CAPITAL_TOTAL: list[Cell] = ["Tổng cộng", 100, 10, 100, 10, 0, 220, 80, 8, 70, 7, 0, 165]
CAPITAL_LINES: Rows = [DA1, DA3, DA3_1, DA3_2, CAPITAL_TOTAL]


def capital(
    header: Rows = (CAPITAL_HEADER,),
    lines: Rows = CAPITAL_LINES,
    merge: Sequence[str] = (),
    above: Rows = (),
    below: Rows = (),
) -> Case:
    def sheet(above: Rows, header: Rows, lines: Rows, below: Rows) -> Rows:
        return [*above, *IDENTITY, [], *header, *lines, *below]

    plain = workbook(("Giải ngân", sheet([], [CAPITAL_HEADER], CAPITAL_LINES, [])))
    return Case(workbook(("Giải ngân", sheet(above, header, lines, below)), merge=merge), plain)


def named(line: list[Cell], text: str) -> list[Cell]:
    return [text, *line[1:]]


def moved(rows: Rows, columns: int = 1) -> Rows:
    return [[*[None] * columns, *row] for row in rows]


WORK_HEADER: list[Cell] = [
    "Mã công trình",
    "Tên công trình",
    "Xã, phường, thị trấn",
    "Thuộc dự án",
    "Loại công trình",
    "Tình trạng",
    "Ngày khởi công",
    "Ngày hoàn thành theo kế hoạch",
    "Ngày hoàn thành thực tế",
    "Tổng mức đầu tư",
    "Giải ngân từ khởi công",
    "Tiến độ",
]
ROAD: list[Cell] = [
    "942-001",
    "Đường A",
    "Xã An Hiệp",
    "DA4-TDA1",
    "Đường giao thông",
    "Đang thi công",
    date(2024, 3, 1),
    date(2024, 12, 30),
    None,
    1000,
    400,
    40,
]
BRIDGE: list[Cell] = [
    "942-002",
    "Cầu B",
    "Xã Phú Tâm",
    "DA4-TDA1",
    "Cầu",
    "Đang thi công",
    date(2024, 4, 1),
    date(2025, 6, 30),
    None,
    500,
    100,
    20,
]
SCHOOL: list[Cell] = [
    "942-003",
    "Trường C",
    "Xã Phú Tâm",
    "DA4-TDA2",
    "Trường học",
    "Hoàn thành",
    date(2024, 1, 1),
    date(2024, 9, 1),
    date(2024, 9, 1),
    300,
    300,
    100,
]

PAGE_NUMBERS: list[Cell] = [f"({n})" for n in range(1, len(WORK_HEADER) + 1)]


def works(
    lines: Rows = (ROAD, BRIDGE, SCHOOL),
    header: Rows = (WORK_HEADER,),
    merge: Sequence[str] = (),
    above: Rows = (),
    below: Rows = (),
) -> Case:
    plain = workbook(("Công trình", [*IDENTITY, [], WORK_HEADER, ROAD, BRIDGE, SCHOOL]))
    return Case(
        workbook(("Công trình", [*above, *IDENTITY, [], *header, *lines, *below]), merge=merge),
        plain,
    )


def sums(text: str, investment: float, disbursed: float) -> list[Cell]:
    """A row of the works list with words for a name, and figures in the columns of money."""
    return [None, text, *[None] * 7, investment, disbursed]


SUPPORT_HEADER: list[Cell] = [
    "Nội dung hỗ trợ",
    "Số hộ kế hoạch",
    "Số hộ được hỗ trợ",
    "Trong đó: hộ nghèo",
    "Trong đó: hộ DTTS",
    "Kinh phí đã hỗ trợ",
]
SUPPORT: Rows = [
    ["Đất ở", 20, 18, 10, 15, 720],
    ["Nhà ở", 30, 30, 22, 25, 1200],
    ["Đất sản xuất", 5, 4, 4, 4, 90],
]
MODEL_HEADER: list[Cell] = [
    "Tên mô hình",
    "Loại mô hình",
    "Xã, phường, thị trấn",
    "Số hộ tham gia",
    "Kinh phí mô hình",
]
MODELS: Rows = [
    ["Nuôi bò", "Chăn nuôi", "Xã An Hiệp", 12, 300],
    ["Nuôi tôm", "Thủy sản", "Xã Phú Tâm", 8, 200],
]


def support(*sheets: tuple[str, Rows], merge: Sequence[str] = ()) -> Case:
    plain = workbook(
        ("Hỗ trợ hộ", [*IDENTITY, [], SUPPORT_HEADER, *SUPPORT]),
        ("Mô hình", [*IDENTITY, [], MODEL_HEADER, *MODELS]),
    )
    return Case(workbook(*sheets, merge=merge), plain)


def support_total(one_more: int = 0) -> list[Cell]:
    """The total that an officer adds below the lines of support, with figures that are too high."""
    return ["Tổng cộng", 55 + one_more, 52, 36, 44, 2010]


def side_by_side(left: Rows, right: Rows, width: int) -> Rows:
    rows = [
        (list(left[n]) if n < len(left) else [], list(right[n]) if n < len(right) else [])
        for n in range(max(len(left), len(right)))
    ]
    return [[*one, *[None] * (width + 1 - len(one)), *other] for one, other in rows]


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def with_logo(*sheets: tuple[str, Rows]) -> bytes:
    """An .xlsx with a picture over the first cells of each sheet, as a letterhead has it."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.insert_image("A1", "logo.png", {"image_data": io.BytesIO(PIXEL)})
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


NARRATIVE_HEADER: list[Cell] = ["Mục thuyết minh", "Nội dung thuyết minh"]
RESULTS: list[Cell] = ["Kết quả", "Mở 3 lớp."]
DIFFICULTIES: list[Cell] = ["Khó khăn, vướng mắc", "Thiếu phòng học."]
PROPOSALS: list[Cell] = ["Kiến nghị", "Cấp vốn sớm."]
WISHES: list[Cell] = ["Cấp vốn sớm."]


def with_narrative(header: list[Cell], lines: Rows, merge: Sequence[str] = ()) -> bytes:
    sheets = [
        ("Thuyết minh", [*IDENTITY, [], header, *lines]),
        ("Tổng hợp", summary()),
        ("Danh sách lớp", class_list()),
    ]
    return workbook(*sheets, merge=merge)


def narrative(lines: Rows, merge: Sequence[str] = ()) -> Case:
    """A report whose narrative has two lines of results and two of proposals."""
    plain: Rows = [
        ["Kết quả", "Mở 3 lớp.\nĐủ sĩ số."],
        DIFFICULTIES,
        ["Kiến nghị", "Cấp vốn sớm.\nThêm giảng viên."],
    ]
    written = with_narrative(NARRATIVE_HEADER, lines, merge)
    return Case(written, with_narrative(NARRATIVE_HEADER, plain))


def asked_narrative(lines: Rows, header: list[Cell] = NARRATIVE_HEADER) -> Case:
    return Case(with_narrative(header, lines), None)


CASES: dict[str, Case] = {
    # --- where a table stands
    "names of the state, a title, a number of the table above; signatures below": levels(
        identity=[*STATE, *IDENTITY], below=SIGNED
    ),
    "the same, in a list": works(
        above=STATE, below=[[], ["Ghi chú: số liệu đến 31/12/2024"], *SIGNED]
    ),
    "a table that begins in column D": Case(
        workbook(
            ("S", [*IDENTITY, [], *moved([HEADER, MEASURES, DISTRICT, COMMUNE, TOTAL], 3)]),
            ("L", class_list()),
        ),
        report(),
    ),
    "two tables one below the other, each with its title": Case(
        workbook(
            ("S", [*summary(), [], ["II. DANH SÁCH LỚP"], LIST_HEADER, CLASS, OTHER_CLASS, *SIGNED])
        ),
        report(),
    ),
    "two tables side by side, an empty column between them": Case(
        workbook(
            (
                "S",
                [
                    *IDENTITY,
                    [],
                    *side_by_side(
                        [HEADER, DISTRICT, COMMUNE, TOTAL],
                        [LIST_HEADER, CLASS, OTHER_CLASS],
                        len(HEADER),
                    ),
                ],
            )
        ),
        report(),
    ),
    "a matrix beside a list, two rows apart": support(
        (
            "S",
            [
                *IDENTITY,
                [],
                *side_by_side(
                    [SUPPORT_HEADER, *SUPPORT], [[], MODEL_HEADER, *MODELS], len(SUPPORT_HEADER)
                ),
            ],
        )
    ),
    "a logo above, ordinals before the lines": support()._replace(
        content=with_logo(
            (
                "H",
                [
                    *STATE,
                    *IDENTITY,
                    [],
                    ["TT", *SUPPORT_HEADER],
                    *([n, *line] for n, line in enumerate(SUPPORT, start=1)),
                ],
            ),
            (
                "M",
                [
                    ["TT", *MODEL_HEADER],
                    *([n, *line] for n, line in enumerate(MODELS, start=1)),
                    *SIGNED,
                ],
            ),
        )
    ),
    # --- headers
    "a row that numbers the columns": levels(header=[HEADER, MEASURES, NUMBERS]),
    "headings of two rows, merged": levels(
        header=[
            [*HEADER[:3], "Trong đó", None, *HEADER[5:]],
            [None, None, None, "Nữ", "Người DTTS"],
        ],
        merge=["D5:E5"],
    ),
    "headings of three rows, merged across and down": capital(
        header=[
            ["Dự án, tiểu dự án", "Kế hoạch vốn", *[None] * 5, "Giải ngân lũy kế"],
            [
                None,
                "Đầu tư",
                None,
                "Sự nghiệp",
                None,
                "Kéo dài",
                "Tổng số",
                "Đầu tư",
                None,
                "Sự nghiệp",
                None,
                "Kéo dài",
                "Tổng số",
            ],
            [None, *["TW", "ĐP"] * 2, None, None, *["TW", "ĐP"] * 2],
        ],
        merge=[
            "A5:A7",
            "B5:G5",
            "H5:M5",
            "B6:C6",
            "D6:E6",
            "F6:F7",
            "G6:G7",
            "H6:I6",
            "J6:K6",
            "L6:L7",
            "M6:M7",
        ],
    ),
    "the same, nothing merged": capital(
        header=[
            ["Dự án, tiểu dự án", "Kế hoạch vốn", *[None] * 5, "Giải ngân lũy kế"],
            [
                None,
                "Đầu tư",
                None,
                "Sự nghiệp",
                None,
                "Kéo dài",
                "Tổng số",
                "Đầu tư",
                None,
                "Sự nghiệp",
                None,
                "Kéo dài",
                "Tổng số",
            ],
            [None, *["TW", "ĐP"] * 2, None, None, *["TW", "ĐP"] * 2],
        ]
    ),
    'a group whose parts stand under "Trong đó"': capital(
        header=[
            ["Dự án, tiểu dự án", "Kế hoạch vốn", *[None] * 5, "Giải ngân lũy kế"],
            [
                None,
                "Trong đó",
                None,
                None,
                None,
                None,
                "Tổng số",
                "Trong đó",
                None,
                None,
                None,
                None,
                "Tổng số",
            ],
            [
                None,
                *["Đầu tư TW", "Đầu tư ĐP", "Sự nghiệp TW", "Sự nghiệp ĐP", "Kéo dài", None] * 2,
            ],
        ],
        merge=["B5:G5", "H5:M5", "B6:F6", "H6:L6", "G6:G7", "M6:M7", "A5:A7"],
    ),
    "a heading with letters changed over, or words joined": levels(
        header=[label("Số người tham dự", "Sốngười thamdự"), MEASURES]
    ),
    "a heading that misspells a column under a group": capital(
        header=[
            ["Dự án, tiểu dự án", "Kế hoạch vốn", *[None] * 5, *SPENT],
            [None, "Đầu tư TW", "Đầu tư ĐP", "Sự nghiệpp TW", "Sự nghiệp ĐP", "Kéo dài", "Tổng số"],
        ],
        merge=["B5:G5"],
    ),
    "the label of the lines misspelt": levels(
        header=[label("Cấp tổ chức", "Cấp tổ chcứ"), MEASURES]
    ),
    "a heading of another meaning, however near": levels(
        header=[label("Trong đó: nữ", "Nam"), MEASURES]
    )._replace(plain=None),
    "a measure over a group, another above the table": capital(
        header=[
            ["Dự án, tiểu dự án", "Kế hoạch vốn (triệu đồng)", *[None] * 5, *SPENT],
            [None, "Đầu tư TW", "Đầu tư ĐP", "Sự nghiệp TW", "Sự nghiệp ĐP", "Kéo dài", "Tổng số"],
        ],
        merge=["B6:G6"],
        above=[["ĐVT: nghìn đồng"]],
    )._replace(plain=None),
    # --- lines of a matrix
    "a line with a slip of the keyboard": levels(
        lines=[named(DISTRICT, "Cấp hyuện"), COMMUNE, TOTAL]
    ),
    '"Tiểu dự án 1" below "Dự án 3"': capital(
        lines=[
            DA1,
            DA3,
            named(DA3_1, "Tiểu dự án 1"),
            named(DA3_2, "- TDA2: Phát triển chuỗi giá trị"),
            CAPITAL_TOTAL,
        ]
    ),
    '"Tiểu dự án 1" below a line that is not known': capital(
        lines=[DA1, ["Dự án ba"], named(DA3_1, "Tiểu dự án 1"), DA3, DA3_2, CAPITAL_TOTAL]
    )._replace(plain=None),
    'a line with "Không phát sinh" in one cell, and nothing else': levels(
        lines=[["Cấp tỉnh", "Không phát sinh"], DISTRICT, COMMUNE, TOTAL]
    ),
    "the total above its parts": levels(lines=[TOTAL, DISTRICT, COMMUNE]),
    "blank lines and group names between the lines of a matrix": support(
        ("S", [*IDENTITY, [], SUPPORT_HEADER, SUPPORT[0], [], ["Hỗ trợ khác"], *SUPPORT[1:]]),
        ("M", [MODEL_HEADER, *MODELS]),
    ),
    "a total below the lines of a matrix that has none": support(
        ("S", [*IDENTITY, [], SUPPORT_HEADER, *SUPPORT, support_total()]),
        ("M", [MODEL_HEADER, *MODELS]),
    ),
    "a total of one's own that is not the sum": support(
        ("S", [*IDENTITY, [], SUPPORT_HEADER, *SUPPORT, support_total(one_more=1)]),
        ("M", [MODEL_HEADER, *MODELS]),
    ),
    # --- lines of a list
    "names of groups over the lines of a list": works(
        lines=[["I. Xã An Hiệp"], ROAD, ["II. Xã Phú Tâm"], BRIDGE, SCHOOL]
    ),
    "sums of groups under them": works(
        lines=[
            ROAD,
            sums("Cộng xã An Hiệp", 1000, 400),
            BRIDGE,
            SCHOOL,
            sums("Cộng xã Phú Tâm", 800, 400),
            sums("Tổng cộng", 1800, 800),
        ]
    ),
    "names of groups with their sums": works(
        lines=[
            ["I. Xã An Hiệp", *[None] * 8, 1000, 400],
            ROAD,
            ["II. Xã Phú Tâm", *[None] * 8, 800, 400],
            BRIDGE,
            SCHOOL,
        ]
    ),
    "a sum by its figures, of a group that is not known": works(
        lines=[ROAD, BRIDGE, sums("Cộng khu vực ven biển", 1500, 500), SCHOOL]
    ),
    "a sum in the middle that does not add up": works(
        lines=[ROAD, BRIDGE, sums("Cộng khu vực ven biển", 1500, 501), SCHOOL]
    )._replace(plain=None),
    "a grand total that is not the sum of the lines": works(
        lines=[ROAD, BRIDGE, SCHOOL, sums("Tổng cộng", 1900, 800)]
    ),
    "the header said again among the lines, as for the next page of a print": works(
        header=[WORK_HEADER, PAGE_NUMBERS],
        lines=[
            ROAD,
            WORK_HEADER,
            PAGE_NUMBERS,
            BRIDGE,
            [text.upper() if isinstance(text, str) else text for text in WORK_HEADER],
            SCHOOL,
        ],
    ),
    "the total above the lines of a list": works(
        lines=[sums("Tổng số", 1800, 800), ROAD, BRIDGE, SCHOOL]
    ),
    "a level and a day merged down over lines": classes(
        lines=[CLASS, [2, "Lớp B", "Đấu thầu", None, "An Hiệp", None, date(2024, 12, 10), 80]],
        merge=["D6:D7", "F6:F7"],
    )._replace(
        plain=report(
            None,
            class_list(
                lines=[
                    CLASS,
                    [2, "Lớp B", "Đấu thầu", CLASS[3], "An Hiệp", CLASS[5], date(2024, 12, 10), 80],
                ]
            ),
        )
    ),
    "blank lines in a list": works(lines=[ROAD, [], BRIDGE, [], [], SCHOOL]),
    # --- words of a narrative
    "words that go on in the rows below a heading, the last one too": narrative(
        [RESULTS, [None, "Đủ sĩ số."], DIFFICULTIES, PROPOSALS, [None, "Thêm giảng viên."]],
    ),
    "words that go on in the next columns": narrative(
        [[*RESULTS, "Đủ sĩ số."], DIFFICULTIES, [*PROPOSALS, None, "Thêm giảng viên."]],
    ),
    "cells merged over the rows of a heading, or over both columns": narrative(
        [RESULTS, [None, "Đủ sĩ số."], DIFFICULTIES, ["Kiến nghị"], WISHES, ["Thêm giảng viên."]],
        merge=["A6:A7", "A9:B9", "A10:B10", "A11:B11"],
    ),
    "a signature below the last heading": narrative(
        [
            *[[*RESULTS, "Đủ sĩ số."], DIFFICULTIES, PROPOSALS, [None, "Thêm giảng viên."]],
            [None, "Châu Thành, ngày 05 tháng 01 năm 2025"],
            *SIGNED,
        ],
    ),
    "words below a blank row under the last heading": asked_narrative(
        [RESULTS, DIFFICULTIES, PROPOSALS, [], [None, "Thêm giảng viên."]],
    ),
    "a heading of the sender's own among the others, with its words": asked_narrative(
        [RESULTS, DIFFICULTIES, ["Nguyên nhân", "Mưa lớn."], [None, "Đường xa."], PROPOSALS],
    ),
    "words in the cell of the heading": asked_narrative(
        [RESULTS, DIFFICULTIES, ["Kiến nghị: thêm giảng viên"]],
    ),
    "words without the heading of their column": asked_narrative(
        [RESULTS, DIFFICULTIES, PROPOSALS], header=["Mục thuyết minh"]
    ),
    # --- what its sender does not see
    "rows that a filter hides": Case(hiding(report(), "Tổng hợp", rows=[7]), report()),
    "a hidden column": Case(hiding(report(), "Tổng hợp", columns=["D"]), report()),
    "a hidden column that is none of the table's": Case(
        hiding(report(summary(header=[[*HEADER, "Ghi chú"], MEASURES])), "Tổng hợp", columns=["K"]),
        report(),
    ),
    "a table on a hidden sheet only": Case(
        hiding(report(), "Danh sách lớp", is_sheet=True), report()
    ),
    "last quarter's table on a hidden sheet": Case(
        hiding(
            workbook(
                ("Tổng hợp", summary()),
                ("Danh sách lớp", class_list()),
                (
                    "Cũ",
                    summary(identity=[IDENTITY[0], IDENTITY[1], ["Kỳ báo cáo: Quý 3 năm 2024"]]),
                ),
            ),
            "Cũ",
            is_sheet=True,
        ),
        report(),
    ),
}


class Row(NamedTuple):
    """A line of the tables under "Structure"."""

    stands: str
    becomes: str
    told: list[str]


def rows() -> list[Row]:
    part = re.split(r"\n## ", DOCUMENT.partition("\n## Structure\n")[2])[0]
    lines = [
        line for line in part.split("\n") if line.startswith("|") and not set(line) <= set("|- ")
    ]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [
        Row(c[0], c[1], [] if c[2] == "–" else sorted(c[2].split(", ")))
        for c in cells
        if c[0] != "on the sheet"
    ]


ROWS = rows()


@pytest.fixture(scope="module")
def pack(pack: Pack) -> Pack:
    return without_further_columns(pack)


def content(reading: ParsedReport) -> dict[str, list[dict[str, object]]]:
    """Every table's lines in the order of the form or of the list, wherever they stood."""
    tables = {}
    for name, table in reading.tables.items():
        records = [
            {k: v for k, v in r.items() if k not in ("sheet", "row") and v == v and v is not None}
            for r in table.frame.to_dict("records")
        ]
        is_list = all(record["line"] == "" for record in records)
        tables[name] = (
            records if is_list else sorted(records, key=lambda record: str(record["line"]))
        )
    return tables


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.stands)
def test_what_stands_on_a_sheet_becomes_what_the_table_says(pack: Pack, row: Row) -> None:
    case = CASES[row.stands]
    reading = read(case.content, pack)
    told = {rule for rule, _ in met(reading, without=("FORM-14", "FORM-16", "FORM-17"))}
    assert sorted(told) == row.told
    assert row.becomes in ("the same facts", "asked")
    assert (row.becomes == "asked") is (case.plain is None)
    if case.plain is not None:
        assert content(reading) == content(read(case.plain, pack))


def test_every_case_stands_in_the_table_once() -> None:
    assert [row.stands for row in ROWS] == list(CASES)


def test_the_plain_workbooks_are_read_without_a_question(pack: Pack) -> None:
    plain = {case.plain for case in CASES.values() if case.plain is not None}
    assert len(plain) >= 4
    for workbook_as_in_the_form in plain:
        assert met(read(workbook_as_in_the_form, pack)) == []
