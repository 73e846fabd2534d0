"""The sample against the pack and against what is published of the province.

The numbers here are those of the sources (docs/sources.md), not those of `examples.published`: a
generator that drifts fails.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cache

import pytest

from examples.synthetic.training import MISSING, QUARTERS, workbook_of
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT
from tests.conftest import SAMPLES
from tests.workbooks import classes, figures, read

DISTRICTS = tuple(str(code) for code in range(941, 952))
RURAL_COMMUNES = {
    "942": 7,
    "943": 11,
    "944": 8,
    "945": 7,
    "946": 9,
    "947": 10,
    "948": 5,
    "949": 8,
    "950": 6,
    "951": 9,
}
"""The xã of each district (docs/units.md); the city has none."""

Figures = Mapping[str, float | str | None]


@cache
def pack_of_the_sample() -> Pack:
    return load_pack(ROOT / "config" / "soc-trang")


@cache
def reports(about: str) -> Mapping[str, Figures]:
    """Return the figures of the districts' files with these words in their names, by unit."""
    found: dict[str, Figures] = {}
    for path in sorted(SAMPLES.glob(f"9[45]?-*/*{about}.xlsx")):
        reading = read(path.read_bytes(), pack_of_the_sample())
        assert reading.unit_code is not None
        found[reading.unit_code] = figures(reading)
    assert tuple(found) == DISTRICTS
    return found


def summed(about: str, *names: str) -> float:
    """Return the sum of figures over the districts; 0 for one that a district leaves empty."""
    return sum(number(each, name) for each in reports(about).values() for name in names)


def number(of_unit: Figures, name: str) -> float:
    value = of_unit.get(name) or 0
    assert isinstance(value, int | float)
    return value


@cache
def training_of_2024() -> Mapping[tuple[str, str], ParsedReport]:
    """Return what each district's file of 2024 says once it is corrected, by unit and quarter."""
    pack = pack_of_the_sample()
    quarters = [Period.parse(code) for code in QUARTERS if code.startswith("2024")]
    return {
        (unit.code, quarter.code): read(workbook_of(pack, unit, quarter), pack)
        for quarter in quarters
        for unit in pack.units
        if unit.code in DISTRICTS
    }


def test_the_training_of_2024_adds_up_to_the_published_classes_in_the_districts() -> None:
    assert not {code for _, code in MISSING if code.startswith("2024")}
    all_year = [figures(reading) for reading in training_of_2024().values()]
    held = sum(number(each, "classes_total") for each in all_year)
    people = sum(number(each, "participants_total") for each in all_year)
    of_community = sum(number(each, "community_district") for each in all_year)
    assert (held, people, of_community) == (8, 1448, 1448)


def test_each_class_of_2024_is_of_a_unit_and_on_a_day_that_are_published() -> None:
    held: dict[str, list[dict[str, object]]] = defaultdict(list)
    for (unit, _), reading in training_of_2024().items():
        held[unit] += classes(reading)
    named = {"942", "946", "951", "944", "949", "943", "950"}
    (joint,) = {unit for unit, listed in held.items() if listed} - named
    assert joint in {"947", "945", "948"}
    assert held[joint][0]["class_place"] == "Thành phố Sóc Trăng"
    assert {len(held[unit]) for unit in (*named, joint)} == {1}
    for listed in held.values():
        for each in listed:
            assert date(2024, 12, 2) <= day(each["class_first_day"])
            assert day(each["class_last_day"]) <= date(2024, 12, 20)


def day(value: object) -> date:
    return date.fromisoformat(str(value)[:10])


def test_the_files_of_2024_are_the_correct_ones_where_they_show_no_error() -> None:
    pack = pack_of_the_sample()
    shows_an_error = {
        ("943", "2024-Q4"),
        ("944", "2024-Q4"),
        ("945", "2024-Q3"),
        ("946", "2024-Q4"),
        ("948", "2024-Q4"),
        ("949", "2024-Q1"),
    }
    for (unit, quarter), correct in training_of_2024().items():
        if (unit, quarter) in shows_an_error:
            continue
        for path in SAMPLES.glob(f"{unit}-*/*tập huấn {quarter}*.xlsx"):
            assert figures(read(path.read_bytes(), pack)) == figures(correct), path.name


@pytest.mark.parametrize("about", ["kết quả 2024", "kết quả 2024 (ước)"])
def test_the_communes_of_a_district_are_those_of_the_pack(about: str) -> None:
    pack = pack_of_the_sample()
    found = reports(about)
    for unit in DISTRICTS:
        communes = list(pack.units.children(unit, date(2025, 6, 30)))
        rural = [each for each in communes if each.name.startswith("Xã ")]
        assert len(rural) == RURAL_COMMUNES.get(unit, 0)
        assert number(found[unit], "existing_commune_road") == len(rural)
        assert number(found[unit], "existing_health_stations") == len(communes)
    assert summed(about, "existing_commune_road") == 80
    assert found["941"]["existing_commune_road"] == 0


def test_what_no_source_gives_of_a_district_is_left_empty() -> None:
    unknown = ("hamlet_road", "hamlet_house", "hamlet_arts", "hamlet_left_difficulty")
    for found in reports("kết quả 2024").values():
        for line in (*unknown, "commune_left_difficulty"):
            assert found.get(f"existing_{line}") is None


def test_households_and_people_add_up_to_what_is_published() -> None:
    about = "kết quả 2024"
    # 7.122 poor are 7,01 % of the Khmer households, 345 are 2,09 % of the Hoa households (S44).
    assert summed(about, "households_khmer") == pytest.approx(101_600, rel=0.001)
    assert summed(about, "households_hoa") == pytest.approx(16_507, rel=0.001)
    assert summed(about, "people_khmer", "people_hoa", "people_other") == 423_000


def test_poverty_falls_as_published() -> None:
    about = "kết quả 2024"
    poor = summed(about, "poor_households_khmer", "poor_households_hoa", "poor_households_other")
    # Of all peoples 4.484 were left in 2024, of the ethnic minorities 4.116 a year before.
    assert 4_116 / 2 < poor < 4_116
    assert poor < 4_484
    near_poor = summed(about, "near_poor_households_khmer", "near_poor_households_hoa")
    assert near_poor < 17_084
    khmer = summed(about, "poor_households_khmer") / summed(about, "households_khmer")
    assert 0.0386 - 0.02 < khmer < 0.0386


def test_shares_of_households_lie_near_the_published_ones() -> None:
    about = "kết quả 2024"
    groups = ("khmer", "hoa", "other")
    households = summed(about, *(f"households_{group}" for group in groups))
    water = summed(about, *(f"water_households_{group}" for group in groups))
    power = summed(about, *(f"electricity_households_{group}" for group in groups))
    assert 100 * water / households == pytest.approx(99.65, abs=0.2)
    assert 99 < 100 * power / households < 100
    assert summed(about, "reaching_commune_road") == 80


def test_districts_differ_as_far_as_it_is_published() -> None:
    found = reports("kết quả 2024")
    of_pack = pack_of_the_sample().units
    people = ("people_khmer", "people_hoa", "people_other")
    density = {
        unit: sum(number(found[unit], name) for name in people)
        / len(list(of_pack.children(unit, date(2025, 6, 30))))
        for unit in DISTRICTS
    }
    # Over 70 %, over 53 % and nearly 52 % of the people are of ethnic minorities there.
    assert sorted(density, key=lambda unit: density[unit])[-3:] == ["942", "951", "950"]
    of_hoa = {
        unit: number(found[unit], "people_hoa") / number(found[unit], "people_khmer")
        for unit in DISTRICTS
    }
    assert max(of_hoa, key=lambda unit: of_hoa[unit]) == "950"
    assert len({number(each, "poor_households_khmer") for each in found.values()}) == 11


def test_capital_lies_near_the_published_plan_and_rates() -> None:
    about = "giải ngân 2024-Q4"
    plan = summed(about, "plan_total_vnd_total") / 1e9
    assert plan == pytest.approx(243, rel=0.02)
    for kind, rate in (("central", 78), ("local", 79)):
        given = sum_of_streams("plan", kind)
        paid = sum_of_streams("disbursed", kind)
        assert 100 * paid / given == pytest.approx(rate, abs=3)
    central, local = sum_of_streams("plan", "central"), sum_of_streams("plan", "local")
    # 85,7 % in 2022 (S42), 89,6 % in merged Cần Thơ (S53).
    assert 84 < 100 * central / (central + local) < 91
    my_tu = number(reports(about)["944"], "plan_total_vnd_total") / 1e9
    assert my_tu == pytest.approx(37.5 / 3, rel=0.01)


def sum_of_streams(what: str, kind: str) -> float:
    names = [f"{what}_{kind}_{stream}_vnd_total" for stream in ("investment", "recurrent")]
    return summed("giải ngân 2024-Q4", *names)


def test_support_of_households_lies_near_the_published_one() -> None:
    about = "sinh kế 2024-Q4"
    # 4.607 households changed their jobs until October 2024, 4.560 of them until about 2023.
    assert summed(about, "supported_job_conversion") == 4_607 - 4_560
    assert summed(about, "supported_dispersed_water") == 387
    assert summed(about, "supported_residential_land") == pytest.approx(338 / 2, abs=1)
    assert summed(about, "supported_housing") == pytest.approx(1_899 / 2, abs=1)
    assert summed(about, "models_listed") == 67 - 40


def test_works_are_as_many_of_each_kind_as_in_a_published_year() -> None:
    pack = pack_of_the_sample()
    kinds: dict[str, int] = defaultdict(int)
    for path in SAMPLES.glob("9[45]?-*/*công trình 2024-Q4.xlsx"):
        for kind in read(path.read_bytes(), pack).tables["work_list"].frame["work_kind"]:
            kinds[kind] += 1
    assert kinds == {"road": 48, "bridge": 11, "community_house": 1, "market": 3}


def published(words: str) -> ParsedReport:
    (path,) = SAMPLES.glob(f"94-*/*{words}*.xlsx")
    return read(path.read_bytes(), pack_of_the_sample(), sender="94")


def test_the_published_reports_hold_what_is_published() -> None:
    outcomes = published("mục tiêu năm 2023")
    assert (outcomes.unit_code, outcomes.stage) == ("94", Stage.FINAL)
    of_2023 = figures(outcomes)
    assert of_2023["poor_households_total"] == 4_116
    assert of_2023["people_total"] == 423_000
    assert of_2023["reaching_commune_road"] == of_2023["existing_commune_road"] == 80
    water = 100 * number(of_2023, "water_households_total") / number(of_2023, "households_total")
    assert water == pytest.approx(99.65, abs=0.02)
    estimate = published("mục tiêu năm 2024")
    assert estimate.stage is Stage.ESTIMATE
    of_2024 = figures(estimate)
    power = number(of_2024, "electricity_households_total") / number(of_2024, "households_total")
    assert 100 * power == pytest.approx(99, abs=0.05)
    support = figures(published("hỗ trợ hộ năm 2023"))
    assert support["supported_job_conversion"] == 423
    assert support["supported_dispersed_water"] == 387


def test_a_published_report_says_so_and_names_its_sources() -> None:
    import openpyxl

    paths = [path for path in SAMPLES.glob("94-*/*.xlsx") if "tập huấn" not in path.name]
    assert len(paths) == 3
    for path in paths:
        assert "synthetic" not in path.name.lower()
        book = openpyxl.load_workbook(path)
        texts = [str(cell.value) for sheet in book for row in sheet for cell in row]
        (note,) = [text for text in texts if text.startswith("SỐ LIỆU ĐÃ CÔNG BỐ")]
        assert "Nguồn:" in note
