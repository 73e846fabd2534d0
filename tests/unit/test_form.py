"""Forms: what a declaration may say, and what is refused with a sentence."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from program.calendar.period import Period, PeriodKind
from program.forms.form import Form
from program.forms.table import Column, ColumnType, Label
from program.pack.pack import Pack
from program.units.unit import UnitKind

COLUMN = {"name": "classes", "label": "Số lớp", "type": "whole", "measure": "lớp"}
MONEY = {"name": "spent_vnd", "label": "Kinh phí", "type": "money", "measure": "triệu đồng"}
LIST = {
    "name": "works",
    "sheet": "Công trình",
    "title": "Công trình",
    "kind": "list",
    "columns": [COLUMN],
}
MATRIX = {
    "name": "levels",
    "sheet": "Tổng hợp",
    "title": "Tổng hợp",
    "kind": "matrix",
    "line": {"label": "Cấp"},
    "lines": [
        {"key": "district", "label": "Cấp huyện"},
        {"key": "total", "label": "Tổng cộng", "total": True},
    ],
    "columns": [COLUMN],
}
IDENTITY = {
    "unit": {"label": "Đơn vị"},
    "unit_code": {"label": "Mã đơn vị"},
    "period": {"label": "Kỳ"},
}


def form(*tables: dict[str, Any], **changes: Any) -> Form:
    declared = {
        "code": "works",
        "version": "v1",
        "title": "Báo cáo",
        "short_title": "Báo cáo",
        "project": "DA4",
        "source": "test",
        "valid_from": date(2024, 1, 1),
        "periods": ["year"],
        "identity": IDENTITY,
        "tables": tables or [MATRIX],
    }
    return Form.model_validate(declared | changes)


def test_a_matrix_gives_an_element_for_each_column_and_line() -> None:
    assert list(form(MATRIX).table("levels").elements) == ["classes_district", "classes_total"]
    assert form(LIST).table("works").elements == {}


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ([{**LIST, "columns": [{**COLUMN, "name": "Số lớp"}]}], "String should match pattern"),
        ([{**LIST, "columns": [{**COLUMN, "colour": "red"}]}], "Extra inputs are not permitted"),
        (
            [{**LIST, "columns": [{**COLUMN, "type": "code"}]}],
            "a vocabulary is for type code, and type code needs one",
        ),
        (
            [{**LIST, "columns": [{**COLUMN, "vocabulary": {"a": {"label": "A"}}}]}],
            "a vocabulary is for type code",
        ),
        (
            [{**LIST, "columns": [{**MONEY, "measure": "trieu dong"}]}],
            "money needs a measure of đồng, nghìn đồng, .*'trieu dong'",
        ),
        ([{**LIST, "columns": [{**MONEY, "measure": ""}]}], "money needs a measure"),
        (
            [{**LIST, "columns": [{**COLUMN, "type": "text", "minimum": 0}]}],
            "minimum and maximum are for whole, number and money",
        ),
        (
            [{**LIST, "columns": [COLUMN, {**MONEY, "aliases": ["SO LOP"]}]}],
            "two entries are written alike: so lop",
        ),
        (
            [{**MATRIX, "columns": [{**COLUMN, "aliases": ["Cấp"]}]}],
            "two entries are written alike: cap",
        ),
        (
            [{**MATRIX, "lines": [{"key": "a", "label": "X"}, {"key": "a", "label": "Y"}]}],
            "line keys used twice: a",
        ),
        (
            [{**MATRIX, "lines": [{"key": "a", "label": "X"}, {"key": "b", "label": "x"}]}],
            "two entries are written alike: x",
        ),
        ([{**MATRIX, "lines": []}], "a matrix declares line and lines, a list neither"),
        ([{**LIST, "line": {"label": "Cấp"}}], "a matrix declares line and lines, a list neither"),
        (
            [{**LIST, "summaries": {"total": {"sum": "cost"}}}],
            "summary total: no numeric column cost",
        ),
        ([{**LIST, "summaries": {"total": {"count": "cost"}}}], "summary total: no column cost"),
        ([{**LIST, "summaries": {"total": {}}}], "exactly one of count and sum"),
        ([LIST, {**LIST, "name": "other"}], "names used twice: classes"),
        (
            [MATRIX, {**LIST, "columns": [{**COLUMN, "name": "classes_total"}]}],
            "names used twice: classes_total",
        ),
    ],
)
def test_a_declaration_that_could_be_read_two_ways_is_refused(
    tables: list[dict[str, Any]], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        form(*tables)


KIND = {"name": "kind", "label": "Loại", "type": "code", "vocabulary": {"road": {"label": "Đường"}}}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"optional_for": ["province"]}, "optional_for is for a required column"),
        (
            {"required": True, "required_where": {"kind": ["road"]}},
            "required_where is for a column not required",
        ),
        ({"required_where": {"kind": ["market"]}}, "words of the column kind; found market"),
        ({"required_where": {"status": ["road"]}}, "words of the column status; found road"),
        ({"required_where": {"kind": []}}, "words of the column kind; found none"),
        ({"share_of": "classes"}, "share_of: expected another figure of its type"),
        ({"share_of": "spent_vnd"}, "share_of: expected another figure of its type"),
        ({"blank_unless": "kind"}, "blank_unless: expected another figure; found kind"),
        ({"blank_unless": "classes"}, "blank_unless: expected another figure; found classes"),
    ],
)
def test_what_an_empty_cell_says_must_make_sense(changes: dict[str, Any], complaint: str) -> None:
    columns = [{**COLUMN, **changes}, MONEY, KIND]
    with pytest.raises(ValidationError, match=complaint):
        form({**LIST, "columns": columns})


def test_a_form_is_asked_of_a_unit_as_its_columns_say() -> None:
    column = {**COLUMN, "required": True, "optional_for": ["province"]}
    declared = form({**LIST, "columns": [column]})
    required = {kind: declared.asked_of(kind).tables[0].columns[0].required for kind in UnitKind}
    assert required == {
        UnitKind.NATION: True,
        UnitKind.PROVINCE: False,
        UnitKind.DISTRICT: True,
        UnitKind.COMMUNE: True,
    }
    assert declared.asked_of(UnitKind.DISTRICT) is declared


def test_a_copy_of_a_table_looks_its_own_columns_up() -> None:
    table = form(LIST).tables[0]
    before = table.by_label
    (column,) = table.columns
    renamed = column.model_copy(update={"name": "courses", "label": "Số khóa"})
    copied = table.model_copy(update={"columns": (renamed,)})
    assert copied.by_label == {"so khoa": renamed}
    assert copied.dtypes.keys() == {"courses"}
    assert table.by_label is before


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"tables": []}, "tables"),
        ({"periods": []}, "periods"),
        ({"periods": ["decade"]}, "'year', 'half', 'quarter' or 'month'"),
        ({"valid_to": date(2023, 12, 31)}, "valid_to 2023-12-31 is before valid_from 2024-01-01"),
    ],
)
def test_a_form_that_could_never_be_used_is_refused(
    changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        form(**changes)


def test_two_words_of_a_vocabulary_must_differ() -> None:
    with pytest.raises(ValidationError, match="vocabulary: two entries are written alike: xa"):
        Column(
            name="level",
            label="Cấp",
            type=ColumnType.CODE,
            vocabulary={"a": Label(label="Xã"), "b": Label(label="XA")},
        )


def test_a_version_covers_the_periods_that_end_while_it_is_in_force() -> None:
    version = form(valid_from=date(2024, 1, 1), valid_to=date(2024, 12, 31))
    covered = {
        code: version.covers(Period.parse(code)) for code in ("2023", "2024-Q1", "2024", "2025-01")
    }
    assert covered == {"2023": False, "2024-Q1": True, "2024": True, "2025-01": False}


def test_every_figure_of_the_sample_form_has_its_measure(pack: Pack) -> None:
    training = pack.form("training", Period(2024, PeriodKind.YEAR))
    assert training is not None
    assert training.measure_of("participants_total") == "người"
    assert training.measure_of("budget_spent_vnd_province") == "triệu đồng"
    assert training.measure_of("class_participants") == "người"
    assert training.measure_of("participants_listed") == "người"
    assert training.measure_of("classes_listed") == training.measure_of("no_such_name") == ""
