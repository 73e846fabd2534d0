"""What a pack knows of the size of its units, and what a report may not exceed."""

from datetime import date
from pathlib import Path

import pytest

from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from program.errors import ConfigurationError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.units.counts import UnitCount, UnitCounts, UnitSize
from program.units.unit import UnitKind
from tests.unit.test_outcomes_rules import GOOD, read

BEFORE_MERGER = date(2024, 12, 31)
AFTER_MERGER = date(2025, 12, 31)


def row(unit: str, counted: UnitSize, count: int, as_of: date = BEFORE_MERGER) -> UnitCount:
    return UnitCount.model_validate(
        {
            "unit": unit,
            "counted": counted,
            "as_of": as_of,
            "count": count,
            "qualifier": "",
            "tag": "C",
            "source": "test",
        }
    )


@pytest.mark.parametrize(
    ("code", "day", "counted", "most"),
    [
        ("942", BEFORE_MERGER, UnitSize.COMMUNES, 8),
        # Phường 1 and Phường 9 are one since 2025: a report of 2025 may still speak of ten wards.
        ("941", date(2025, 3, 31), UnitSize.COMMUNES, 10),
        ("94", date(2025, 3, 31), UnitSize.COMMUNES, 109),
        # Xã Kế Sách took the land of three communes, which may have been in difficulty in 2021.
        ("31528", AFTER_MERGER, UnitSize.COMMUNES, 3),
        # Of Cần Thơ the table has 43 of 103 communes.
        ("92", AFTER_MERGER, UnitSize.COMMUNES, 103),
        ("947", BEFORE_MERGER, UnitSize.HOUSEHOLDS, 41_000),
        ("942", BEFORE_MERGER, UnitSize.HOUSEHOLDS, 335_000),
        ("942", BEFORE_MERGER, UnitSize.PEOPLE, 1_200_000),
        ("31528", AFTER_MERGER, UnitSize.PEOPLE, 1_200_000),
        ("92", AFTER_MERGER, UnitSize.PEOPLE, None),
        ("999", BEFORE_MERGER, UnitSize.PEOPLE, None),
    ],
)
def test_the_most_that_a_unit_can_have_is_its_own_count_or_that_of_the_area_around_it(
    pack: Pack, code: str, day: date, counted: UnitSize, most: float | None
) -> None:
    assert pack.counts.most(code, day, counted) == most


def test_of_several_counts_the_largest_stands(pack: Pack) -> None:
    rows = [row("942", UnitSize.PEOPLE, 100), row("942", UnitSize.PEOPLE, 120)]
    assert UnitCounts(pack.units, rows).most("942", BEFORE_MERGER, UnitSize.PEOPLE) == 120


def test_a_commune_has_at_most_what_all_its_predecessors_had(pack: Pack) -> None:
    """31675, Xã Liêu Tú, took the land of two communes of one district."""
    unit = pack.units.get("31675", AFTER_MERGER)
    assert unit is not None
    predecessors = pack.units.predecessors_of(unit)
    before = [each.code for each in predecessors if each.kind is UnitKind.COMMUNE]
    rows = [row(code, UnitSize.PEOPLE, 7_000, date(2025, 6, 30)) for code in before]
    all_known = UnitCounts(pack.units, rows).most("31675", AFTER_MERGER, UnitSize.PEOPLE)
    one_unknown = UnitCounts(pack.units, rows[1:]).most("31675", AFTER_MERGER, UnitSize.PEOPLE)
    assert (len(before), all_known, one_unknown) == (2, 14_000, None)


def asked(pack: Pack, reading: ParsedReport) -> list[tuple[str, str | None]]:
    (submission,) = Checker(pack, RuleSet(pack), "counts").check([reading])
    return [(f.rule, f.cell) for f in submission.findings if f.severity.value != "info"]


@pytest.mark.parametrize(("communes", "told"), [(8, []), (9, [("OUT-30", "B8")])])
def test_a_district_cannot_have_more_communes_than_the_register(
    pack: Pack, communes: int, told: list[tuple[str, str]]
) -> None:
    places = {"commune_road": {"existing": communes, "reaching": 8}}
    reading = read(pack, 1, {**GOOD, "places": places})
    assert asked(pack, reading) == told


def test_more_people_than_the_area_has_keep_a_report_out_at_their_cell(pack: Pack) -> None:
    people = {"khmer": {"people": 1_400_000}, "hoa": {"people": 4000}}
    households = {"khmer": {"households": 330_000}, "hoa": {"households": 1000}}
    tables = {**GOOD, "ethnic_people": people, "ethnic_households": households}
    assert asked(pack, read(pack, 1, tables)) == [("CELL-52", "B9")]


def test_a_count_within_a_tenth_of_what_is_known_is_not_asked_about(pack: Pack) -> None:
    """A count is of another day than the report, and often rounded."""
    households = {"khmer": {"households": 360_000}, "hoa": {"households": 1000}}
    people = {"khmer": {"people": 1_260_000}, "hoa": {"people": 4000}}
    tables = {**GOOD, "ethnic_people": people, "ethnic_households": households}
    assert asked(pack, read(pack, 1, tables)) == []


def test_without_counts_no_rule_speaks_of_them(pack: Pack, own_pack: Path) -> None:
    (own_pack / "unit_counts.csv").unlink()
    unknown = load_pack(own_pack)
    people = {"khmer": {"people": 2_000_000}, "hoa": {"people": 4000}}
    households = {"khmer": {"households": 500_000}, "hoa": {"households": 1000}}
    tables = {**GOOD, "ethnic_people": people, "ethnic_households": households}
    assert asked(unknown, read(unknown, 1, tables)) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("999,people,2024-12-31,5,,C,x", "people of unit 999: units.csv has no such unit"),
        ("94,people,2026-01-01,5,,C,x", "people of unit 94: units.csv has no such unit on 2026"),
        ("94,cows,2024-12-31,5,,C,x", "unit_counts.csv:2: counted: .* found cows"),
        ("94,people,2024-12-31,0,,C,x", "unit_counts.csv:2: count: .* found 0"),
    ],
)
def test_a_wrong_row_of_counts_is_refused_with_its_place(
    own_pack: Path, line: str, complaint: str
) -> None:
    heading = "unit,counted,as_of,count,qualifier,tag,source"
    (own_pack / "unit_counts.csv").write_text(f"{heading}\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=complaint):
        load_pack(own_pack)
