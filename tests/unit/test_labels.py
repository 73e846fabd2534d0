"""What counts as the same writing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.labels import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Số  lớp\n(lớp)", "SO LOP LOP"),
        ("Đơn vị báo cáo", "don vi bao cao"),
        ("Đơn vị", unicodedata.normalize("NFD", "Đơn vị")),
        ("Thủy", "Thuỷ"),
        ("hòa", "hoà"),
        ("Quý Ⅳ", "quy IV"),
        ("TP.Sóc Trăng", "TP. Sóc Trăng"),
        ("Trong đó:\u00a0nữ", "trong đó nữ"),
        ("１２ lớp", "12 lớp"),
    ],
)
def test_two_writings_of_a_label_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_the_icelandic_d_of_old_keyboards_counts_as_the_vietnamese_one() -> None:
    assert fold("Ðơn vị ðồng") == fold("Đơn vị đồng") == "don vi dong"


@pytest.mark.parametrize(("one", "other"), [("Cấp huyện", "Cấp xã"), ("Tỷ lệ %", "Tỷ lệ"), ("Số lớp", "Số lớp 2")])
def test_different_labels_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_is_idempotent_and_does_not_depend_on_the_unicode_form(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))
    assert set(folded) <= set("0123456789abcdefghijklmnopqrstuvwxyz% ")


@pytest.mark.parametrize("text", ["Số l\u200bớp", "Số\ufeff lớp", "So\u00ad lop", "S\u200dố lớp"])
def test_signs_that_nobody_sees_change_no_label(text: str) -> None:
    assert fold(text) == "so lop"
