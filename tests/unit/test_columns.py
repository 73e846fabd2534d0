"""A column that is read at once holds what reading its cells one by one gives."""

import math
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reader.open.markup import Percentage, Uncomputed
from connectors.reader.open.workbook import CellValue
from connectors.reader.values.parse_cell import parse_cell
from connectors.reader.values.parse_column import parse_column
from connectors.reader.values.parsed import Value
from program.forms.table import Column, ColumnType, Label

WORDS = [
    "",
    " ",
    "-",
    "12",
    "1.250",
    "98,5%",
    "khoảng 50",
    "không",
    "chưa có",
    "12 lớp",
    "#REF!",
    "Cấp xã",
    "cap xa",
    "Xã Phú Tâm",
]
WORDS += [
    "02/12/2024",
    "45000",
    "a  b",
    " a",
    "a ",
    "a\u0301",
    "a\u200bb",
    "a\nb",
    "\u00a0",
    "(12)",
    "’12",
    "500 triệu đồng",
    "%",
]
ODD = [
    Percentage(0.985),
    Uncomputed("=A1"),
    True,
    time(3),
    timedelta(1),
    3,
    date(2050, 1, 1),
    datetime(2024, 3, 1, 7, 30),
]
FIGURES = st.one_of(
    st.floats(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(float),
    st.integers(-(10**16), 10**16).map(float),
    st.sampled_from(
        [0.0, -0.0, 0.1 + 0.2, 0.985, 1e-7, 1e9, 1e15, 1e22, 999999999.999999, 123456.7890125]
    ),
)
CELLS: st.SearchStrategy[CellValue] = st.one_of(
    FIGURES, st.sampled_from([*WORDS, *ODD]), st.text(max_size=12), st.dates().map(lambda day: day)
)
COLUMNS = [
    (Column(name="a", label="Số lớp", type=ColumnType.WHOLE, measure="lớp"), "lớp"),
    (Column(name="b", label="Tỷ lệ", type=ColumnType.NUMBER, measure="%"), "%"),
    *(
        (Column(name="c", label="Vốn", type=ColumnType.MONEY, measure=m), m)
        for m in ("đồng", "nghìn đồng", "tỷ đồng")
    ),
    (Column(name="d", label="Vốn", type=ColumnType.MONEY, measure="triệu đồng"), "nghìn đồng"),
    (Column(name="e", label="Tên", type=ColumnType.TEXT), ""),
    (Column(name="f", label="Xã", type=ColumnType.COMMUNE), ""),
    (Column(name="g", label="Ngày", type=ColumnType.DATE), ""),
    (
        Column(
            name="h",
            label="Cấp",
            type=ColumnType.CODE,
            vocabulary={"commune": Label(label="Cấp xã")},
        ),
        "",
    ),
]


def same(one: Value, other: Value) -> bool:
    """Tell whether two values are one, the sign of a zero included.

    NaN stands for a figure that is missing.
    """
    if other is None:
        return one is None or (isinstance(one, float) and math.isnan(one))
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.mark.parametrize(
    ("column", "measure"), COLUMNS, ids=lambda each: each if isinstance(each, str) else each.type
)
@given(cells=st.lists(CELLS, max_size=30))
def test_a_column_holds_what_its_cells_hold_one_by_one(
    column: Column, measure: str, cells: list[CellValue]
) -> None:
    read = parse_column(cells, column, measure)
    alone = [parse_cell(cell, column, measure) for cell in cells]
    assert all(same(value, parsed.value) for value, parsed in zip(read.values, alone, strict=True))
    assert read.met == {
        at: parsed for at, parsed in enumerate(alone) if parsed.rule or parsed.qualifier
    }


@pytest.mark.parametrize(
    ("column", "measure"), COLUMNS, ids=lambda each: each if isinstance(each, str) else each.type
)
def test_a_cell_means_the_same_wherever_it_stands_in_its_column(
    column: Column, measure: str
) -> None:
    cells: list[CellValue] = [*WORDS, *ODD, 1.0, 0.5, 7584.2, date(2024, 5, 2), *WORDS]
    forwards, backwards = (
        parse_column(cells, column, measure),
        parse_column(cells[::-1], column, measure),
    )
    assert [repr(value) for value in forwards.values] == [
        repr(value) for value in backwards.values[::-1]
    ]
    assert forwards.met == {len(cells) - 1 - at: parsed for at, parsed in backwards.met.items()}


def test_a_figure_in_money_is_its_exact_product() -> None:
    column = Column(name="a", label="Vốn", type=ColumnType.MONEY, measure="triệu đồng")
    assert parse_column([152.3, 0.1, 1520.000001, 137664959.0], column, "triệu đồng").values == [
        152300000.0,
        100000.0,
        1520000001.0,
        137664959000000.0,
    ]
