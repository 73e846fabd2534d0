"""Which names a wrong one is near to."""

import pytest

from program.near_names import nearest, nearest_code
from program.pack.pack import Pack


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("TRN-PARTICIPANT", "TRN-PARTICIPANTS"),
        ("trn-participants", "TRN-PARTICIPANTS"),
        ("so nguoi tham du", "TRN-PARTICIPANTS"),
        ("T199", "T19"),
        ("DIS-DISBURSE", "DIS-DISBURSED"),
        ("hộ nghèo", "OUT-POOR"),
    ],
)
def test_an_indicator_is_found_by_a_wrong_code_or_a_part_of_its_name(
    pack: Pack, text: str, first: str
) -> None:
    names = {each.code: each.name for each in pack.indicators if each.form}
    assert nearest(text, names)[0] == first


@pytest.mark.parametrize("text", ["NONE", "XYZ", "", "🙂"])
def test_what_is_near_to_nothing_has_no_suggestion(pack: Pack, text: str) -> None:
    assert nearest(text, {each.code: each.name for each in pack.indicators}) == []


def test_at_most_five_are_suggested() -> None:
    names = {f"A{number}": f"Số hộ nghèo {number}" for number in range(9)}
    assert len(nearest("hộ nghèo", names)) == 5


def test_a_code_is_near_to_codes_with_a_letter_wrong_and_to_no_others() -> None:
    codes = ["TRN-05", "TRN-06", "TRN-15", "DIS-01"]
    assert nearest_code("TRM-05", codes)[0] == "TRN-05"
    assert "DIS-01" not in nearest_code("TRM-05", codes)
    assert nearest_code("classes_all", ["classes_total", "women_total"]) == ["classes_total"]
