"""A district's workbook as it is sent: what is read, what is asked, and that nothing is lost or mixed up in silence."""

import unicodedata
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from program.calendar.period import Period
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport, facts_of
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
    Formula,
    Rows,
    class_list,
    classes,
    figures,
    met,
    read,
    report,
    summary,
    without_further_columns,
    workbook,
)

PERIOD_LINE = IDENTITY[2]


@pytest.fixture(scope="module")
def pack(pack: Pack) -> Pack:
    return without_further_columns(pack)


@pytest.fixture(scope="module")
def good(pack: Pack) -> dict[str, float | str | None]:
    return figures(read(report(), pack))


def levels(pack: Pack, **changes: Rows) -> ParsedReport:
    return read(report(summary(**changes)), pack)


def header(**changes: str | None) -> list[Cell]:
    """Return the header with some of its labels replaced: header(Số_ngày="Ngày")."""
    return [changes.get(label.replace(" ", "_"), label) for label in HEADER]


def test_a_correct_workbook_is_read_without_a_question(pack: Pack, good: dict[str, float]) -> None:
    reading = read(report(), pack, sender="942")
    assert (reading.unit_code, str(reading.period), reading.problems) == ("942", "2024-Q4", ())
    assert reading.form is pack.form("training", Period.parse("2024"))
    assert len(good) == 29
    assert good["participants_total"] == 150
    assert good["budget_planned_vnd_district"] == 152_300_000
    assert [(c["class_title"], c["class_participants"]) for c in classes(reading)] == [
        ("Lớp A", 70),
        ("Lớp B", 80),
    ]


def test_every_frame_has_the_declared_columns_and_types(pack: Pack) -> None:
    form = pack.form("training", Period.parse("2024"))
    for reading in (read(report(), pack), read(report(None, class_list(lines=[])), pack)):
        # The workbooks of these tests have no narrative sheet.
        for table in (each for each in form.tables if each.name != "narrative_part"):
            frame = reading.tables[table.name].frame
            assert list(frame.columns) == ["sheet", "row", "line", *(c.name for c in table.columns)]
            for column in table.columns:
                expected = (
                    "float64"
                    if column.type.is_numeric
                    else "datetime64[us]"
                    if column.type == "date"
                    else "object"
                )
                assert frame[column.name].dtype == expected, column.name


# --- how a table may look and still say the same
# --------------------------------------------------------------------

OUT_OF_ORDER = [0, 9, 8, 7, 6, 5, 4, 3, 2, 1]
SAME: dict[str, Rows] = {
    "columns in another order": summary(
        header=[[HEADER[at] for at in OUT_OF_ORDER], [MEASURES[at] for at in OUT_OF_ORDER]],
        lines=[[line[at] for at in OUT_OF_ORDER] for line in (DISTRICT, COMMUNE, TOTAL)],
    ),
    "no row of measures": summary(header=[HEADER]),
    "columns numbered": summary(header=[HEADER, MEASURES, ["A", *range(1, 10)]]),
    "columns numbered with formulas": summary(
        header=[HEADER, ["(1)", "(2)", "(3=6+7)", *[f"({n})" for n in range(4, 11)]]]
    ),
    "measures without brackets": summary(
        header=[HEADER, [None, "lớp", *["người"] * 5, "ngày", "triệu đồng", "triệu đồng"]]
    ),
    "measures in the header": summary(
        header=[
            [f"{label}\n{measure or ''}" for label, measure in zip(HEADER, MEASURES, strict=True)]
        ]
    ),
    "capitals": summary(header=[[label.upper() for label in HEADER]]),
    "decomposed letters": summary(
        header=[[unicodedata.normalize("NFD", label) for label in HEADER]]
    ),
    "far down and right": [[]] * 30
    + [[None] * 5 + [*row] for row in summary(header=[HEADER, MEASURES], identity=[])][1:],
    "blank lines between": summary(lines=[DISTRICT, [], COMMUNE, [], [], TOTAL]),
    "lines in another order": summary(lines=[TOTAL, COMMUNE, DISTRICT]),
    "lines numbered": summary(
        lines=[["1. Cấp huyện", *DISTRICT[1:]], ["II/ Cấp xã", *COMMUNE[1:]], TOTAL]
    ),
    "lines under aliases": summary(
        lines=[
            ["HUYỆN", *DISTRICT[1:]],
            ["Xã, phường, thị trấn", *COMMUNE[1:]],
            ["Cộng:", *TOTAL[1:]],
        ]
    ),
    "figures as text": summary(
        lines=[
            DISTRICT,
            COMMUNE,
            ["Tổng cộng", "3", "150", "60", "75", "25", "125", "6", "172,3", "170"],
        ]
    ),
    "calculated formulas": summary(
        lines=[DISTRICT, COMMUNE, ["Tổng cộng", Formula("=B7+B8", 3), *TOTAL[2:]]]
    ),
    "signatures and notes below": summary(
        below=[
            [],
            ["Ghi chú: số liệu đến ngày 31/12"],
            [None] * 6 + ["Sóc Trăng, ngày 15 tháng 01 năm 2025"],
            ["NGƯỜI LẬP BIỂU", *[None] * 5, "TRƯỞNG PHÒNG"],
            ["Nguyễn Văn A", *[None] * 5, "Trần Văn B"],
        ]
    ),
    "a group line without figures": summary(lines=[["Trong đó:"], DISTRICT, COMMUNE, TOTAL]),
    "money announced above": summary(
        identity=[*IDENTITY, [None] * 8 + ["Đơn vị tính: triệu đồng"]],
        header=[HEADER, [*MEASURES[:8], None, None]],
    ),
    "the unit of measure called unit": summary(identity=[["Đơn vị: triệu đồng"], *IDENTITY]),
}


@pytest.mark.parametrize("rows", SAME.values(), ids=SAME.keys())
def test_another_layout_gives_the_same_figures_without_a_question(
    pack: Pack, good: dict[str, float], rows: Rows
) -> None:
    reading = read(report(rows), pack)
    assert figures(reading) == good
    assert met(reading, without=["CELL-09"]) == []
    assert (reading.unit_code, str(reading.period)) == ("942", "2024-Q4")


def test_two_rows_of_headings_give_the_same_figures(pack: Pack, good: dict[str, float]) -> None:
    top = [
        *HEADER[:3],
        "Trong đó",
        None,
        "Cán bộ",
        "Cộng đồng",
        "Số ngày",
        "Kinh phí (triệu đồng)",
        None,
    ]
    under = [None, None, None, "Nữ", "Người DTTS", None, None, None, "Kế hoạch", "Thực hiện"]
    rows = summary(header=[top, under])
    reading = read(report(rows, merge=["A5:A6", "B5:B6", "C5:C6", "D5:E5", "F5:F6", "I5:J5"]), pack)
    assert (figures(reading), met(reading)) == (good, [])


def test_a_total_spread_over_the_ordinals_is_found(pack: Pack, good: dict[str, float]) -> None:
    rows = summary(
        header=[["STT", *HEADER]],
        lines=[[1, *DISTRICT], [2, *COMMUNE], ["Tổng cộng", None, *TOTAL[1:]]],
    )
    reading = read(report(rows, merge=["A8:B8"]), pack)
    assert (figures(reading), met(reading)) == (good, [])


# --- what must be asked: rule, cell, and that no figure changed
# -------------------------------------------------------

ASKED: list[tuple[str, dict[str, Rows], list[tuple[str, str]]]] = [
    ("a column of one's own", {"header": [[*HEADER, "Ghi chú"]]}, [("FORM-08", "K5")]),
    ("no required column", {"header": [header(Số_lớp=None)]}, [("FORM-07", "A5")]),
    (
        "a required column under another name",
        {"header": [header(Số_lớp="Số lượng lớp")]},
        [("FORM-07", "B5"), ("FORM-08", "B5")],
    ),
    (
        "an optional column under another name",
        {"header": [header(Cán_bộ="Số CB")]},
        [("FORM-25", "F5")],
    ),
    (
        "a heading that says women",
        {"header": [header(Số_người_tham_dự="Số người (nữ)")]},
        [("FORM-20", "C5")],
    ),
    (
        "a heading that says planned",
        {"header": [header(Số_lớp="Số lớp (kế hoạch)")]},
        [("FORM-20", "B5")],
    ),
    ("a heading twice", {"header": [header(Cán_bộ="Số lớp")]}, [("FORM-19", "F5")]),
    (
        "a heading twice under an alias",
        {"header": [header(Cán_bộ="Số học viên")]},
        [("FORM-19", "F5")],
    ),
    ("figures under no heading", {"header": [header(Cán_bộ=None)]}, [("FORM-24", "F6")]),
    (
        "money in dollars",
        {"header": [HEADER, [*MEASURES[:8], "(USD)", "(triệu đồng)"]]},
        [("FORM-21", "I6")],
    ),
    (
        "money for each class",
        {"header": [header(Kinh_phí_kế_hoạch="Kinh phí kế hoạch (triệu đồng/lớp)")]},
        [("FORM-20", "I5")],
    ),
    ("no total", {"lines": [DISTRICT, COMMUNE]}, [("FORM-09", "A5")]),
    (
        "a line nobody asked for",
        {"lines": [DISTRICT, ["Cấp ấp", 1, 5], COMMUNE, TOTAL]},
        [("FORM-11", "A8")],
    ),
    (
        "a line with figures as text",
        {"lines": [["Cấp ấp", "3", "12"], DISTRICT, COMMUNE, TOTAL]},
        [("FORM-11", "A7")],
    ),
    (
        "a line with words",
        {"lines": [["Cấp ấp", "ba lớp"], DISTRICT, COMMUNE, TOTAL]},
        [("FORM-11", "A7")],
    ),
    (
        "a line without a name",
        {"lines": [DISTRICT, [None, 5, 50], COMMUNE, TOTAL]},
        [("FORM-11", "A8")],
    ),
    (
        "a line below the total",
        {"lines": [DISTRICT, COMMUNE, TOTAL], "below": [[], ["Lớp ghép", 1, 40]]},
        [("FORM-11", "A11")],
    ),
    ("a line twice", {"lines": [DISTRICT, COMMUNE, ["Huyện", 1, 5], TOTAL]}, [("FORM-15", "A9")]),
    (
        "plan and result in lines",
        {"lines": [DISTRICT, ["Cấp huyện (kế hoạch)", 9, 9], COMMUNE, TOTAL]},
        [("FORM-15", "A8")],
    ),
    (
        "an error of Excel",
        {"lines": [DISTRICT, COMMUNE, [*TOTAL[:2], Formula("=1/0", "#DIV/0!"), *TOTAL[3:]]]},
        [("CELL-12", "C9")],
    ),
    (
        "a formula never calculated",
        {"lines": [DISTRICT, COMMUNE, [*TOTAL[:2], Formula("=C7+C8"), *TOTAL[3:]]]},
        [("CELL-12", "C9")],
    ),
    (
        "a formula written by a program",
        {"lines": [DISTRICT, COMMUNE, [*TOTAL[:2], Formula("=C7+C8", 0), *TOTAL[3:]]]},
        [("CELL-12", "C9")],
    ),
    (
        "a number in words",
        {"lines": [DISTRICT, COMMUNE, [*TOTAL[:2], "một trăm", *TOTAL[3:]]]},
        [("CELL-07", "C9")],
    ),
    (
        "two numbers in a cell",
        {"lines": [DISTRICT, COMMUNE, [*TOTAL[:2], "120\n30", *TOTAL[3:]]]},
        [("CELL-07", "C9")],
    ),
    (
        "a footnote at a number",
        {"lines": [DISTRICT, COMMUNE, [*TOTAL[:2], "150¹", *TOTAL[3:]]]},
        [("CELL-07", "C9")],
    ),
    (
        "a point for decimals",
        {"lines": [DISTRICT, COMMUNE, [*TOTAL[:8], "172.3", 170]]},
        [("CELL-41", "I9")],
    ),
    (
        "a date for a number",
        {"lines": [DISTRICT, COMMUNE, [*TOTAL[:2], date(2024, 5, 1), *TOTAL[3:]]]},
        [("CELL-07", "C9")],
    ),
]


@pytest.mark.parametrize(
    ("changes", "expected"), [case[1:] for case in ASKED], ids=[case[0] for case in ASKED]
)
def test_what_cannot_be_taken_as_it_stands_is_asked_at_its_cell_and_changes_no_figure(
    pack: Pack, good: dict[str, float], changes: dict[str, Rows], expected: list[tuple[str, str]]
) -> None:
    reading = levels(
        pack, **{"header": [HEADER, MEASURES] if "lines" in changes else [HEADER], **changes}
    )
    assert met(reading) == expected
    wrong = {name: value for name, value in figures(reading).items() if value != good[name]}
    assert wrong == {}


@pytest.mark.parametrize(
    ("area", "cell", "gone"),
    [
        ("C7:C8", "C7", {"participants_district", "participants_commune"}),
        ("F7:G7", "F7", {"officials_district", "community_district"}),
    ],
)
def test_a_figure_merged_over_lines_or_columns_belongs_to_none(
    pack: Pack, good: dict[str, float], area: str, cell: str, gone: set[str]
) -> None:
    reading = read(report(merge=[area]), pack)
    assert met(reading) == [("CELL-13", cell)]
    assert figures(reading) == {name: value for name, value in good.items() if name not in gone}


def test_an_empty_line_is_noted_and_a_column_that_may_be_missing_too(pack: Pack) -> None:
    reading = levels(
        pack, header=[HEADER[:8]], lines=[["Cấp tỉnh"], DISTRICT[:8], COMMUNE[:8], TOTAL[:8]]
    )
    assert met(reading, without=[]) == [("FORM-16", "A6"), ("FORM-14", "A5"), ("FORM-14", "A5")]


@pytest.mark.parametrize(
    ("written", "factor"),
    [
        ("(đồng)", 1e-6),
        ("(đ)", 1e-6),
        ("(nghìn đồng)", 1e-3),
        ("(1.000đ)", 1e-3),
        ("(ngàn đồng)", 1e-3),
        ("(Tr.đồng)", 1),
        ("(tỷ đồng)", 1e3),
        (unicodedata.normalize("NFD", "(NGHÌN ĐỒNG)"), 1e-3),
    ],
)
def test_money_in_another_measure_is_converted_and_noted(
    pack: Pack, good: dict[str, float], written: str, factor: float
) -> None:
    expected = {
        n: round(v * factor, 6) if n.startswith("budget_planned") else v for n, v in good.items()
    }
    for changes in (
        {"header": [header(Kinh_phí_kế_hoạch=f"Kinh phí kế hoạch\n{written}")]},
        {"header": [HEADER, [*MEASURES[:8], written, "(triệu đồng)"]]},
    ):
        reading = levels(pack, **changes)
        assert {n: round(v, 6) for n, v in figures(reading).items()} == expected  # type: ignore[arg-type]
        assert [rule for rule, _ in met(reading)] == ([] if factor == 1 else ["FORM-22"])


@pytest.mark.parametrize(
    "line",
    [
        ["Đơn vị tính: đồng"],
        ["ĐVT:", None, "đồng"],
        ["(Đơn vị tính: đồng)"],
        ["ĐVT đ"],
        ["Đơn vị: đồng"],
    ],
)
def test_money_announced_above_the_table_counts_for_all_of_it(
    pack: Pack, good: dict[str, float], line: list[Cell]
) -> None:
    reading = levels(pack, identity=[*IDENTITY, line], header=[HEADER])
    assert figures(reading) == {
        n: v / 1e6 if n.startswith("budget") else v for n, v in good.items()
    }
    assert [rule for rule, _ in met(reading)] == ["FORM-22"]


def test_money_in_whole_dong_is_exact(pack: Pack) -> None:
    lines = [[*DISTRICT[:8], 152_300_001, 0], [*TOTAL[:8], "152.300.001", None]]
    found = figures(levels(pack, header=[HEADER, [*MEASURES[:8], "(đồng)", "(đồng)"]], lines=lines))
    assert found["budget_planned_vnd_district"] == found["budget_planned_vnd_total"] == 152_300_001


def test_a_number_typed_as_text_is_noted_with_how_it_was_read(pack: Pack) -> None:
    reading = levels(
        pack,
        lines=[
            DISTRICT,
            COMMUNE,
            ["Tổng cộng", "3", "2.208", "60", "75", "25", "125", "6", "1.172,3", 170],
        ],
    )
    noted = {
        p.cell: (p.value, p.values["read_as"]) for p in reading.problems if p.rule == "CELL-09"
    }
    assert noted == {"C9": ("2.208", "2.208"), "I9": ("1.172,3", "1.172,3")}
    assert figures(reading)["participants_total"] == 2208
    assert figures(reading)["budget_planned_vnd_total"] == 1_172_300_000


def test_a_numeric_2_208_stays_what_it_is(pack: Pack) -> None:
    found = figures(levels(pack, lines=[DISTRICT, COMMUNE, ["Tổng cộng", 3, 2.208, *TOTAL[3:]]]))
    assert found["participants_total"] == 2.208


@cache
def sample() -> Pack:
    """The fixture's pack, where Hypothesis would print a fixture's every key."""
    return without_further_columns(load_pack(ROOT / "config" / "soc-trang"))


LABELS = [*HEADER[1:], "Ghi chú", "Số nữ", "Số người (nữ)", "Kế hoạch", None]
LINES = ["Cấp tỉnh", "Cấp huyện", "Cấp xã", "Tổng cộng", "2. Cấp huyện", "Cấp ấp", "Trong đó", None]
CELLS = st.one_of(
    st.none(),
    st.integers(2, 5000),
    st.sampled_from(["3", "1.448", "2.5", "ba", "-", "12 lớp", "5\n6"]),
)


@settings(max_examples=100)
@given(
    columns=st.lists(st.sampled_from(LABELS), min_size=6, max_size=11),
    lines=st.lists(
        st.tuples(st.sampled_from(LINES), st.lists(CELLS, min_size=11, max_size=11)),
        min_size=1,
        max_size=6,
    ),
)
def test_every_figure_of_the_table_is_a_fact_or_has_a_finding(
    columns: list[str | None], lines: list[tuple[str | None, list[Cell]]]
) -> None:
    """Whatever the header and the lines say, no figure is lost without a word, and none is changed."""
    rows = [[label, *cells[: len(columns)]] for label, cells in lines]
    reading = levels(sample(), header=[["Cấp tổ chức", *columns]], lines=rows)
    if any(p.rule in ("FORM-01", "FORM-18") for p in reading.problems):
        return
    facts = {fact.cell: fact.value for fact in facts_of(reading) if fact.line == 0}
    named = {p.cell for p in reading.problems if p.rule not in ("FORM-14", "FORM-07", "FORM-09")}
    headed = {"BCDEFGHIJKL"[at] for at, label in enumerate(columns) if label is not None}
    inside = [
        letter
        for letter in "BCDEFGHIJKL"
        if any(cell == f"{letter}5" for cell in named) or letter in headed
    ]
    for at, row in enumerate(rows, start=6):
        for letter, cell in zip("BCDEFGHIJKL", row[1:], strict=False):
            place = f"{letter}{at}"
            if isinstance(cell, int) and place in facts:
                assert facts[place] == (
                    cell * 1_000_000 if columns["BCDEFGHIJKL".index(letter)] in MONEY else cell
                )
            elif isinstance(cell, int) and min(inside) < letter < max(inside):
                assert named & {place, f"A{at}", f"{letter}5"} or any(
                    c[0] == letter for c in named if c
                ), place


MONEY = ("Kinh phí kế hoạch", "Kinh phí thực hiện")


# --- the list
# ---------------------------------------------------------------------------------------------------------


def listed(pack: Pack, **changes: Rows) -> ParsedReport:
    return read(report(None, class_list(**changes)), pack)


def titles(reading: ParsedReport) -> list[object]:
    return [c.get("class_title") for c in classes(reading)]


LISTS: dict[str, tuple[dict[str, Rows], list[tuple[str, str]]]] = {
    "numbered columns": ({"header": [LIST_HEADER, list(range(1, 10))]}, []),
    "numbered columns in brackets": (
        {"header": [LIST_HEADER, [f"({n})" for n in range(1, 10)]]},
        [],
    ),
    "measures": ({"header": [LIST_HEADER, [None] * 7 + ["(người)"]]}, []),
    "a total in the ordinals": ({"below": [["Tổng cộng", *[None] * 6, 150]]}, []),
    "a total in the titles": ({"below": [[None, "TỔNG CỘNG: 2 lớp", *[None] * 5, 150]]}, []),
    "blank lines between": ({"lines": [CLASS, [], [], OTHER_CLASS]}, []),
    "a total between": (
        {"lines": [CLASS, ["Cộng", *[None] * 6, 70], OTHER_CLASS]},
        [("FORM-43", "A7")],
    ),
    "a total without a name": ({"below": [[*[None] * 7, 150]]}, [("FORM-43", "H8")]),
    "prepared ordinals": ({"below": [[3], [4], [5]]}, []),
    "a place that reads like a total": (
        {"lines": [[*CLASS[:4], "Cống", *CLASS[5:]], OTHER_CLASS]},
        [],
    ),
    "a note right below": ({"below": [[None, "Ghi chú: hai lớp ghép"]]}, [("FORM-17", "B8")]),
    "a note further below": ({"below": [[], [None, "Số liệu ước đến 31/12"]]}, [("FORM-17", "B9")]),
    "signatures": (
        {
            "below": [
                ["Tổng cộng", *[None] * 6, 150],
                [None, None, None, None, "Sóc Trăng, ngày 15/01/2025"],
                [None, "NGƯỜI LẬP BIỂU", *[None] * 5, "TRƯỞNG PHÒNG"],
                [None, "(Ký, ghi rõ họ tên)", *[None] * 5, "(Ký tên, đóng dấu)"],
            ]
        },
        [("FORM-17", "E9"), ("FORM-17", "B10"), ("FORM-17", "B11")],
    ),
    "a signature's day in the column of days": (
        {"below": [[], [*[None] * 5, "Ngày 15 tháng 01 năm 2025"]]},
        [("FORM-17", "F9")],
    ),
}


def test_figures_without_words_that_are_no_sum_are_a_line(pack: Pack) -> None:
    reading = listed(pack, below=[[*[None] * 7, 151]])
    assert titles(reading) == ["Lớp A", "Lớp B", None]


def test_a_line_without_words_as_large_as_the_only_line_is_no_sum(pack: Pack) -> None:
    reading = listed(pack, lines=[CLASS, [*[None] * 7, 70]])
    assert [c["class_participants"] for c in classes(reading)] == [70, 70]


def test_a_numbered_row_without_words_is_a_line_that_lacks_them(pack: Pack) -> None:
    reading = listed(pack, below=[[3, *[None] * 6, 150]])
    assert titles(reading) == ["Lớp A", "Lớp B", None]


@pytest.mark.parametrize(("changes", "expected"), LISTS.values(), ids=LISTS.keys())
def test_the_list_ends_where_its_classes_end(
    pack: Pack, changes: dict[str, Rows], expected: list[tuple[str, str]]
) -> None:
    reading = listed(pack, **changes)
    assert titles(reading) == ["Lớp A", "Lớp B"]
    assert met(reading) == expected


def test_a_class_below_a_blank_line_without_a_title_is_still_a_class(pack: Pack) -> None:
    reading = listed(pack, lines=[CLASS, [], [None] * 7 + [80]])
    assert [c["class_participants"] for c in classes(reading)] == [70, 80]


def test_a_level_or_a_date_merged_over_classes_counts_for_each(pack: Pack) -> None:
    lines = [CLASS, [2, "Lớp B", "Đấu thầu", None, "An Hiệp", None, date(2024, 12, 4), 80, None]]
    reading = read(
        report(None, class_list(lines=lines), merge=["D6:D7", "F6:F7"], merge_on=1), pack
    )
    assert [(c["class_level"], str(c["class_first_day"])[:10]) for c in classes(reading)] == [
        ("district", "2024-12-02")
    ] * 2
    assert met(reading) == []


def test_people_merged_over_classes_belong_to_none(pack: Pack) -> None:
    reading = read(report(None, merge=["H6:H7"], merge_on=1), pack)
    assert met(reading) == [("CELL-13", "H6")]
    assert all("class_participants" not in c for c in classes(reading))


def test_a_word_outside_the_vocabulary_is_left_to_the_rules(pack: Pack) -> None:
    reading = listed(pack, lines=[[*CLASS[:3], "Cấp ấp", *CLASS[4:]]])
    assert classes(reading)[0]["class_level"] == "Cấp ấp"


def test_no_date_is_asked_about_and_a_date_as_text_is_read(pack: Pack) -> None:
    reading = listed(pack, lines=[[*CLASS[:5], "31/02/2024", "2-12-24", *CLASS[7:]]])
    assert met(reading) == [("CELL-08", "F6"), ("CELL-28", "G6")]
    assert str(classes(reading)[0]["class_last_day"])[:10] == "2024-12-02"


def test_both_tables_may_stand_on_one_sheet(pack: Pack, good: dict[str, float]) -> None:
    rows = [*summary(), [], ["II. Danh sách lớp"], LIST_HEADER, CLASS, OTHER_CLASS]
    reading = read(workbook(("Báo cáo", rows)), pack)
    assert (figures(reading), titles(reading), met(reading)) == (good, ["Lớp A", "Lớp B"], [])


# --- whose, and for when
# ----------------------------------------------------------------------------------------------


def identity(*lines: list[Cell], elsewhere: Rows = ()) -> bytes:
    return report(summary(identity=lines), class_list(identity=elsewhere))


UNITS: dict[str, tuple[bytes, str | None, list[tuple[str, str | None]]]] = {
    "in one cell": (identity(["Đơn vị báo cáo: H. Châu Thành"], PERIOD_LINE), "942", []),
    "an East Asian colon": (identity(["Đơn vị báo cáo：Huyện Châu Thành"], PERIOD_LINE), "942", []),
    "a code alone": (identity(["Mã đơn vị:", 942], PERIOD_LINE), "942", []),
    "a code that tells two names apart": (
        identity(["Đơn vị: Sóc Trăng"], ["Mã đơn vị: 941"], PERIOD_LINE),
        "941",
        [],
    ),
    "two labels in a row": (
        identity(["Đơn vị báo cáo:", None, "Mã đơn vị:", "942"], PERIOD_LINE),
        "942",
        [],
    ),
    "the other sheet alone": (
        identity(PERIOD_LINE, elsewhere=[["Đơn vị: Huyện Châu Thành"]]),
        "942",
        [],
    ),
    "nobody": (identity(PERIOD_LINE), None, [("FORM-02", None)]),
    "a label and nothing beside it": (
        identity(["Đơn vị báo cáo:"], PERIOD_LINE),
        None,
        [("FORM-02", None)],
    ),
    "an unknown name": (
        identity(["Đơn vị báo cáo: Huyện Vĩnh Thạnh"], PERIOD_LINE),
        None,
        [("FORM-03", "A1")],
    ),
    "an unknown name beside a code": (
        identity(["Đơn vị: Huyện X"], ["Mã đơn vị: 942"], PERIOD_LINE),
        None,
        [("FORM-03", "A1")],
    ),
    "an unknown code beside a name": (
        identity(IDENTITY[0], ["Mã đơn vị: 9942"], PERIOD_LINE),
        None,
        [("FORM-03", "A2")],
    ),
    "two names": (identity(["Đơn vị: Sóc Trăng"], PERIOD_LINE), None, [("FORM-04", "A1")]),
    "a code against the name": (
        identity(IDENTITY[0], ["Mã đơn vị: 943"], PERIOD_LINE),
        None,
        [("FORM-10", "A2")],
    ),
    "another unit on the other sheet": (
        identity(*IDENTITY, elsewhere=[["Đơn vị: Huyện Mỹ Tú"]]),
        None,
        [("FORM-10", "A1")],
    ),
}


@pytest.mark.parametrize(("content", "code", "expected"), UNITS.values(), ids=UNITS.keys())
def test_the_unit_is_the_one_that_every_place_names(
    pack: Pack, content: bytes, code: str | None, expected: list[tuple[str, str | None]]
) -> None:
    reading = read(content, pack)
    assert (reading.unit_code, met(reading)) == (code, expected)


def test_the_unit_of_another_than_the_sender_is_not_returned(pack: Pack) -> None:
    reading = read(report(), pack, sender="943")
    assert (reading.unit_code, met(reading)) == (None, [("FORM-06", "C1")])
    assert reading.problems[0].values == {"sender": "Huyện Kế Sách", "unit": "Huyện Châu Thành"}


PERIODS: dict[str, tuple[list[Cell], str | None, list[tuple[str, str | None]]]] = {
    "roman": (["Kỳ báo cáo: Quý IV/2024"], "2024-Q4", []),
    "half": (["Kỳ báo cáo:", "6 tháng đầu năm 2024"], "2024-H1", []),
    "year": (["Năm báo cáo:", 2024], "2024", []),
    "nothing": ([], None, [("FORM-05", None)]),
    "nine months": (["Kỳ báo cáo: 9 tháng đầu năm 2024"], None, [("FORM-05", "A3")]),
    "a date": (["Kỳ báo cáo:", date(2024, 12, 1)], None, [("FORM-05", "B3")]),
    "a year that never was": (["Kỳ báo cáo: 0000"], None, [("FORM-05", "A3")]),
    "a month": (["Kỳ báo cáo: tháng 12 năm 2024"], "2024-12", [("FORM-12", "A3")]),
    "a year to come": (["Kỳ báo cáo: Quý 1 năm 2027"], "2027-Q1", [("FORM-13", "A3")]),
    "before the form": (["Kỳ báo cáo: Quý 1 năm 2020"], "2020-Q1", [("FORM-12", "A3")]),
}


@pytest.mark.parametrize(("line", "code", "expected"), PERIODS.values(), ids=PERIODS.keys())
def test_the_period_is_read_or_asked_and_the_unit_is_known_all_the_same(
    pack: Pack, line: list[Cell], code: str | None, expected: list[tuple[str, str | None]]
) -> None:
    reading = read(identity(*IDENTITY[:2], line), pack)
    assert str(reading.period) == str(code)
    assert met(reading) == expected
    assert reading.unit_code == "942"


def test_two_sheets_that_disagree_on_the_period_are_asked(pack: Pack) -> None:
    reading = read(identity(*IDENTITY, elsewhere=[["Kỳ báo cáo: Quý 3 năm 2024"]]), pack)
    assert (reading.period, met(reading)) == (None, [("FORM-10", "A1")])


# --- which form, which sheets
# -----------------------------------------------------------------------------------------


def test_a_workbook_without_a_table_of_ours_is_asked_for_the_form(pack: Pack) -> None:
    reading = read(workbook(("Sổ tay", [["Một", "Hai"], [1, 2]])), pack)
    assert (reading.form, reading.tables, met(reading)) == (None, {}, [("FORM-01", None)])


def test_a_workbook_without_one_of_the_tables_is_asked_for_it(pack: Pack) -> None:
    reading = read(workbook(("Tổng hợp", summary())), pack)
    assert met(reading) == [("FORM-18", None)]
    assert reading.problems[0].values == {"table": "II. Danh sách lớp"}


def test_a_sheet_and_its_equal_copy_are_counted_once(pack: Pack, good: dict[str, float]) -> None:
    one, other = ("Tổng hợp", summary()), ("Danh sách lớp", class_list())
    reading = read(workbook(one, other, ("Tổng hợp (2)", summary())), pack)
    assert (figures(reading), met(reading)) == (good, [("FORM-62", "A5")])


def test_a_table_on_two_sheets_is_asked_about_and_an_empty_copy_is_not(
    pack: Pack, good: dict[str, float]
) -> None:
    empty = summary(lines=[["Cấp huyện"], ["Cấp xã"], ["Tổng cộng"]])
    one, other = ("Tổng hợp", summary()), ("Danh sách lớp", class_list())
    changed = summary(lines=[DISTRICT, COMMUNE, [*TOTAL[:-1], None]])
    assert met(read(workbook(one, other, ("Tổng hợp (2)", changed)), pack)) == [("FORM-23", "A5")]
    reading = read(workbook(("Mẫu", empty), one, other), pack)
    assert (figures(reading), met(reading)) == (good, [])


@pytest.mark.parametrize("content", [None, b"x" * 11])
def test_a_delivery_that_is_too_large_is_not_opened(pack: Pack, content: bytes | None) -> None:
    reading = read(content, pack, max_bytes=10)
    assert [(p.rule, p.values) for p in reading.problems] == [("FILE-05", {"limit": "0 MB"})]
