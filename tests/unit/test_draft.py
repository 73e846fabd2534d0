"""Drafting a province's units from vietnamadminunits: right where Sóc Trăng was checked, and honest where it was not."""

import csv
import io
import sys
from datetime import date
from pathlib import Path

import pytest

from mtqg.packs import draft
from mtqg.packs.draft import draft_units
from program.errors import UsageError
from program.settings import ROOT
from program.units.register import UnitRegister
from program.units.unit import UnitKind

JULY = date(2025, 7, 1)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def successors(table: list[dict[str, str]]) -> dict[tuple[str, str], str]:
    return {
        (row["code"], row["kind"]): row["successors"]
        for row in table
        if row["valid_to"] == "2025-06-30"
    }


def test_the_draft_of_soc_trang_says_what_the_checked_table_says() -> None:
    checked = rows((ROOT / "config/soc-trang/units.csv").read_text(encoding="utf-8"))
    drafted = rows(draft_units("94"))
    assert successors(drafted) == successors(checked)
    assert len([row for row in drafted if row["kind"] == "commune" and row["valid_to"]]) == 108
    new = [
        [row["code"] for row in table if row["valid_from"] == "2025-07-01"]
        for table in (drafted, checked)
    ]
    assert new[0] == new[1]
    assert len(new[0]) == 44


def test_a_commune_that_the_package_sends_to_several_units_is_marked_for_review() -> None:
    marked = {
        row["code"]: row["source"]
        for row in rows(draft_units("94"))
        if "2 targets" in row["source"]
    }
    assert sorted(marked) == [
        "31582",
        "31606",
        "31657",
        "31666",
        "31669",
        "31714",
        "31741",
        "31744",
    ]
    assert (
        "review: vietnamadminunits names 2 targets: 31726 Xã Gia Hòa, 31246 Xã Thạnh Quới; the first is"
        in marked["31714"]
    )


def test_a_commune_that_the_package_sends_into_another_province_is_marked_for_review() -> None:
    phu_tan = next(
        row
        for row in rows(draft_units("93"))
        if row["successors"] == "31582" and row["kind"] == "commune"
    )
    assert phu_tan["name"] == "Xã Phú Tân"
    assert (
        "review: vietnamadminunits sends communes of Tỉnh Sóc Trăng to 31582 as well"
        in phu_tan["source"]
    )


def test_a_new_commune_that_is_no_default_target_is_not_lost() -> None:
    yen_so = next(
        row for row in rows(draft_units("01")) if row["code"] == "00340" and row["valid_from"]
    )
    assert (yen_so["name"], "review" in yen_so["source"]) == ("Phường Yên Sở", True)


def test_every_province_drafts_and_is_accepted_and_no_new_commune_is_missing(
    tmp_path: Path,
) -> None:
    provinces = {unit.province for unit in draft._country()}
    assert len(provinces) == 63
    new = set()
    for province in provinces:
        path = tmp_path / f"{province}.csv"
        path.write_text(draft_units(province), encoding="utf-8")
        units = UnitRegister.read(path)
        new |= {unit.code for unit in units if unit.kind is UnitKind.COMMUNE and unit.valid_from}
        for unit in units:
            if unit.kind is UnitKind.DISTRICT:
                territory = units.territory(unit)
                assert (
                    {u.code for u in territory.whole + territory.shared}
                    == set(unit.successors)
                    != set()
                )
            if unit.parent:
                named = units.named(unit.name, unit.valid_to or JULY)
                assert [each for each in named if each.parent == unit.parent] == [unit]
    assert len(new) == 3321


def test_an_unknown_code_is_answered_with_the_codes_there_are() -> None:
    with pytest.raises(UsageError) as refusal:
        draft_units("99")
    assert "no province had the code '99'" in str(refusal.value)
    assert all(
        known in str(refusal.value)
        for known in ("01 Thành phố Hà Nội, ", "94 Tỉnh Sóc Trăng, ", "96 Tỉnh Cà Mau")
    )


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    draft._country.cache_clear()
    monkeypatch.setitem(sys.modules, "vietnamadminunits.database", None)
    with pytest.raises(UsageError, match=r"pip install 'mtqg-monitor\[draft\]'"):
        draft_units("94")
