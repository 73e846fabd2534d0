"""Projects, capital, indicators and targets: what the models refuse, and how `unknown` is said."""

from typing import Any

import pytest
from pydantic import ValidationError

from program.calendar.period import PeriodKind
from program.forms.qualifier import Qualifier
from program.pack.catalogue import (
    Amount,
    Baseline,
    CapitalSource,
    Indicator,
    IndicatorKind,
    Project,
    Tag,
    Target,
)

AMOUNT = {
    "scope": "province",
    "first_year": 2021,
    "last_year": 2025,
    "vnd": 769_000_000_000,
    "tag": "C",
    "source": "S2",
}
STREAM = {
    "code": "central",
    "name": "Ngân sách trung ương",
    "tag": "B",
    "source": "B",
    "amounts": "unknown",
}
TARGET = {
    "scope": "national",
    "period": "2025",
    "value": 99,
    "comparison": "at_least",
    "tag": "C",
    "source": "S9",
}
BASELINE = {"scope": "province", "period": "2022", "value": 7.01, "tag": "C", "source": "S44"}
INDICATOR = {
    "code": "T09",
    "name": "Hộ được sử dụng điện",
    "unit": "% hộ",
    "direction": "up",
    "kind": "share",
    "frequency": "year",
    "project": "DA4",
    "tag": "C",
    "source": "S9",
    "form": "outcomes",
    "numerator": "electricity_households_total",
    "denominator": "households_total",
    "baseline": BASELINE,
    "targets": [TARGET],
}


def without(*names: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (INDICATOR | changes).items() if name not in names}


def test_only_what_was_seen_or_derived_is_shown_without_a_word_of_warning() -> None:
    assert {tag.value for tag in Tag if tag.is_verified} == {"C", "D"}


def test_a_quotient_and_nothing_else_has_a_denominator() -> None:
    assert {kind for kind in IndicatorKind if kind.has_denominator} == {
        IndicatorKind.SHARE,
        IndicatorKind.RATIO,
    }
    for kind in IndicatorKind:
        unit = "triệu đồng" if kind is IndicatorKind.MONEY else "%"
        given, wanting = without(kind=kind, unit=unit), without("denominator", kind=kind, unit=unit)
        right, wrong = (given, wanting) if kind.has_denominator else (wanting, given)
        assert Indicator.model_validate(right).kind is kind
        with pytest.raises(
            ValidationError, match="T09: a share or ratio, and nothing else, has a denominator"
        ):
            Indicator.model_validate(wrong)


def test_money_is_kept_in_dong_and_printed_in_a_unit_of_money() -> None:
    money = Indicator.model_validate(without("denominator", kind="money", unit="triệu đồng"))
    assert money.printed(152_300_000) == 152.3
    assert Indicator.model_validate(INDICATOR).printed(99.5) == 99.5
    with pytest.raises(
        ValidationError, match="T09: money is printed in one of đồng, .*; found 'đ'"
    ):
        Indicator.model_validate(without("denominator", kind="money", unit="đ"))


def test_an_indicator_that_no_form_feeds_needs_no_formula_whatever_its_kind() -> None:
    unfed = Indicator.model_validate(
        without("form", "numerator", "denominator", note="no form asks for it")
    )
    assert (unfed.form, unfed.numerator, unfed.denominator) == (None, None, None)


@pytest.mark.parametrize("absent", ["form", "numerator"])
def test_a_form_without_a_numerator_and_the_other_way_round_is_refused(absent: str) -> None:
    with pytest.raises(ValidationError, match="form and numerator go together"):
        Indicator.model_validate(without(absent))


def test_the_word_unknown_is_how_a_missing_fact_is_said() -> None:
    found = Indicator.model_validate(
        without(targets="unknown", baseline="unknown", frequency="unknown")
    )
    assert (found.targets, found.baseline, found.frequency) == ((), None, None)
    assert CapitalSource.model_validate(STREAM).amounts == ()


@pytest.mark.parametrize("name", ["targets", "baseline", "frequency", "project", "tag", "source"])
def test_a_fact_about_an_indicator_that_is_left_out_is_an_error(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name}\n  Field required"):
        Indicator.model_validate(without(name))


def test_known_facts_are_kept_as_they_are() -> None:
    found = Indicator.model_validate(INDICATOR)
    assert found.frequency is PeriodKind.YEAR
    assert found.baseline == Baseline.model_validate(BASELINE)
    assert found.targets == (Target.model_validate(TARGET),)


@pytest.mark.parametrize("model", [Target, Baseline])
def test_a_period_is_written_in_one_way_only(model: type[Target] | type[Baseline]) -> None:
    entry = TARGET if model is Target else BASELINE
    assert model.model_validate(entry | {"period": "2024-q4"}).period == "2024-Q4"
    with pytest.raises(ValidationError, match="not a period: 'cuối năm 2025'"):
        model.model_validate(entry | {"period": "cuối năm 2025"})


def test_a_target_may_hold_for_every_period_but_must_say_so() -> None:
    assert Target.model_validate(TARGET | {"period": None}).period is None
    with pytest.raises(ValidationError, match="Field required"):
        Target.model_validate({name: value for name, value in TARGET.items() if name != "period"})


def test_a_word_before_an_amount_is_kept_and_none_is_made_up() -> None:
    assert Amount.model_validate(AMOUNT).qualifier is None
    assert Amount.model_validate(AMOUNT | {"qualifier": "under"}).qualifier is Qualifier.UNDER
    with pytest.raises(ValidationError, match="qualifier"):
        Amount.model_validate(AMOUNT | {"qualifier": "gần"})


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (Amount, AMOUNT | {"last_year": 2020}, "last_year 2020 is before first_year 2021"),
    (Amount, AMOUNT | {"vnd": -1}, "greater than or equal to 0"),
    (Amount, AMOUNT | {"source": ""}, "at least 1 character"),
    (Amount, AMOUNT | {"scope": "district"}, "'national' or 'province'"),
    (CapitalSource, STREAM | {"code": "Central-1"}, "pattern"),
    (
        CapitalSource,
        {k: v for k, v in STREAM.items() if k != "amounts"},
        "amounts\n  Field required",
    ),
    (
        Project,
        {"code": "DA1", "name": "Đất ở", "tag": "C?", "source": "S2"},
        "tag",
    ),
    (
        Project,
        {"code": "DA1", "name": "Đất ở", "tag": "C", "source": ""},
        "at least 1 character",
    ),
    (Target, TARGET | {"comparison": "about"}, "at_least"),
    (Target, TARGET | {"qualifier": "over"}, "Extra inputs are not permitted"),
    (Indicator, INDICATOR | {"frequency": "weekly"}, "frequency"),
]


@pytest.mark.parametrize(
    ("model", "entry", "complaint"), WRONG, ids=[complaint for _, _, complaint in WRONG]
)
def test_a_wrong_entry_is_refused(model: Any, entry: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        model.model_validate(entry)
