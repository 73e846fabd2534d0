"""The national pack that ships: its provinces against the law, and what it takes over from the sample's pack."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from program.errors import ConfigurationError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT
from program.units.distinct_names import with_distinct_names
from program.units.register import UnitRegister
from program.units.unit import UnitKind
from warehouse.national.definitions import definitions_of, differences, plan_definitions_of

NATIONAL = ROOT / "config" / "national"
LAST_OF_63 = date(2025, 6, 30)
FIRST_OF_34 = date(2025, 7, 1)
# Resolution 202/2025/QH15: those that were not merged, by the codes of Decision 19/2025/QĐ-TTg.
NOT_MERGED = {"01", "04", "11", "12", "14", "20", "22", "38", "40", "42", "46"}


@pytest.fixture(scope="module")
def national() -> Pack:
    return load_pack(NATIONAL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The national pack with the pack that it extends beside it, to be changed."""
    shutil.copytree(ROOT / "config" / "soc-trang", tmp_path / "soc-trang")
    return Path(shutil.copytree(NATIONAL, tmp_path / "national"))


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_there_were_63_provinces_until_june_2025_and_34_since(national: Pack) -> None:
    assert len(national.units.children("VN", date(2024, 12, 31))) == 63
    assert len(national.units.children("VN", LAST_OF_63)) == 63
    today = national.units.children("VN", FIRST_OF_34)
    assert len(today) == 34
    # Six cities and 28 provinces.
    assert sum(unit.name.startswith("Thành phố ") for unit in today) == 6
    assert {unit.code for unit in today if unit.valid_from != FIRST_OF_34} == NOT_MERGED


def test_each_of_the_52_merged_provinces_leads_to_one_of_the_23_that_were_formed(
    national: Pack,
) -> None:
    ended = [unit for unit in national.units if unit.valid_to == LAST_OF_63]
    formed = {unit for unit in national.units if unit.valid_from == FIRST_OF_34}
    assert (len(ended), len(formed)) == (52, 23)
    targets = [national.units.successors_of(unit) for unit in ended]
    assert [len(found) for found in targets] == [1] * 52
    assert {found[0] for found in targets} == formed
    # Decision 124/2004/QĐ-TTg: a province that was formed has the code of one of its parts.
    for unit in formed:
        assert unit.code in {part.code for part in national.units.predecessors_of(unit)}


def test_a_code_that_passed_to_another_name_says_so_and_equal_names_are_told_apart(
    national: Pack,
) -> None:
    shown = with_distinct_names(national.units)
    assert shown.get("24", LAST_OF_63).name == "Tỉnh Bắc Giang"
    assert shown.get("94", LAST_OF_63).name == "Tỉnh Sóc Trăng"
    assert shown.get("27", LAST_OF_63).name == "Tỉnh Bắc Ninh (đến 30/06/2025)"
    formed = "Tỉnh Bắc Ninh (từ 01/07/2025; trước là Tỉnh Bắc Giang)"
    assert shown.latest("24").name == formed
    assert shown.latest("46").name == "Thành phố Huế (trước là Tỉnh Thừa Thiên Huế)"
    assert shown.latest("08").name == "Tỉnh Tuyên Quang"


def test_names_of_units_that_share_nothing_stay_as_they_are(pack: Pack) -> None:
    districts = [unit for unit in pack.units if unit.kind is UnitKind.DISTRICT]
    assert list(with_distinct_names(UnitRegister(districts))) == districts


def test_its_definitions_are_those_of_the_sample_so_nothing_of_the_sample_is_refused(
    national: Pack, pack: Pack
) -> None:
    ours, theirs = definitions_of(national), definitions_of(pack)
    assert ours.keys() == theirs.keys()
    found = [each for code in ours for each in differences(ours[code], theirs[code])]
    assert found == []
    assert plan_definitions_of(national) == plan_definitions_of(pack)


def test_what_the_province_set_itself_is_not_the_country_s(national: Pack, pack: Pack) -> None:
    targets = [target for each in national.indicators for target in each.targets]
    assert {target.scope for target in targets} == {"national"}
    by_code = {each.code: each for each in national.indicators}
    # The sample has a province's target beside the nation's, and an indicator of its own.
    assert [target.value for target in by_code["T10"].targets] == [90]
    own = {each.code for each in pack.indicators} - by_code.keys()
    assert own == {"OUT-RES-LAND"}
    amounts = [amount for stream in national.capital for amount in stream.amounts]
    assert {amount.scope for amount in amounts} == {"national"}
    assert max(amount.vnd for amount in amounts) == 137_664_959_000_000
    assert national.sources == ()


def test_every_target_of_2025_names_its_source_and_how_sure_it_is(national: Pack) -> None:
    targets = {each.code: each.targets for each in national.indicators if each.targets}
    assert len(targets) == 23
    for found in targets.values():
        assert all(target.source and target.tag for target in found)
    # No source gives a figure for land.
    assert "T13" not in targets


def test_a_file_of_its_own_replaces_the_one_of_the_extended_pack(copy: Path) -> None:
    before = load_pack(copy)
    shutil.copy2(copy.parent / "soc-trang" / "indicators.yaml", copy / "indicators.yaml")
    (copy / "forms" / "training").mkdir(parents=True)
    form = shutil.copy2(
        copy.parent / "soc-trang" / "forms" / "training" / "v2.yaml", copy / "forms" / "training"
    )
    rewrite(Path(form), "short_title: ", "short_title: Của cả nước, ")
    changed = load_pack(copy)
    # Its own file is taken as it is, with the targets of a province too.
    assert len(changed.indicators) == len(before.indicators) + 1
    assert [form.version for form in changed.forms] == [form.version for form in before.forms]
    assert changed.fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        ("extends: ../nowhere", r"program.yaml:\d+: extends: .*nowhere is no pack"),
        ("extends: ../national", r"program.yaml:\d+: extends: .* extends another pack itself"),
    ],
)
def test_a_pack_that_cannot_be_extended_is_refused_by_file_and_key(
    copy: Path, new: str, complaint: str
) -> None:
    rewrite(copy / "program.yaml", "extends: ../soc-trang", new)
    with pytest.raises(ConfigurationError, match=complaint):
        load_pack(copy)


def test_a_province_s_pack_stands_alone(copy: Path) -> None:
    rewrite(copy / "program.yaml", "province: VN", 'province: "94"')
    shutil.copy2(copy.parent / "soc-trang" / "sources.yaml", copy)
    with pytest.raises(ConfigurationError, match="only the national pack extends another"):
        load_pack(copy)


def test_a_mistake_in_a_file_of_the_extended_pack_is_named_there(copy: Path) -> None:
    indicators = copy.parent / "soc-trang" / "indicators.yaml"
    rewrite(indicators, "project: DA5-TDA4", "project: DA99")
    with pytest.raises(ConfigurationError, match=r"soc-trang/indicators.yaml:\d+: .*DA99"):
        load_pack(copy)
