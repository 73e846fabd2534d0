"""Rules across submissions: who is involved in a comparison, at which cell, and what is none."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from expectations.checking import Checker
from expectations.rules.rule_set import SUITES, RuleSet
from program.calendar.stage import Stage
from program.errors import ConfigurationError
from program.finding import Finding
from program.forms.qualifier import Qualifier
from program.pack.pack import Pack
from program.records.current_report import CurrentReport
from program.submission import Fact

PERIOD = "2024-Q4"
UNITS = [str(code) for code in range(941, 952)]


class Stated(NamedTuple):
    """A fact, with what its report is about."""

    number: int
    form: str
    unit: str
    period: str
    stage: Stage
    element: str
    line: int
    value: float | None
    text: str | None
    sheet: str
    cell: str
    qualifier: Qualifier | None


def fact(
    number: int,
    form: str,
    unit: str,
    element: str,
    value: float | str,
    line: int = 0,
    **more: object,
) -> Stated:
    is_text = isinstance(value, str)
    known = Stated(
        number=number,
        form=form,
        unit=unit,
        period=PERIOD,
        stage=Stage.FINAL,
        element=element,
        line=line,
        value=None if is_text else float(value),
        text=str(value) if is_text else None,
        sheet="Trang",
        cell=f"C{number}",
        qualifier=None,
    )
    return known._replace(**more)


def reports(facts: Sequence[Stated]) -> list[CurrentReport]:
    """The reports that state `facts`, in the order in which they are first met."""
    by_report: dict[tuple[int, str, str, str, Stage], list[Fact]] = {}
    for stated in facts:
        by_report.setdefault(stated[:5], []).append(Fact(*stated[5:]))
    return [CurrentReport(*about, stated) for about, stated in by_report.items()]


def found(
    pack: Pack, facts: Sequence[Stated], lang: str = "vi"
) -> list[tuple[int, str, str, str | None, Finding]]:
    findings = Checker(pack, RuleSet(pack, lang=lang), "test").compare(reports(facts))
    return [(number, f.rule, f.severity.value, f.cell, f) for number, f in findings]


def work(
    number: int, unit: str, name: str, investment: float = 900e6, line: int = 9
) -> list[Stated]:
    return [
        fact(number, "works", unit, "work_name", name, line, cell=f"B{line}"),
        fact(number, "works", unit, "work_investment_vnd", investment, line, cell=f"C{line}"),
    ]


def test_one_work_in_two_districts_is_reported_to_both_each_at_its_own_cell(pack: Pack) -> None:
    facts = [
        *work(1, "942", "Đường liên ấp 3"),
        *work(2, "946", "ĐƯỜNG LIÊN ẤP 3", line=12),
        *work(3, "947", "Cầu kênh 5"),
    ]
    (first, second) = found(pack, facts)
    assert first[:4] == (1, "ACR-03", "warning", "B9")
    assert second[:4] == (2, "ACR-03", "warning", "B12")
    assert "Huyện Long Phú" in first[4].message
    assert "Huyện Châu Thành" not in first[4].message
    assert second[4].value == "ĐƯỜNG LIÊN ẤP 3"


@pytest.mark.parametrize(
    "facts",
    [
        [*work(1, "942", "Đường liên ấp 3"), *work(2, "946", "Đường liên ấp 3", 901e6)],
        [*work(1, "942", "Đường liên ấp 3"), *work(1, "942", "Đường liên ấp 3", line=10)],
        [
            *work(1, "942", "Đường liên ấp 3"),
            *[f._replace(period="2024-Q3") for f in work(2, "946", "Đường liên ấp 3")],
        ],
        [*work(1, "942", ""), *work(2, "946", "")],
        [*work(1, "942", "Đường 3")[:1], *work(2, "946", "Đường 3")[:1]],
    ],
    ids=["another investment", "one district twice", "other periods", "no name", "no investment"],
)
def test_what_is_no_claim_of_two(pack: Pack, facts: list[Stated]) -> None:
    assert found(pack, facts) == []


def test_a_figure_of_a_claim_is_compared_as_far_as_it_is_printed(pack: Pack) -> None:
    alike = [
        *work(1, "942", "Đường liên ấp 3", 900.1234561),
        *work(2, "946", "Đường liên ấp 3", 900.1234562),
    ]
    assert [entry[0] for entry in found(pack, alike)] == [1, 2]
    # Printed, the one is 1,002 and the other 1.002: signs between digits are no part of a name, but
    # of a figure.
    assert found(pack, [*work(1, "942", "Cầu 3", 1.002), *work(2, "946", "Cầu 3", 1002)]) == []


def money(central: float, local: float, works: float, unit: str = "942") -> list[Stated]:
    return [
        fact(1, "disbursement", unit, "disbursed_central_investment_vnd_da4_tda1", central),
        fact(1, "disbursement", unit, "disbursed_local_investment_vnd_da4_tda1", local),
        fact(2, "works", unit, "works_infrastructure_disbursed_vnd", works, cell="L9:L20"),
    ]


def test_more_paid_this_year_than_since_the_works_began_is_reported_at_both_forms(
    pack: Pack,
) -> None:
    (left, right) = found(pack, money(900e6, 200e6, 1_000e6))
    assert left[:4] == (1, "ACR-06", "warning", "C1")
    assert right[:4] == (2, "ACR-06", "warning", "L9")
    assert "1.100 triệu đồng trong năm" in left[4].message
    assert "thiếu 100." in left[4].message


def test_a_difference_within_the_tolerance_or_in_another_unit_is_none(pack: Pack) -> None:
    assert found(pack, money(900e6, 100.9e6, 1_000e6)) == []
    apart = money(900e6, 200e6, 1_000e6)
    assert found(pack, [*apart[:2], apart[2]._replace(unit="946")]) == []
    assert found(pack, [apart[0], apart[2]]) == []
    assert found(pack, [apart[0]._replace(qualifier=Qualifier.OVER), *apart[1:]]) == []


def classes(
    pack: Pack, province: float, missing: str | None = None, qualifier: str | None = None
) -> list[Stated]:
    parts = [
        fact(n, "disbursement", unit, "plan_total_vnd_total", 100e6)
        for n, unit in enumerate(UNITS, 10)
        if unit != missing
    ]
    whole = fact(
        1,
        "disbursement",
        pack.program.province,
        "plan_total_vnd_total",
        province,
        qualifier=qualifier,
    )
    return [whole, *parts]


def test_the_provinces_figure_is_the_sum_of_its_districts(pack: Pack) -> None:
    assert found(pack, classes(pack, 1_100e6)) == []
    findings = found(pack, classes(pack, 1_300e6))
    assert [entry[:3] for entry in findings] == [
        (1, "ACR-02", "warning"),
        *((n, "ACR-02", "info") for n in range(10, 21)),
    ]
    assert (
        "ghi 1.300 triệu đồng, cộng báo cáo của 11 đơn vị là 1.100, lệch 200"
        in findings[0][4].message
    )
    assert findings[0][4].message == findings[5][4].message


def test_a_district_that_reported_other_figures_alone_is_not_missing(pack: Pack) -> None:
    others = classes(pack, 1_300e6, missing="945")
    assert found(pack, others) == []
    asked = found(pack, [*others, fact(99, "disbursement", "945", "note", "không có", line=9)])
    assert [entry[0] for entry in asked] == [1, *sorted(set(range(10, 21)) - {14})]
    assert "cộng báo cáo của 11 đơn vị là 1.000, lệch 300" in asked[0][4].message


def test_a_sum_with_a_district_missing_or_a_word_before_a_figure_is_compared_with_nothing(
    pack: Pack,
) -> None:
    assert found(pack, classes(pack, 1_300e6, missing="945")) == []
    assert found(pack, classes(pack, 1_300e6, qualifier="over")) == []


def paid(pack: Pack, province: float, period: str, of_units: dict[str, str]) -> list[Stated]:
    """What was disbursed and planned: the province's report of `period`, and each unit's of its own, 100 million each."""
    money = {"disbursed_total_vnd_total": province, "plan_total_vnd_total": 77e6}
    whole = [
        fact(1, "disbursement", pack.program.province, name, value, period=period)
        for name, value in money.items()
    ]
    parts = [
        fact(n, "disbursement", unit, name, 100e6, period=of_units.get(unit, PERIOD))
        for n, unit in enumerate(UNITS, 10)
        for name in money
    ]
    return [*whole, *parts]


@pytest.mark.parametrize(
    "others",
    [{}, {"945": "2024-12"}, {"945": "2024"}],
    ids=["quarters", "a month among them", "a year"],
)
def test_a_cumulative_figure_of_the_year_is_the_sum_of_the_last_quarters(
    pack: Pack, others: dict[str, str]
) -> None:
    assert found(pack, paid(pack, 1_100e6, "2024", others)) == []
    findings = found(pack, paid(pack, 1_300e6, "2024", others))
    assert [entry[:3] for entry in findings] == [
        (1, "ACR-02", "warning"),
        *((n, "ACR-02", "info") for n in range(10, 21)),
    ]
    assert "lệch 200" in findings[0][4].message


@pytest.mark.parametrize(
    "others",
    [{"945": "2024-Q3"}, {"945": "2024-11"}, {"945": "2023"}],
    ids=["earlier", "a month", "last year"],
)
def test_a_report_that_ends_earlier_stands_in_for_none(pack: Pack, others: dict[str, str]) -> None:
    assert found(pack, paid(pack, 1_300e6, "2024", others)) == []


def held(pack: Pack, province: float, of_district: float, missing: int = 0) -> list[Stated]:
    """Classes of the province's year 2024, and of each district in each quarter but the last ones."""
    whole = fact(1, "training", pack.program.province, "classes_total", province, period="2024")
    quarters = [
        fact(n, "training", unit, "classes_total", of_district, period=f"2024-Q{quarter}")
        for n, (quarter, unit) in enumerate(product(range(1, 5), UNITS), 10)
    ]
    return [whole, *quarters[: len(quarters) - missing]]


def test_a_province_s_year_of_a_flow_is_the_sum_of_its_districts_quarters(pack: Pack) -> None:
    assert found(pack, held(pack, 88, 2)) == []
    findings = found(pack, held(pack, 8, 2))
    assert [entry[:3] for entry in findings] == [
        (1, "ACR-01", "warning"),
        *((n, "ACR-01", "info") for n in range(10, 54)),
    ]
    assert "ghi 8, cộng báo cáo của 11 đơn vị là 88, lệch 80" in findings[0][4].message


def test_where_quarters_are_missing_only_a_sum_that_is_too_large_already_is_reported(
    pack: Pack,
) -> None:
    assert found(pack, held(pack, 88, 2, missing=2)) == []
    assert [entry[1] for entry in found(pack, held(pack, 8, 2, missing=2))][:1] == ["ACR-01"]


@pytest.mark.parametrize("of_district", [0, 2])
def test_a_total_with_classes_of_the_province_s_own_may_be_above_its_districts_sum(
    pack: Pack, of_district: int
) -> None:
    of_year = partial(fact, 1, "training", pack.program.province, period="2024")
    own = of_year("classes_province", 3)
    below = held(pack, 0, of_district)[1:]
    summed = of_district * len(below)
    assert found(pack, [of_year("classes_total", summed + 3), own, *below]) == []
    assert found(pack, [of_year("classes_total", summed + 3), *below])[0][:2] == (1, "ACR-01")
    listed = [each._replace(element="classes_listed") for each in below]
    of_list = [of_year("classes_listed", summed + 3), *listed]
    assert found(pack, [of_year("classes_total", summed + 3), own, *below, *of_list]) == []
    assert found(pack, of_list)[0][:2] == (1, "ACR-01")
    if summed:
        too_few = [of_year("classes_total", summed - 1), own, *below]
        assert found(pack, too_few)[0][:2] == (1, "ACR-01")


def test_of_two_reports_that_end_alike_the_one_of_the_very_period_counts(pack: Pack) -> None:
    year = [
        f._replace(period="2024", value=90e6, number=f.number + 50)
        for f in paid(pack, 0, "2024", {})[2:]
    ]
    # Planned figures are of the period itself: of a quarter the year's plan says nothing, of the
    # year it does.
    both = found(pack, [*paid(pack, 990e6, "2024", {}), *year])
    assert [entry[4].value for entry in both if entry[2] == "warning"] == ["77"]


def test_the_rules_have_english_words_too(pack: Pack) -> None:
    assert (
        "is also in the report of"
        in found(pack, [*work(1, "942", "A 3"), *work(2, "946", "A 3")], lang="en")[0][4].message
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "figures: [works_infra",
            "figures: [work_infra",
            "ACR-06: form works has no figure work_infrastructure_disbursed_vnd",
        ),
        (
            "key: [work_name,",
            "key: [work_nam,",
            "ACR-03: key: no version of works has the column work_nam in work_list",
        ),
        ("table: class_list", "table: levels", "ACR-04: table: form training has no list levels"),
        (
            "{others}, nên có thể bị tính hai lần.",
            "{other}",
            r"ACR-03: words: nothing fills the placeholder \{other\}",
        ),
        ("compare: claims", "compare: claim", "Input tag 'claim' found"),
    ],
)
def test_a_rule_that_names_what_is_not_there_is_refused(
    pack: Pack, tmp_path: Path, old: str, new: str, said: str
) -> None:
    own = tmp_path / "suites"
    own.mkdir()
    text = (SUITES / "across.yaml").read_text(encoding="utf-8")
    assert old in text
    (own / "across.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        RuleSet(replace(pack, folder=tmp_path))


def test_rules_about_forms_that_a_pack_does_not_have_are_left_out(pack: Pack) -> None:
    small = replace(pack, forms=tuple(form for form in pack.forms if form.code == "training"))
    assert [rule.id for rule in RuleSet(small).across] == ["ACR-01", "ACR-04"]
