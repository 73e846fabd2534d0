"""Labels with a slip of the keyboard are known again; labels that mean something else never are."""

import pytest

from connectors.reader.find.fuzzy_labels import closest
from connectors.reader.find.headings import fold_bare
from connectors.reader.legacy.syllables import may_be_syllable
from program.calendar.period import Period
from program.forms.form import Form
from program.forms.table import Label, Table
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT

PACK = load_pack(ROOT / "config" / "soc-trang")
FORMS = {form.code: form for form in PACK.forms if form.covers(Period.parse("2024-Q4"))}


def labels_of(table: Table) -> tuple[list[Label], list[Label]]:
    """The labels that stand beside each other in a header, and those that stand under each other."""
    return [*table.columns, *([table.line] if table.line else [])], list(table.lines)


def meant(text: str, form: Form, labels: list[Label]) -> str | None:
    writings = [(label.label, fold_bare(writing)) for label in labels for writing in label.writings]
    return closest(fold_bare(text), writings, form.words)


SLIPS = [
    ("training.levels", "Sốngười thamdự", "Số người tham dự"),
    ("training.levels", "S ố người tham d ự", "Số người tham dự"),
    ("training.levels", "Số người thma dự", "Số người tham dự"),
    ("training.levels", "Số ngưười tham dự", "Số người tham dự"),
    ("training.levels", "Số ngời tham dự", "Số người tham dự"),
    ("training.levels", "Kinh phí kế hoạhc", "Kinh phí kế hoạch"),
    ("training.levels", "Kinhphí thực hiệnn", None),
    ("training.levels", "Kihn phí kế hoach", "Kinh phí kế hoạch"),
    ("training.levels", "Người dân tộc thiểuu số", "Trong đó: người DTTS"),
    ("training.levels", "Cấptổchức", "Cấp tổ chức"),
    ("training.levels", "Cộng đồgn", "Cộng đồng"),
    ("training.class_list", "Địa điểmm", "Địa điểm"),
    ("disbursement.capital", "Kế hoặch vốnn - Đầu tư TW", "Kế hoạch vốn – Đầu tư TW"),
    ("disbursement.capital", "Kế hoạch vốn - Sự nghiêpj ĐP", "Kế hoạch vốn – Sự nghiệp ĐP"),
    ("disbursement.capital", "Giải nagân lũy kế - Tổng số", "Giải ngân lũy kế – Tổng số"),
    ("disbursement.capital", "Giải nagn lũy kế - Tổng số", "Giải ngân lũy kế – Tổng số"),
    ("works.work_list", "Tên công trìnhh", "Tên công trình"),
    ("works.work_list", "Tổng mứcđầu tư", "Tổng mức đầu tư"),
    ("works.work_list", "Tổng mức đầu tưu", None),
    ("works.work_list", "Ngày hoàn thàhn thực tế", "Ngày hoàn thành thực tế"),
    ("works.work_list", "Xã,phường,thịtrấn", "Xã, phường, thị trấn"),
    ("livelihoods.support", "Trong đó: hộ ngheòo", "Trong đó: hộ nghèo"),
    ("livelihoods.support", "Kinh phí đã hỗtrợ", "Kinh phí đã hỗ trợ"),
    ("outcomes.ethnic_households", "Hộ sử dụgn điện", "Hộ sử dụng điện"),
    ("outcomes.ethnic_households", "Hộ cận nghèoo", "Hộ cận nghèo"),
]
"""A label as somebody typed it, and whose it is.

None: two letters off in one word, or in one that is too short to tell.
"""

OTHER_MEANINGS = [
    ("training.levels", "Nam"),
    ("training.levels", "Số nam"),
    ("training.levels", "Số nguồn"),
    ("training.levels", "Số buổi"),
    ("training.levels", "Số lần"),
    ("training.levels", "Người dạy"),
    ("training.levels", "Số người tham dự năm 2023"),
    ("training.levels", "Số người không tham dự"),
    ("training.levels", "Tỷ lệ người tham dự"),
    ("training.levels", "Kinh phí kế toán"),
    ("training.levels", "Kinh phí thực hành"),
    ("training.class_list", "Tên trường"),
    ("training.class_list", "Đếm ngày"),
    ("disbursement.capital", "Kế hoạch vốn đầu tư NST"),
    ("disbursement.capital", "Kế hoạch vốn đầu tư NSTƯ"),
    ("disbursement.capital", "Kế hoạch vốn – Đầu tư TH"),
    ("disbursement.capital", "Kế hoạch vốn – Đầu tư"),
    ("disbursement.capital", "Tỷ lệ giải ngân lũy kế"),
    ("works.work_list", "Chủ công trình"),
    ("works.work_list", "Mỏ công trình"),
    ("works.work_list", "Tổng mức chi"),
    ("livelihoods.support", "Trong đó: hộ cận nghèo"),
    ("livelihoods.support", "Trong đó: hộ thoát nghèo"),
    ("livelihoods.support", "Số hộ được hỗ trợ năm 2023"),
    ("outcomes.ethnic_households", "Hộ thoát nghèo"),
    ("outcomes.ethnic_households", "Hộ tái nghèo"),
    ("outcomes.ethnic_households", "Tỷ lệ hộ nghèo"),
    ("outcomes.ethnic_households", "Số hộ nghề"),
    ("outcomes.ethnic_people", "Người từ 16 tuổi"),
    ("outcomes.ethnic_people", "Trẻ dưới 6 tuổi"),
    ("outcomes.ethnic_people", "Số nhập khẩu"),
    ("outcomes.income", "Thu nhập bình quân năm 2021"),
]
"""Headings of another figure that a look at the letters alone might take for one of the form's."""


def table_of(place: str) -> tuple[Form, Table]:
    form, table = place.split(".")
    return FORMS[form], FORMS[form].table(table)


@pytest.mark.parametrize(("place", "typed", "label"), SLIPS)
def test_a_slip_of_the_keyboard_is_known_again(place: str, typed: str, label: str | None) -> None:
    form, table = table_of(place)
    assert meant(typed, form, labels_of(table)[0]) == label


@pytest.mark.parametrize(("place", "typed"), OTHER_MEANINGS)
def test_another_meaning_is_no_slip(place: str, typed: str) -> None:
    form, table = table_of(place)
    writings = [fold_bare(writing) for label in labels_of(table)[0] for writing in label.writings]
    assert fold_bare(typed) in writings or meant(typed, form, labels_of(table)[0]) is None


@pytest.mark.parametrize("form", PACK.forms, ids=lambda form: f"{form.code} {form.version}")
def test_no_label_is_taken_for_another_when_its_own_is_missing(form: Form) -> None:
    for table in form.tables:
        for labels in labels_of(table):
            for label in labels:
                others = [other for other in labels if other is not label]
                assert [w for w in label.writings if meant(w, form, others)] == [], (
                    table.name,
                    label.label,
                )


@pytest.mark.parametrize("form", PACK.forms, ids=lambda form: f"{form.code} {form.version}")
def test_a_label_with_any_letter_doubled_is_its_own_or_none(form: Form) -> None:
    for table in form.tables:
        for labels in labels_of(table):
            for label in labels:
                text = fold_bare(label.label)
                typed = [
                    text[:at] + letter + text[at:]
                    for at, letter in enumerate(text)
                    if letter.isalpha()
                ]
                assert {meant(each, form, labels) for each in typed} <= {label.label, None}


def test_two_labels_that_are_nearly_the_same_are_not_distinguished_by_a_slip() -> None:
    labels = [Label(label="Số hộ đăng ký nuôi"), Label(label="Số hộ đăng ký nuôim")]
    assert meant("Số hộ đăng kýy nuôi", FORMS["training"], labels) is None


def test_the_syllables_of_vietnamese_are_known_without_their_marks() -> None:
    assert all(map(may_be_syllable, ["nguon", "nguoi", "nghe", "trin", "dat"]))
    assert not any(map(may_be_syllable, ["hoahc", "thma", "dugn", "ngheoo", "nguoii"]))


def test_the_pack_has_the_forms_that_are_tried(pack: Pack) -> None:
    assert {form.code for form in pack.forms} == set(FORMS)
