"""Finding a table's header: wherever it stands, in whatever order, and never by half a meaning."""

import unicodedata

import pytest

from connectors.reader.find.layout import Header, find_header, matches
from connectors.reader.find.non_data_text import (
    GroupWords,
    begins_note,
    group_words,
    is_measure_row,
    is_numbering_row,
    is_remark,
    is_total,
)
from connectors.reader.open.workbook import CellValue, Sheet
from connectors.reader.values.money import money_measure, names_money
from program.calendar.period import Period
from program.forms.table import Column, ColumnType, Label, Table
from program.pack.pack import Pack
from tests.workbooks import DISTRICT, HEADER, LIST_HEADER, MEASURES, TOTAL, without_further_columns

NAMES = ["classes", "participants", "women", "ethnic_minority", "officials", "community", "days"]
MONEY_NAMES = ["budget_planned_vnd", "budget_spent_vnd"]
STRAIGHT = {name: at for at, name in enumerate([*NAMES, *MONEY_NAMES], start=1)}
COUNT = Column(name="n", label="Số lớp", type=ColumnType.WHOLE, measure="lớp")
MONEY = Column(name="m", label="Kinh phí", type=ColumnType.MONEY, measure="triệu đồng")
WORDS = Column(name="w", label="Tên lớp", type=ColumnType.TEXT)


def sheet(*rows: list[CellValue | None], name: str = "Tổng hợp", merged: tuple = ()) -> Sheet:
    width = max(len(row) for row in rows)
    return Sheet(
        name,
        [
            ["" if cell is None else cell for cell in [*row, *[None] * (width - len(row))]]
            for row in rows
        ],
        merged,
    )


@pytest.fixture(scope="module")
def pack(pack: Pack) -> Pack:
    return without_further_columns(pack)


@pytest.fixture
def levels(pack: Pack) -> Table:
    return pack.form("training", Period.parse("2024")).table("levels")


@pytest.fixture
def class_list(pack: Pack) -> Table:
    return pack.form("training", Period.parse("2024")).table("class_list")


def found(table: Table, *sheets: Sheet) -> Header:
    header = find_header(sheets, table)
    assert header is not None
    return header


def test_a_header_as_in_the_template_is_found_with_its_measures(levels: Table) -> None:
    header = found(levels, sheet(["Báo cáo"], HEADER, MEASURES, DISTRICT, TOTAL))
    assert (header.row, header.below, header.body, header.line) == (1, 2, 3, 0)
    assert header.columns == STRAIGHT
    assert header.strangers == header.doubles == header.doubtful == header.elsewhere == ()


def test_columns_may_stand_in_any_order(levels: Table) -> None:
    header = found(levels, sheet(list(reversed(HEADER))))
    assert header.columns == {name: 9 - at for name, at in STRAIGHT.items()}
    assert header.line == 9


def test_a_table_may_begin_far_down_and_far_right(levels: Table) -> None:
    header = found(levels, sheet(*[[]] * 40, [*[None] * 20, *HEADER]))
    assert (header.row, header.line, header.columns["classes"]) == (40, 20, 21)


@pytest.mark.parametrize(
    "write",
    [
        str.upper,
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace(" ", "\n"),
        lambda text: f"  {text} :",
        lambda text: "".join(
            c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)
        ).replace("đ", "d"),
        lambda text: text.replace("Đ", "Ð").replace(" ", "\u00a0"),
    ],
    ids=["capitals", "decomposed", "line breaks", "colons", "no diacritics", "old keyboard"],
)
def test_labels_are_found_however_they_are_typed(levels: Table, write: type[str]) -> None:
    assert found(levels, sheet([write(label) for label in HEADER])).columns == STRAIGHT


def test_aliases_are_found(levels: Table) -> None:
    header = found(levels, sheet(["Cấp", "Lớp", "Số đại biểu", "Nữ", "DTTS", "Số cán bộ"]))
    assert list(header.columns) == NAMES[:5]


def test_half_of_the_labels_are_enough_and_less_is_no_table(levels: Table) -> None:
    half = len(HEADER) // 2
    assert find_header([sheet(HEADER[:half])], levels) is not None
    assert find_header([sheet(HEADER[: half - 1])], levels) is None
    assert find_header([sheet(["Kính gửi", "Ban Dân tộc"])], levels) is None
    assert find_header([], levels) is None


def test_the_two_tables_of_the_form_are_not_taken_for_each_other(
    levels: Table, class_list: Table
) -> None:
    assert find_header([sheet(LIST_HEADER)], levels) is None
    assert find_header([sheet(HEADER)], class_list) is None


def test_the_best_header_wins_on_whatever_sheet_it_stands(levels: Table) -> None:
    header = found(levels, sheet(HEADER[:6], name="half"), sheet(HEADER, name="whole"))
    assert header.sheet.name == "whole"


def test_an_empty_template_gives_way_to_the_sheet_that_is_filled_in(levels: Table) -> None:
    header = found(
        levels, sheet(HEADER, ["Tổng cộng"], name="empty"), sheet(HEADER, TOTAL, name="filled")
    )
    assert (header.sheet.name, header.elsewhere) == ("filled", ())


def test_a_second_table_that_is_filled_in_is_named(levels: Table) -> None:
    header = found(levels, sheet(HEADER, TOTAL, name="one"), sheet(HEADER, TOTAL, name="two"))
    assert (header.sheet.name, header.elsewhere) == ("one", ("two",))


def test_what_matches_nothing_is_a_stranger_and_an_ordinal_is_not(levels: Table) -> None:
    header = found(levels, sheet(["STT", *HEADER, "Ghi chú"]))
    assert [heading.text for heading in header.strangers] == ["Ghi chú"]


def test_a_column_that_stands_twice_is_named_even_under_an_alias(levels: Table) -> None:
    header = found(levels, sheet([*HEADER, "Số học viên"]))
    assert [(claim.column.name, claim.heading.at) for claim in header.doubles] == [
        ("participants", 10)
    ]


def test_words_in_brackets_that_change_the_meaning_make_a_column_doubtful(levels: Table) -> None:
    women = [label if label != "Số người tham dự" else "Số người (nữ)" for label in HEADER]
    header = found(levels, sheet(women))
    assert "participants" not in header.columns
    assert [(claim.column.name, claim.heading.text) for claim in header.doubtful] == [
        ("participants", "Số người (nữ)")
    ]


def test_a_doubtful_heading_beside_the_sure_one_is_a_stranger(levels: Table) -> None:
    header = found(levels, sheet(["Cấp tổ chức", "Số lớp (dự kiến)", *HEADER[1:]]))
    assert header.columns["classes"] == 2
    assert [heading.text for heading in header.strangers] == ["Số lớp (dự kiến)"]


GROUPED = [*HEADER[:3], "Trong đó", None, "Cán bộ", "Cộng đồng", "Số ngày", "Kinh phí", None]
GROUPED_UNDER = [None, None, None, "Nữ", "Người DTTS", None, None, None, "Kế hoạch", "Thực hiện"]
MERGED = (((0, 3), (0, 4)), ((0, 8), (0, 9)))


def test_headings_over_sub_headings_are_read_together(levels: Table) -> None:
    header = found(levels, sheet(GROUPED, GROUPED_UNDER, MEASURES, TOTAL, merged=MERGED))
    assert header.columns == STRAIGHT
    assert (header.row, header.below, header.body) == (0, 2, 3)
    assert header.strangers == header.doubtful == ()


def test_a_heading_s_own_total_and_parts_are_distinguished(levels: Table) -> None:
    top = [*HEADER[:3], None, None, *HEADER[5:]]
    under = [None, None, "Nữ", "Tổng số", "Người DTTS"]
    header = found(levels, sheet(top, under, TOTAL, merged=(((0, 2), (0, 4)),)))
    assert {
        name: header.columns[name] for name in ("participants", "women", "ethnic_minority")
    } == {
        "participants": 3,
        "women": 2,
        "ethnic_minority": 4,
    }


def test_the_women_among_the_officials_are_not_the_women(levels: Table) -> None:
    top = [*HEADER[:3], "Cán bộ", None, *HEADER[6:]]
    under = [None, None, None, "Tổng số", "Nữ"]
    header = found(levels, sheet(top, under, TOTAL, merged=(((0, 3), (0, 4)),)))
    assert header.columns["officials"] == 3
    assert "women" not in header.columns
    assert [(claim.column.name, claim.heading.text) for claim in header.doubtful] == [
        ("women", "Cán bộ Nữ")
    ]


def test_a_plan_beside_what_was_done_is_never_taken_for_it(levels: Table) -> None:
    top = ["Cấp tổ chức", "Kế hoạch", None, "Thực hiện", None, *HEADER[5:]]
    under = [None, "Số lớp", "Số người tham dự", "Số lớp", "Số người tham dự"]
    header = found(levels, sheet(top, under, TOTAL, merged=(((0, 1), (0, 2)), ((0, 3), (0, 4)))))
    assert header.columns.keys().isdisjoint({"classes", "participants"})
    assert {claim.column.name for claim in header.doubtful} == {"classes", "participants"}


def test_a_sub_heading_that_is_not_understood_makes_its_column_doubtful(levels: Table) -> None:
    header = found(levels, sheet(HEADER, [None, None, "Nam"], TOTAL))
    assert "participants" not in header.columns
    assert [claim.column.name for claim in header.doubtful] == ["participants"]


THREE = [
    ["Cấp tổ chức", "Kết quả", None, None, None, None, None, None, "Kinh phí", None],
    [
        None,
        "Số lớp",
        "Số người tham dự",
        "Trong đó",
        None,
        None,
        None,
        "Số ngày",
        "Kế hoạch",
        "Thực hiện",
    ],
    [None, None, None, "Nữ", "Người DTTS", "Cán bộ", "Cộng đồng", None, None, None],
]
THREE_MERGED = (
    ((0, 0), (2, 0)),
    ((0, 1), (0, 7)),
    ((0, 8), (0, 9)),
    ((1, 3), (1, 6)),
    *(((1, c), (2, c)) for c in (1, 2, 7, 8, 9)),
)


def test_a_band_over_the_headings_says_nothing_about_them(levels: Table) -> None:
    header = found(levels, sheet(*[THREE[1][:8], THREE[2][:8]], DISTRICT[:8]))
    assert header.columns == {name: STRAIGHT[name] for name in NAMES}


def test_headings_of_three_rows_are_read_from_the_top(pack: Pack) -> None:
    capital = pack.form("disbursement", Period.parse("2024")).table("capital")
    plan = ["Kế hoạch vốn", *[None] * 5, "Giải ngân lũy kế", *[None] * 5]
    kinds = ["Tổng số", "Đầu tư", None, "Sự nghiệp", None, "Kéo dài"] * 2
    sources = [None, "TW", "ĐP", "TW", "ĐP", None] * 2
    rows = [["Dự án, tiểu dự án", *plan], [None, *kinds], [None, *sources]]
    merged = tuple(((0, at), (0, at + 5)) for at in (1, 7)) + tuple(
        ((1, at), (1, at + 1)) for at in (2, 4, 8, 10)
    )
    for corners in (merged, ()):
        header = found(capital, sheet(*rows, ["Dự án 1", 10, 5, 2, 2, 1], merged=corners))
        assert (header.line, header.below, header.strangers, header.doubtful) == (0, 3, (), ())
        assert header.columns["plan_total_vnd"] == 1
        assert header.columns["plan_local_investment_vnd"] == 3
        assert header.columns["disbursed_central_recurrent_vnd"] == 10
        assert header.columns["disbursed_carried_over_vnd"] == 12
        assert len(header.columns) == 12


def test_a_label_merged_down_beside_a_band_is_its_column_s(levels: Table) -> None:
    header = found(levels, sheet(*THREE, merged=THREE_MERGED))
    assert (header.line, header.columns["women"], header.columns["community"]) == (0, 3, 6)
    # "Kết quả" over "Số lớp" may be another figure than "Số lớp": the band is left out, and "Kinh
    # phí" with it.
    assert [heading.text for heading in header.strangers] == ["Kế hoạch", "Thực hiện"]


def test_two_tables_side_by_side_are_distinguished_by_an_empty_column(
    levels: Table, class_list: Table
) -> None:
    both = sheet([*HEADER, None, *LIST_HEADER], [*TOTAL, None, 1, "Lớp A"])
    assert found(levels, both).columns == STRAIGHT
    assert found(levels, both).doubles == found(class_list, both).doubles == ()
    assert found(class_list, both).columns["class_participants"] == len(
        HEADER
    ) + 1 + LIST_HEADER.index("Số người tham dự")


def test_a_heading_with_a_slip_is_its_column_s_and_is_reported(levels: Table) -> None:
    header = found(
        levels, sheet([label.replace("tham", "thma").replace("chức", "chứcc") for label in HEADER])
    )
    assert (header.columns, header.line) == (STRAIGHT, 0)
    assert {(slip.label.label, slip.heading.at) for slip in header.slips} == {
        ("Số người tham dự", 2),
        ("Cấp tổ chức", 0),
    }


@pytest.mark.parametrize("other", ["Số người thma dự (nữ)", "Số người tham dự"])
def test_a_slip_with_another_meaning_or_beside_the_sure_one_is_a_stranger(
    levels: Table, other: str
) -> None:
    typed = [
        "Số người thma dự" if label == "Số người tham dự" and "(" not in other else label
        for label in HEADER
    ]
    header = found(
        levels, sheet([*typed, other] if "(" not in other else [*HEADER[:2], other, *HEADER[3:]])
    )
    assert header.slips == ()
    assert len(header.strangers) == 1


def test_two_headings_with_a_slip_for_one_column_are_both_strangers(levels: Table) -> None:
    header = found(levels, sheet(["Số người thma dự", *HEADER[:2], "Sốngười tham dự", *HEADER[3:]]))
    assert (header.slips, len(header.strangers), "participants" in header.columns) == ((), 2, False)


@pytest.mark.parametrize(
    "under",
    [
        MEASURES,
        [None, "lớp", *["người"] * 5, "ngày", "triệu đồng", "triệu đồng"],
        ["(1)", "(2)", "(3=6+7)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)", "(10)"],
        ["A", 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
        [None, *[str(number) for number in range(1, 10)]],
    ],
)
def test_measures_and_numbering_are_no_lines(levels: Table, under: list[CellValue | None]) -> None:
    header = found(levels, sheet(HEADER, under, DISTRICT, TOTAL))
    assert (header.columns, header.body) == (STRAIGHT, 2)


def test_measures_and_numbering_may_both_stand_there(levels: Table) -> None:
    numbering = ["A", *range(1, 10)]
    assert found(levels, sheet(HEADER, MEASURES, numbering, DISTRICT)).body == 3


@pytest.mark.parametrize(
    "line",
    [
        ["Cấp huyện", 1.0, 2.0, 3.0],
        ["Cấp ấp", 1.0, 2.0, 3.0],
        [None, 5.0, 50.0, 20.0],
        ["Cấp xã", "3", "12"],
    ],
)
def test_a_line_right_under_the_header_is_a_line(
    levels: Table, line: list[CellValue | None]
) -> None:
    assert found(levels, sheet(HEADER, line, TOTAL)).body == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Số lớp", True),
        ("SỐ LỚP (lớp)", True),
        ("so lop", True),
        ("Số lớp học", False),
        ("", False),
        ("(lớp)", False),
    ],
)
def test_a_label_matches_its_writings_with_or_without_brackets(text: str, expected: bool) -> None:
    assert matches(text, Label(label="Số lớp", aliases=("Lớp",))) is expected


def test_a_very_long_text_is_no_label() -> None:
    assert not matches("Số lớp" + " " * 300, Label(label="Số lớp"))


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("đồng", "đồng"),
        ("Đồng", "đồng"),
        ("đ", "đồng"),
        ("₫", "đồng"),
        ("VNĐ", "đồng"),
        ("VND", "đồng"),
        ("nghìn đồng", "nghìn đồng"),
        ("ngàn đồng", "nghìn đồng"),
        ("1.000 đồng", "nghìn đồng"),
        ("1000đ", "nghìn đồng"),
        ("x 1.000đ", "nghìn đồng"),
        ("triệu đồng", "triệu đồng"),
        (unicodedata.normalize("NFD", "TRIỆU ĐỒNG"), "triệu đồng"),
        ("trieu dong", "triệu đồng"),
        ("Tr.đồng", "triệu đồng"),
        ("tr. đ", "triệu đồng"),
        ("trđ", "triệu đồng"),
        ("triệu", "triệu đồng"),
        ("triệu VNĐ", "triệu đồng"),
        ("1.000.000 đồng", "triệu đồng"),
        ("tỷ đồng", "tỷ đồng"),
        ("tỉ đồng", "tỷ đồng"),
    ],
)
def test_money_is_understood_in_its_writings(text: str, measure: str) -> None:
    assert money_measure(text) == measure
    assert names_money(text)


@pytest.mark.parametrize(
    "text",
    ["USD", "triệu đồng/lớp", "100 triệu đồng", "10 đồng", "nghìn USD", "triệu đồng, nghìn đồng"],
)
def test_other_money_is_noticed_and_not_understood(text: str) -> None:
    assert money_measure(text) is None
    assert names_money(text)


@pytest.mark.parametrize("text", ["", "người", "lớp", "(d)", "9", "ngày", "%"])
def test_what_is_no_money_is_not_taken_for_it(text: str) -> None:
    assert money_measure(text) is None
    assert not names_money(text)


def test_a_remark_is_a_measure_a_number_or_nothing_of_weight() -> None:
    assert all(
        is_remark(text, COUNT)
        for text in ("lớp", "LỚP", "ĐVT: lớp", "3=1+2", "2", "nếu có", "tổng số", "")
    )
    assert not any(
        is_remark(text, COUNT)
        for text in ("nữ", "kế hoạch", "người", "2023", "lũy kế", "triệu đồng")
    )
    assert is_remark("nghìn đồng", MONEY)
    assert not is_remark("USD", MONEY)
    assert is_remark("anything", WORDS)


def test_rows_and_cells_that_are_no_figures_are_known() -> None:
    assert is_measure_row(["(lớp)", ""], [COUNT, WORDS])
    assert not is_measure_row(["", ""], [COUNT, WORDS])
    assert not is_measure_row(["12", "Lớp A"], [COUNT, WORDS])
    assert not is_measure_row(["", "(lớp ghép)"], [COUNT, WORDS])
    assert is_numbering_row([1.0, "(2)", "", "3=1+2"])
    assert not is_numbering_row([1.0, 2.0])
    assert not is_numbering_row([3.0, 2.0, 1.0])
    assert not is_numbering_row(["Cấp ấp", 1.0, 2.0, 3.0])
    assert all(
        is_total(text)
        for text in ("Tổng cộng:", "CỘNG", "Tổng số", "Tổng cộng (12 lớp)", "Tổng cộng 12 lớp")
    )
    assert not any(is_total(cell) for cell in ("Tổng kết", "Lớp tổng", "", 3.0))
    assert begins_note("Ghi chú: số liệu ước")
    assert not begins_note("Nguồn nhân lực vùng DTTS")


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("Cộng Dự án 1", GroupWords.SUM),
        ("Cộng xã Đại Tâm", GroupWords.SUM),
        ("Tổng xã A", GroupWords.SUM),
        ("TỔNG CỘNG HUYỆN KẾ SÁCH", GroupWords.SUM),
        ("Cộng I", GroupWords.SUM),
        ("Tổng số của nhóm 2", GroupWords.SUM),
        ("Cộng Mỹ Xuyên", GroupWords.LIKELY_SUM),
        ("I. Xã Đại Tâm", GroupWords.HEADING),
        ("II", GroupWords.HEADING),
        ("B/ Công trình chuyển tiếp", GroupWords.HEADING),
        ("Phường Vĩnh Phước", GroupWords.HEADING),
        ("Tiểu dự án 2 thuộc Dự án 3", GroupWords.HEADING),
        ("TDA1", GroupWords.HEADING),
        ("Cộng đồng ấp Phước Hòa", None),
        ("Công trình nước sạch", None),
        ("CÔNG TRÌNH XÃ A", None),
        ("Công an xã Đại Tâm", None),
        ("Tổng kết mô hình", None),
        ("Tổng hợp xã A", None),
        ("Dự án nuôi bò", None),
        ("Xã hội hóa giao thông", None),
        ("Phương tiện sản xuất", None),
        ("Áp dụng kỹ thuật mới", None),
        ("Cấp nước sinh hoạt", None),
        ("Cấp phát giống lúa", None),
        ("Nhóm hộ nuôi dê", None),
        ("Idol", None),
        ("Cầu kênh 3", None),
    ],
)
def test_words_of_a_group_are_distinguished_from_a_line_s_own_name(
    text: str, group: GroupWords | None
) -> None:
    assert group_words(text) is group
