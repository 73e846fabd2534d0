"""Money: what is printed in a measure and what is kept in đồng."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.forms.measure import LARGEST_EXACT, MONEY_MEASURES, factor_of, to_kept, to_printed

# What a form can say: whole đồng, up to a hundred times the whole program, in any of the measures.
dong = st.integers(0, 10**15)


@given(dong, st.sampled_from(MONEY_MEASURES))
def test_whole_dong_survive_the_way_to_any_measure_and_back(kept: int, measure: str) -> None:
    assert to_kept(to_printed(float(kept), measure), measure) == kept


@given(st.decimals(0, 10**8, places=6), st.sampled_from(MONEY_MEASURES))
def test_what_is_printed_is_read_back_as_printed(printed: Decimal, measure: str) -> None:
    assert to_printed(to_kept(float(printed), measure), measure) == float(printed)


@pytest.mark.parametrize(
    ("printed", "measure", "kept"),
    [
        (152.3, "triệu đồng", 152_300_000),
        (0.1, "triệu đồng", 100_000),
        (137_664_959, "triệu đồng", 137_664_959_000_000),
        (137_664.959, "tỷ đồng", 137_664_959_000_000),
        (1.005, "nghìn đồng", 1_005),
        (7, "đồng", 7),
        (12.5, "ngày", 12.5),
    ],
)
def test_money_is_exact_to_the_dong(printed: float, measure: str, kept: float) -> None:
    assert to_kept(printed, measure) == kept


def test_the_largest_exact_number_still_differs_from_its_neighbour() -> None:
    assert float(LARGEST_EXACT) != float(LARGEST_EXACT - 1)
    assert float(LARGEST_EXACT) != float(LARGEST_EXACT + 1)
    assert float(LARGEST_EXACT + 1) == float(LARGEST_EXACT + 2)


def test_only_money_is_multiplied() -> None:
    assert [factor_of(m) for m in ("đồng", "nghìn đồng", "triệu đồng", "tỷ đồng", "lớp", "")] == [
        1,
        10**3,
        10**6,
        10**9,
        1,
        1,
    ]
