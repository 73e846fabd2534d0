"""What counts as the same writing."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.labels import fold, opening_of, openings_of, without_brackets


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


@pytest.mark.parametrize(
    ("one", "other"), [("Cấp huyện", "Cấp xã"), ("Tỷ lệ %", "Tỷ lệ"), ("Số lớp", "Số lớp 2")]
)
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


@given(st.text(), st.text(alphabet="ĐđÐðßİıſ㎡ﬃ％Ⅳ½ẛ\u0323\u0307\u200b (%-aA", max_size=8))
def test_folding_sign_by_sign_is_folding_the_whole(text: str, odd: str) -> None:
    decomposed = unicodedata.normalize(
        "NFKD",
        (text + odd).translate(
            str.maketrans("ĐÐđð", "DDdd", "\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
        ),
    )
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    assert fold(text + odd) == re.sub("[^0-9a-z%]+", " ", plain.casefold()).strip()


@given(st.text(alphabet="aĐo\u0302\u0309ổ 1(ﬃ)%.½", max_size=6), st.booleans())
def test_a_text_is_never_ruled_out_by_its_opening(text: str, bare: bool) -> None:
    folded = fold(without_brackets(text) if bare else text)
    assert opening_of(text) in openings_of([folded])
    assert opening_of(text + " b") in openings_of([folded])
