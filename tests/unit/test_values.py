"""One cell to one value: what is read, what is asked, and what is never guessed."""

import math
import unicodedata
from datetime import date, datetime, time, timedelta

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.reader.open.markup import Uncomputed
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.parse_cell import is_empty, parse_cell, text_of_cell
from connectors.reader.values.parsed import Parsed
from program.calendar.period import Period
from program.forms.qualifier import Qualifier
from program.forms.table import Column, ColumnType, Label
from program.pack.pack import Pack
from program.vietnamese import format_number

WHOLE = Column(name="n", label="Số lớp", type=ColumnType.WHOLE, measure="lớp")
PEOPLE = Column(name="n", label="Số người", type=ColumnType.WHOLE, measure="người")
NUMBER = Column(name="n", label="Số ngày", type=ColumnType.NUMBER, measure="ngày")
PERCENT = Column(name="n", label="Tiến độ", type=ColumnType.NUMBER, measure="%")
MONEY = Column(name="n", label="Kinh phí", type=ColumnType.MONEY, measure="triệu đồng")
DAY = Column(name="n", label="Từ ngày", type=ColumnType.DATE)
TEXT = Column(name="n", label="Tên lớp", type=ColumnType.TEXT)
CODE = Column(
    name="n",
    label="Cấp",
    type=ColumnType.CODE,
    vocabulary={
        "district": Label(label="Cấp huyện", aliases=("Huyện",)),
        "commune": Label(label="Cấp xã"),
    },
)
NFD = unicodedata.normalize("NFD", "người")


def parsed(cell: CellValue, column: Column) -> tuple[object, str | None]:
    found = parse_cell(cell, column, column.measure)
    return found.value, found.rule


@pytest.mark.parametrize(
    ("cell", "column", "value", "rule"),
    [
        # As the law writes numbers (Accounting Law 2003, Art. 12.2): dots after thousands, a comma
        # before decimals.
        ("2.208", PEOPLE, 2208, "CELL-09"),
        ("1.448.000", PEOPLE, 1_448_000, "CELL-09"),
        ("1.448,5", NUMBER, 1448.5, "CELL-09"),
        ("98,5", NUMBER, 98.5, "CELL-09"),
        ("2,208", NUMBER, 2.208, "CELL-09"),
        ("1 234 567", PEOPLE, 1_234_567, "CELL-09"),
        ("1\u00a0234", PEOPLE, 1234, "CELL-09"),
        ("1\u202f234,5", NUMBER, 1234.5, "CELL-09"),
        ("03", WHOLE, 3, None),
        (" 12 ", WHOLE, 12, None),
        ("0", WHOLE, 0, None),
        ("１２", WHOLE, 12, "CELL-09"),
        ("12\u200b", WHOLE, 12, "CELL-09"),
        # The column's own measure may stand beside the number, or what its label counts, no other.
        ("1.448 người", PEOPLE, 1448, "CELL-09"),
        (f"1.448 {NFD}", PEOPLE, 1448, "CELL-09"),
        ("08 LỚP", WHOLE, 8, "CELL-09"),
        ("12lớp", WHOLE, 12, "CELL-09"),
        ("12 người", WHOLE, None, "CELL-07"),
        ("12 lớp học", WHOLE, None, "CELL-07"),
        ("người", PEOPLE, None, "CELL-07"),
        # Negative in both ways of writing it; a stray sign is no number.
        ("-12", WHOLE, -12, "CELL-09"),
        ("(12)", WHOLE, -12, "CELL-09"),
        ("( 1.200 )", WHOLE, -1200, "CELL-09"),
        ("(0)", WHOLE, 0, "CELL-09"),
        ("12-", WHOLE, None, "CELL-07"),
        ("--12", WHOLE, None, "CELL-07"),
        ("-(12)", WHOLE, None, "CELL-07"),
        ("(12", WHOLE, None, "CELL-07"),
        ("+12", WHOLE, None, "CELL-07"),
        # Ambiguous: a dot that may be a decimal point.
        ("2.5", NUMBER, 2.5, "CELL-41"),
        ("0.500", NUMBER, None, "CELL-11"),
        ("00.500", NUMBER, None, "CELL-11"),
        ("1,448.5", NUMBER, 1448.5, "CELL-41"),
        ("1,448,000", NUMBER, 1448000.0, "CELL-41"),
        ("12.2024", NUMBER, None, "CELL-11"),
        ("1.23.456", NUMBER, None, "CELL-11"),
        ("12,", NUMBER, None, "CELL-11"),
        # Two numbers, footnotes, other scripts, words: no number.
        ("120\n150", PEOPLE, None, "CELL-07"),
        ("120\t150", PEOPLE, None, "CELL-07"),
        ("12 34", PEOPLE, None, "CELL-07"),
        ("3 + 8", PEOPLE, None, "CELL-07"),
        ("150²", PEOPLE, None, "CELL-07"),
        ("1½", NUMBER, None, "CELL-07"),
        ("①", WHOLE, None, "CELL-07"),
        ("٣", WHOLE, None, "CELL-07"),
        ("១២", WHOLE, None, "CELL-07"),
        ("1e5", WHOLE, None, "CELL-07"),
        ("1_000", WHOLE, None, "CELL-07"),
        ("12%", NUMBER, None, "CELL-23"),
        ("abc", WHOLE, None, "CELL-07"),
        ("khoảng mười", WHOLE, None, "CELL-07"),
        ("12 khoảng", WHOLE, None, "CELL-07"),
        ("nan", NUMBER, None, "CELL-07"),
        ("inf", NUMBER, None, "CELL-07"),
        ("9" * 400, WHOLE, None, "CELL-07"),
        # Numeric cells are what they are; 2.208 stays, and the rules ask about it.
        (2.208, WHOLE, 2.208, None),
        (12.0, WHOLE, 12, None),
        (12, WHOLE, 12, None),
        (-0.0, WHOLE, 0, None),
        (152.29999999999998, NUMBER, 152.3, None),
        (math.nan, NUMBER, None, "CELL-07"),
        (math.inf, NUMBER, None, "CELL-07"),
        (1e308, MONEY, None, "CELL-07"),
        (True, WHOLE, None, "CELL-07"),
        (date(1900, 1, 12), WHOLE, None, "CELL-07"),
        (time(12), WHOLE, None, "CELL-07"),
        (timedelta(days=12), WHOLE, None, "CELL-07"),
        # Money is kept in đồng, exactly.
        (152.3, MONEY, 152_300_000, None),
        (152.29999999999998, MONEY, 152_300_000, None),
        ("152,3", MONEY, 152_300_000, "CELL-09"),
        ("2.500 triệu đồng", MONEY, 2_500_000_000, "CELL-09"),
        ("152.300.000 đồng", MONEY, None, "CELL-35"),
        ("152,3 triệu", MONEY, 152_300_000, "CELL-09"),
        ("1,5 tỷ", MONEY, None, "CELL-35"),
    ],
)
def test_a_figure_is_read_strictly(
    cell: CellValue, column: Column, value: float | None, rule: str | None
) -> None:
    assert parsed(cell, column) == (value, rule)


@pytest.mark.parametrize(
    ("cell", "column", "value", "qualifier"),
    [
        ("trên 1.200", WHOLE, 1200, Qualifier.OVER),
        ("Hơn 1.200 lớp", WHOLE, 1200, Qualifier.OVER),
        ("gần 50", WHOLE, 50, Qualifier.NEARLY),
        ("dưới 50", WHOLE, 50, Qualifier.UNDER),
        ("≥ 50", WHOLE, 50, Qualifier.OVER),
        ("1.200 (ước)", WHOLE, 1200, Qualifier.ESTIMATED),
        ("ước 30", WHOLE, 30, Qualifier.ESTIMATED),
        ("Ước đạt: 152,3", MONEY, 152_300_000, Qualifier.ESTIMATED),
        ("trên dưới 40", WHOLE, 40, Qualifier.ABOUT),
        ("≈ 40", WHOLE, 40, Qualifier.ABOUT),
        (unicodedata.normalize("NFD", "khoảng 12"), WHOLE, 12, Qualifier.ABOUT),
        ("> 98", NUMBER, 98, Qualifier.OVER),
    ],
)
def test_a_word_before_a_figure_is_kept_with_it(
    cell: str, column: Column, value: float, qualifier: Qualifier
) -> None:
    assert parse_cell(cell, column, column.measure) == Parsed(value, "CELL-18", qualifier)


@pytest.mark.parametrize("column", [WHOLE, MONEY, DAY, TEXT, CODE])
@pytest.mark.parametrize("cell", ["", " ", "-", "–", "—", " - ", "\u00a0", "\u200b", "\n"])
def test_blank_cells_and_lone_dashes_are_empty_in_every_column(cell: str, column: Column) -> None:
    assert is_empty(cell)
    assert parsed(cell, column) == (None, None)


@pytest.mark.parametrize(
    "cell", [0.0, False, "0", ".", "…", "không", date(2024, 1, 1), Uncomputed("#REF!")]
)
def test_a_zero_and_a_word_are_not_empty(cell: CellValue) -> None:
    assert not is_empty(cell)


@pytest.mark.parametrize("column", [WHOLE, MONEY, DAY, TEXT, CODE])
def test_an_excel_error_is_a_problem_in_every_column_and_never_an_empty_cell(
    column: Column,
) -> None:
    assert parsed(Uncomputed("#DIV/0!"), column) == (None, "CELL-12")


@pytest.mark.parametrize(
    ("cell", "value", "rule"),
    [
        ("02/12/2024", date(2024, 12, 2), None),
        ("2/12/2024", date(2024, 12, 2), None),
        ("2-12-24", date(2024, 12, 2), "CELL-28"),
        ("02.12.2024", date(2024, 12, 2), "CELL-28"),
        ("02.12.24", date(2024, 12, 2), "CELL-28"),
        ("2024-12-02", date(2024, 12, 2), "CELL-28"),
        ("０２/１２/２０２４", date(2024, 12, 2), "CELL-28"),
        ("29/02/2024", date(2024, 2, 29), None),
        (datetime(2024, 12, 2, 8, 30), date(2024, 12, 2), None),
        (date(2024, 12, 2), date(2024, 12, 2), None),
    ],
)
def test_dates_are_day_month_year(cell: CellValue, value: date, rule: str | None) -> None:
    assert parsed(cell, DAY) == (value, rule)


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("31/02/2024", "CELL-08"),
        ("29/02/2023", "CELL-08"),
        ("12/25/2024", "CELL-08"),
        ("02/12", "CELL-08"),
        ("02-12/2024", "CELL-08"),
        ("02/12/224", "CELL-08"),
        (True, "CELL-08"),
        (time(8), "CELL-08"),
        ("12/2024", "CELL-30"),
        ("2024", "CELL-30"),
        ("tháng 12", "CELL-30"),
        (2024.0, "CELL-30"),
        ("02/12/2024 – 04/12/2024", "CELL-29"),
        ("02/12/2024\n04/12/2024", "CELL-29"),
        (45628.0, "CELL-31"),
    ],
)
def test_what_is_no_date_is_asked_about(cell: CellValue, rule: str) -> None:
    assert parsed(cell, DAY) == (None, rule)


@pytest.mark.parametrize("day", ["01/01/0001", "02/12/0024", "31/12/9999"])
def test_a_mistyped_year_stays_as_typed_is_asked_about_and_fits_a_frame(day: str) -> None:
    value, rule = parsed(day, DAY)
    assert (text_of_cell(value), rule) == (
        day.replace("/0024", "/24").replace("/0001", "/1"),
        "CELL-32",
    )  # type: ignore[arg-type]
    assert pd.to_datetime(pd.Series([value])).astype("datetime64[us]")[0].year == int(day[-4:])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("  Giám sát\n cộng đồng ", "Giám sát cộng đồng"),
        (unicodedata.normalize("NFD", "Đấu thầu"), "Đấu thầu"),
        (3.0, "3"),
        (2.5, "2,5"),
        (123456789012.0, "123456789012"),
        ("\x00", None),
        (date(2024, 12, 2), "02/12/2024"),
        (True, "TRUE"),
    ],
)
def test_text_is_kept_on_one_line_in_composed_form(cell: CellValue, value: str | None) -> None:
    assert parsed(cell, TEXT) == (value, None)


@pytest.mark.parametrize("cell", ["a\x00b\x07c", "a b\u200b c", "\ufeffa b c", "a\u00a0b\xad c"])
def test_signs_that_nobody_sees_are_left_out_of_a_text_and_reported(cell: str) -> None:
    assert parsed(cell, TEXT) == ("a b c", "CELL-34")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("Cấp huyện", "district"), ("HUYỆN", "district"), ("Cấp ấp", "Cấp ấp"), (1.0, "1")],
)
def test_a_word_of_the_vocabulary_is_its_key_and_any_other_is_left_to_the_rules(
    cell: CellValue, value: str
) -> None:
    assert parsed(cell, CODE) == (value, None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("cap xa", "commune"), ("Cấp huyện.", "district"), ("Cấp\u200b xã", "commune")],
)
def test_a_word_that_the_vocabulary_has_not_letter_for_letter_is_its_key_and_reported(
    cell: str, value: str
) -> None:
    assert parsed(cell, CODE) == (value, "CELL-33")


PROJECT = Column(
    name="n",
    label="Dự án",
    type=ColumnType.CODE,
    vocabulary={
        "da1": Label(label="DA1"),
        "da10": Label(label="DA10"),
        "da4_tda1": Label(label="TDA1-DA4"),
    },
)


@pytest.mark.parametrize("cell", ["TDA 1 - DA 4", "TDA1DA4", "TDA1, DA 4"])
def test_words_of_the_vocabulary_may_be_joined_or_split(cell: str) -> None:
    assert parsed(cell, PROJECT) == ("da4_tda1", "CELL-33")


@pytest.mark.parametrize("cell", ["DA1, 0", "DA 1 0", "TDA 1 - DA 4 0"])
def test_two_numbers_of_a_cell_do_not_become_one(cell: str) -> None:
    assert parsed(cell, PROJECT) == (cell, None)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (2208.0, "2208"),
        (2.208, "2,208"),
        (152.29999999999998, "152,3"),
        (137_664_959_000_000.0, "137664959000000"),
        (12_345_678_901.5, "12345678901,5"),
        (1e-7, "0,0000001"),
        (-0.0, "0"),
        (math.nan, "nan"),
        (datetime(2024, 12, 2, 8, 30), "02/12/2024"),
        (" x ", "x"),
        (Uncomputed("=SUM(B2:B4)"), "=SUM(B2:B4)"),
    ],
)
def test_a_cell_is_shown_as_its_sender_sees_it(cell: CellValue, shown: str) -> None:
    assert text_of_cell(cell) == shown


@given(st.integers(0, 10**15))
def test_a_number_that_we_would_print_is_read_back_the_same(number: int) -> None:
    assert parsed(format_number(number), WHOLE)[0] == number


@given(st.integers(-(10**15), 10**15), st.sampled_from([WHOLE, NUMBER]))
def test_a_number_of_either_sign_that_we_would_print_is_read_back_the_same(
    number: int, column: Column
) -> None:
    assert parsed(format_number(number), column)[0] == number


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([NUMBER, PERCENT]))
def test_a_float_printed_with_all_its_digits_is_read_back_the_same(
    number: float, column: Column
) -> None:
    printed = format_number(number, decimals=340)
    value, rule = parsed(printed, column)
    assert value == number or (
        column is PERCENT and rule == "CELL-11" and printed.lstrip("-").count(".") == 1
    )


@given(st.floats(0, allow_nan=False, allow_infinity=False), st.sampled_from([0, 1, 3, 6]))
def test_a_float_is_read_back_as_far_as_it_was_printed(number: float, decimals: int) -> None:
    printed = format_number(number, decimals=decimals)
    assert parsed(printed, NUMBER)[0] == float(printed.replace(".", "").replace(",", "."))


@given(st.decimals(0, 10**9, places=3))
def test_a_decimal_that_we_would_print_is_read_back_the_same(number: float) -> None:
    assert parsed(format_number(float(number)), NUMBER)[0] == float(number)


@given(st.text(max_size=30), st.sampled_from([WHOLE, NUMBER, PERCENT, MONEY, DAY, TEXT, CODE]))
def test_any_text_in_any_column_ends_in_a_value_or_a_rule(text: str, column: Column) -> None:
    value, rule = parsed(text, column)
    assert value is not None or rule is not None or is_empty(text) or not text_of_cell(text)


@pytest.mark.parametrize("text", ["\x1b", "\x1b\xad", "\xad\x1b\x00", " \x1f-\u200b"])
def test_a_text_of_signs_that_nobody_sees_is_an_empty_cell(text: str) -> None:
    assert is_empty(text)
    assert parsed(text, TEXT) == (None, None)


@given(
    st.text("012456789.,-/%'oIlngàytừđếnỷ–\u0301\n ", max_size=20),
    st.sampled_from([WHOLE, PERCENT, MONEY, DAY, TEXT, CODE]),
)
def test_what_looks_like_a_value_ends_in_a_value_or_a_rule_too(text: str, column: Column) -> None:
    value, rule = parsed(text, column)
    assert value is not None or rule is not None or is_empty(text)


def whole_part(text: str) -> str:
    """What is before the decimals: a comma begins them, and a dot that can be nothing else."""
    before, dot, after = text.rpartition(".")
    is_last = dot and "," not in after
    decimals = sum(sign.isdecimal() for sign in after)
    if is_last and ("," in before or (decimals != 3 and "." not in before)):
        return before
    return text.partition(",")[0]


@given(st.text("0123456789.,- ()²½\noOlI'", min_size=1, max_size=12))
@example("0.1")
@example("5169.9")
@example("2,598.7")
@example("1.234")
def test_no_digit_of_a_number_is_lost_or_added(text: str) -> None:
    value, _ = parsed(text, NUMBER)
    if isinstance(value, float) and abs(value) < 1e12:
        typed = "".join(c for c in whole_part(text) if c.isdecimal()).lstrip("0")
        assert f"{abs(value):f}".partition(".")[0].lstrip("0") == typed


@given(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([WHOLE, NUMBER, PERCENT, MONEY])
)
def test_any_float_ends_in_a_finite_value_or_a_rule(number: float, column: Column) -> None:
    value, rule = parsed(number, column)
    assert (value is None) == (rule not in (None, "CELL-24"))
    assert value is None or (
        isinstance(value, float) and math.isfinite(value) and math.isfinite(number)
    )
    assert isinstance(text_of_cell(number), str)


@pytest.mark.parametrize(
    "written",
    [
        "Dự án 4, tiểu dự án 1",
        "Dự án 4 - Tiểu dự án 1",
        "Tiểu dự án 1 thuộc Dự án 4",
        "DA4/TDA1",
        "tiểu dự án 1 (DA 4)",
    ],
)
def test_a_sub_project_is_known_in_either_order(pack: Pack, written: str) -> None:
    form = pack.form("works", Period.parse("2024-Q4"))
    assert form
    column = form.table("work_list").column("work_project")
    assert parse_cell(written, column, "").value == "da4_tda1"
