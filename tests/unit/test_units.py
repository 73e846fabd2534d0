"""Finding a reporting unit by what people write, on the day that it is about."""

import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.errors import ConfigurationError
from program.settings import ROOT
from program.units.register import UnitRegister
from program.units.unit import Unit, UnitKind

DAY = date(2024, 8, 31)
LAST, FIRST = date(2025, 6, 30), date(2025, 7, 1)
OFFICIAL = {
    "94": "Tỉnh Sóc Trăng",
    "941": "Thành phố Sóc Trăng",
    "942": "Huyện Châu Thành",
    "943": "Huyện Kế Sách",
    "944": "Huyện Mỹ Tú",
    "945": "Huyện Cù Lao Dung",
    "946": "Huyện Long Phú",
    "947": "Huyện Mỹ Xuyên",
    "948": "Thị xã Ngã Năm",
    "949": "Huyện Thạnh Trị",
    "950": "Thị xã Vĩnh Châu",
    "951": "Huyện Trần Đề",
}
HEADER = "code,name,kind,parent,valid_from,valid_to,successors,source\n"
SOC_TRANG = UnitRegister.read(ROOT / "config" / "soc-trang" / "units.csv")
REPORTERS = {UnitKind.PROVINCE, UnitKind.DISTRICT}


def codes(text: str, day: date = DAY, kinds: set[UnitKind] | None = None) -> list[str]:
    return [unit.code for unit in SOC_TRANG.named(text, day, kinds)]


def unit(code: str, day: date = LAST) -> Unit:
    found = SOC_TRANG.get(code, day)
    assert found is not None
    return found


def names(units: tuple[Unit, ...]) -> list[str]:
    return [each.name for each in units]


@pytest.mark.parametrize(("code", "name"), OFFICIAL.items())
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("case", [str, str.upper, str.lower])
def test_every_official_name_finds_its_unit_alone(
    code: str, name: str, form: str, case: type[str]
) -> None:
    assert codes(unicodedata.normalize(form, case(name))) == [code]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("case", [str, str.upper, str.lower])
def test_every_name_in_the_table_finds_its_unit_alone_among_its_siblings(
    form: str, case: type[str]
) -> None:
    for each in SOC_TRANG:
        found = SOC_TRANG.named(
            unicodedata.normalize(form, case(each.name)), each.valid_to or FIRST
        )
        assert [u for u in found if u.parent == each.parent] == [each]


def test_a_name_with_all_its_parents_behind_it_finds_its_unit_alone_without_further_help() -> None:
    for each in SOC_TRANG:
        day, name, above = each.valid_to or FIRST, each.name, each.parent
        while above:
            name, above = f"{name}, {unit(above, day).name}", unit(above, day).parent
        assert SOC_TRANG.named(name, day) == [each]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TX. Vĩnh Châu", "950"),
        ("TX.Vĩnh Châu", "950"),
        ("T.X Vĩnh Châu", "950"),
        ("tx vĩnh châu", "950"),
        ("Vinh Chau", "950"),
        ("thi xa vinh chau", "950"),
        ("h. mỹ xuyên", "947"),
        ("H.Mỹ Xuyên", "947"),
        ("Huyện Mĩ Xuyên", "947"),
        ("  Huyện   Mỹ\u00a0Xuyên ", "947"),
        ("TP. Sóc Trăng", "941"),
        ("Tp.Sóc Trăng", "941"),
        ("T.P. Sóc Trăng", "941"),
        ("thành phố sóc trăng", "941"),
        ("tỉnh Sóc Trăng", "94"),
        ("UBND huyện Kế Sách", "943"),
        ("Ủy ban nhân dân huyện Kế Sách", "943"),
        ("Uỷ ban nhân dân H. Kế Sách", "943"),
        ("Phòng Dân tộc huyện Trần Ðề", "951"),
        ("Phòng Dân tộc - UBND huyện Trần Đề", "951"),
        ("Phòng Dân tộc và Tôn giáo thị xã Ngã Năm", "948"),
        ("Ban Dân tộc tỉnh Sóc Trăng", "94"),
        ("Huyện Châu Thành, tỉnh Sóc Trăng", "942"),
        ("H. Châu Thành, T. Sóc Trăng", "942"),
        ("TP. Sóc Trăng, tỉnh Sóc Trăng", "941"),
        ("TT Long Phú", "31639"),
        ("T.T. Long Phú", "31639"),
        ("TT. Lịch Hội Thượng", "31679"),
        ("xã Lịch Hội Thượng", "31678"),
        ("thị trấn Châu Thành", "31569"),
        ("xã Đại Ân 2", "31672"),
        ("X. Đại Ân  2", "31672"),
        ("Đại Ân2", "31672"),
        ("Xã Đại Ân II", "31672"),
        ("UBND xã Đại Ân 2", "31672"),
        ("Xã Hòa Tú 1", "31717"),
        ("Hoà Tú I", "31717"),
        ("hòa tú ii", "31729"),
        ("Hòa Tú 02", "31729"),
        ("Xã Ngọc Tố, huyện Mỹ Xuyên", "31723"),
        ("Xã Ngọc Tố (Mỹ Xuyên)", "31723"),
        ("Ngọc Tố - H. Mỹ Xuyên - tỉnh Sóc Trăng", "31723"),
        ("Xã Ngọc Tố, tỉnh Sóc Trăng", "31723"),
        ("UBND P.1, TX Vĩnh Châu, Sóc Trăng", "31783"),
        ("Phường 01 thị xã Ngã Năm", "31732"),
        ("Phường 10", "31525"),
        ("Long Phú (31669)", "31669"),
    ],
)
def test_everyday_writings_find_the_unit(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("Sóc Trăng", ["94", "941"]),
        ("Kế Sách", ["943", "31528"]),
        ("Long Phú", ["946", "31639", "31669"]),
        ("Long Phú, huyện Long Phú", ["31639", "31669"]),
        ("Châu Thành - Sóc Trăng", ["942", "31569"]),
        *(
            (one, ["31513", "31732", "31783"])
            for one in ("Phường 1", "P.1", "P1", "F1", "Phường 01", "phường I")
        ),
    ],
)
def test_a_name_that_several_units_bear_gives_them_all(text: str, candidates: list[str]) -> None:
    assert codes(text) == candidates


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Kế Sách", "943"),
        ("Mỹ Xuyên", "947"),
        ("Long Phú", "946"),
        ("Châu Thành - Sóc Trăng", "942"),
    ],
)
def test_a_district_that_types_its_bare_name_is_found_among_the_kinds_that_report(
    text: str, code: str
) -> None:
    assert codes(text, kinds=REPORTERS) == [code]
    assert len(codes(text)) > 1


def test_the_bare_name_of_a_district_that_ended_is_the_commune_that_bears_it_now() -> None:
    assert (
        codes("Kế Sách", FIRST)
        == codes("Kế Sách", FIRST, kinds={UnitKind.PROVINCE, UnitKind.COMMUNE})
        == ["31528"]
    )
    assert codes("Kế Sách", FIRST, kinds=REPORTERS) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " . ",
        "Huyện",
        "Phường",
        "huyện Vĩnh Châu",
        "thị trấn Vĩnh Châu",
        "Huyện Châu Thành, tỉnh Bến Tre",
        "Xã Ngọc Tố, huyện Kế Sách",
        "Ngọc Tố, tỉnh Sóc Trăng, huyện Mỹ Xuyên",
        "Châu Thành 2",
        "Hòa Tú",
        "Hòa Tú 3",
        "Đại Ân",
        "Châu",
        "Huyện Vĩnh Thạnh",
        "942",
        "Xã Long Phú (946)",
        "Long Phú " * 100,
    ],
)
def test_another_type_another_parent_or_half_a_name_finds_nothing(text: str) -> None:
    assert codes(text) == []


def test_a_unit_is_found_until_its_last_day_and_not_after() -> None:
    assert codes("Huyện Mỹ Tú", LAST) == ["944"]
    assert codes("Huyện Mỹ Tú", FIRST) == []
    assert (codes("Phường Sóc Trăng", LAST), codes("Phường Sóc Trăng", FIRST)) == ([], ["31507"])
    assert SOC_TRANG.get("944", LAST) is not None
    assert SOC_TRANG.get("944", FIRST) is None
    assert SOC_TRANG.latest("944") is not None


def test_diacritics_decide_where_they_are_written_and_ask_where_they_are_missing(
    tmp_path: Path,
) -> None:
    path = written(
        tmp_path,
        "21289,Xã Sơn Hà,commune,,,,,S",
        "21292,Xã Sơn Hạ,commune,,,,,S",
        "1,Xã Xà Phiên,commune,,,,,S",
    )
    units = UnitRegister.read(path)

    def found(text: str) -> list[str]:
        return [each.name for each in units.named(text, DAY)]

    assert (found("xã sơn hà"), found("Sơn Hạ")) == (["Xã Sơn Hà"], ["Xã Sơn Hạ"])
    assert found("Son Ha") == found("Xa Son Ha") == found("Xã Sơn Há") == ["Xã Sơn Hà", "Xã Sơn Hạ"]
    assert found("Xà Phiên") == found("xa xa phien") == ["Xã Xà Phiên"]


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            ["xã", "P.", "TT", "1", "II", "Long Phú", ", huyện", "Mỹ Xuyên", "- tỉnh", "Sóc Trăng"]
        )
    ).map(" ".join)
)
def test_no_text_breaks_the_look_up_and_a_filter_never_adds_a_unit(text: str) -> None:
    everyone = SOC_TRANG.named(text, DAY)
    assert all(each.is_valid_on(DAY) for each in everyone)
    assert [u for u in everyone if u.kind in REPORTERS] == SOC_TRANG.named(
        text, DAY, kinds=REPORTERS
    )


def test_soc_trang_has_the_communes_of_each_day() -> None:
    communes = {
        day: [u for u in SOC_TRANG if u.kind is UnitKind.COMMUNE and u.is_valid_on(day)]
        for day in (DAY, LAST, FIRST)
    }
    assert [len(found) for found in communes.values()] == [109, 108, 43]
    counts = {code: len(SOC_TRANG.children(code, LAST)) for code in OFFICIAL if code != "94"}
    assert list(counts.values()) == [9, 8, 13, 9, 8, 11, 11, 8, 10, 10, 11]
    assert {day: types(found) for day, found in communes.items()} == {
        DAY: {"Xã": 80, "Phường": 17, "Thị": 12},
        LAST: {"Xã": 80, "Phường": 16, "Thị": 12},
        FIRST: {"Xã": 35, "Phường": 8},
    }
    assert len(SOC_TRANG.children("941", DAY)) == 10


def types(units: list[Unit]) -> dict[str, int]:
    first_words = [each.name.split()[0] for each in units]
    return {word: first_words.count(word) for word in first_words}


def test_every_name_is_nfc_and_every_commune_that_ended_says_what_became_of_it() -> None:
    assert all(unicodedata.is_normalized("NFC", each.name) for each in SOC_TRANG)
    ended = [each for each in SOC_TRANG if each.valid_to]
    assert all(
        len(SOC_TRANG.successors_of(each)) == 1 for each in ended if each.kind is UnitKind.COMMUNE
    )
    assert {SOC_TRANG.successors_of(each) for each in ended if each.kind is UnitKind.PROVINCE} == {
        (unit("92", FIRST),)
    }
    assert {
        u.code for each in ended for u in SOC_TRANG.successors_of(each) if u.parent == "92"
    } == {each.code for each in SOC_TRANG.children("92", FIRST)}


def test_the_code_31522_is_phuong_9_and_then_phuong_1_and_both_old_wards_lead_to_it() -> None:
    before, since = DAY, date(2024, 9, 1)
    assert [unit(code, before).name for code in ("31513", "31522")] == ["Phường 1", "Phường 9"]
    assert SOC_TRANG.get("31513", since) is None
    joined = unit("31522", since)
    assert joined.name == "Phường 1"
    assert SOC_TRANG.predecessors_of(joined) == (unit("31513", before), unit("31522", before))
    assert SOC_TRANG.successors_of(unit("31522", before)) == (joined,)
    assert names(SOC_TRANG.successors_of(joined)) == ["Phường Phú Lợi"]


def test_predecessors_and_successors_say_the_same_from_both_ends() -> None:
    for each in SOC_TRANG:
        assert all(
            each in SOC_TRANG.predecessors_of(heir) for heir in SOC_TRANG.successors_of(each)
        )
        assert all(
            each in SOC_TRANG.successors_of(before) for before in SOC_TRANG.predecessors_of(each)
        )
    assert SOC_TRANG.successors_of(unit("92", FIRST)) == ()
    assert (
        SOC_TRANG.predecessors_of(unit("31507", LAST)) == ()
    )  # Phường 6, which is not Phường Sóc Trăng of the same code


def test_three_new_units_lie_on_two_old_districts_and_forty_in_one() -> None:
    territories = [SOC_TRANG.territory(unit(code)) for code in OFFICIAL if code != "94"]
    shared = {t.unit.code: names(t.shared) for t in territories if t.shared}
    assert shared == {
        "941": ["Phường Mỹ Xuyên"],
        "943": ["Xã Nhơn Mỹ"],
        "946": ["Xã Nhơn Mỹ"],
        "947": ["Phường Mỹ Xuyên"],
        "948": ["Xã Tân Long"],
        "949": ["Xã Tân Long"],
    }
    whole = [each for t in territories for each in t.whole]
    assert len(whole) == len(set(whole)) == 40
    assert names(SOC_TRANG.territory(unit("945")).whole) == ["Xã An Thạnh", "Xã Cù Lao Dung"]


def test_a_districts_own_successors_are_those_of_its_communes() -> None:
    for district in (unit(code) for code in OFFICIAL if code != "94"):
        territory = SOC_TRANG.territory(district)
        assert set(SOC_TRANG.successors_of(district)) == {*territory.whole, *territory.shared}


def test_an_island_without_communes_speaks_for_itself_and_a_district_that_stands_has_no_territory(
    tmp_path: Path,
) -> None:
    path = written(
        tmp_path,
        "536,Huyện Lý Sơn,district,,,2025-06-30,21548,S",
        "537,Huyện Bình Sơn,district,,,,,S",
        "21548,Đặc khu Lý Sơn,commune,,2025-07-01,,,S",
    )
    units = UnitRegister.read(path)
    island, mainland, zone = units
    assert (units.territory(island).whole, units.territory(island).shared) == ((zone,), ())
    assert (units.territory(mainland).whole, units.territory(mainland).shared) == ((), ())
    with pytest.raises(ValueError, match="expected a district, found Đặc khu Lý Sơn"):
        units.territory(zone)


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "units.csv"
    path.write_text(header + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_code_that_was_used_again_finds_the_bearer_of_the_day(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "31522,Phường 9,commune,,,2024-12-31,31522,S70",
        "31522,Phường 1,commune,,2025-01-01,,,S70",
    )
    units = UnitRegister.read(path)
    before, after = units
    assert [units.get("31522", day) for day in (date(2024, 12, 31), date(2025, 1, 1))] == [
        before,
        after,
    ]
    assert units.latest("31522") == after
    assert units.latest("1") is None


def test_names_are_those_of_the_day_on_both_sides_of_every_change() -> None:
    days = sorted({day for each in SOC_TRANG for day in (each.valid_from, each.valid_to) if day})
    assert days == [DAY, date(2024, 9, 1), LAST, FIRST]
    for day in (date(1990, 1, 1), *days, date(2030, 1, 1)):
        for each in SOC_TRANG:
            assert (each in SOC_TRANG.named(each.name, day)) == each.is_valid_on(day)


def test_a_file_saved_by_excel_is_read_with_its_mark_and_quoted_commas(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text(
        HEADER + '94,Tỉnh Sóc Trăng,province,,,2025-06-30,,"C, S56"\n\n', encoding="utf-8-sig"
    )
    (province,) = UnitRegister.read(path)
    assert (province.kind, province.valid_to, province.source) == (
        UnitKind.PROVINCE,
        date(2025, 6, 30),
        "C, S56",
    )


def test_successors_are_read_in_their_order(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "1,Xã A,commune,,,2025-06-30,3; 1,S",
        "1,Xã B,commune,,2025-07-01,,,S",
        "3,Xã C,commune,,2025-07-01,,,S",
    )
    units = UnitRegister.read(path)
    old, *_ = units
    assert old.successors == ("3", "1")
    assert names(units.successors_of(old)) == ["Xã C", "Xã B"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (
            "94,Tỉnh,land,,,,,S",
            "units.csv:3: kind: expected one of nation, province, district, commune, found 'land'",
        ),
        (
            "94,Tỉnh,province,,1/1/2025,,,S",
            "units.csv:3: valid_from: expected a day such as 2025-06-30, or nothing, found '1/1/2025'",
        ),
        ("94,Tỉnh,province,,,2025-06-31,,S", "units.csv:3: valid_to: expected a day"),
        (
            "94,Tỉnh,province,,,9999-12-31,,S",
            "units.csv:3: valid_to: expected a day such as 2025-06-30, or nothing",
        ),
        (
            "94,Tỉnh,province,,2025-07-01,2025-06-30,,S",
            "units.csv:3: valid_to: expected a day from 2025-07-01 on",
        ),
        (",Tỉnh,province,,,,,S", "units.csv:3: code: expected a code, found ''"),
        ("94,,province,,,,,S", "units.csv:3: name: expected a name, found ''"),
        ("94,Tỉnh,province,,,,,", "units.csv:3: source: expected where the row comes from"),
        ("94,Tỉnh,province,,,,", "units.csv:3: expected 8 columns, found 7"),
        (
            "94,Tỉnh,province,,,,,C, S56",
            "units.csv:3: expected 8 columns, found 9; quote a text that has a comma",
        ),
        (
            "1,Huyện B,district,,,,,S",
            "units.csv:3: code: 1 stands for Huyện A and Huyện B on the same day",
        ),
        (
            "2,Xã B,commune,3,,,,S",
            "units.csv:3: parent: expected a code of this table that still stands, found '3'",
        ),
        (
            "2,Xã B,commune,,,2025-06-30,3,S",
            "units.csv:3: successors: expected codes of this table that stand on 2025-07-01, found '3'",
        ),
        (
            "2,Xã B,commune,,,2025-06-30,2,S",
            "units.csv:3: successors: expected codes of this table that stand on 2025-07-01, found '2'",
        ),
        (
            "2,Xã B,commune,,,,1,S",
            "units.csv:3: successors: expected none, for a unit without valid_to still stands",
        ),
        (
            "2,Xã B,commune,,,2025-06-30,1;1,S",
            "units.csv:3: successors: expected codes with ; between them, each once",
        ),
        (
            "2,Xã B,commune,,,2025-06-30,1;,S",
            "units.csv:3: successors: expected codes with ; between them, each once",
        ),
    ],
)
def test_a_bad_line_is_refused_by_file_line_and_column(
    tmp_path: Path, line: str, complaint: str
) -> None:
    path = written(tmp_path, "1,Huyện A,district,,,,,S", line)
    with pytest.raises(ConfigurationError) as refusal:
        UnitRegister.read(path)
    assert complaint in str(refusal.value)


def test_a_parent_must_stand_as_long_as_its_child(tmp_path: Path) -> None:
    path = written(
        tmp_path, "1,Huyện A,district,,,2025-06-29,,S", "2,Xã B,commune,1,,2025-06-30,,S"
    )
    with pytest.raises(
        ConfigurationError,
        match="units.csv:3: parent: expected a code of this table that stands on 2025-06-30",
    ):
        UnitRegister.read(path)


def test_a_file_that_is_no_register_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError,
        match="units.csv:1: expected the columns code,name,kind,.*; found code,name",
    ):
        UnitRegister.read(written(tmp_path, header="code,name\n"))
    with pytest.raises(ConfigurationError, match="missing.csv: the file is missing"):
        UnitRegister.read(tmp_path / "missing.csv")
    (tmp_path / "units.csv").write_bytes(HEADER.encode() + "94,Tỉnh Sóc Trăng".encode("utf-16"))
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        UnitRegister.read(tmp_path / "units.csv")
